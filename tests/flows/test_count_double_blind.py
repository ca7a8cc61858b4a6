"""Every line counted by two people, who must agree; and what becomes of it where they do not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.stocktake.models import Count, Decision, Sheet
from modelled.stage import Stage
from modelled.world import plain

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "sun", "qian", "zhao", "root")
BOLT = ("A0101", "00123")
MakeStage = Callable[..., Stage]


def first_round(stage: Stage, count: Count) -> None:
    for sheet in count.sheets.filter(state__in=("open", "counting")):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.settle()
    count.refresh_from_db()


def double(make_stage: MakeStage, *people: str) -> tuple[Stage, Count]:
    stage = make_stage(people=people or PEOPLE)
    stage.flow("sync")
    stage.queue.run()
    return stage, stage.order("zone", "double_blind", zones=["A"])


def both(count: Count) -> tuple[Sheet, Sheet]:
    first, second = count.sheets.filter(pass_number__lte=2).order_by("pass_number")
    return first, second


def see(stage: Stage, sheet: Sheet, quantity: str) -> None:
    """The sheet's person finds so many bolts, all else as booked, and hands in."""
    stage.world.tick()
    stage.count_sheet(sheet, {(*BOLT, ""): Decimal(quantity)})
    stage.settle()


def test_two_people_count_every_line_at_once_and_agreeing_settles_it(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    assert (count.blind, count.policy["double_blind"]) == (True, True)
    first, second = both(count)
    assert (second.beside, second.pass_number, second.bins) == (first, 2, first.bins)
    assert first.assignee != second.assignee
    rows = stage.api("zhao", f"/counts/{count.number}/sheets").json()["rows"]
    assert [(row["lines"], row["counted"]) for row in rows] == [(count.lines.count(), 0)] * 2
    first_round(stage, count)
    assert count.state in ("posting", "verifying", "closed"), "no third count, no decision"
    assert count.sheets.count() == 2
    assert stage.world.erp.posted() == []


def test_neither_sees_what_the_other_counted(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    first, second = both(count)
    stage.world.tick()
    stage.count_sheet(first, {(*BOLT, ""): Decimal(39)})
    sheet = stage.pda(str(second.assignee), f"/sheets/{second.pk}").json()
    assert sheet["sheet"]["pass"] == 1, "not even that there is another"
    told = [goods for place in sheet["bins"] for goods in place["goods"]]
    assert len(told) == count.lines.count()
    assert {goods["expected"] for goods in told} == {None}
    assert {str(goods["counted"]) for goods in told} == {"None"}
    (mine,) = stage.pda(str(second.assignee), "/sheets").json()["rows"]
    assert (mine["lines"], mine["counted"]) == (count.lines.count(), 0), "not even how far the other is"
    undone = stage.pda(str(second.assignee), f"/sheets/{first.pk}")
    assert undone.json()["code"] == "stocktake.sheet_of_other"
    refused = stage.pda(str(second.assignee), f"/sheets/{second.pk}/submit", {})
    assert refused.json()["code"] == "stocktake.sheet_not_done", "what the other counted is not counted by me"


def test_nobody_gets_both_sheets_over_the_same_lines(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    first, second = both(count)
    for sheet, other in ((first, second), (second, first)):
        same = stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": str(other.assignee)})
        assert (same.status_code, same.json()["code"]) == (422, "stocktake.same_person_again")
    before = str(first.assignee)
    third = ({"chen", "li", "wang"} - {before, str(second.assignee)}).pop()
    line = stage.line(count, *BOLT)
    stage.world.tick()
    assert stage.scan(first, line.bin, line.item, "1")["ok"]
    assert stage.api("zhao", f"/sheets/{first.pk}/assign", {"assignee": third}).status_code == 200
    back = stage.api("zhao", f"/sheets/{second.pk}/assign", {"assignee": before})
    assert back.json()["code"] == "stocktake.same_person_again", "they counted some of it on the other sheet"
    moves = stage.api("zhao", f"/counts/{count.number}/balance").json()["moves"]
    assert second.pk not in {move["sheet"] for move in moves}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_while_only_one_is_in_that_one_counts_and_nothing_is_decided(
    make_stage: MakeStage, order: tuple[int, int]
) -> None:
    stage, count = double(make_stage)
    sheets = both(count)
    early, late = sheets[order[0]], sheets[order[1]]
    stage.world.tick()
    assert stage.scan(late, *BOLT, "3")["ok"], "begun, a first portion of several"
    see(stage, early, "39")
    line = stage.line(count, *BOLT)
    assert (line.state, line.counted, line.variance) == ("counted", 39, -1), "not the three of a walk that goes on"
    assert "passes_disagree" not in line.reasons
    assert count.sheets.count() == 2, "nothing is given out again before both are in"
    stage.world.tick()
    stage.pda(str(late.assignee), "/scans", {"scans": [stage.entry(late, *BOLT, "36")]})
    rest = {(line.bin, line.item, line.lot) for line in count.lines.all()} - {(*BOLT, "")}
    entries = [
        stage.entry(late, bin, item, plain(stage.world.floor[bin, item, lot]), stage.unit(item), lot)
        for bin, item, lot in sorted(rest)
    ]
    stage.send(entries, str(late.assignee))
    stage.submit(late)
    stage.settle()
    line.refresh_from_db()
    assert (line.state, line.counted, line.variance) == ("approve", 39, -1), "two found the same, in whatever order"
    assert "passes_disagree" not in line.reasons
    assert count.sheets.count() == 2, "a breach two people confirm is for a person, not for a third count"


def test_taking_back_a_scan_leaves_the_others_count(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    first, second = both(count)
    stage.world.tick()
    stage.scan(first, *BOLT, "40", id="one")
    stage.scan(second, *BOLT, "39", id="two")
    assert stage.pda(str(second.assignee), "/scans/two/undo", {}).status_code == 200
    line = stage.line(count, *BOLT)
    assert (line.state, line.counted) == ("counted", 40)
    assert stage.pda(str(first.assignee), "/scans/one/undo", {}).status_code == 200
    line.refresh_from_db()
    assert (line.state, line.counted) == ("open", None)


def test_where_two_disagree_a_third_counts_and_decides_by_agreeing(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    first, second = both(count)
    see(stage, first, "39")
    see(stage, second, "40")
    line = stage.line(count, *BOLT)
    assert (line.state, line.pass_number, "passes_disagree" in line.reasons) == ("recount", 3, True)
    assert str(count.sheets.get(pass_number=3).assignee) == "zhao", "the third count is a supervisor's"
    first_round(stage, count)
    line.refresh_from_db()
    assert (line.state, line.variance, "passes_disagree" in line.reasons) == ("settled", 0, False)


def test_goods_that_only_one_of_them_found_are_counted_by_a_third(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    first, second = both(count)
    see(stage, first, "40")
    stage.world.tick()
    strange = ("A0102", "00124")
    assert stage.scan(second, *strange, "2")["ok"]
    see(stage, second, "40")
    line = stage.line(count, *strange)
    assert (line.state, line.pass_number) == ("recount", 3)
    third = count.sheets.get(pass_number=3)
    assert [(one.bin, one.item) for one in third.lines.all()] == [strange]


def test_where_only_one_may_count_the_second_count_is_given_out_afterwards(make_stage: MakeStage) -> None:
    stage, count = double(make_stage, "chen", "sun", "qian", "zhao")
    first = count.sheets.get()
    assert str(first.assignee) == "chen"
    see(stage, first, "40")
    assert set(count.lines.values_list("state", flat=True)) == {"recount"}, "once is not enough, even where it matches"
    second = count.sheets.get(pass_number=2)
    assert (second.beside, second.assignee) == (None, None)
    same = stage.api("zhao", f"/sheets/{second.pk}/assign", {"assignee": "chen"})
    assert (same.status_code, same.json()["code"]) == (422, "stocktake.same_person_again")
    assert stage.api("zhao", f"/sheets/{second.pk}/assign", {"assignee": "zhao"}).status_code == 200
    second.refresh_from_db()
    first_round(stage, count)
    assert count.state in ("posting", "verifying", "closed")


def test_three_different_counts_are_for_a_person_who_may_take_one_of_them(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    for seen in ("39", "38", "37"):
        see(stage, count.sheets.filter(state="open").order_by("pass_number")[0], seen)
    line = stage.line(count, *BOLT)
    assert (line.state, line.counted) == ("approve", 37)
    detail = stage.api("qian", f"/lines/{line.pk}").json()
    assert [(one["pass"], one["counted"], one["variance"], one["valid"]) for one in detail["passes"]] == [
        (1, "39", "-1", False), (2, "38", "-2", False), (3, "37", "-3", True),
    ]  # fmt: skip
    body = {"lines": [line.pk], "decision": "approve", "reason_code": "typing", "take_pass": 2}
    assert stage.api("qian", "/decisions", {**body, "take_pass": 9}).json()["code"] == "stocktake.no_such_pass"
    assert stage.api("qian", "/decisions", body).json()["changed"] == 1
    stage.queue.later()
    stage.settle()
    count.refresh_from_db()
    line.refresh_from_db()
    assert (line.state, line.counted, line.chosen_pass) == ("approved", 38, 2)
    assert [quantity for *_, quantity in stage.world.erp.posted()] == [-2]
    made = Decision.objects.get()
    assert (made.taken_pass, made.reason_code) == (2, "typing")


def test_whoever_may_not_decide_changes_nothing_by_naming_a_count(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    for seen in ("39", "38", "37"):
        see(stage, count.sheets.filter(state="open").order_by("pass_number")[0], seen)
    line = stage.line(count, *BOLT)
    before = (line.counted, line.variance, line.value, line.chosen_pass, line.state)
    line.scans.filter(pass_number=3).update(counter="qian")  # who counted it may not approve it
    body = {"lines": [line.pk], "decision": "approve", "reason_code": "typing", "take_pass": 1}
    answer = stage.api("qian", "/decisions", body).json()
    assert (answer["changed"], answer["refused"][0]["code"]) == (0, "stocktake.own_count")
    line.refresh_from_db()
    assert (line.counted, line.variance, line.value, line.chosen_pass, line.state) == before
