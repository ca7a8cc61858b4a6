"""Sheets and who counts them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.assignment import Line, Load, Sheet, assign, portions, rebalance, share_out, split_sheets
from countbridge.domain.walking import aisle_of, serpentine
from countbridge.errors import InputError


def zone(bins, lines_per_bin, name="Z1", **more):
    return [
        Line(f"{name}-{number:03}-{line}", "W1", name, f"B{number:03}", number, **more)
        for number in range(bins)
        for line in range(lines_per_bin)
    ]


def sizes(sheets):
    return [len(sheet.lines) for sheet in sheets]


def test_sheets_are_of_about_equal_size():
    assert sizes(split_sheets(zone(105, 1), 50)) == [35, 35, 35]
    assert sizes(split_sheets(zone(35, 3), 50)) == [36, 36, 33]


def test_zones_are_not_mixed_and_walking_order_is_kept():
    lines = zone(3, 2, "Z2") + zone(2, 2, "Z1")
    sheets = split_sheets(lines, 50)
    assert [sheet.zone for sheet in sheets] == ["Z1", "Z2"]
    assert sheets[1].bins == ("B000", "B001", "B002")
    back = [Line("a", "W1", "Z", "near", 1), Line("b", "W1", "Z", "far", 0), Line("c", "W1", "Z", "near", 1)]
    assert split_sheets(back, 9)[0].bins == ("far", "near")


def test_a_bin_stays_whole_even_where_it_is_bigger_than_a_sheet():
    sheets = split_sheets(zone(3, 7), 5)
    assert sizes(sheets) == [7, 7, 7]
    assert sizes(split_sheets(zone(3, 2), 4)) == [4, 2]


@pytest.mark.parametrize("size", [0, -1])
def test_a_sheet_holds_something(size):
    with pytest.raises(InputError) as caught:
        split_sheets(zone(1, 1), size)
    assert caught.value.code == "domain.sheet_size"


lines = st.builds(
    Line,
    st.integers(0, 10**9).map(str),
    st.sampled_from(["W1", "W2"]),
    st.sampled_from(["Z1", "Z2"]),
    st.sampled_from(["B1", "B2", "B3", "B4", "B5"]),
    st.just(0),
    st.frozensets(st.sampled_from(["ann", "bo", "cy"]), max_size=2),
)


@given(st.lists(lines, max_size=40, unique_by=lambda line: line.id), st.integers(1, 9), st.randoms())
def test_every_line_is_on_one_sheet_whatever_order_they_came_in(rows, most, chance: random.Random):
    sheets = split_sheets(rows, most)
    assert sorted(line.id for sheet in sheets for line in sheet.lines) == sorted(line.id for line in rows)
    for sheet in sheets:
        assert {(line.warehouse, line.zone, line.barred) for line in sheet.lines} == {
            (sheet.warehouse, sheet.zone, sheet.barred)
        }
        assert len(sheet.lines) <= most or len(sheet.bins) == 1
    places = [(s.warehouse, s.zone, s.barred, b) for s in sheets for b in s.bins]
    assert len(places) == len(set(places))
    shuffled = rows[:]
    chance.shuffle(shuffled)
    assert split_sheets(shuffled, most) == sheets
    people = ["cy", "ann", "bo"]
    for sheet, person in zip(sheets, assign(sheets, people), strict=True):
        assert person is not None
        assert person not in sheet.barred
    assert assign(sheets, reversed(people)) == assign(sheets, people)


def sheet(size, barred=()):
    return Sheet("W1", "Z", tuple(zone(size, 1)), frozenset(barred))


def test_work_is_balanced_by_lines_and_what_people_already_have():
    assert assign([sheet(10), sheet(30), sheet(20)], ["bo", "ann"]) == ["bo", "ann", "bo"]
    assert assign([sheet(10), sheet(30), sheet(20)], ["bo", "ann"], {"ann": 100}) == ["bo", "bo", "bo"]
    assert assign([sheet(5), sheet(5)], ["bo", "ann"]) == ["ann", "bo"]


def test_a_recount_never_goes_to_whoever_counted_first():
    counted_by_ann = zone(4, 1, barred=frozenset({"ann"}))
    counted_by_bo = zone(6, 1, barred=frozenset({"bo"}))
    sheets = split_sheets(counted_by_ann + counted_by_bo, 50)
    assert dict(zip((s.barred for s in sheets), assign(sheets, ["ann", "bo"]), strict=True)) == {
        frozenset({"ann"}): "bo",
        frozenset({"bo"}): "ann",
    }
    assert assign([sheet(4, ["ann"])], ["ann"]) == [None]
    assert assign([sheet(4)], []) == [None]


def test_somebody_without_work_goes_before_somebody_with_a_little():
    assert share_out([5], ["a", "b"], {"a": 1}) == ["b"]


def test_a_bin_without_a_place_on_the_way_is_walked_to_first():
    lines = [Line("a", "W1", "Z", "behind", 1), Line("b", "W1", "Z", "somewhere")]
    assert split_sheets(lines, 9)[0].bins == ("somewhere", "behind")
    assert split_sheets([*lines, Line("c", "W1", "Z", "gate", 0)], 9)[0].bins == ("gate", "somewhere", "behind")


# -- walking order -------------------------------------------------------------------------------------------------------


def test_up_one_aisle_and_down_the_next():
    assert serpentine(["B-2", "A-1", "C-1", "B-1", "A-2"]) == ["A-1", "A-2", "B-2", "B-1", "C-1"]


def test_levels_stay_together_and_numbers_are_numbers():
    codes = [f"W1-{aisle:02}-{place}-{level}" for aisle in (1, 2) for place in (9, 10) for level in (1, 2)]
    assert serpentine(reversed(codes)) == [
        "W1-01-9-1", "W1-01-9-2", "W1-01-10-1", "W1-01-10-2", "W1-02-10-1", "W1-02-10-2", "W1-02-9-1", "W1-02-9-2",
    ]  # fmt: skip


def test_codes_without_separators_and_codes_that_say_nothing():
    assert serpentine(["B1", "A10", "A9", "B2"]) == ["A9", "A10", "B2", "B1"]
    assert serpentine(["盘", "收货区", "盘"]) == ["收货区", "盘"]
    assert [aisle_of(code) for code in ("W1-03-12-2", "A12", "A-1", "DOCK")] == ["W1-03", "A", "A", ""]


@given(st.sets(st.text("AB019-", min_size=1, max_size=6)))
def test_every_bin_is_walked_to_once_whatever_the_order_they_are_told_in(codes):
    walk = serpentine(codes)
    assert sorted(walk) == sorted(codes)
    assert serpentine(sorted(codes, key=lambda code: code[::-1])) == walk


# -- rebalancing ---------------------------------------------------------------------------------------------------------


def test_sheets_nobody_began_go_to_who_has_less():
    loads = [Load(1, 30, "a", False), Load(2, 20, "a", True), Load(3, 10, "a", True)]
    assert rebalance(loads, ["a", "b"]) == [(2, "b"), (3, "b")]


def test_a_begun_sheet_stays_and_nothing_moves_where_nothing_is_won():
    assert rebalance([Load(1, 30, "a", False)], ["a", "b"]) == []
    assert rebalance([Load(1, 30, "a", True), Load(2, 20, "b", True)], ["a", "b"]) == []


def test_nobodys_sheets_go_to_who_has_least_and_a_recount_never_to_who_counted():
    loads = [Load(1, 10, None, True, frozenset({"b"})), Load(2, 5, "a", True, frozenset({"b"})), Load(3, 7, None, True)]
    assert rebalance(loads, ["a", "b"]) == [(1, "a"), (3, "b")]
    assert rebalance([Load(1, 10, None, True, frozenset({"a"}))], ["a"]) == []


def test_a_sheet_of_somebody_who_is_gone_goes_on():
    assert rebalance([Load(1, 4, "gone", True)], ["a"]) == [(1, "a")]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["a", "b", "c", None]), st.booleans()), max_size=12),
    st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]]),
)
def test_the_most_loaded_never_gets_more_and_begun_sheets_stay(rows, people):
    loads = [Load(number, lines, who, movable) for number, (lines, who, movable) in enumerate(rows)]
    moves = dict(rebalance(loads, people))

    def work(holder):
        return [sum(one.lines for one in loads if holder(one) == name) for name in people]

    after = work(lambda one: moves.get(one.sheet, one.person))
    assert {one.sheet for one in loads if not one.movable}.isdisjoint(moves)
    nobodys = sum(one.lines for one in loads if one.movable and one.person not in people)
    assert max(after) <= max(work(lambda one: one.person)) + nobodys
    again = [Load(one.sheet, one.lines, moves.get(one.sheet, one.person), one.movable) for one in loads]
    assert rebalance(again, people) == [], "evened out it stays"


def test_who_has_most_gives_first_and_who_has_least_takes():
    loads = [Load(n, 10, "a", True) for n in (1, 2, 3)] + [Load(4, 15, "b", True), Load(5, 5, "b", True)]
    assert rebalance(loads, ["a", "b", "c"]) == [(1, "c"), (5, "c")]
    loads = [Load(n, 10, "a", True) for n in (1, 2, 3)] + [Load(4, 5, "b", False)]
    assert rebalance(loads, ["a", "b", "c"]) == [(1, "c"), (2, "b")]
    loads = [Load(1, 3, "a", False), Load(2, 5, None, True)]
    assert rebalance(loads, ["a", "b"]) == [(2, "b")]


def test_a_sheet_is_never_larger_than_asked_even_where_its_share_is_far_off() -> None:
    assert list(portions([10, 35, 35], 40)) == [(0, 1), (1, 2), (2, 3)]
