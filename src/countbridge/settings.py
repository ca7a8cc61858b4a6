"""Django's settings. Everything a site changes comes from environment variables; importing this changes nothing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from countbridge.database import database_url, django_database
from countbridge.datafolder import secret_key
from countbridge.logging import configuration


def _on(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


PACKAGE = Path(__file__).resolve().parent
SECRET_KEY = secret_key()
DEBUG = _on("COUNTBRIDGE_DEBUG")
TLS = _on("COUNTBRIDGE_TLS")  # set where people reach us over https, by us or by a proxy in front
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", socket.gethostname().lower(), *_list("COUNTBRIDGE_HOSTS")]
CSRF_TRUSTED_ORIGINS = _list("COUNTBRIDGE_ORIGINS")  # "https://counts.example.com" behind a proxy that changes the host

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "ninja",  # only for its own copy of the API page's assets
    "procrastinate.contrib.django",
    "countbridge.people",
    "countbridge.links",
    "countbridge.exchange",
    "countbridge.stocktake",
]
MIDDLEWARE = [
    "countbridge.logging.request_id_middleware",
    "countbridge.web.streams.release_connection",
    "django.middleware.security.SecurityMiddleware",
    "countbridge.web.headers.strict_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "countbridge.people.language.language_middleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "countbridge.urls"
ASGI_APPLICATION = "countbridge.asgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {"default": django_database(database_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 12 * 3600  # seconds: a long shift
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # pages get the token from GET /api/session
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024  # bytes: a day of scans of a handheld that was offline
HOOKS = "/hooks/"  # where other systems call us
HOOK_BODY_BYTES = int(os.environ.get("COUNTBRIDGE_HOOK_BYTES", "1000000"))

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("COUNTBRIDGE_TIME_ZONE", "Asia/Shanghai")

WEB_ROOT = PACKAGE / "web" / "static"  # what the UI build writes
STATIC_URL = "/static/"
STATICFILES_DIRS = [WEB_ROOT] if WEB_ROOT.is_dir() else []

KEEP_BODIES_DAYS = int(os.environ.get("COUNTBRIDGE_KEEP_BODIES_DAYS", "90"))  # of requests and answers of deliveries

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LOG_LEVEL = os.environ.get("COUNTBRIDGE_LOG_LEVEL", "INFO").upper()
LOGGING = configuration(LOG_LEVEL, as_json=_on("COUNTBRIDGE_LOG_JSON"))
