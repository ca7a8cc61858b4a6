"""A count of 1 M lines computed from files, ours against one pass with dictionaries of Decimals."""

from __future__ import annotations

from bench.support.reconcile.rounds import against
from bench.support.rows import Row


def run() -> list[Row]:
    return against("reconcile_vs_dicts", "dicts", 12, "csv, dictionaries and Decimals, one pass")
