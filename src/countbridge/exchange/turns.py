"""A system's limits, held by all workers together: so many pieces of work at once, so many calls a second.

Slots are session advisory locks: PostgreSQL gives back those of a process that died. The rate is one row whose next free
moment each call moves on by one gap, in one statement (GCRA). That moment is by the database's clock, the only one all
workers share.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from django.db import connection

from countbridge.connectors.manifest import Limits
from countbridge.errors import TryLater
from countbridge.exchange import chance
from countbridge.exchange.retry import NotYet
from countbridge.links.models import System

SLOTS = 0x0D0D0000  # the first half of the lock's name; the low bits are the slot, the second half is the system
MOST_SLOTS = 0xFFFF
PATIENCE = 3.0  # seconds a thread waits for a slot before it turns to other work
LOOK_AGAIN = 0.05

TAKE = """
INSERT INTO exchange_nextturn AS turn (system_id, at) VALUES (%(system)s, clock_timestamp() + %(gap)s * interval '1 second')
ON CONFLICT (system_id) DO UPDATE SET at = GREATEST(turn.at, clock_timestamp()) + %(gap)s * interval '1 second'
    WHERE turn.at <= clock_timestamp() + %(most)s * interval '1 second'
RETURNING extract(epoch FROM turn.at - clock_timestamp())::float8 - %(gap)s
"""


@contextmanager
def slot(system: System, concurrency: int) -> Iterator[None]:
    """One of the system's slots for a piece of work. Raises NotYet when none is free soon."""
    number = _take_slot(system, min(concurrency, MOST_SLOTS))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [SLOTS + number, system.pk])


def _take_slot(system: System, concurrency: int) -> int:
    patient_until = time.monotonic() + PATIENCE
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH slots AS MATERIALIZED (SELECT n FROM generate_series(0, %s - 1) AS n)"
                " SELECT n FROM slots WHERE pg_try_advisory_lock(%s + n, %s) LIMIT 1",
                [concurrency, SLOTS, system.pk],
            )
            row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        if time.monotonic() >= patient_until:
            raise NotYet("exchange.system_busy", after=chance.between(1, 3), system=system.name, most=concurrency)
        time.sleep(LOOK_AGAIN)


class SharedPace:
    """Gives each call its turn among those of all workers. The first call of a piece of work turns away when its turn is
    far off; a piece of work that has begun waits, so that it comes to its end."""

    def __init__(self, system: System, limits: Limits) -> None:
        self._system = system
        self._gap = float(1 / limits.per_second) if limits.per_second else 0.0
        self._begun = False

    def turn(self) -> AbstractContextManager[None]:
        """Waits for this call's moment. Raises TryLater when that is too far off; then nothing was sent."""
        if self._gap:
            wait = self._reserve(max(30.0, 20 * self._gap) if self._begun else max(2.0, 2 * self._gap))
            if wait > 0:
                time.sleep(wait)
        self._begun = True
        return nullcontext()

    def _reserve(self, most: float) -> float:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, {"system": self._system.pk, "gap": self._gap, "most": most})
            row = cursor.fetchone()
        if row is None:
            raise TryLater("exchange.rate_used_up", retry_after=most, system=self._system.name, seconds=f"{most:g}")
        return float(row[0])
