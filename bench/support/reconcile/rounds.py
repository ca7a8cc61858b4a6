"""Rounds of one way against ours, each in a process of its own, taking turns in being first."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.support.reconcile.facts import write_facts
from bench.support.rows import Row, row
from bench.support.servers import output_of, say

LINES = int(os.environ.get("COUNTBRIDGE_BENCH_LINES", "1000000"))
ROUNDS = 5


@dataclass(frozen=True)
class Cost:
    """Of reading the files and computing every line."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def compute(way: str, folder: Path) -> Cost:
    """One process; its result is `way`.csv in the folder."""
    command = [sys.executable, "-m", "bench.support.reconcile", way, str(folder), str(folder / f"{way}.csv")]
    return Cost(**json.loads(output_of(command).splitlines()[-1]))


def against(name: str, rival: str, goal: float, what: str) -> list[Row]:
    """The row of a benchmark: how many times as long the rival takes."""
    with tempfile.TemporaryDirectory(prefix="countbridge-bench-") as place:
        folder = Path(place)
        write_facts(folder, LINES)
        ours: list[Cost] = []
        theirs: list[Cost] = []
        equal = True
        for number in range(ROUNDS):
            for way in ((rival, "ours"), ("ours", rival))[number % 2]:
                (ours if way == "ours" else theirs).append(compute(way, folder))
            equal = equal and same(folder / "ours.csv", folder / f"{rival}.csv")
            say(f"round {number}: ours {ours[-1].seconds:.2f} s, {rival} {theirs[-1].seconds:.2f} s")
    middle = sorted(each.cpu_seconds for each in theirs)[ROUNDS // 2]
    return [
        row(
            name, [their.seconds / our.seconds for our, their in zip(ours, theirs, strict=True)],
            unit=f"wall time of {LINES} lines, {rival} ÷ ours", against=f"{what} ({middle:.1f} CPU s)", goal=(">=", goal),
            cpu_seconds=[each.cpu_seconds for each in ours], peak_mb=max(each.peak_mb for each in ours), checked=equal,
        )
    ]  # fmt: skip


def same(one: Path, other: Path) -> bool:
    """Do both files hold the same lines with the same figures, outcome and reasons, in whatever order?"""
    with duckdb.connect(":memory:") as database:
        database.execute("SET enable_progress_bar = false")
        read = "SELECT * FROM read_csv('{}', header = false, all_varchar = true)"
        mine, yours = read.format(one), read.format(other)
        left, number, lines = database.execute(
            f"SELECT (SELECT count(*) FROM (({mine} EXCEPT ALL {yours}) UNION ALL ({yours} EXCEPT ALL {mine}))),"
            f" (SELECT count(*) FROM ({mine})), {LINES}"
        ).fetchall()[0]
    return bool(left == 0 and number == lines)
