"""A count of 10 M lines: computed within 1 GB, to exactly ten times what 1 M of the same lines come to."""

from __future__ import annotations

import os
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb

from bench.support.reconcile.facts import PERIOD, write_facts
from bench.support.reconcile.rounds import ROUNDS, Cost, compute
from bench.support.rows import Row, row
from bench.support.servers import say

TIMES = int(os.environ.get("COUNTBRIDGE_BENCH_TIMES", "10"))
GIGABYTE = 1024.0  # MB
Totals = dict[str, tuple[Decimal, ...]]


def run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="countbridge-bench-") as place:
        small, large = Path(place) / "small", Path(place) / "large"
        one = once(small, PERIOD)
        wanted = {outcome: tuple(TIMES * figure for figure in figures) for outcome, figures in totals(small).items()}
        (small / "ours.csv").unlink()
        write(large, PERIOD * TIMES)
        costs: list[Cost] = []
        right = True
        for number in range(ROUNDS):
            costs.append(compute("ours", large))
            right = right and totals(large) == wanted
            say(f"round {number}: {costs[-1].seconds:.1f} s, {costs[-1].peak_mb:.0f} MB; 1 M took {one.seconds:.1f} s")
    growth = sorted(each.cpu_seconds for each in costs)[ROUNDS // 2] / one.cpu_seconds
    return [
        row(
            "reconcile_10m", [each.peak_mb / GIGABYTE for each in costs], unit="peak memory ÷ 1 GB",
            against=f"1 GB; {growth:.1f} times the CPU seconds of {PERIOD} lines", goal=("<=", 1.0),
            cpu_seconds=[each.cpu_seconds for each in costs], peak_mb=max(each.peak_mb for each in costs), checked=right,
        )
    ]  # fmt: skip


def once(folder: Path, lines: int) -> Cost:
    write(folder, lines)
    return compute("ours", folder)


def write(folder: Path, lines: int) -> None:
    folder.mkdir()
    write_facts(folder, lines)


def totals(folder: Path) -> Totals:
    """By outcome: lines, and the exact sums of each figure."""
    with duckdb.connect(":memory:", config={"memory_limit": "512MB"}) as database:
        database.execute("SET enable_progress_bar = false")
        columns = ("line", "expected", "counted", "variance", "low", "high", "value")
        kinds = ", ".join([*(f"{name}: 'HUGEINT'" for name in columns), "outcome: 'VARCHAR', reasons: 'VARCHAR'"])
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in columns[1:])
        found = database.execute(
            f"SELECT outcome || ' ' || coalesce(reasons, ''), count(*), {sums} FROM read_csv('{folder / 'ours.csv'}',"
            f" header = false, columns = {{{kinds}}}) GROUP BY ALL"
        )
        return {str(key): tuple(map(Decimal, map(str, figures))) for key, *figures in found.fetchall()}
