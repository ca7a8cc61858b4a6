"""How many levels of approval the sum of a count's variances needs before it is posted.

Each level signs for so much, net and absolute; whatever is more needs the next level as well. A large gain that a large loss
cancels is small in net and large in absolute value: both limits are asked.
Worked: level 1 up to net 500 and absolute 2000, level 2 without limit. Gains 1500, losses −1300: net 200, absolute 2800 → both
must sign. Gains 300, losses −100: net 200, absolute 400 → level 1 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from countbridge.domain.decimals import total


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a level may sign for, in money: |sum of values| and sum of |values|. None = no limit."""

    net: Decimal | None = None
    absolute: Decimal | None = None

    def covers(self, net: Decimal, absolute: Decimal) -> bool:
        """Exactly at a limit is covered."""
        return (self.net is None or abs(net) <= self.net) and (self.absolute is None or absolute <= self.absolute)


def at_stake(values: Iterable[Decimal]) -> tuple[Decimal, Decimal]:
    """(net, absolute) of signed variance values."""
    known = list(values)
    return total(known), total(abs(value) for value in known)


def levels_needed(limits: Sequence[Limit], net: Decimal, absolute: Decimal, *, unpriced: bool = False) -> int:
    """How many of the levels must sign, from the first on: up to the first one that covers the sum; all, where none does.

    0 where there are no levels, or nothing is at stake. `unpriced`: some variance has no price, so what is at stake is not
    known and no limit covers it.
    """
    if unpriced:
        return len(limits)
    if not absolute:
        return 0
    return next((number for number, limit in enumerate(limits, 1) if limit.covers(net, absolute)), len(limits))
