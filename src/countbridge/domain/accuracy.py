"""Inventory record accuracy. Matches are kept: lines found right are what accuracy is made of.

Worked: 4 counted lines, 2 match, 1 within tolerance, 1 on hold → lines 3 ÷ 4 = 0.75.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.assessment import Assessment
from countbridge.domain.decimals import round_half_up, total
from countbridge.domain.outcome import Outcome

ACCURATE = frozenset({Outcome.MATCH, Outcome.WITHIN_TOLERANCE})
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Accuracy:
    """`lines` = accurate ÷ counted lines, `quantity` = 1 − Σ|V| ÷ Σ|E|; half-up to 6 decimals, None where ÷ 0.

    `quantity` goes below 0 where more is wrong than was expected.
    """

    lines: Decimal | None
    quantity: Decimal | None


def accuracy(assessments: Iterable[Assessment]) -> Accuracy:
    """Over the lines counted without error: hold, recount and timing are counted lines, but not accurate ones."""
    counted = [line for line in assessments if line.counted is not None]
    right = sum(line.outcome in ACCURATE for line in counted)
    off = total(abs(line.variance) for line in counted if line.variance is not None)
    book = total(abs(line.expected) for line in counted)
    return Accuracy(
        lines=round_half_up(Fraction(right, len(counted)), DECIMALS) if counted else None,
        quantity=round_half_up(1 - Fraction(off) / Fraction(book), DECIMALS) if book else None,
    )
