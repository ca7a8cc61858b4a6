"""Inventory record accuracy and shrinkage. Matches are kept: lines found right are what accuracy is made of.

Worked: 4 counted lines, 2 match, 1 within tolerance, 1 on hold → lines 3 ÷ 4 = 0.75. Expected 100, 100, 50 and 50 pieces,
variances 0, 0, −2 and +4: quantity 1 − (2 + 4) ÷ 300 = 0.98, net +2 (shrinkage −0.006667), absolute 6 (0.02).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.assessment import Assessment
from countbridge.domain.decimals import EXACT, ZERO, multiply, round_half_up, subtract, total
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
    found = results((line, None) for line in assessments)
    return Accuracy(lines=found.accuracy, quantity=found.quantity.accuracy)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the counted lines: base units (of whatever unit each line has), or money in the link's currency.

    `book` = Σ|E|, `gain` = Σ of the variances above 0, `loss` = Σ of those below (so 0 or negative). Exact.
    `moved` = Σ|V| of goods that only changed place, lot or status (approved as transfers): wrong, but neither gain nor loss.
    Worked: book 300, gain 4, loss −2: net 2, absolute 6, accuracy 0.98, shrinkage net −0.006667, absolute 0.02.
    """

    book: Decimal = ZERO
    gain: Decimal = ZERO
    loss: Decimal = ZERO
    moved: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """ΣV: what the stock changed by. Below 0: more was missing than found."""
        return EXACT.add(self.gain, self.loss)

    @property
    def absolute(self) -> Decimal:
        """Σ|V| of gains and losses: what appeared or is missing, in whichever direction."""
        return subtract(self.gain, self.loss)

    @property
    def accuracy(self) -> Decimal | None:
        """1 − Σ|V| ÷ Σ|E|, half-up to 6 decimals, goods in the wrong place included; None with an empty book."""
        wrong = Fraction(self.absolute) + Fraction(self.moved)
        return round_half_up(1 - wrong / Fraction(self.book), DECIMALS) if self.book else None

    @property
    def net_shrinkage(self) -> Decimal | None:
        """−ΣV ÷ Σ|E|, half-up to 6 decimals: the share of the book that is missing. Below 0 where more was found."""
        return round_half_up(-Fraction(self.net) / Fraction(self.book), DECIMALS) if self.book else None

    @property
    def absolute_shrinkage(self) -> Decimal | None:
        """Gains and losses ÷ Σ|E|, half-up to 6 decimals: losses that gains hide in the net one stand here, too."""
        return round_half_up(Fraction(self.absolute) / Fraction(self.book), DECIMALS) if self.book else None


NOTHING = Measure()


@dataclass(frozen=True, slots=True)
class Results:
    """What a set of lines comes to. `counted`: without error; the others are in no figure but `lines`.

    `matches` have no variance, `accurate` also those within tolerance; `varying` lines have one. `unpriced` counted lines
    have no price: they are in `quantity`, not in `value`.
    """

    lines: int = 0
    counted: int = 0
    matches: int = 0
    accurate: int = 0
    varying: int = 0
    unpriced: int = 0
    quantity: Measure = NOTHING
    value: Measure = NOTHING

    @property
    def accuracy(self) -> Decimal | None:
        """Accurate ÷ counted lines, half-up to 6 decimals; None where nothing was counted."""
        return round_half_up(Fraction(self.accurate, self.counted), DECIMALS) if self.counted else None


def results(lines: Iterable[tuple[Assessment, Decimal | None]]) -> Results:
    """The results of lines, each with its price per base unit (None: it has none).

    Worked: expected 40 at 8.50 counted 30 (breach), expected 12.5 at 60 counted 12.5 (match) → accuracy 0.5, quantity
    1 − 10 ÷ 52.5 = 0.809524, value 1 − 85 ÷ 1090 = 0.922018, net shrinkage in value 0.077982.
    """
    every = list(lines)
    counted = [(line, price) for line, price in every if line.counted is not None]
    priced = [(line, price) for line, price in counted if price is not None]
    return Results(
        lines=len(every),
        counted=len(counted),
        matches=sum(line.outcome == Outcome.MATCH for line, _ in counted),
        accurate=sum(line.outcome in ACCURATE for line, _ in counted),
        varying=sum(bool(line.variance) for line, _ in counted),
        unpriced=len(counted) - len(priced),
        quantity=_measure((line.expected, line.variance or ZERO) for line, _ in counted),
        value=_measure((multiply(line.expected, p), multiply(line.variance or ZERO, p)) for line, p in priced),
    )


def _measure(pairs: Iterable[tuple[Decimal, Decimal]]) -> Measure:
    """Of (expected, variance) of each line."""
    every = list(pairs)
    return Measure(
        book=total(expected.copy_abs() for expected, _ in every),
        gain=total(variance for _, variance in every if variance > 0),
        loss=total(variance for _, variance in every if variance < 0),
    )
