"""Sheets that take a skill go to people who have it, or wait and say why."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.exchange.models import Event
from countbridge.links.models import Item
from countbridge.people.models import User
from countbridge.stocktake.models import Count
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "zhao", "sun", "qian", "root")
HIGH_BAY = [{"skill": "high_bay", "zones": ["S"]}]
DANGEROUS = [{"skill": "dangerous", "classes": ["DG"]}]
MakeStage = Callable[..., Stage]


def ready(make_stage: MakeStage, *needs: dict[str, object], **policy: object) -> Stage:
    stage = make_stage(people=PEOPLE, skills=list(needs), **policy)
    stage.flow("sync")
    assert stage.queue.run() == {}
    return stage


def has(stage: Stage, name: str, *skills: str, owners: list[str] | None = None) -> None:
    answer = stage.api("root", f"/people/{name}/skills", {"skills": list(skills), "owners": owners or []})
    assert answer.status_code == 200, answer.content
    stage.users[name].refresh_from_db()


def who(count: Count) -> dict[str, str]:
    return {sheet.number.removeprefix(f"{count.number}-"): str(sheet.assignee or "") for sheet in count.sheets.all()}


def test_only_who_has_the_skill_gets_the_zones_sheets(make_stage: MakeStage) -> None:
    stage = ready(make_stage, *HIGH_BAY, sheet_lines=1)
    has(stage, "li", "high_bay")
    count = stage.order("zone", zones=["S", "T"])
    given = {(sheet.zone, str(sheet.assignee)) for sheet in count.sheets.all()}
    assert {name for zone, name in given if zone == "S"} == {"li"}
    assert {name for zone, name in given if zone == "T"} != {"li"}, "the others do what takes nothing"
    assert {tuple(sheet.skills) for sheet in count.sheets.filter(zone="S")} == {("high_bay",)}
    assert {tuple(sheet.skills) for sheet in count.sheets.filter(zone="T")} == {()}


def test_a_sheet_is_cut_so_that_it_takes_one_set_of_skills(make_stage: MakeStage) -> None:
    stage = ready(make_stage, *DANGEROUS)
    Item.objects.filter(code="00124").update(item_class="DG")
    has(stage, "wang", "dangerous")
    count = stage.order("zone", zones=["S"])
    sheets = list(count.sheets.all())
    assert len(sheets) == 2
    for sheet in sheets:
        dangerous = {line.bin for line in sheet.lines.all() if line.item_class == "DG"}
        bins = {line.bin for line in sheet.lines.all()}
        assert dangerous in (set(), bins)
        assert sheet.skills == (["dangerous"] if dangerous else [])
        assert (str(sheet.assignee) == "wang") or not dangerous


def test_where_nobody_has_it_the_sheet_waits_and_says_why(make_stage: MakeStage) -> None:
    stage = ready(make_stage, *HIGH_BAY)
    count = stage.order("zone", zones=["S", "T"])
    rows = {row["zone"]: row for row in stage.api("zhao", f"/counts/{count.number}/sheets").json()["rows"]}
    assert (rows["S"]["assignee"], rows["S"]["skills"]) == (None, ["high_bay"])
    assert "high_bay" in rows["S"]["waits"]
    assert rows["T"]["waits"] is None
    assert Event.objects.get(count=count.number, code="stocktake.nobody_has_skill").params["number"] == "1"
    refused = stage.api("zhao", f"/sheets/{rows['S']['id']}/assign", {"assignee": "chen"})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.lacks_skill")
    assert stage.api("zhao", f"/counts/{count.number}/balance").json()["moves"] == []
    has(stage, "chen", "high_bay")
    moves = {move["sheet"]: move for move in stage.api("zhao", f"/counts/{count.number}/balance").json()["moves"]}
    assert (moves[rows["S"]["id"]]["before"], moves[rows["S"]["id"]]["after"]) == (None, "chen")
    assert stage.api("zhao", f"/sheets/{rows['S']['id']}/assign", {"assignee": "li"}).status_code == 422
    assert stage.api("zhao", f"/sheets/{rows['S']['id']}/assign", {"assignee": "chen"}).status_code == 200


def test_recounts_and_fourth_counts_take_the_skill_too(make_stage: MakeStage) -> None:
    stage = ready(make_stage, *HIGH_BAY)
    has(stage, "li", "high_bay")
    has(stage, "wang", "high_bay")
    count = stage.order("zone", zones=["S"])
    seen = Decimal(3)
    for number in (1, 2, 3):
        sheet = count.sheets.get(state="open", pass_number=number)
        assert sheet.skills == ["high_bay"]
        if number == 3:
            assert sheet.assignee is None, "neither zhao, the supervisor, nor chen has the skill"
            break
        assert str(sheet.assignee) in ("li", "wang")
        stage.world.tick()
        stage.count_sheet(sheet, {("S0101", "00123", ""): seen * number})
        stage.settle()
        line = stage.line(count, "S0101", "00123")
        if line.state == "approve":
            line.state = "hold"
            line.save(update_fields=["state"])
            ids = {"lines": [line.pk], "decision": "recount", "reason": "once more"}
            assert stage.api("qian", "/decisions", ids).json()["changed"] == 1
    has(stage, "zhao", "high_bay")
    sheet = count.sheets.get(state="open", pass_number=3)
    assert stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": "zhao"}).status_code == 200


def test_a_count_from_the_floor_takes_the_skill_of_its_place(make_stage: MakeStage) -> None:
    stage = ready(make_stage, *HIGH_BAY)
    has(stage, "li", "high_bay")
    refused = stage.pda("chen", "/counts", {"bin": "S0101"})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.place_takes_skill")
    assert Count.objects.count() == 0
    number = stage.pda("li", "/counts", {"bin": "S0101"}).json()["number"]
    stage.queue.run()
    assert who(Count.objects.get(number=number)) == {"S-01": "li"}


def test_an_administrator_sets_skills_and_nobody_else(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    has(stage, "chen", "high_bay", "cold", owners=["ACME"])
    row = next(one for one in stage.api("root", "/people").json()["rows"] if one["username"] == "chen")
    assert (row["skills"], row["owners"]) == (["cold", "high_bay"], ["ACME"])
    told = Event.objects.get(code="people.skills_set")
    assert (told.actor, told.params["skills"]) == ("root", "cold, high_bay")
    for name in ("zhao", "sun", "qian"):
        assert stage.api(name, "/people").status_code == 403
        assert stage.api(name, "/people/chen/skills", {"skills": ["cold"]}).status_code == 403
    for wrong in (["cold", "cold"], [""], ["x" * 61], [" cold"]):
        answer = stage.api("root", "/people/chen/skills", {"skills": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "people.bad_skill")
    assert User.objects.get(username="chen").skills == ["cold", "high_bay"]


@pytest.mark.parametrize(
    "wrong", [{"skill": ""}, {"skill": "cold"}, {"zones": ["S"]}, {"skill": "cold", "bins": ["S0101"]}]
)
def test_a_need_that_says_nothing_is_refused(make_stage: MakeStage, wrong: dict[str, object]) -> None:
    stage = ready(make_stage)
    body = {"policy": {"skills": [wrong]}, "based_on": 0}
    answer = stage.api("root", f"/policies/{stage.link.code}", body)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("stocktake.policy_value", "stocktake.policy_word")
