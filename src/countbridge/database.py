"""Where the database is: your own server (`DATABASE_URL`), else the embedded one in the data folder."""

from __future__ import annotations

import atexit
import os
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from countbridge.datafolder import data_folder, prepare_data_folder
from countbridge.postgres import SUPERUSER, EmbeddedPostgres

NAME = "countbridge"


@cache
def embedded() -> EmbeddedPostgres:
    """The embedded server of the data folder; not started by this."""
    return EmbeddedPostgres(data_folder())


def is_embedded() -> bool:
    """True unless `DATABASE_URL` names a server."""
    return not os.environ.get("DATABASE_URL")


def database_url(name: str | None = None) -> str:
    """Address of our database, or of the database `name` on the same server. Starts nothing."""
    if is_embedded():
        return embedded().url(name or NAME)
    given = os.environ["DATABASE_URL"]
    if name is None:
        return given
    return urlunsplit(urlsplit(given)._replace(path=f"/{name}"))


def start_database() -> None:
    """Make sure that the embedded server runs until this process ends, and that our database exists on it."""
    if not is_embedded():
        return
    prepare_data_folder()
    embedded().start()
    atexit.register(embedded().release)
    _create_if_missing(NAME)


def ensure_database(name: str) -> str:
    """Create the database `name` beside ours unless it exists; its address. Needs the right to create databases."""
    start_database()
    _create_if_missing(name)
    return database_url(name)


def django_database(url: str) -> dict[str, Any]:
    """The address as Django's settings want it; connections come from a pool because requests run on many threads."""
    parts = conninfo_to_dict(url)
    known = {
        "NAME": parts.pop("dbname", NAME),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
    }
    size = int(os.environ.get("COUNTBRIDGE_POOL_SIZE", "20"))
    pool = {"min_size": 0, "max_size": size, "timeout": 30, "max_idle": 300} if size else None
    options = {**parts, **({"pool": pool} if pool else {})}
    return {"ENGINE": "django.db.backends.postgresql", **known, "OPTIONS": options, "CONN_HEALTH_CHECKS": True}


def _create_if_missing(name: str) -> None:
    with psycopg.connect(database_url(SUPERUSER), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):  # another was quicker
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
