"""How calls to a system go: counted by minute, kind of failure and duration. One statement for each piece of work."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from countbridge import clock
from countbridge.connectors.exchanges import Exchange
from countbridge.exchange.faults import DOWN, fault_of_code
from countbridge.exchange.models import CallMinute
from countbridge.links.models import System

LIMITS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
"""Milliseconds; a call belongs to the first limit it does not exceed, longer ones to a last bucket of their own."""

KEEP_MINUTES = timedelta(days=14)
Key = tuple[datetime, str, str]

UPDATE = """
    calls = kept.calls + EXCLUDED.calls,
    milliseconds = kept.milliseconds + EXCLUDED.milliseconds,
    buckets = ARRAY(
        SELECT before + added FROM unnest(kept.buckets, EXCLUDED.buckets) WITH ORDINALITY AS b(before, added, n) ORDER BY n)
"""
ADD = (
    """
INSERT INTO exchange_callminute AS kept (system_id, minute, effect, fault, calls, milliseconds, buckets)
SELECT * FROM jsonb_to_recordset(%s) AS new(
    system_id bigint, minute timestamptz, effect text, fault text, calls bigint, milliseconds bigint, buckets bigint[])
ON CONFLICT (system_id, minute, effect, fault) DO UPDATE SET
"""
    + UPDATE
)
ROLL_UP = (
    """
WITH old AS (
    DELETE FROM exchange_callminute WHERE minute < %s AND minute > 'epoch' RETURNING *
), added AS (
    SELECT system_id, effect, fault, n, sum(number)::bigint AS number
    FROM old, unnest(buckets) WITH ORDINALITY AS b(number, n) GROUP BY 1, 2, 3, 4
), summed AS (
    SELECT system_id, effect, fault, sum(calls)::bigint AS calls, sum(milliseconds)::bigint AS milliseconds
    FROM old GROUP BY 1, 2, 3
)
INSERT INTO exchange_callminute AS kept (system_id, minute, effect, fault, calls, milliseconds, buckets)
SELECT system_id, 'epoch', effect, fault, calls, milliseconds, ARRAY(
    SELECT a.number FROM added a
    WHERE (a.system_id, a.effect, a.fault) = (s.system_id, s.effect, s.fault) ORDER BY a.n)
FROM summed s
ON CONFLICT (system_id, minute, effect, fault) DO UPDATE SET
"""
    + UPDATE
)


@dataclass
class Tally:
    calls: int = 0
    milliseconds: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(LIMITS) + 1))


class Watch:
    """Listens to the calls of one piece of work. `down` counts those that failed as a system that is down fails, since the
    last one it answered."""

    def __init__(self) -> None:
        self.down = 0
        self.answered = False
        self.heard = 0
        self._tallies: dict[Key, Tally] = defaultdict(Tally)

    def listen(self, exchange: Exchange) -> None:
        fault = str(fault_of_code(exchange.failure)) if exchange.failure else ""
        minute = clock.now().replace(second=0, microsecond=0)
        milliseconds = int(exchange.seconds * 1000)
        tally = self._tallies[minute, exchange.effect, fault]
        tally.calls += 1
        tally.milliseconds += milliseconds
        tally.buckets[bisect_left(LIMITS, milliseconds)] += 1
        self.heard += 1
        if fault in DOWN:
            self.down += 1
        else:
            self.down, self.answered = 0, True

    def store(self, system: System) -> None:
        """Add what was heard to the minutes' figures."""
        if not self._tallies:
            return
        rows = [
            {
                "system_id": system.pk,
                "minute": minute.isoformat(),
                "effect": effect,
                "fault": fault,
                "calls": tally.calls,
                "milliseconds": tally.milliseconds,
                "buckets": tally.buckets,
            }
            for (minute, effect, fault), tally in sorted(self._tallies.items())
        ]
        with connection.cursor() as cursor:
            cursor.execute(ADD, [json.dumps(rows)])


@dataclass(frozen=True)
class Figures:
    """Calls of a while. `p50` and `p95` are upper limits in milliseconds, None without calls or beyond the last limit."""

    calls: int
    failures: Mapping[str, int]
    p50: int | None
    p95: int | None

    @property
    def good(self) -> int:
        return self.calls - sum(self.failures.values())


def figures(systems: Iterable[System], since: timedelta = timedelta(hours=1)) -> dict[int, Figures]:
    """The figures of each system by its id."""
    rows = CallMinute.objects.filter(system__in=list(systems), minute__gte=clock.now() - since)
    totals: dict[int, Counter[str]] = defaultdict(Counter)
    buckets: dict[int, list[int]] = defaultdict(lambda: [0] * (len(LIMITS) + 1))
    for row in rows.order_by("pk"):
        totals[row.system_id][row.fault] += row.calls
        buckets[row.system_id] = [a + b for a, b in zip(buckets[row.system_id], row.buckets, strict=True)]
    return {
        system: Figures(
            calls=sum(total.values()),
            failures={fault: number for fault, number in sorted(total.items()) if fault},
            p50=quantile(buckets[system], 50),
            p95=quantile(buckets[system], 95),
        )
        for system, total in totals.items()
    }


def quantile(buckets: list[int], percent: int) -> int | None:
    """The limit that `percent` of the calls do not exceed: of 20 calls, 19 of them within 10 ms, p95 is 10."""
    wanted = -(-sum(buckets) * percent // 100)
    seen = 0
    for limit, number in zip(LIMITS, buckets, strict=False):
        seen += number
        if wanted and seen >= wanted:
            return limit
    return None


def totals() -> list[tuple[str, str, str, int]]:
    """All kept calls by system, effect and kind of failure."""
    grouped = CallMinute.objects.values_list("system__code", "effect", "fault").annotate(number=Sum("calls"))
    return list(grouped.order_by("system__code", "effect", "fault"))


def durations() -> list[tuple[str, str, list[int], int]]:
    """All kept calls by system and effect: their buckets, and their milliseconds in all."""
    found: dict[tuple[str, str], tuple[list[int], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code, c.effect, b.n, sum(b.calls)::bigint FROM exchange_callminute c"
            " JOIN links_system s ON s.id = c.system_id, unnest(c.buckets) WITH ORDINALITY AS b(calls, n)"
            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        for code, effect, _, number in cursor.fetchall():
            found.setdefault((code, effect), ([], 0))[0].append(number)
    lasted = CallMinute.objects.values_list("system__code", "effect").annotate(sum=Sum("milliseconds"))
    sums = {(code, effect): total for code, effect, total in lasted.order_by("system__code", "effect")}
    return [(code, effect, buckets, sums[code, effect]) for (code, effect), (buckets, _) in found.items()]


def roll_up() -> None:
    """The minutes of long ago become one row, so that the totals a monitoring system watches never shrink."""
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP, [clock.now() - KEEP_MINUTES])
