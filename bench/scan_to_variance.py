"""From a handheld's scan to its variance, committed and seen by somebody else: counts of a thousand to a million lines.

The scan is a real request to the API with a person's token; the moment it ends at is a second connection's first sight of the
line's variance. One request at a time. The counts live in one database, so that the small one is found among millions of rows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from statistics import quantiles
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psutil
import psycopg

from bench.support.rows import LEAST_ROUNDS, Row, row
from bench.support.servers import countbridge, say

if TYPE_CHECKING:
    from bench.support.counts import LaidOut

SIZES = tuple(int(size) for size in os.environ.get("COUNTBRIDGE_BENCH_SIZES", "1000,10000,100000,1000000").split(","))
SCANS = 100  # of each size in each round
ROUNDS = LEAST_ROUNDS
GOAL = 0.1  # seconds, of which 99 in 100 scans need less
SEEN = "SELECT variance FROM stocktake_line WHERE id = %s"


@dataclass(frozen=True)
class Measured:
    """One round of one size: the 99th percentile, and whether every variance was the one it should be."""

    p99: float
    cpu: float
    right: bool


class Handheld:
    """Sends scans to one count and watches for their variances through a connection of its own."""

    def __init__(self, count: LaidOut, send: Callable[[dict[str, Any]], Any], watcher: psycopg.Connection[Any]) -> None:
        self.count, self.send, self.watcher = count, send, watcher
        self.used = 0

    def measure(self) -> Measured:
        cpu = psutil.Process().cpu_times()
        told = [self.scan(self._next()) for _ in range(SCANS)]
        spent = psutil.Process().cpu_times()
        seconds = [each for each, _ in told]
        return Measured(
            quantiles(seconds, n=100, method="inclusive")[98],
            spent.user + spent.system - cpu.user - cpu.system,
            all(right for _, right in told),
        )

    def _next(self) -> int:
        """Lines all over the count, none twice."""
        number = self.used
        self.used += 1
        return self.count.first + number * 617 % self.count.lines

    def scan(self, line: int) -> tuple[float, bool]:
        """Seconds until the variance is seen, and whether it is counted less expected."""
        from countbridge.stocktake.models import Line

        found = Line.objects.get(pk=line)
        counted = found.snapshot + line % 3 - 1
        body = {
            "id": str(uuid4()), "sheet": found.sheet_id, "bin": found.bin, "code": found.item, "lot": None,
            "quantity": format(counted.normalize(), "f"), "unit": found.unit, "counted_at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        began = time.perf_counter()
        answer = self.send({"scans": [body]})
        (variance,) = self.watcher.execute(SEEN, [line]).fetchone() or (None,)
        seconds = time.perf_counter() - began
        return seconds, answer.json()["results"][0]["ok"] and variance == Decimal(line % 3 - 1)


def run() -> list[Row]:
    from bench.support.counts import lay_out

    with countbridge() as server:
        from django.db import connection
        from django.test import Client

        from countbridge.people import tokens
        from countbridge.people.accounts import save_user
        from countbridge.people.models import Token

        user = save_user("chen", "only for benchmarks 1", roles=["operator"], warehouses=["W1"])
        client = Client(
            HTTP_HOST="localhost", headers={"Authorization": f"Bearer {tokens.issue(user, Token.PDA, 'bench')}"}
        )

        def send(body: dict[str, Any]) -> Any:
            return client.post("/api/pda/scans", body, content_type="application/json")

        counts = []
        for size in SIZES:
            counts.append(lay_out(f"C{size}", size, user, counted=False))
            say(f"a count of {size} lines is laid out")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        with psycopg.connect(server.url("countbridge"), autocommit=True) as watcher:
            handhelds = [Handheld(count, send, watcher) for count in counts]
            for each in handhelds:
                each.measure()  # warms up
            rounds: list[list[Measured]] = []
            for number in range(ROUNDS):
                turn = number % len(handhelds)  # each size is first in its turn
                order = [*range(len(SIZES))[turn:], *range(len(SIZES))[:turn]]
                measured = {place: handhelds[place].measure() for place in order}
                rounds.append([measured[place] for place in range(len(SIZES))])
                told = zip(SIZES, rounds[-1], strict=True)
                say(f"round {number}: p99 " + ", ".join(f"{size}: {each.p99 * 1000:.1f} ms" for size, each in told))
    return rows(rounds)


def rows(rounds: list[list[Measured]]) -> list[Row]:
    """One row of the worst size ÷ the goal, one of how much slower the largest count is than the smallest."""
    right = all(each.right for sizes in rounds for each in sizes)
    peak = psutil.Process().memory_info().rss / 2**20
    largest = [sizes[-1].cpu for sizes in rounds]
    return [
        row(
            "scan_to_variance", [max(each.p99 for each in sizes) / GOAL for sizes in rounds],
            unit=f"p99 of {SCANS} scans in the worst of {len(SIZES)} sizes ÷ {GOAL:g} s", against="0.1 s", goal=("<=", 1.0),
            cpu_seconds=largest, peak_mb=peak, checked=right,
        ),
        row(
            "scan_to_variance_flat", [sizes[-1].p99 / sizes[0].p99 for sizes in rounds],
            unit=f"p99 with {SIZES[-1]} lines ÷ with {SIZES[0]}", against=f"a count of {SIZES[0]} lines", goal=("<=", 1.5),
            cpu_seconds=largest, peak_mb=peak, checked=right,
        ),
    ]  # fmt: skip
