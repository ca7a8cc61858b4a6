"""What a line comes to: the first rule that applies, in the order of this file."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from enum import StrEnum

from countbridge.domain.interval import Interval


class Outcome(StrEnum):
    """In the order they are tried."""

    ERROR = "error"
    HOLD = "hold"
    RECOUNT = "recount"
    TIMING = "timing"
    UNCOUNTED = "uncounted"
    MATCH = "match"
    WITHIN_TOLERANCE = "within_tolerance"
    BREACH = "breach"


def decide(
    *,
    faulty: bool,
    residue: Decimal | None,
    moved_between_scans: bool,
    interval: Interval | None,
    variance: Decimal | None,
    exceeded: Collection[str],
) -> Outcome:
    """The outcome of one line. `residue` is None without a closure test, `variance` where nothing was counted."""
    rules = (
        (faulty, Outcome.ERROR),
        (bool(residue), Outcome.HOLD),
        (moved_between_scans, Outcome.RECOUNT),
        (interval is not None and interval.is_timing, Outcome.TIMING),
        (variance is None, Outcome.UNCOUNTED),
        (variance == 0, Outcome.MATCH),
        (not exceeded, Outcome.WITHIN_TOLERANCE),
    )
    return next((outcome for applies, outcome in rules if applies), Outcome.BREACH)
