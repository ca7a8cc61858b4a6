"""Databases on the PostgreSQL server that Countbridge itself uses, embedded or not: make, copy, drop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Literal

MAKING = 0x7472_7974  # advisory lock: one process at a time makes templates

ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}


class Postgres:
    """A server, given by the URL of any of its databases."""

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self) -> dict[str, str]:
        """What libpq in another process needs to reach this server (works for a socket folder, too)."""
        parts = conninfo_to_dict(self.url)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "TRYTON"))}
        return kept | {variable: str(parts[name]) for name, variable in ENVIRONMENT.items() if parts.get(name)}

    def names(self) -> set[str]:
        """Every database of the server."""
        with self._connect() as connection:
            return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}

    def create(self, name: str, template: str | None = None) -> None:
        """An empty database, or a copy of `template` (takes a second or two)."""
        statement = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template or "template0"))
        with self._connect() as connection:
            connection.execute(statement)

    def freeze(self, name: str) -> None:
        """Make a finished database a template: nobody may connect, so that it can be copied at any time."""
        with self._connect() as connection:
            connection.execute(
                SQL("ALTER DATABASE {} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false").format(Identifier(name))
            )

    def rename(self, name: str, new: str) -> None:
        """Nobody may be connected."""
        with self._connect() as connection:
            connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(new)))

    def drop(self, name: str) -> None:
        """Drop it with whoever is connected; no error when it is not there."""
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known:
                connection.execute(SQL("ALTER DATABASE {} WITH IS_TEMPLATE false").format(Identifier(name)))
                connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process makes templates on this server."""
        with self._connect() as connection:
            connection.execute(SQL("SELECT pg_advisory_lock({})").format(Literal(MAKING)))
            yield

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)
