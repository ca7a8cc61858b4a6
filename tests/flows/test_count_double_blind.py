"""Every line counted by two people, who must agree; and what becomes of it where they do not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from countbridge.stocktake.models import Count, Decision
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "sun", "qian", "zhao", "root")
BOLT = ("A0101", "00123")
MakeStage = Callable[..., Stage]


def first_round(stage: Stage, count: Count, **seen: Decimal) -> None:
    for sheet in count.sheets.filter(state__in=("open", "counting")):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.settle()
    count.refresh_from_db()


def double(make_stage: MakeStage) -> tuple[Stage, Count]:
    stage = make_stage(people=PEOPLE)
    stage.flow("sync")
    stage.queue.run()
    return stage, stage.order("zone", "double_blind", zones=["A"])


def test_two_people_count_every_line_and_agreeing_settles_it(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    assert (count.blind, count.policy["double_blind"]) == (True, True)
    first_round(stage, count)
    assert set(count.lines.values_list("state", flat=True)) == {"recount"}, "once is not enough, even where it matches"
    first, second = count.sheets.order_by("pass_number")
    assert first.assignee != second.assignee
    same = stage.api("zhao", f"/sheets/{second.pk}/assign", {"assignee": str(first.assignee)})
    assert (same.status_code, same.json()["code"]) == (422, "stocktake.same_person_again")
    sheet = stage.pda(str(second.assignee), f"/sheets/{second.pk}").json()
    told = [goods for place in sheet["bins"] for goods in place["goods"]]
    assert {goods["expected"] for goods in told} == {None}
    assert {str(goods["counted"]) for goods in told} == {"None"}, "the second sees nothing of the first"
    first_round(stage, count)
    assert count.state in ("posting", "verifying", "closed")
    assert stage.world.erp.posted() == []


def test_where_two_disagree_a_third_counts_and_decides_by_agreeing(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    sheet = count.sheets.get()
    stage.world.tick()
    stage.count_sheet(sheet, {(*BOLT, ""): Decimal(39)})
    stage.settle()
    first_round(stage, count)
    line = stage.line(count, *BOLT)
    assert (line.state, line.pass_number, "passes_disagree" in line.reasons) == ("recount", 3, True)
    assert str(count.sheets.get(pass_number=3).assignee) == "zhao", "the third count is a supervisor's"
    first_round(stage, count)
    line.refresh_from_db()
    assert (line.state, line.variance, "passes_disagree" in line.reasons) == ("settled", 0, False)


def test_three_different_counts_are_for_a_person_who_may_take_one_of_them(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    for seen in ("39", "38", "37"):
        sheet = count.sheets.get(state="open")
        stage.world.tick()
        stage.count_sheet(sheet, {(*BOLT, ""): Decimal(seen)})
        stage.settle()
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
        stage.world.tick()
        stage.count_sheet(count.sheets.get(state="open"), {(*BOLT, ""): Decimal(seen)})
        stage.settle()
    line = stage.line(count, *BOLT)
    before = (line.counted, line.variance, line.value, line.chosen_pass, line.state)
    line.scans.filter(pass_number=3).update(counter="qian")  # who counted it may not approve it
    body = {"lines": [line.pk], "decision": "approve", "reason_code": "typing", "take_pass": 1}
    answer = stage.api("qian", "/decisions", body).json()
    assert (answer["changed"], answer["refused"][0]["code"]) == (0, "stocktake.own_count")
    line.refresh_from_db()
    assert (line.counted, line.variance, line.value, line.chosen_pass, line.state) == before
