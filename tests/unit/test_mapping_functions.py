"""Every example of every function runs, and quantities agree with Python's exact fractions."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countbridge.mapping import Mapped, RuleSet, Table, apply
from countbridge.mapping.functions import FUNCTIONS, Example

TABLES = {
    table.name: table
    for table in (
        Table("items", ["sku"], ["item"], [{"sku": "00123", "item": "BOLT-M8"}]),
        Table("users", ["operator"], ["user_name"], [{"operator": "OP7", "user_name": "wang.li"}]),
        Table(
            "bins",
            ["warehouse", "bin"],
            ["location", "zone"],
            [{"warehouse": "W1", "bin": "A-01", "location": "W1-A", "zone": "A"}],
        ),
        Table(
            "units",
            ["item", "unit"],
            ["numerator", "denominator"],
            [
                {"item": "A1", "unit": "CTN", "numerator": "12", "denominator": "1"},
                {"item": "", "unit": "GRM", "numerator": "1", "denominator": "1000"},
                {"item": "A1", "unit": "GRM", "numerator": "1", "denominator": "500"},
            ],
        ),
    )
}
EXAMPLES = [(function, example) for function in FUNCTIONS for example in function.examples]


def one(change: str | list[str], value: str | None) -> tuple[str | None, str | None]:
    """What the changes make of a value, and the code they fail with."""
    return outcome(
        apply(RuleSet.load([{"target": "t", "from": "value", "change": change}]), [{"value": value}], TABLES)
    )


def outcome(done: Mapped) -> tuple[str | None, str | None]:
    if done.rejects:
        return None, done.rejects[0].failures[0].code
    return done.rows[0]["t"], None


@pytest.mark.parametrize(("function", "example"), EXAMPLES, ids=lambda part: getattr(part, "change", ""))
def test_example(function: object, example: Example) -> None:
    row = example.given if isinstance(example.given, dict) else {"value": example.given}
    sources = list(row) if example.change.startswith("join") else next(iter(row))
    rules = RuleSet.load([{"target": "t", "from": sources, "change": [example.change]}])
    assert outcome(apply(rules, [row], TABLES)) == (example.gives, example.fails)


def test_every_function_has_a_sentence_and_an_example_that_succeeds() -> None:
    assert len({function.signature for function in FUNCTIONS}) == len(FUNCTIONS)
    for function in FUNCTIONS:
        assert any(example.fails is None for example in function.examples), function.signature
        assert function.does.endswith("."), function.signature


def test_a_factor_for_this_item_comes_before_the_one_for_all_items() -> None:
    rules = RuleSet.load([{"target": "t", "from": "q", "change": "convert unit in units by item, unit"}])
    rows = [{"q": "500", "item": item, "unit": "GRM"} for item in ("A1", "B2")]
    assert [row["t"] for row in apply(rules, rows, TABLES).rows] == ["1", "0.5"]


def test_changes_work_on_what_the_one_before_left() -> None:
    assert one(["strip", "strip zeros", "prefix W-", "lower"], "  00A1 ") == ("w-a1", None)
    assert one(["times 1/3", "times 3", "to decimal 0"], "10") == ("10", None)
    assert one(["divide by 3", "round 2 half up", "negate"], "10") == ("-3.33", None)
    assert one(["times 1/3", "negate", "round 1 half up", "suffix kg"], "10") == ("-3.3kg", None)
    assert one(["strip", "to decimal 2"], "   ") == (None, None)
    assert one(["times 1/1000", "to decimal 2"], "12345") == (None, "mapping.too_many_decimals")
    assert one(["times 1/1000", "to decimal 2"], "12340") == ("12.34", None)
    assert one(["times 1/3", "required", "strip"], "1") == (None, "mapping.not_exact")


@pytest.mark.parametrize(
    "text", ["1e3", "1E5", " 1", "1 ", "+1", ".5", "5.", "1_000", "１２", "0x1", "NaN", "inf", "--1", "1\n"]
)
def test_what_is_no_plain_number_is_never_read_as_one(text: str) -> None:
    for change in ("to decimal 3", "round 3 half up", "times 2", "negate"):
        assert one(change, text) == (None, "mapping.not_a_number"), change


def test_numbers_beyond_38_digits_fail_loudly() -> None:
    assert one("to decimal 0", "9" * 39) == (None, "mapping.too_large")
    assert one("times 1000", "9" * 38) == (None, "mapping.too_large")
    assert one("round 2 half up", "9" * 38) == (None, "mapping.too_large")
    assert one("divide by 7", "-17014118346046923173168730371588410572.8")[1] in (
        "mapping.too_large",
        "mapping.not_exact",
    )
    assert one("to decimal 0", "9" * 38) == ("9" * 38, None)


plain = st.builds(
    lambda sign, whole, decimals: sign + whole + decimals,
    st.sampled_from(["", "-"]),
    st.text("0123456789", min_size=1, max_size=12),
    st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=8).map(lambda digits: "." + digits)),
)
factors = st.tuples(st.integers(1, 10**7), st.integers(1, 10**7))
MANY = settings(max_examples=40, deadline=None)


def rounded(exact: Fraction, places: int) -> str:
    """Half up as Python's Decimal knows it, at a precision where the quotient's digits decide."""
    scaled = abs(exact) * 10**places
    whole = int(scaled) + (scaled - int(scaled) >= Fraction(1, 2))
    text = str(Decimal(whole).scaleb(-places))
    return f"-{text}" if exact < 0 and whole else text


@MANY
@given(st.lists(st.tuples(plain, factors), min_size=1, max_size=20), st.integers(0, 6))
def test_units_convert_and_round_as_fractions_do(cases: list[tuple[str, tuple[int, int]]], places: int) -> None:
    table = Table(
        "f",
        ["i"],
        ["numerator", "denominator"],
        [{"i": str(i), "numerator": str(n), "denominator": str(d)} for i, (_, (n, d)) in enumerate(cases)],
    )
    rules = RuleSet.load(
        [
            {"target": "r", "from": "q", "change": ["times factor in f by i", f"round {places} half up"]},
            {"target": "b", "from": "q", "change": ["divide by factor in f by i", f"round {places} half up"]},
        ]
    )
    done = apply(rules, [{"q": text, "i": str(i)} for i, (text, _) in enumerate(cases)], {"f": table})
    assert not done.rejects
    for row, (text, (up, down)) in zip(done.rows, cases, strict=True):
        assert f"{Decimal(row['r'] or ''):f}" == f"{Decimal(rounded(Fraction(text) * Fraction(up, down), places)):f}"
        assert Fraction(row["b"] or "") == Fraction(rounded(Fraction(text) / Fraction(up, down), places))


@MANY
@given(st.lists(plain, min_size=1, max_size=20), st.integers(0, 6))
def test_to_decimal_never_changes_the_number(texts: list[str], places: int) -> None:
    rules = RuleSet.load([{"target": "t", "from": "v", "change": f"to decimal {places}"}])
    done = apply(rules, [{"v": text} for text in texts])
    fits = [text for text in texts if (Fraction(text) * 10**places).denominator == 1]
    assert [Fraction(row["t"] or "") for row in done.rows] == [Fraction(text) for text in fits]
    assert all(len((row["t"] or "").partition(".")[2]) == places for row in done.rows)
    assert [reject.row["v"] for reject in done.rejects] == [text for text in texts if text not in fits]
    assert {reject.failures[0].code for reject in done.rejects} <= {"mapping.too_many_decimals"}


@MANY
@given(st.lists(plain, min_size=1, max_size=20), st.integers(0, 6))
def test_rounding_and_sign_agree_with_decimal(texts: list[str], places: int) -> None:
    rules = RuleSet.load(
        [
            {"target": "r", "from": "v", "change": f"round {places} half up"},
            {"target": "n", "from": "v", "change": "negate"},
            {"target": "x", "from": "v", "change": ["times 7/8", "times 8/7"]},
        ]
    )
    with localcontext() as context:
        context.prec = 60
        for text, row in zip(texts, apply(rules, [{"v": text} for text in texts]).rows, strict=True):
            wanted = Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
            assert row["r"] == f"{wanted or abs(wanted):f}"
            assert Fraction(row["n"] or "") == -Fraction(text)
            assert Fraction(row["x"] or "") == Fraction(text)


def test_dates_before_1970_and_odd_offsets() -> None:
    assert one("parse date milliseconds in UTC", "-1") == ("1969-12-31T23:59:59.999+00:00", None)
    assert one("parse date ISO in Asia/Kolkata", "2026-03-01 08:00") == ("2026-03-01T08:00:00+05:30", None)
    assert one("parse date ISO in America/St_Johns", "2026-01-01T00:00:00Z") == ("2025-12-31T20:30:00-03:30", None)
    assert one("parse date ISO", "2026-03-01 08:00:00.123456+0800") == ("2026-03-01T08:00:00.123456+08:00", None)
    assert one("parse date ISO", "2026-03-01 08:00") == (None, "mapping.zone_unknown")
    assert one("format date YYYY-MM-DD HH:mm", "2026-03-01") == (None, "mapping.no_time")
    assert one("parse date YYYY年MM月DD日", "2026年03月01日") == ("2026-03-01", None)


def test_many_random_moments_survive_a_round_trip_through_a_zone() -> None:
    dice = random.Random(7)
    moments = [str(dice.randrange(0, 4_000_000_000)) for _ in range(200)]
    there = RuleSet.load([{"target": "t", "from": "v", "change": "parse date seconds in Europe/Berlin"}])
    back = RuleSet.load(
        [
            {
                "target": "t",
                "from": "t",
                "change": ["parse date ISO in UTC", "format date YYYYMMDDHHmmss in Asia/Shanghai"],
            }
        ]
    )
    straight = RuleSet.load(
        [{"target": "t", "from": "v", "change": ["parse date seconds in Asia/Shanghai", "format date YYYYMMDDHHmmss"]}]
    )
    rows = [{"v": moment} for moment in moments]
    assert apply(back, apply(there, rows).rows).rows == apply(straight, rows).rows
