"""Accuracy and shrinkage against sums made by hand, in fractions, line by line."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.accuracy import Measure, Results, accuracy, results
from countbridge.domain.assessment import Assessment
from countbridge.domain.decimals import subtract
from countbridge.domain.outcome import Outcome

QUANTITIES = st.decimals(min_value=-(10**20), max_value=10**20, places=9)
PRICES = st.none() | st.decimals(min_value=-(10**6), max_value=10**13, places=6)


def line(outcome, expected, counted):
    count = None if counted is None else Decimal(counted)
    variance = None if count is None else subtract(count, Decimal(expected))
    return Assessment(Decimal(expected), count, variance, None, None, Outcome(outcome), ())


@st.composite
def priced_lines(draw):
    expected = draw(st.just(Decimal(0)) | QUANTITIES)
    outcome = draw(st.sampled_from(list(Outcome)))
    uncounted = outcome in (Outcome.UNCOUNTED, Outcome.ERROR)
    counted = None if uncounted else expected if outcome == Outcome.MATCH else draw(QUANTITIES)
    return line(outcome, expected, counted), draw(PRICES)


def half_up(number):
    """To six decimals, ties away from zero, told apart from the domain's own rounding: by text."""
    millionths = abs(number) * 10**6
    whole = millionths.numerator // millionths.denominator
    whole += 2 * (millionths - whole) >= 1
    return Fraction(whole if number > 0 else -whole, 10**6)


def by_hand(found, pairs):
    """The measure against sums of (expected, variance) in fractions."""
    book = sum((abs(e) for e, _ in pairs), Fraction(0))
    net = sum((v for _, v in pairs), Fraction(0))
    off = sum((abs(v) for _, v in pairs), Fraction(0))
    assert Fraction(found.book) == book
    assert (Fraction(found.net), Fraction(found.absolute)) == (net, off)
    assert found.loss <= 0 <= found.gain
    shares = (found.accuracy, found.net_shrinkage, found.absolute_shrinkage)
    if book == 0:
        assert shares == (None, None, None)
    else:
        assert shares == tuple(half_up(share) for share in (1 - off / book, -net / book, off / book))


@given(st.lists(priced_lines(), max_size=12))
def test_every_figure_is_the_sum_made_by_hand(lines):
    found = results(lines)
    counted = [(one, price) for one, price in lines if one.counted is not None]
    good = [one for one, _ in counted if one.outcome in ("match", "within_tolerance")]
    assert (found.lines, found.counted, found.accurate) == (len(lines), len(counted), len(good))
    assert found.matches == sum(one.outcome == "match" for one, _ in counted)
    assert found.varying == sum(one.counted != one.expected for one, _ in counted)
    assert found.unpriced == sum(price is None for _, price in counted)
    assert found.accuracy == (half_up(Fraction(len(good), len(counted))) if counted else None)
    quantities = [(Fraction(one.expected), Fraction(one.counted) - Fraction(one.expected)) for one, _ in counted]
    by_hand(found.quantity, quantities)
    prices = [price for _, price in counted]
    by_hand(
        found.value,
        [(e * Fraction(p), v * Fraction(p)) for (e, v), p in zip(quantities, prices, strict=True) if p is not None],
    )


@given(st.lists(priced_lines(), max_size=12))
def test_what_a_replay_says_is_what_the_results_say(lines):
    found, said = results(lines), accuracy(one for one, _ in lines)
    assert (said.lines, said.quantity) == (found.accuracy, found.quantity.accuracy)


@given(st.lists(priced_lines(), max_size=6), st.lists(priced_lines(), max_size=6))
def test_the_parts_of_a_count_add_up_to_the_count(left, right):
    a, b, whole = results(left), results(right), results(left + right)
    for name in ("lines", "counted", "matches", "accurate", "varying", "unpriced"):
        assert getattr(a, name) + getattr(b, name) == getattr(whole, name), name
    for measure in ("quantity", "value"):
        for name in ("book", "gain", "loss", "net", "absolute"):
            parts = [Fraction(getattr(getattr(each, measure), name)) for each in (a, b, whole)]
            assert parts[0] + parts[1] == parts[2], (measure, name)


def test_the_worked_numbers_of_the_documents():
    measure = Measure(Decimal(300), Decimal(4), Decimal(-2))
    assert (measure.net, measure.absolute, measure.accuracy) == (2, 6, Decimal("0.98"))
    assert (measure.net_shrinkage, measure.absolute_shrinkage) == (Decimal("-0.006667"), Decimal("0.02"))
    found = results([(line("breach", "40", "30"), Decimal("8.50")), (line("match", "12.5", "12.5"), Decimal(60))])
    assert (found.accuracy, found.quantity.accuracy) == (Decimal("0.5"), Decimal("0.809524"))
    assert (found.value.accuracy, found.value.net_shrinkage) == (Decimal("0.922018"), Decimal("0.077982"))


def test_the_table_of_the_document():
    found = results(
        [
            (line("breach", "40", "30"), Decimal("8.50")), (line("breach", "9", "12"), Decimal(150)),
            (line("match", "12.5", "12.5"), Decimal(60)), (line("uncounted", "500", None), Decimal(2)),
        ]
    )  # fmt: skip
    assert (found.accuracy, found.quantity.accuracy, found.value.accuracy) == tuple(
        map(Decimal, ("0.333333", "0.788618", "0.780738"))
    )
    assert (found.value.gain, found.value.loss, found.value.net, found.value.absolute) == (450, -85, 365, 535)
    assert (found.value.net_shrinkage, found.value.absolute_shrinkage) == (Decimal("-0.149590"), Decimal("0.219262"))


def test_nothing_counted_is_no_accuracy_and_an_empty_book_no_share():
    nothing = results([(line("uncounted", "5", None), Decimal(1))])
    assert nothing == Results(lines=1)
    assert (nothing.accuracy, nothing.quantity.accuracy, nothing.value.net_shrinkage) == (None, None, None)
    found = results([(line("breach", "0", "4"), Decimal(2))])
    assert (found.accuracy, found.quantity.accuracy, found.value.absolute) == (0, None, 8)


def test_sums_beyond_28_digits_stay_exact():
    big, small = Decimal("123456789012345678901234567890.000000001"), Decimal("0.000000001")
    found = results([(line("breach", big.copy_negate(), small), None), (line("breach", "0", small), None)])
    assert found.quantity.book == big
    assert found.quantity.net == Decimal("123456789012345678901234567890.000000003")


def test_goods_that_changed_place_are_wrong_but_neither_gained_nor_lost():
    found = Measure(Decimal(300), Decimal(4), Decimal(-2), moved=Decimal(24))
    assert (found.net, found.absolute) == (2, 6)
    assert found.accuracy == Decimal("0.9")
    assert found.absolute_shrinkage == Decimal("0.02")


def test_nothing_counted_comes_to_nothing():
    assert results([]) == Results()
    assert (Results().lines, Results().accuracy) == (0, None)
