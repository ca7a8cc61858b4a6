"""What an ASGI server runs: the built pages' files first, then Django."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countbridge.settings")
application = get_asgi_application()
