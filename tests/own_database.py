"""Django in this process on the same database as the processes a test started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from pytest_django import DjangoDbBlocker

from countbridge.database import django_database


@contextmanager
def django_on(url: str, blocker: DjangoDbBlocker) -> Iterator[None]:
    """Within the block models live in the database at `url`, and what is written there is committed and stays."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(django_database(url))
    try:
        with blocker.unblock():
            yield
            connection.close()
    finally:
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
