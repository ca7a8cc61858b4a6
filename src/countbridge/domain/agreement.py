"""Two people who must agree: a line of a double-blind count is right when two counts of it come to the same variance.

Variances are compared, not quantities: each count is set against the book at its own moments, and goods may move in between.
Worked: 12 counted with 12 expected, later 9 counted after a pick of 3: both variances are 0, so the two agree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TypeVar

Scans = TypeVar("Scans")

PASSES_DISAGREE = "passes_disagree"  # the reason such a line has


def disagree(variances: Mapping[int, Decimal | None]) -> bool:
    """Pass → its variance (None: a faulty scan, which agrees with nothing). Has nobody before found what the newest pass found?
    Of a line counted once nothing is known yet."""
    if len(variances) < 2:
        return False
    newest = max(variances)
    before = [variance for number, variance in variances.items() if number != newest]
    return variances[newest] is None or variances[newest] not in before


def standing(passes: Mapping[int, Scans], handed_in: Collection[int]) -> dict[int, Scans]:
    """Of the counts of a line those that count for something now: what was handed in. Before anything was, the first that has
    begun, so that its progress is seen. A count still going on says nothing about one that is done.
    Worked: passes 1 and 2 begun, 2 handed in: only 2 stands, until 1 is handed in too; then both do, in whatever order they came.
    """
    done = {number: scans for number, scans in passes.items() if number in handed_in}
    return done or {number: passes[number] for number in sorted(passes)[:1]}
