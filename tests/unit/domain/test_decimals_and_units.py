"""Exact numbers and units: hand-worked cases and round trips."""

from decimal import Decimal, FloatOperation, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.decimals import (
    EXACT,
    MAX_DIGITS,
    decimal_text,
    has_at_most,
    multiply,
    parse_decimal,
    round_half_up,
    subtract,
    total,
)
from countbridge.domain.units import base_sum, from_base, is_zero, to_base, unit_factor
from countbridge.errors import InputError

LONG = "123456789012345678901234567890.000000000000000000000000000001"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("12.500", "12.5"), ("100", "100"), ("-0", "0"), ("-0.000", "0"), ("0.10", "0.1"), ("-7.0", "-7"),
        ("00012", "12"), (LONG, LONG),
    ],
)  # fmt: skip
def test_decimal_text_has_one_form(text, canonical):
    assert decimal_text(parse_decimal(text)) == canonical


def test_decimal_text_never_has_an_exponent():
    assert decimal_text(Decimal("1E+3")) == "1000"
    assert decimal_text(Decimal("1E-9")) == "0.000000001"
    assert decimal_text(Decimal("1.50E+1")) == "15"


@pytest.mark.parametrize(
    "text",
    ["", "+1", "1E5", "12_3", " 1", "1 ", "1,5", ".5", "5.", "NaN", "Infinity", "--1", "٣", "１", "1\n", "9" * 201],
)
def test_anything_but_plain_digits_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_decimal(text)
    assert caught.value.code == "domain.not_a_decimal"
    assert len(caught.value.params["value"]) <= 60


def test_the_longest_number_is_read():
    assert parse_decimal("9" * MAX_DIGITS) == 10**MAX_DIGITS - 1


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_has_no_text(value):
    with pytest.raises(InputError):
        decimal_text(value)


def test_sums_and_products_are_exact_beyond_the_usual_28_digits():
    big = Decimal(LONG)
    assert subtract(total([big, Decimal(1)]), Decimal(1)) == big
    assert multiply(big, Decimal(3)) == Decimal("370370367037037036703703703670.000000000000000000000000000003")
    assert total([]) == 0


def test_rounding_unnoticed_is_impossible():
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
    with pytest.raises(FloatOperation):
        EXACT.create_decimal(float("1.5"))


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        ("5/2", 0, "3"), ("-5/2", 0, "-3"), ("249/100", 0, "2"), ("1/3", 3, "0.333"), ("2/3", 3, "0.667"),
        ("-1/3", 0, "0"), ("-2/3", 0, "-1"), ("1/2000", 3, "0.001"), ("49/100000", 3, "0"), ("0", 2, "0"),
        ("-7/1000000", 6, "-0.000007"), ("7", 0, "7"),
    ],
)  # fmt: skip
def test_half_up_rounds_ties_away_from_zero(value, decimals, rounded):
    assert decimal_text(round_half_up(Fraction(value), decimals)) == rounded


@pytest.mark.parametrize(
    ("value", "decimals", "fits"),
    [("2.50", 1, True), ("2.55", 1, False), ("2.000", 0, True), ("2.001", 0, False), ("-0.5", 0, False)],
)
def test_trailing_zeros_are_no_decimals(value, decimals, fits):
    assert has_at_most(Decimal(value), decimals) is fits


def test_portions_are_rounded_once_after_adding():
    third = unit_factor(Decimal(10), Decimal(3))
    assert base_sum([(Decimal(1), third)] * 3, 0) == 10
    assert base_sum([(Decimal(1), third)], 0) == 3
    assert base_sum([(Decimal(3), Fraction(12)), (Decimal(5), Fraction(1))], 0) == 41
    assert base_sum([(Decimal("0.5"), unit_factor(Decimal(1), Decimal(1000)))]) == Decimal("0.001")
    assert base_sum([], 0) == 0


@pytest.mark.parametrize(("numerator", "denominator"), [("0", "1"), ("1", "0"), ("-6", "1"), ("6", "-1"), ("-6", "-1")])
def test_a_factor_is_above_zero(numerator, denominator):
    with pytest.raises(InputError) as caught:
        unit_factor(Decimal(numerator), Decimal(denominator))
    assert caught.value.code == "domain.factor_not_positive"


def test_factors_may_be_decimals():
    assert unit_factor(Decimal("0.5"), Decimal("1.5")) == Fraction(1, 3)


@pytest.mark.parametrize(
    ("difference", "decimals", "zero"),
    [
        ("0.0004", 3, True), ("-0.0004", 3, True), ("0.0005", 3, False), ("-0.0005", 3, False), ("0", 0, True),
        ("0.4", 0, True), ("0.5", 0, False),
    ],
)  # fmt: skip
def test_the_zero_band_is_less_than_half_a_step(difference, decimals, zero):
    assert is_zero(Decimal(difference), decimals) is zero


factors = st.builds(unit_factor, st.integers(1, 10**9).map(Decimal), st.decimals("0.001", 10**6, places=3).map(Decimal))


@given(st.decimals(-(10**20), 10**20, places=9), factors)
def test_there_and_back_is_the_same_quantity(quantity, factor):
    assert from_base(to_base(quantity, factor), factor) == quantity


@given(st.lists(st.tuples(st.decimals(0, 10**9, places=3), factors), max_size=6), st.integers(0, 6))
def test_the_sum_is_off_by_half_a_step_at_most_and_order_is_nothing(portions, decimals):
    exact = sum((Fraction(quantity) * factor for quantity, factor in portions), Fraction(0))
    rounded = base_sum(portions, decimals)
    assert -Fraction(1, 2 * 10**decimals) < exact - Fraction(rounded) < Fraction(1, 2 * 10**decimals) or (
        Fraction(rounded) - exact == Fraction(1, 2 * 10**decimals)
    )
    assert base_sum(reversed(portions), decimals) == rounded


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_text_and_number_are_the_same_both_ways(value):
    assert parse_decimal(decimal_text(value)) == value
    assert decimal_text(parse_decimal(decimal_text(value))) == decimal_text(value)
