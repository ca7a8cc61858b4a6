"""Tables of the small rules: tolerance, interval, outcome, faults of a scan, accuracy."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from countbridge.domain.accuracy import Accuracy, accuracy
from countbridge.domain.assessment import Assessment, LineFacts, Policy, ScanFault, assess
from countbridge.domain.interval import Interval, variance_interval
from countbridge.domain.outcome import Outcome, decide
from countbridge.domain.rollforward import Movement
from countbridge.domain.scans import Scan, scan_fault
from countbridge.domain.tolerance import Tolerance, exceeded

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def second(number):
    return NOON + timedelta(seconds=number)


@pytest.mark.parametrize(
    ("limits", "expected", "counted", "price", "beyond"),
    [
        ({"percent": "2"}, "200", "196", None, []),
        ({"percent": "2"}, "200", "195.999", None, ["percent"]),
        ({"percent": "2"}, "-200", "-196", None, []),
        ({"percent": "0"}, "0", "7", None, []),
        ({"percent": "0"}, "7", "0", None, []),
        ({"quantity": "0"}, "0", "7", None, ["quantity"]),
        ({"quantity": "7"}, "7", "0", None, []),
        ({"quantity": "6.999"}, "7", "0", None, ["quantity"]),
        ({"value": "10"}, "4", "2", "5", []),
        ({"value": "9.99"}, "4", "2", "5", ["value"]),
        ({"value": "9.99"}, "4", "6", "5", ["value"]),
        ({"value": "0"}, "4", "2", None, []),
        ({"percent": "1", "quantity": "1", "value": "1"}, "4", "2", "5", ["percent", "quantity", "value"]),
        ({}, "4", "400", "5", []),
    ],
)
def test_tolerance(limits, expected, counted, price, beyond):
    tolerance = Tolerance(**{name: Decimal(limit) for name, limit in limits.items()})
    variance = Decimal(counted) - Decimal(expected)
    value = None if price is None else variance * Decimal(price)
    assert exceeded(tolerance, Decimal(expected), Decimal(counted), variance, value) == beyond


def test_only_a_quantity_limit_decides_where_neither_percent_nor_price_can():
    assert Tolerance(quantity=Decimal(1)).decides_without_percent
    assert not Tolerance(percent=Decimal(1), value=Decimal(1)).decides_without_percent


@pytest.mark.parametrize(
    ("low", "high", "point", "timing"),
    [("0", "0", True, False), ("3", "3", True, False), ("-3", "0", False, True), ("0", "3", False, True),
     ("-1", "2", False, True), ("1", "2", False, False), ("-2", "-1", False, False)],
)  # fmt: skip
def test_timing_is_a_width_with_zero_in_it(low, high, point, timing):
    interval = Interval(Decimal(low), Decimal(high))
    assert (interval.is_point, interval.is_timing) == (point, timing)


def test_a_movement_near_any_scan_of_the_line_is_doubtful():
    moves = [Movement("m", Decimal(-2), second(3)), Movement("n", Decimal(4), second(50))]
    scanned = [second(0), second(100)]
    near = variance_interval(Decimal(10), Decimal(10), moves, scanned, timedelta(seconds=3))
    assert near == Interval(Decimal(-4), Decimal(-2))
    far = variance_interval(Decimal(10), Decimal(10), moves, scanned, timedelta(seconds=2))
    assert far == Interval(Decimal(-2), Decimal(-2))


FACTS = {
    "faulty": True, "residue": Decimal(1), "moved_between_scans": True,
    "interval": Interval(Decimal(-1), Decimal(1)), "variance": None, "exceeded": ["quantity"],
}  # fmt: skip
INNOCENT = {
    "faulty": False, "residue": Decimal(0), "moved_between_scans": False,
    "interval": Interval(Decimal(1), Decimal(2)), "variance": Decimal(0), "exceeded": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("cleared", "outcome"),
    [
        ([], Outcome.ERROR),
        (["faulty"], Outcome.HOLD),
        (["faulty", "residue"], Outcome.RECOUNT),
        (["faulty", "residue", "moved_between_scans"], Outcome.TIMING),
        (["faulty", "residue", "moved_between_scans", "interval"], Outcome.UNCOUNTED),
        (["faulty", "residue", "moved_between_scans", "interval", "variance"], Outcome.MATCH),
    ],
)
def test_the_first_rule_that_applies_decides(cleared, outcome):
    assert decide(**{**FACTS, **{name: INNOCENT[name] for name in cleared}}) is outcome


def test_a_variance_is_a_breach_only_beyond_a_limit():
    facts = {**INNOCENT, "variance": Decimal(-1)}
    assert decide(**facts) is Outcome.WITHIN_TOLERANCE
    assert decide(**{**facts, "exceeded": ["value"]}) is Outcome.BREACH
    assert decide(**{**facts, "residue": None, "interval": None}) is Outcome.WITHIN_TOLERANCE


@pytest.mark.parametrize(
    ("quantity", "unit", "factor", "fault"),
    [
        ("2", None, None, None),
        ("2.5", None, None, "too_many_decimals"),
        ("-1", None, None, "negative_count"),
        ("-0", None, None, None),
        ("2.5", "BOX", Fraction(6), None),
        ("-2", "BOX", Fraction(6), "negative_count"),
        ("2", "CRATE", None, "unknown_unit"),
        ("-2", "CRATE", None, "unknown_unit"),
    ],
)
def test_a_scan_that_cannot_be_used_says_why(quantity, unit, factor, fault):
    assert scan_fault(Scan("s", Decimal(quantity), NOON, unit, factor), 0) == fault


def test_without_a_unit_a_scan_is_in_base_units_whatever_factor_is_at_hand():
    assert Scan("s", Decimal(2), NOON, None, Fraction(6)).portion == (2, 1)
    assert Scan("s", Decimal(2), NOON, "BOX", Fraction(6)).portion == (2, 6)


def test_every_faulty_scan_is_named_and_the_good_ones_count_for_nothing():
    scans = [Scan("b", Decimal(-1), NOON), Scan("a", Decimal(1), NOON, "CRATE"), Scan("c", Decimal(2), second(9))]
    line = assess(LineFacts(Decimal(12), NOON, [], scans, Policy(), NOON, 0, Decimal(3)))
    assert line.faults == (ScanFault("b", "negative_count"), ScanFault("a", "unknown_unit"))
    assert (line.counted, line.variance, line.interval, line.value) == (None, None, None, None)
    assert (line.expected, line.judged_at) == (12, second(9))
    assert line.reasons == ("negative_count", "unknown_unit")


def test_uncounted_as_zero_counts_zero_and_a_scan_of_zero_says_nothing_of_it():
    zero = Policy(uncounted="zero")
    unseen = assess(LineFacts(Decimal(12), NOON, [], [], zero, second(5)))
    seen = assess(LineFacts(Decimal(12), NOON, [], [Scan("s", Decimal(0), NOON)], zero, second(5)))
    assert (unseen.counted, unseen.reasons, unseen.judged_at) == (0, ("uncounted_as_zero",), second(5))
    assert (seen.counted, seen.reasons, seen.judged_at) == (0, (), NOON)


def test_zero_counted_before_the_snapshot_says_so_but_an_ignored_line_does_not():
    early = second(-1)
    assert (
        "scan_before_snapshot" in assess(LineFacts(Decimal(1), NOON, [], [], Policy(uncounted="zero"), early)).reasons
    )
    assert assess(LineFacts(Decimal(1), NOON, [], [], Policy(), early)).reasons == ("not_counted",)


def line(outcome, expected="10", counted="10"):
    count = None if counted is None else Decimal(counted)
    variance = None if count is None else count - Decimal(expected)
    return Assessment(Decimal(expected), count, variance, None, None, Outcome(outcome), ())


def test_hold_recount_and_timing_are_counted_lines_but_not_accurate_ones():
    lines = [line("match"), line("within_tolerance", "10", "9"), line("hold"), line("recount"), line("timing")]
    ignored = [line("error", counted=None), line("uncounted", counted=None), line("hold", "999", counted=None)]
    assert accuracy([*lines, *ignored]) == Accuracy(Decimal("0.4"), Decimal("0.98"))


def test_accuracy_is_rounded_half_up_to_six_decimals_and_may_be_below_zero():
    assert accuracy([line("match"), line("breach", "10", "0"), line("breach", "10", "0")]).lines == Decimal("0.333333")
    assert accuracy([line("match")] * 2 + [line("breach", "3", "2")]).lines == Decimal("0.666667")
    assert accuracy([line("breach", "-2000000", "1")]).quantity == Decimal("-0.000001")
    assert accuracy([line("breach", "10", "40")]).quantity == -2
    assert accuracy([]) == Accuracy(None, None)
    assert accuracy([line("breach", "0", "4")]) == Accuracy(Decimal(0), None)
