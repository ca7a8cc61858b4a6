"""Slips while a number is entered: a digit too few or too many, two digits exchanged, the wrong unit.

A recount by somebody else that says the same rules them out. So does an ERP that agrees with the shelf (weighing).
Worked: 120 boxes of 1, the person typed 102: two digits exchanged, −18. A box of 12 entered as 1 piece: −11.
With several portions each alone is asked what it should have been for the line to match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from countbridge.domain.decimals import EXACT, decimal_text, has_at_most, subtract
from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach, Portion
from countbridge.domain.explanation.stories import Cause, Story, Suspect
from countbridge.domain.units import BASE_UNIT, from_base

PLACES = 6  # decimals people enter at most
MOST_DIGITS = 15
MOST_PORTIONS = 20  # of one line: with more, every number fits somewhere


def transposed(digits: str) -> Iterator[str]:
    """Two neighbouring digits exchanged; a decimal point stays where it is."""
    places = [index for index, letter in enumerate(digits) if letter.isdigit()]
    for left, right in pairwise(places):
        changed = list(digits)
        changed[left], changed[right] = changed[right], changed[left]
        yield "".join(changed)


def dropped(digits: str) -> Iterator[str]:
    """One digit left out, where one is left."""
    places = [index for index, letter in enumerate(digits) if letter.isdigit()]
    if len(places) > 1:
        yield from (digits[:index] + digits[index + 1 :] for index in places)


def doubled(digits: str) -> Iterator[str]:
    """A key pressed twice."""
    yield from (digits[:index] + letter + digits[index:] for index, letter in enumerate(digits) if letter.isdigit())


def added(digits: str) -> Iterator[str]:
    """Any digit put in anywhere."""
    for index in range(len(digits) + 1):
        yield from (digits[:index] + digit + digits[index:] for digit in "0123456789")


SLIPS: tuple[tuple[Cause, Callable[[str], Iterator[str]]], ...] = (
    (Cause.DIGITS_TRANSPOSED, transposed),
    (Cause.DIGIT_DROPPED, dropped),
    (Cause.DIGIT_ADDED, doubled),
    (Cause.DIGIT_ADDED, added),
)


def stories(breach: Breach) -> Iterator[Story]:
    """Every slip of one portion that explains the variance and would seldom do so by chance."""
    if breach.confirmed or not breach.variance or len(breach.portions) > MOST_PORTIONS:
        return
    # Nothing entered is no slip of the finger.
    asked = [
        (portion, right) for portion in breach.portions if portion.quantity and (right := _right(breach, portion)) > 0
    ]
    yield from _slips(breach, asked)
    yield from _units(breach, asked)


def _slips(breach: Breach, asked: list[tuple[Portion, Fraction]]) -> Iterator[Story]:
    """30 typed as 03 is a digit dropped as much as two exchanged: where two slips fit, both are as likely by chance as the
    likelier of them."""
    fitting: dict[Cause, tuple[int, dict[str, str]]] = {}
    for cause, slip in SLIPS:
        found = _digits(breach, asked, slip)
        if found and cause not in fitting:
            fitting[cause] = found
    one_in = min((chances for chances, _ in fitting.values()), default=0)
    yield from (told for cause, (_, evidence) in fitting.items() if (told := _told(breach, cause, one_in, evidence)))


def _right(breach: Breach, portion: Portion) -> Fraction:
    """What the portion should have been, in base units, for the line to match."""
    return portion.base - Fraction(breach.variance)


def _digits(
    breach: Breach, asked: list[tuple[Portion, Fraction]], slip: Callable[[str], Iterator[str]]
) -> tuple[int, dict[str, str]] | None:
    """What was typed and meant, if a slip of this kind explains the variance, and how easily by chance."""
    tried: list[tuple[Decimal, Portion, set[Decimal]]] = []
    found: dict[str, str] | None = None
    for portion, right in asked:
        number = None if _fills_a_larger(breach, portion, right) else _decimal(from_base(right, portion.factor))
        places = breach.decimals if portion.factor == BASE_UNIT else 0  # nobody means 15.05 boxes
        if number is None or number >= 10**MOST_DIGITS or not has_at_most(number, places):
            continue
        meant = decimal_text(number)
        typed = {Decimal(each) for each in slip(meant) if each.strip(".")} - {number}
        tried.append((number, portion, typed))
        if portion.quantity in typed:
            found = {"typed": decimal_text(portion.quantity), "meant": meant, "unit": portion.unit}
    if found is None:
        return None
    explained = _decimals(
        Fraction(subtract(each, number)) * portion.factor for number, portion, typed in tried for each in typed
    )
    return chance.one_in(breach, explained), found


def _fills_a_larger(breach: Breach, portion: Portion, right: Fraction) -> bool:
    """Beside full boxes that were entered as boxes, nobody means a box and more of loose pieces."""
    return any(portion.factor < other.factor <= right for other in breach.portions if other.quantity)


def _units(breach: Breach, asked: list[tuple[Portion, Fraction]]) -> Iterator[Story]:
    """The portion's number is right in another unit of the item: V = p · (entered − meant)."""
    found: dict[Cause, dict[str, str]] = {}
    explained: dict[Cause, set[Decimal]] = {Cause.CASE_AS_EACH: set(), Cause.EACH_AS_CASE: set()}
    for portion, right in asked:
        for meant, factor in breach.units:
            number = _decimal(from_base(right, factor))
            for entered, other in breach.units:
                if other == factor or number is None:
                    continue
                cause = Cause.CASE_AS_EACH if other < factor else Cause.EACH_AS_CASE
                explained[cause] |= _decimals([Fraction(number) * (other - factor)])
                if other == portion.factor and number == portion.quantity:
                    found[cause] = {"typed": decimal_text(portion.quantity), "entered": entered, "meant": meant}
    for cause, evidence in found.items():
        told = _told(breach, cause, chance.one_in(breach, explained[cause]), evidence)
        if told:
            yield told


def _told(breach: Breach, cause: Cause, one_in: int, evidence: dict[str, str]) -> Story | None:
    if one_in < chance.TELLING:
        return None
    return Story(cause, Suspect.SHELF, ((breach.id, breach.variance),), one_in, evidence=evidence)


def _decimal(number: Fraction) -> Decimal | None:
    """The number as people would type it; None where it has more decimals than they do (a third of a box)."""
    scaled = number * 10**PLACES
    return Decimal(scaled.numerator).scaleb(-PLACES, EXACT) if scaled.denominator == 1 else None


def _decimals(numbers: Iterable[Fraction]) -> set[Decimal]:
    return {found for number in numbers if (found := _decimal(number)) is not None}
