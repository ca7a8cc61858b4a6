"""Goods that only changed place: approved together, posted apart from gains and losses, signed for by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from countbridge.exchange.models import Event
from countbridge.stocktake.models import Count, Line
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "sun", "qian", "zhao", "root")
BOLT = "00123"
MakeStage = Callable[..., Stage]


def swapped(stage: Stage, here: str = "S0101", there: str = "S0102", number: int = 12) -> tuple[Count, list[Line]]:
    """A count of W2-S in which so many bolts lie next door, decided as far as counting goes."""
    floor = stage.world.floor
    stage.world.lie(here, BOLT, str(floor[here, BOLT, ""] - number))
    stage.world.lie(there, BOLT, str(floor[there, BOLT, ""] + number))
    count = stage.start("W2-S")
    stage.count_all(count)
    return count, [stage.line(count, bin, BOLT) for bin in (here, there)]


def ask(
    stage: Stage, lines: list[Line], decision: str = "transfer", path: str = "/decisions", who: str = "qian"
) -> Any:
    body = {"lines": [line.pk for line in lines], "decision": decision, "reason": "next door"}
    return stage.api(who, path, body).json()


def test_a_transfer_is_posted_as_one_and_is_neither_gain_nor_loss(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE, approval=[{"name": "Director", "users": ["root"]}])
    count, lines = swapped(stage)
    assert [line.state for line in lines] == ["approve", "approve"]
    effect = ask(stage, lines, path="/decisions/preview")
    assert (effect["lines"], effect["gain"], effect["loss"], effect["moved"]) == (2, "0.00", "0.00", "102.00")
    assert ask(stage, lines) == {"changed": 2, "refused": []}
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, count.signoffs.count()) == ("closed", 0), "nothing is at stake, so nobody signs"
    names = set(Line.objects.filter(count=count).exclude(transfer="").values_list("transfer", flat=True))
    assert names == {f"T{min(line.pk for line in lines)}"}
    ((fields, sent),) = stage.world.wms.of_kind("adjustment")
    assert (fields["reason"], sorted((row["bin"], Decimal(str(row["delta"]))) for row in sent)) == (
        "transfer",
        [("S0101", -12), ("S0102", 12)],
    )
    assert stage.world.erp.posted() == [], "the ERP keeps both bins in one place: nothing changed there"
    found = stage.api("qian", f"/counts/{count.number}/results").json()["total"]
    value = found["value"]
    assert (value["gain"], value["loss"], value["absolute"], value["moved"]) == ("0", "0", "0", "204")
    assert value["absolute_shrinkage"] == "0"
    assert found["quantity"]["moved"] == "24"
    assert found["quantity"]["accuracy"] != "1", "what lies in the wrong bin is wrong all the same"
    assert Event.objects.filter(code="stocktake.decided_transfer", count=count.number).count() == 1


def test_gains_and_losses_of_the_same_count_go_in_a_document_of_their_own(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    stage.world.lie("T0101", "00124", "5")
    stage.approve("W2-T")
    count, lines = swapped(stage)
    assert ask(stage, lines)["changed"] == 2
    assert stage.decide(count)["changed"] >= 1
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    reasons = {fields["reason"]: {row["bin"] for row in rows} for fields, rows in stage.world.wms.of_kind("adjustment")}
    assert reasons == {"transfer": {"S0101", "S0102"}, "count": {"T0101"}}


def test_half_a_transfer_is_refused_by_name(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    count, (here, there) = swapped(stage)
    (refused,) = ask(stage, [here])["refused"]
    assert (refused["line"], refused["code"]) == (here.pk, "stocktake.transfer_in_part")
    assert "S0102 00123" in refused["message"]
    assert ask(stage, [there], "approve")["changed"] == 1
    codes = {row["code"] for row in ask(stage, [here, there])["refused"]}
    assert codes == {"stocktake.transfer_in_part", "stocktake.not_to_decide"}
    assert not count.lines.exclude(transfer="").exists()


def test_a_line_that_nothing_speaks_for_is_no_transfer(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    stage.world.lie("S0101", BOLT, "48")
    count = stage.start("W2-S")
    stage.count_all(count)
    (refused,) = ask(stage, [stage.line(count, "S0101", BOLT)])["refused"]
    assert refused["code"] == "stocktake.no_transfer"


def test_whoever_counted_one_of_its_lines_may_not_approve_a_transfer(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    _, lines = swapped(stage)
    lines[0].scans.update(counter="qian")
    refused = {row["line"]: row["code"] for row in ask(stage, lines)["refused"]}
    assert refused == {lines[0].pk: "stocktake.own_count", lines[1].pk: "stocktake.transfer_in_part"}


def test_a_late_paper_takes_a_transfer_apart(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    stage.world.lie("T0101", "00124", "5")  # waits for a decision, so that nothing is posted yet
    stage.approve("W2-T")
    _, lines = swapped(stage)
    before = min(line.scans.earliest("counted_at").counted_at for line in lines) - timedelta(seconds=300)
    assert ask(stage, lines)["changed"] == 2
    stage.world.move("S0101", BOLT, "-12", occurred=before)
    stage.world.lie("S0101", BOLT, str(lines[0].counted))
    stage.settle()
    for line in lines:
        line.refresh_from_db()
    assert [(line.transfer, line.state) for line in lines] == [("", "settled"), ("", "approve")]
    assert lines[1].variance == 12


def test_a_count_that_is_sent_back_forgets_its_transfers(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE, approval=[{"name": "Director", "users": ["root"]}])
    stage.world.lie("T0101", "00124", "5")
    stage.approve("W2-T")
    count, lines = swapped(stage)
    ask(stage, lines)
    stage.decide(count)
    stage.queue.later()
    (signoff,) = stage.api("root", "/signoffs").json()["rows"]
    t_line = stage.line(count, "T0101", "00124")
    assert signoff["absolute"] == f"{abs(t_line.value or 0):.2f}", "only what was lost is signed for"
    answer = stage.api("root", f"/signoffs/{signoff['id']}/return", {"reason": "look again"})
    assert answer.status_code == 200, answer.content
    states = set(count.lines.filter(pk__in=[line.pk for line in lines]).values_list("state", "transfer"))
    assert states == {("approve", "")}


@pytest.mark.parametrize(("causes", "state"), [(["bin_swap"], "approve"), (["lot_swap"], "recount")])
def test_a_rule_may_hang_on_the_likely_cause(make_stage: MakeStage, causes: list[str], state: str) -> None:
    rules = [{"name": "next door", "causes": causes, "beyond": "approve"}]
    stage = make_stage(people=PEOPLE, rules=rules)
    stage.world.lie("S0101", BOLT, "48")
    stage.world.lie("S0102", BOLT, "49")
    count = stage.start("W2-S")
    stage.world.tick(600)
    stage.count_sheet(count.sheets.get())
    stage.settle()
    lines = [stage.line(count, bin, BOLT) for bin in ("S0101", "S0102")]
    assert {line.state for line in lines} == {state}
    assert {line.rule for line in lines} == {"next door" if state == "approve" else ""}
    assert {line.cause for line in lines} == {"bin_swap"}
    assert (count.sheets.count() == 1) == (state == "approve"), "no recount where a person decides at once"
    if state == "approve":
        assert ask(stage, lines)["changed"] == 2
