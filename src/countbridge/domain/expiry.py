"""The last day a lot is good: what a book says of it, what a label says, and whether it is over.

Worked: a lot good until 2026-11-24, counted on 2026-11-25: expired. Good until 2026-11-25: not yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

DIFFERS = "expiry_differs"
EXPIRED = "expired"


def is_expired(expires: date | None, day: date) -> bool:
    """Is the last good day before `day`, the day of the count where the goods lie? A lot without a day never expires."""
    return expires is not None and expires < day


def differing(booked: date | None, told: Iterable[date | None]) -> date | None:
    """The day the labels say where it is another than the book's, the earliest of several; None where they agree, where the
    book has none, or where no label told one. It changes no quantity."""
    other = sorted(each for each in told if each is not None and booked is not None and each != booked)
    return other[0] if other else None


def reasons(booked: date | None, told: Iterable[date | None], day: date) -> tuple[str, ...]:
    """The codes a line gets. Goods are expired by the day on the label, too: whichever comes first."""
    said = [each for each in told if each is not None]
    days = [each for each in (booked, *said) if each is not None]
    found = [DIFFERS] if differing(booked, said) else []
    return (*found, EXPIRED) if is_expired(min(days, default=None), day) else tuple(found)
