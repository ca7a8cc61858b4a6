"""What all tests share: an embedded PostgreSQL in a temporary folder, started only when a test needs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

# Before anything asks where the data is: tests never touch the data of this machine's user.
DATA = Path(tempfile.mkdtemp(prefix="countbridge-tests-"))
os.environ.update(COUNTBRIDGE_DATA=str(DATA), COUNTBRIDGE_POOL_SIZE="0", COUNTBRIDGE_SECRET_KEY="only-for-tests" * 4)
os.environ.pop("DATABASE_URL", None)

from django.conf import settings  # noqa: E402

from countbridge.database import django_database, embedded  # noqa: E402
from countbridge.postgres import EmbeddedPostgres  # noqa: E402

embedded.cache_clear()  # the settings may have been read before this file
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # only speed


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The server of this test run. Its data need not survive a power cut, so it does not wait for the disk."""
    server = EmbeddedPostgres(DATA, {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
    server.start()
    yield server
    server.release()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: EmbeddedPostgres) -> None:
    """Point Django at that server (pytest-django calls this before it creates the test database)."""
    from django.db import connections

    connections.settings["default"].update(django_database(postgres.url("postgres")))


@pytest.fixture
def fresh_database(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Address of a new, empty database, for tests that run processes of their own."""
    with _database(postgres, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_template(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Name of a database with all tables, to copy."""
    with _database(postgres, "template0") as url:
        command = [sys.executable, "-m", "countbridge.cli", "migrate"]
        subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=True, stdout=subprocess.DEVNULL)
        yield urlsplit(url).path[1:]


@pytest.fixture
def migrated_database(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    """Address of a new database with all tables and nothing in them, for tests that run processes of their own."""
    with _database(postgres, _migrated_template) as url:
        yield url


@contextmanager
def _database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    name = f"flow_{uuid4().hex[:12]}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield server.url(name)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
