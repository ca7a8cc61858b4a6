"""An approved count in the ERP is noticed by itself, at the right moment, and taken once."""

from __future__ import annotations

from countbridge.exchange.models import Cadence
from countbridge.stocktake.models import Approval, Count
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]


def numbers() -> list[list[str]]:
    return [sorted(count.approvals.values_list("location", flat=True)) for count in Count.objects.order_by("pk")]


def test_a_draft_that_was_touched_a_moment_ago_waits_until_it_is_quiet(stage: Stage) -> None:
    stage.approve("W1-A", ago=50)
    stage.flow("notice")
    assert numbers() == []
    stage.world.tick(5)
    stage.flow("notice")
    assert numbers() == []
    stage.world.tick(5)
    stage.flow("notice")
    assert numbers() == [["W1-A"]]


def test_one_fresh_draft_keeps_its_whole_group_waiting(stage: Stage) -> None:
    stage.approve("W1-A", ago=3600)
    stage.approve("W2-S", ago=1)
    stage.flow("notice")
    assert numbers() == [], "the planner is still adding locations"


def test_drafts_of_one_planner_and_date_are_one_count(stage: Stage) -> None:
    stage.approve("W1-A", "W2-S")
    stage.approve("W2-T", by="other.planner")
    stage.approve("W2-T", day="2026-11-21")
    stage.flow("notice")
    assert numbers() == [["W1-A", "W2-S"], ["W2-T"], ["W2-T"]]
    assert set(Count.objects.values_list("responsible", flat=True)) == {"sun", "other.planner"}


def test_a_draft_is_taken_once_however_often_we_look(stage: Stage) -> None:
    stage.approve("W1-A")
    for _ in range(3):
        stage.flow("notice")
    assert numbers() == [["W1-A"]]
    assert list(stage.queue.waiting()).count("stocktake.prepare") == 1
    stage.queue.run()
    stage.flow("notice")
    assert Approval.objects.count() == 1


def test_a_later_draft_of_the_same_planner_and_date_is_a_count_of_its_own(stage: Stage) -> None:
    first = stage.start("W1-A")
    stage.approve("W2-T")
    stage.flow("notice")
    assert numbers() == [["W1-A"], ["W2-T"]]
    assert Count.objects.latest("pk").number != first.number


def test_documents_we_wrote_ourselves_order_no_count(stage: Stage) -> None:
    stage.world.lie("A0101", "00123", "30")
    stage.complete(stage.start("W1-A"))
    assert stage.world.erp.documents, "we left documents of our own in the ERP"
    for document in stage.world.erp.documents:
        stage.world.erp.approvals[document]["state"] = "draft"
    stage.flow("notice")
    assert len(numbers()) == 1


def test_finished_documents_of_a_closed_count_order_nothing_again(stage: Stage) -> None:
    count = stage.complete(stage.start("W1-A"))
    assert count.state == "closed"
    assert [row["state"] for row in stage.world.erp.approvals.values() if row["created_by"] == "sun"] == ["done"]
    stage.flow("notice")
    assert len(numbers()) == 1


def test_locations_without_a_bin_in_the_wms_stop_the_count_and_say_so(stage: Stage) -> None:
    stage.approve("NOWHERE")
    stage.flow("notice")
    assert stage.queue.run()["stocktake.prepare"].code == "stocktake.no_bins"
    count = Count.objects.get()
    assert count.state == "preparing"
    assert count.problem["params"]["locations"] == "NOWHERE"


def test_a_policy_nobody_understands_is_told_on_the_flow_and_orders_nothing(stage: Stage) -> None:
    stage.link.policy = {"tollerance": {}}
    stage.link.save()
    stage.approve("W1-A")
    stage.flow("notice")
    assert numbers() == []
    assert Cadence.objects.get(flow="approvals").last_error["params"]["word"] == "tollerance"
