"""A count of 1 M lines computed from files, ours against pandas with columns of Decimals."""

from __future__ import annotations

from bench.support.reconcile.rounds import against
from bench.support.rows import Row


def run() -> list[Row]:
    return against("reconcile_vs_pandas", "pandas", 20, "pandas with Decimals, grouped and merged as columns")
