"""Ambiguity: a movement within ±ε of a scan may or may not have happened when the person counted, each on its own.

Worked: counted 9, certain book 10, one pick of 3 within ε. Not yet picked: 9 − 10 = −1. Picked: 9 − 7 = +2. So [−1, 2]:
the truth may be 0 or not, and the line is recounted for timing instead of being booked as a loss.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from countbridge.domain.decimals import ZERO, subtract, total
from countbridge.domain.rollforward import Movement, expected


@dataclass(frozen=True, slots=True)
class Interval:
    """Lowest and highest variance possible, in base units; both the same where nothing is ambiguous."""

    low: Decimal
    high: Decimal

    @property
    def is_point(self) -> bool:
        return self.low == self.high

    @property
    def is_timing(self) -> bool:
        """Could the difference be timing alone? Wider than a point, and 0 is in it."""
        return not self.is_point and self.low <= ZERO <= self.high


def is_ambiguous(movement: Movement, scanned: Collection[datetime], ambiguity: timedelta) -> bool:
    """Within ±ambiguity, inclusive, of any scan of the key. What the snapshot contains is certain."""
    return not movement.in_snapshot and any(abs(movement.occurred - moment) <= ambiguity for moment in scanned)


def variance_interval(
    counted: Decimal,
    snapshot: Decimal,
    movements: Iterable[Movement],
    scanned: Collection[datetime],
    ambiguity: timedelta,
) -> Interval:
    """[Vmin, Vmax] of a count made at the moments `scanned` (one at least), compared at the last of them."""
    doubtful: list[Movement] = []
    certain: list[Movement] = []
    for movement in movements:
        (doubtful if is_ambiguous(movement, scanned, ambiguity) else certain).append(movement)
    sure = expected(snapshot, certain, max(scanned))
    least = total([sure, *(m.quantity for m in doubtful if m.quantity < 0)])
    most = total([sure, *(m.quantity for m in doubtful if m.quantity > 0)])
    return Interval(subtract(counted, most), subtract(counted, least))
