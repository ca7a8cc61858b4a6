"""How easily a story would fit by chance.

A family of stories can explain only certain sizes of variance: a line with movements of −3 and −40 has two sizes a wrong sign
could have made, 6 and 80. Of the sizes up to the one found, in the steps in which such a variance comes, one in how many would
have fitted? Sizes up to twice the one found are counted as fitting, too: 12 typed as 2 might have been typed as 1. Worked:
variance 80, so 80 sizes, of which 2 fit: 1 in 40. Variance 6: 6 sizes, 1 fits, 1 in 6.

Whole cases are lost as cases: steps are the largest unit of the item that divides the variance. −72 in cases of 24 is the
third size, not the seventy-second.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.decimals import decimal_text, multiply
from countbridge.domain.explanation.facts import Breach
from countbridge.domain.units import from_base

TWO = Decimal(2)
TELLING = 5  # a story that would fit more often than 1 in so many is not told


def step(quantities: Iterable[Decimal], units: Iterable[tuple[str, Fraction]]) -> Fraction:
    """The largest unit that divides all the quantities; without one, the last decimal place they have."""
    sizes = [Fraction(quantity) for quantity in quantities]
    fitting = [factor for _, factor in units if all(from_base(size, factor).denominator == 1 for size in sizes)]
    places = max((_places(size) for size in sizes), default=0)
    return max([*fitting, Fraction(1, 10**places)])


def _places(size: Fraction) -> int:
    places = 0
    while (size * 10**places).denominator != 1:
        places += 1
    return places


def one_in(breach: Breach, explained: Iterable[Decimal]) -> int:
    """One in how many sizes up to the breach's the variances `explained` would have fitted. Those of its sign up to twice its
    size count, each once."""
    variance = breach.variance
    size = variance.copy_abs()
    most = multiply(TWO, size)
    fits = {each for each in explained if each.is_signed() == variance.is_signed() and 0 < each.copy_abs() <= most}
    room = Fraction(size) / step([variance], breach.units)
    return int(room) // max(1, len(fits))


def text(quantity: Decimal, *, signed: bool = False) -> str:
    """A quantity as people write it; with its sign where the direction matters."""
    return ("+" if signed and quantity > 0 else "") + decimal_text(quantity)
