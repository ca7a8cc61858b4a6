"""How easily a story would fit by chance: worked numbers."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach
from countbridge.domain.interval import Interval
from countbridge.domain.keys import Key

PIECE, CASE = ("u", Fraction(1)), ("box", Fraction(24))


def breach(expected, counted, *units):
    low = Decimal(counted) - Decimal(expected)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Breach(1, Key("A", "B1"), "Z", 1, Decimal(expected), Decimal(counted), Interval(low, low), at, units=units)


def quantities(*told):
    return [Decimal(each) for each in told]


def test_whole_cases_are_lost_as_cases():
    assert chance.step(quantities("-72"), [PIECE, CASE]) == 24
    assert chance.step(quantities("-72", "24"), [PIECE, CASE]) == 24
    assert chance.step(quantities("-72", "25"), [PIECE, CASE]) == 1, "the unit has to divide every one of them"
    assert chance.step(quantities("-70"), [PIECE, CASE]) == 1


def test_without_a_unit_the_last_decimal_place_is_the_step():
    assert chance.step(quantities("7"), []) == 1
    assert chance.step(quantities("7", "0.25", "1.5"), []) == Fraction(1, 100)
    assert chance.step([], []) == 1
    assert chance.step(quantities("0.25"), [CASE]) == Fraction(1, 100)


def test_one_in_so_many_sizes_would_have_fitted():
    assert chance.one_in(breach("100", "180", PIECE), quantities("6", "80")) == 40
    assert chance.one_in(breach("100", "106", PIECE), quantities("6", "80")) == 6
    assert chance.one_in(breach("100", "20", PIECE), quantities("6", "80")) == 80, (
        "those of the other sign explain nothing"
    )
    assert chance.one_in(breach("200", "128", PIECE, CASE), quantities("-72")) == 3
    assert chance.one_in(breach("100", "180", PIECE), []) == 80


def test_sizes_up_to_twice_the_one_found_fit_too_and_no_larger_ones():
    assert chance.one_in(breach("100", "110", PIECE), quantities("10", "20")) == 5
    assert chance.one_in(breach("100", "110", PIECE), quantities("10", "21")) == 10
    assert chance.one_in(breach("100", "110", PIECE), quantities("10", "10", "0")) == 10, (
        "each once, and nothing is no size"
    )


def test_a_quantity_has_its_sign_where_the_direction_matters():
    assert [chance.text(Decimal(each), signed=True) for each in ("12.50", "0", "-3")] == ["+12.5", "0", "-3"]
    assert chance.text(Decimal("12.50")) == "12.5"
