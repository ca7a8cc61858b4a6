"""One at a time over all processes, even when one of them is only believed to be dead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from countbridge.exchange.retry import NotYet


@contextmanager
def alone(space: int, number: int, code: str, **params: object) -> Iterator[None]:
    """Hold an advisory lock for the block; NotYet with `code` when another process holds it. PostgreSQL gives the lock back
    when its holder's connection ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, number])
        if not cursor.fetchone()[0]:
            raise NotYet(code, after=2.0, **params)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, number])
