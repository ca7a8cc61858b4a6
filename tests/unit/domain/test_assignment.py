"""Sheets and who counts them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.assignment import Line, Sheet, assign, share_out, split_sheets
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
