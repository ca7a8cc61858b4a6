"""Tolerance: a variance is a breach if any limit given is exceeded; exactly at a limit is still within.

With nothing expected or nothing counted a percentage means nothing, so it is not applied: quantity and value decide. A
policy with a percentage alone therefore never stops such a line; `decides_without_percent` lets a policy editor say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from countbridge.domain.decimals import ZERO, multiply

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Limits of |variance|: percent of |expected|, base units, money. None = no such limit."""

    percent: Decimal | None = None
    quantity: Decimal | None = None
    value: Decimal | None = None

    @property
    def decides_without_percent(self) -> bool:
        """Is there a limit that also holds where the percentage is undefined and no price is known?"""
        return self.quantity is not None


def percent_applies(expected: Decimal, counted: Decimal) -> bool:
    """Is a percentage defined? Not where nothing is expected or nothing was counted."""
    return ZERO not in (expected, counted)


def exceeded(
    tolerance: Tolerance, expected: Decimal, counted: Decimal, variance: Decimal, value: Decimal | None
) -> list[str]:
    """The limits this variance exceeds, of "percent", "quantity", "value"; none: within tolerance.

    `value` is variance × price, None without a price (the value limit is then not applied).
    Worked: expected 200, counted 196, limit 2 %: 4 of 200 is exactly 2 %, within.
    """
    found = []
    size = abs(variance)
    if (
        tolerance.percent is not None
        and percent_applies(expected, counted)
        and multiply(size, HUNDRED) > multiply(abs(expected), tolerance.percent)
    ):
        found.append("percent")
    if tolerance.quantity is not None and size > tolerance.quantity:
        found.append("quantity")
    if tolerance.value is not None and value is not None and abs(value) > tolerance.value:
        found.append("value")
    return found
