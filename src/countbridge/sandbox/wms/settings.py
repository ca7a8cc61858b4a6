"""Settings of the sandbox WMS, a Django project of its own. Everything variable comes from the environment."""

from __future__ import annotations

import os
import secrets
from typing import Any

from psycopg.conninfo import conninfo_to_dict

SANDBOX_DATABASE_URL = os.environ.get("SANDBOX_DATABASE_URL", "postgresql://postgres:@localhost/sandbox")
_target: dict[str, Any] = conninfo_to_dict(SANDBOX_DATABASE_URL)

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _target.get("dbname", "sandbox"),
        "USER": _target.get("user", "postgres"),
        "PASSWORD": _target.get("password", ""),
        "HOST": _target.get("host", ""),
        "PORT": _target.get("port", ""),
    }
}
INSTALLED_APPS = ["countbridge.sandbox.wms.apps.SandboxWms"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "countbridge.sandbox.wms.urls"
ASGI_APPLICATION = "countbridge.sandbox.wms.asgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
SECRET_KEY = secrets.token_urlsafe(32)  # nothing is signed across restarts
ALLOWED_HOSTS = ["*"]
APPEND_SLASH = False
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SANDBOX_API_KEY = os.environ.get("SANDBOX_API_KEY", "")
SANDBOX_FLOOR_KEY = os.environ.get("SANDBOX_FLOOR_KEY", "")
SANDBOX_ERP_URL = os.environ.get("SANDBOX_ERP_URL", "").rstrip("/")
SANDBOX_ERP_KEY = os.environ.get("SANDBOX_ERP_KEY", "")
SANDBOX_RATE_PER_SECOND = int(os.environ.get("SANDBOX_RATE_PER_SECOND", "200"))
SANDBOX_RATE_BURST = int(os.environ.get("SANDBOX_RATE_BURST", "400"))
SANDBOX_BODY_LIMIT = int(os.environ.get("SANDBOX_BODY_LIMIT", "1000000"))
DATA_UPLOAD_MAX_MEMORY_SIZE = SANDBOX_BODY_LIMIT + 1

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"sandbox.wms": {"handlers": ["console"], "level": "INFO"}},
}
