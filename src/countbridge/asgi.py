"""What an ASGI server runs: the built pages' files first, then Django."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countbridge.settings")
_django = get_asgi_application()

from django.conf import settings  # noqa: E402  (only now do the settings exist)

from countbridge.web.files import Files  # noqa: E402

application = Files(_django, settings.WEB_ROOT, follow_changes=settings.DEBUG)
