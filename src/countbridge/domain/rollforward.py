"""Rolling the book forward: E(c) = S + Σ q of every movement not in S that occurred up to and including c.

Which movements S already contains is the snapshot's own business: a live count knows it by ledger watermark, a recorded
history by moment. It stands on each movement, so a movement recorded after the snapshot for a moment before it (a
backdated one) still restates the snapshot, and none is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from countbridge.domain.decimals import subtract, total


@dataclass(frozen=True, slots=True)
class Movement:
    """Goods that came to (+) or left (−) one key. Quantity in base units; moments carry an offset.

    `seen` None: known from the start. `in_snapshot`: the snapshot's quantity contains it.
    """

    id: str
    quantity: Decimal
    occurred: datetime
    seen: datetime | None = None
    in_snapshot: bool = False


def existing(movements: Iterable[Movement], seen_until: datetime | None) -> list[Movement]:
    """The movements known by `seen_until` (inclusive); all of them when it is None."""
    return [m for m in movements if seen_until is None or m.seen is None or m.seen <= seen_until]


def expected(snapshot: Decimal, movements: Iterable[Movement], moment: datetime) -> Decimal:
    """E: what the book says at the moment. A movement exactly then has happened. Negative stays negative."""
    return total([snapshot, *(m.quantity for m in movements if not m.in_snapshot and m.occurred <= moment)])


def roll(quantity: Decimal, movements: Iterable[Movement], start: datetime, end: datetime) -> Decimal:
    """The quantity of `start` carried to `end`, forward over (start, end] or back over (end, start]."""
    low, high = min(start, end), max(start, end)
    moved = total(m.quantity for m in movements if low < m.occurred <= high)
    return total([quantity, moved]) if end >= start else subtract(quantity, moved)


def moved_between(movements: Iterable[Movement], first: datetime, last: datetime) -> bool:
    """Did the key move strictly after `first` and up to `last`? Also where the movements cancel out."""
    return any(first < m.occurred <= last for m in movements)


def closure_residue(snapshot: Decimal, end: Decimal, movements: Iterable[Movement], end_at: datetime) -> Decimal:
    """S(T1) − S(T0) − Σ q (T0, T1]. Other than 0: a movement nobody told us of. The key is held, nothing posted."""
    return subtract(end, expected(snapshot, movements, end_at))
