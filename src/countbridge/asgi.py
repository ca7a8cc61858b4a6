"""What an ASGI server runs: the built pages' files first, then Django."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countbridge.settings")
_django = get_asgi_application()

from django.conf import settings  # noqa: E402  (only now do the settings exist)

from countbridge.web.bodies import SmallBodies  # noqa: E402
from countbridge.web.files import Files  # noqa: E402

_bounded = SmallBodies(_django, settings.HOOKS, settings.HOOK_BODY_BYTES)
application = Files(_bounded, settings.WEB_ROOT, follow_changes=settings.DEBUG)
