"""Units: the entered quantity and the exact rational factor are kept; the sum is rounded once, to base precision.

Worked: 3 boxes of 12 and 5 loose pieces are 41. Three portions of a unit worth 10/3 are 10, not 9.999.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.decimals import round_half_up
from countbridge.errors import InputError

BASE_DECIMALS = 3  # where an item names none
BASE_UNIT = Fraction(1)


def unit_factor(numerator: Decimal, denominator: Decimal) -> Fraction:
    """Base units in one of this unit, exactly: a box of 6 is 6/1, a gram of kilograms 1/1000.

    Both parts must be above 0: InputError domain.factor_not_positive.
    """
    if numerator <= 0 or denominator <= 0:
        raise InputError("domain.factor_not_positive", numerator=numerator, denominator=denominator)
    return Fraction(numerator) / Fraction(denominator)


def to_base(quantity: Decimal, factor: Fraction) -> Fraction:
    """An entered quantity in base units, exactly."""
    return Fraction(quantity) * factor


def from_base(quantity: Decimal | Fraction, factor: Fraction) -> Fraction:
    """A base quantity in the given unit, exactly (it may not be a finite decimal: 1 piece is 1/6 box)."""
    return Fraction(quantity) / factor


def base_sum(portions: Iterable[tuple[Decimal, Fraction]], base_decimals: int = BASE_DECIMALS) -> Decimal:
    """All portions (quantity, factor) in base units: converted exactly, added, then rounded once, half-up."""
    exact = sum((to_base(quantity, factor) for quantity, factor in portions), Fraction(0))
    return round_half_up(exact, base_decimals)


def is_zero(difference: Decimal, base_decimals: int = BASE_DECIMALS) -> bool:
    """Is a difference between two books inside the zero band, less than half a base-unit step either way?

    For books kept in different units: 1.2346 kg against 1.235 kg at 3 decimals is the same stock.
    """
    return round_half_up(Fraction(difference), base_decimals) == 0
