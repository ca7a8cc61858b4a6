"""Rolling the book: worked moments, and forward then back cancels."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.rollforward import Movement, closure_residue, existing, expected, moved_between, roll

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def minute(number):
    return START + timedelta(minutes=number)


def move(number, quantity, **more):
    return Movement(f"m{number}", Decimal(quantity), minute(number), **more)


movements = st.lists(
    st.builds(move, st.integers(-20, 20), st.decimals(-99, 99, places=6), in_snapshot=st.just(False)), max_size=8
)
minutes = st.integers(-20, 20).map(minute)


def test_a_movement_exactly_at_the_moment_has_happened():
    rows = [move(10, "-3"), move(20, "5")]
    assert expected(Decimal(12), rows, minute(9)) == 12
    assert expected(Decimal(12), rows, minute(10)) == 9
    assert expected(Decimal(12), rows, minute(20)) == 14


def test_what_the_snapshot_contains_is_not_added_again():
    assert expected(Decimal(12), [move(10, "-3", in_snapshot=True)], minute(30)) == 12


def test_a_negative_book_stays_negative():
    assert expected(Decimal(1), [move(10, "-3")], minute(30)) == -2


def test_movements_exist_from_the_moment_they_are_seen():
    seen = move(1, "1", seen=minute(5))
    unknown = move(2, "1")
    assert existing([seen, unknown], minute(5)) == [seen, unknown]
    assert existing([seen, unknown], minute(4)) == [unknown]
    assert existing([seen], None) == [seen]


def test_between_scans_is_after_the_first_and_up_to_the_last():
    rows = [move(10, "-3")]
    assert not moved_between(rows, minute(10), minute(20))
    assert moved_between(rows, minute(9), minute(10))
    assert not moved_between(rows, minute(8), minute(9))
    assert not moved_between(rows, minute(10), minute(10))


def test_the_residue_is_what_nobody_reported():
    rows = [move(10, "-3"), move(90, "7")]
    assert closure_residue(Decimal(12), Decimal(9), rows, minute(60)) == 0
    assert closure_residue(Decimal(12), Decimal(4), rows, minute(60)) == -5


@given(st.decimals(-99, 99, places=6), movements, minutes, minutes)
def test_forward_then_back_cancels_exactly(quantity, rows, start, end):
    there = roll(quantity, rows, start, end)
    assert roll(there, rows, end, start) == quantity


@given(st.decimals(-99, 99, places=6), movements, minutes, minutes, minutes)
def test_two_steps_are_one(quantity, rows, one, two, three):
    assert roll(roll(quantity, rows, one, two), rows, two, three) == roll(quantity, rows, one, three)


@given(st.decimals(-99, 99, places=6), movements, minutes)
def test_rolling_from_the_snapshot_is_the_expectation(quantity, rows, end):
    later = [row for row in rows if row.occurred > START]
    if end >= START:
        assert roll(quantity, rows, START, end) == expected(quantity, later, end)
    assert expected(quantity, reversed(later), end) == expected(quantity, later, end)
