"""Serials as sets: what is missing, extra, moved and found twice, and what each finding leads to."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.outcome import Outcome
from countbridge.domain.serials import (
    ELSEWHERE,
    MOVED,
    TWICE,
    UNKNOWN,
    Finding,
    Move,
    Whereabouts,
    compare,
    counted_twice,
    finding,
    is_one_or_none,
    moves,
    outcome_of,
)

SERIALS = st.frozensets(st.sampled_from("ABCDEFGH"))
ONE, NONE = Decimal(1), Decimal(0)


@given(SERIALS, SERIALS)
def test_a_bin_is_the_book_less_the_missing_and_with_the_extra(booked: frozenset[str], counted: frozenset[str]) -> None:
    found = compare(booked, counted)
    assert (booked - found.missing) | found.extra == counted
    assert found.present | found.missing == booked
    assert not found.missing & found.extra
    # As quantities: the variance of the bin is what is extra less what is missing.
    assert len(counted) - len(booked) == len(found.extra) - len(found.missing)
    back = compare(counted, booked)
    assert (back.missing, back.extra, back.present) == (found.extra, found.missing, found.present)


@given(st.dictionaries(st.sampled_from("123"), st.tuples(SERIALS, SERIALS)))
def test_a_move_takes_a_serial_from_where_alone_it_is_missing_to_where_alone_it_is_extra(
    bins: dict[str, tuple[frozenset[str], frozenset[str]]],
) -> None:
    compared = {place: compare(*each) for place, each in bins.items()}
    found = moves(compared)
    expected = set()
    for serial in "ABCDEFGH":  # by hand, serial by serial
        gone = [place for place, (booked, counted) in bins.items() if serial in booked and serial not in counted]
        come = [place for place, (booked, counted) in bins.items() if serial in counted and serial not in booked]
        if len(gone) == len(come) == 1:
            expected.add(Move(serial, gone[0], come[0]))
    assert set(found) == expected
    assert len({move.serial for move in found}) == len(found)


@given(st.dictionaries(st.sampled_from("123"), SERIALS))
def test_goods_that_only_changed_places_are_moves_and_nothing_else(shelf: dict[str, frozenset[str]]) -> None:
    """Every serial lies in one bin and is booked in one: whatever differs is a move, and the count lost nothing."""
    seen: set[str] = set()
    booked: dict[str, set[str]] = {place: set() for place in "123"}
    lying: dict[str, set[str]] = {place: set() for place in "123"}
    for place, serials in sorted(shelf.items()):
        for serial in sorted(serials - seen):
            seen.add(serial)
            booked[place].add(serial)
            lying[str("ABCDEFGH".index(serial) % 3 + 1)].add(serial)
    compared = {place: compare(booked[place], lying[place]) for place in "123"}
    missing = [serial for each in compared.values() for serial in each.missing]
    assert sorted(move.serial for move in moves(compared)) == sorted(missing)
    assert sorted(missing) == sorted(serial for each in compared.values() for serial in each.extra)


def test_the_worked_example() -> None:
    bins = {"A-01": compare({"S6", "S7"}, {"S6"}), "B-02": compare({"S8"}, {"S7", "S8"})}
    assert moves(bins) == (Move("S7", "A-01", "B-02"),)


@given(st.dictionaries(st.sampled_from("123"), SERIALS))
def test_a_serial_counted_in_two_bins_is_found_and_no_other(counted: dict[str, frozenset[str]]) -> None:
    found = counted_twice(counted)
    for serial in "ABCDEFGH":
        places = tuple(sorted(place for place, serials in counted.items() if serial in serials))
        assert found.get(serial) == (places if len(places) > 1 else None)


@pytest.mark.parametrize(
    ("quantity", "factor", "right"),
    [("1", 1, True), ("0", 1, True), ("2", 1, False), ("0.5", 1, False), ("-1", 1, False), ("1", 12, False), ("0", 12, True),
     ("1.0", 1, True), ("0.5", 2, True)],
)  # fmt: skip
def test_a_serial_is_there_once_or_not_at_all(quantity: str, factor: int, right: bool) -> None:
    assert is_one_or_none(Decimal(quantity), Fraction(factor)) is right


@pytest.mark.parametrize(
    ("counted", "variance", "where", "said"),
    [
        (None, None, Whereabouts(known=False), None),
        (NONE, -ONE, Whereabouts(counted_in=["B"]), None),
        (ONE, NONE, Whereabouts(), None),
        (ONE, NONE, Whereabouts(counted_in=["B"]), Finding(TWICE, ("B",))),
        (ONE, ONE, Whereabouts(counted_in=["C", "B"], booked_in=["B"]), Finding(TWICE, ("B", "C"))),
        (ONE, ONE, Whereabouts(booked_in=["A"], outside=["Z"]), Finding(MOVED, ("A",))),
        (ONE, ONE, Whereabouts(outside=["Z", "Y"]), Finding(ELSEWHERE, ("Y", "Z"))),
        (ONE, ONE, Whereabouts(known=False), Finding(UNKNOWN)),
        (ONE, ONE, Whereabouts(), None),
    ],
)
def test_what_is_odd_about_a_serial(
    counted: Decimal | None, variance: Decimal | None, where: Whereabouts, said: Finding | None
) -> None:
    assert finding(counted, variance, where) == said


@pytest.mark.parametrize("reason", [MOVED, ELSEWHERE, UNKNOWN])
def test_no_tolerance_settles_a_serial_that_is_booked_elsewhere_or_nowhere(reason: str) -> None:
    said = Finding(reason)  # type: ignore[arg-type]
    assert outcome_of(Outcome.WITHIN_TOLERANCE, said) is Outcome.BREACH
    assert outcome_of(Outcome.TIMING, said) is Outcome.TIMING
    assert outcome_of(Outcome.WITHIN_TOLERANCE, None) is Outcome.WITHIN_TOLERANCE


@pytest.mark.parametrize("outcome", set(Outcome) - {Outcome.ERROR, Outcome.HOLD})
def test_a_serial_found_twice_is_counted_again(outcome: Outcome) -> None:
    assert outcome_of(outcome, Finding(TWICE)) is Outcome.RECOUNT
    assert outcome_of(Outcome.HOLD, Finding(TWICE)) is Outcome.HOLD
