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

from countbridge.domain.decimals import EXACT, decimal_text, has_at_most
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
    told: dict[Cause, Story] = {}
    for cause, slip in SLIPS:
        story = _digits(breach, asked, cause, slip)
        if story:
            told.setdefault(cause, story)
    yield from told.values()
    yield from _units(breach, asked)


def _right(breach: Breach, portion: Portion) -> Fraction:
    """What the portion should have been, in base units, for the line to match."""
    return portion.base - Fraction(breach.variance)


def _digits(
    breach: Breach, asked: list[tuple[Portion, Fraction]], cause: Cause, slip: Callable[[str], Iterator[str]]
) -> Story | None:
    explained: set[Decimal] = set()
    found: dict[str, str] | None = None
    for portion, right in asked:
        number = None if _fills_a_larger(breach, portion, right) else _decimal(from_base(right, portion.factor))
        places = breach.decimals if portion.factor == BASE_UNIT else 0  # nobody means 15.05 boxes
        if number is None or number >= 10**MOST_DIGITS or not has_at_most(number, places):
            continue
        meant = decimal_text(number)
        typed = {Decimal(each) for each in slip(meant) if each.strip(".")} - {Decimal(meant)}
        if portion.quantity in typed:
            found = {"typed": decimal_text(portion.quantity), "meant": meant, "unit": portion.unit}
        explained |= _decimals((Fraction(each) - Fraction(number)) * portion.factor for each in typed)
    return None if found is None else _told(breach, cause, explained, found)


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
        told = _told(breach, cause, explained[cause], evidence)
        if told:
            yield told


def _told(breach: Breach, cause: Cause, explained: set[Decimal], evidence: dict[str, str]) -> Story | None:
    one_in = chance.one_in(breach, explained)
    if one_in < chance.TELLING:
        return None
    return Story(cause, Suspect.SHELF, ((breach.id, breach.variance),), one_in, evidence=evidence)


def _decimal(number: Fraction) -> Decimal | None:
    """The number as people would type it; None where it has more decimals than they do (a third of a box)."""
    scaled = number * 10**PLACES
    return Decimal(scaled.numerator).scaleb(-PLACES, EXACT) if scaled.denominator == 1 else None


def _decimals(numbers: Iterable[Fraction]) -> set[Decimal]:
    return {found for number in numbers if (found := _decimal(number)) is not None}
