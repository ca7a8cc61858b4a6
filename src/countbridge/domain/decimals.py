"""Exact decimals: every quantity, price and value is a `Decimal`, and no operation on it may round unnoticed.

Canonical text: plain digits without exponent, no trailing zeros after the point, `-0` is `0` ("12.500" → "12.5").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, FloatOperation, Inexact, InvalidOperation, Overflow
from fractions import Fraction

from countbridge.errors import InputError

ZERO = Decimal(0)
MAX_DIGITS = 200  # of one number read from outside: far beyond any stock, short of what would tie up the machine
# Wide enough for sums of products of such numbers; what would still have to be rounded raises instead.
EXACT = Context(
    prec=4_000, rounding=ROUND_HALF_UP, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, FloatOperation]
)
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def parse_decimal(text: str) -> Decimal:
    """Read plain decimal text ("12", "-0.50"). Exponent, "+", grouping, blank: InputError domain.not_a_decimal."""
    if len(text) > MAX_DIGITS or _PLAIN.fullmatch(text) is None:
        raise InputError("domain.not_a_decimal", value=text[:60])
    return Decimal(text)


def decimal_text(value: Decimal) -> str:
    """The canonical text of a finite decimal: 1E+3 → "1000", 2.50 → "2.5", -0.0 → "0"."""
    if not value.is_finite():
        raise InputError("domain.not_a_decimal", value=value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def total(values: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0 of nothing."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """left − right, exactly."""
    return EXACT.subtract(left, right)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """left × right, exactly."""
    return EXACT.multiply(left, right)


def round_half_up(value: Fraction, decimals: int) -> Decimal:
    """Round once to `decimals` places, ties away from zero: 2.5 → 3, -2.5 → -3 (as SQL's `round(numeric)` does)."""
    scaled = value * 10**decimals
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value > 0 else -whole).scaleb(-decimals, EXACT)


def has_at_most(value: Decimal, decimals: int) -> bool:
    """Does the value fit in so many decimals? Trailing zeros carry nothing: 2.500 fits in 1."""
    scaled = value.scaleb(decimals, EXACT)
    return scaled == scaled.to_integral_value()
