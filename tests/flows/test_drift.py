"""Drift between the books outside counts: seen twice before it is told, repaired once with a reason, never under a count."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from countbridge.exchange.models import Cadence, Delivery, Event
from countbridge.exchange.retry import NotYet
from countbridge.stocktake import jobs
from countbridge.stocktake.models import Count, Drift, Repair
from modelled import trouble
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]
BOLT = ("W2-S", "00123", "")


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    return ready(make_stage())


def ready(stage: Stage) -> Stage:
    stage.users |= {name: stage._person(name) for name in ("wu", "feng", "zhou") if name not in stage.users}
    stage.flow("sync")
    assert stage.queue.run() == {}
    return stage


def compare(stage: Stage, times: int = 1) -> None:
    for _ in range(times):
        stage.world.tick(90)
        stage.flow("compare")
        error = Cadence.objects.get(link=stage.link, flow="compare").last_error
        assert error is None, error


def listed(stage: Stage, who: str = "qian", state: str = "open,repairing") -> list[dict[str, Any]]:
    answer = stage.api(who, f"/links/modelled/drift?state={state}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["rows"])


def drifted(stage: Stage, by: str = "5") -> None:
    stage.world.erp.stock[BOLT] += Decimal(by)


def ask(stage: Stage, what: str = "repair", who: str = "qian", reason: str = "found by the compare") -> Any:
    body = {"ids": [row["id"] for row in listed(stage)], "reason": reason}
    return stage.api(who, f"/links/modelled/drift/{what}", body)


def test_books_that_agree_have_no_drift_and_nothing_is_posted(stage: Stage) -> None:
    compare(stage, 2)
    assert not Drift.objects.exists()
    assert not Event.objects.filter(kind="drift").exists()


def test_a_difference_is_told_when_two_compares_saw_it(stage: Stage) -> None:
    drifted(stage)
    compare(stage)
    assert listed(stage) == []
    compare(stage)
    (row,) = listed(stage)
    assert (row["location"], row["item"], row["erp"], row["wms"], row["gap"], row["value"]) == (
        "W2-S", "00123", "102", "97", "5", "42.50",
    )  # fmt: skip
    (event,) = Event.objects.filter(kind="drift")
    sentences(event.code, event.params)
    compare(stage)
    assert Event.objects.filter(kind="drift").count() == 1, "told once"


def test_two_looks_in_one_moment_are_one(stage: Stage) -> None:
    drifted(stage)
    stage.flow("compare")
    stage.flow("compare")
    assert listed(stage) == []


def test_a_difference_that_passes_or_changes_is_not_told(stage: Stage) -> None:
    drifted(stage)
    compare(stage)
    drifted(stage, "-5")
    compare(stage)
    assert not Drift.objects.exists()
    for _ in range(3):
        drifted(stage, "1")
        compare(stage)
    assert listed(stage) == []


def test_what_the_companys_own_interface_still_has_to_book_is_no_drift(stage: Stage) -> None:
    stage.world.move("S0101", "00123", "-3", erp="pending")
    compare(stage, 3)
    assert not Drift.objects.exists()
    stage.world.post_pending()
    compare(stage, 2)
    assert not Drift.objects.exists()


def test_goods_of_unknown_code_are_no_drift_but_wait_in_quarantine(stage: Stage) -> None:
    from countbridge.exchange.models import QuarantinedRecord

    stage.world.wms.stock["S0101", "S-999", ""] = Decimal(4)
    compare(stage, 2)
    assert not Drift.objects.exists()
    assert QuarantinedRecord.objects.filter(flow="stock").count() == 1


def test_a_repair_is_posted_once_with_a_reason_and_read_back(stage: Stage) -> None:
    drifted(stage)
    compare(stage, 2)
    assert ask(stage, reason="no").json()["code"] == "stocktake.reason_missing"
    assert ask(stage).json() == {"repairing": 1}
    assert ask(stage).json() == {"repairing": 0}, "asked twice, done once"
    assert stage.queue.run() == {}
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))]
    assert listed(stage) == []
    (row,) = listed(stage, state="repaired")
    assert (row["decided_by"], row["reason"], row["document"]) == (
        "qian", "found by the compare", Repair.objects.get().number,
    )  # fmt: skip
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor
    for event in Event.objects.filter(kind="drift"):
        sentences(event.code, event.params)


@pytest.mark.parametrize("call", ["draft:adjustment", "confirm:adjustment"])
@pytest.mark.parametrize("problem", [trouble.slow, trouble.died])
def test_a_repair_whose_answer_is_lost_is_looked_for_and_posted_once(
    stage: Stage, call: str, problem: trouble.Problem
) -> None:
    drifted(stage)
    compare(stage, 2)
    ask(stage)
    stage.world.erp.calls.fail(call, problem, after=True, times=1)
    stage.queue.run()
    stage.queue.later()
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))]
    assert Drift.objects.get().state == "repaired"


def test_a_repair_the_erp_refuses_is_open_again_with_its_words(stage: Stage) -> None:
    drifted(stage)
    compare(stage, 2)
    stage.world.erp.refuses["00123"] = "the item is blocked"
    ask(stage)
    stage.queue.run()
    (row,) = listed(stage)
    assert row["state"] == "open"
    assert "the item is blocked" in row["message"]


def test_goods_that_moved_since_are_no_matter_and_another_gap_is_not_posted(stage: Stage) -> None:
    drifted(stage)
    compare(stage, 2)
    stage.world.move("S0101", "00123", "-20")
    ask(stage)
    stage.queue.run()
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))], "the gap is the same"
    drifted(stage, "7")
    compare(stage, 2)
    drifted(stage, "1")
    ask(stage)
    stage.queue.run()
    assert len(stage.world.erp.posted()) == 1
    (row,) = listed(stage)
    assert (row["gap"], row["state"]) == ("8", "open")
    assert row["message"]


def test_nothing_is_looked_at_or_repaired_where_a_count_is_open(stage: Stage) -> None:
    drifted(stage)
    compare(stage, 2)
    before = [row["last_seen"] for row in listed(stage)]
    count = stage.start("W2-S")
    compare(stage)
    assert [row["last_seen"] for row in listed(stage)] == before
    assert ask(stage).json() == {"repairing": 1}
    assert stage.queue.run()["stocktake.repair"].code == "stocktake.counted_meanwhile"
    assert stage.world.erp.posted() == []
    stage.complete(count)
    assert count.state == "closed"
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))], "the count closed the gap, once"
    stage.queue.later()
    assert len(stage.world.erp.posted()) == 1
    assert Drift.objects.get().state == "explained"


def test_a_count_that_was_just_approved_is_waited_for(stage: Stage) -> None:
    drifted(stage)
    stage.approve("W2-S")
    stage.flow("notice")
    with pytest.raises(NotYet, match=r"stocktake\.count_begins"):
        stage.flow("compare")
    cadence = Cadence.objects.get(link=stage.link, flow="compare")
    assert (cadence.running_since, cadence.failures) == (None, 0)
    assert not Drift.objects.exists()
    assert stage.queue.run() == {}
    compare(stage, 2)
    assert not Drift.objects.exists(), "the count of the place answers for it"


def test_posting_waits_for_a_repair_on_its_way(stage: Stage) -> None:
    """The repair was written before the count began; its answer is still out when the count wants to post."""
    drifted(stage)
    compare(stage, 2)
    stage.world.erp.calls.fail("draft:adjustment", trouble.refused)
    ask(stage)
    stage.queue.run()
    stage.approve("W2-S")
    stage.flow("notice")
    stage.queue.run()
    count = Count.objects.get()
    stage.count_all(count)
    assert stage.queue.later()["stocktake.post"].code == "stocktake.repair_under_way"
    stage.world.erp.calls.recover()
    for _ in range(3):
        stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))]


def test_a_dismissed_difference_is_told_again_only_when_it_changes(stage: Stage) -> None:
    drifted(stage)
    compare(stage, 2)
    assert ask(stage, "dismiss", reason="consignment stock of the ERP").json() == {"dismissed": 1}
    compare(stage, 2)
    assert listed(stage) == []
    drifted(stage, "2")
    compare(stage, 2)
    assert [row["gap"] for row in listed(stage)] == ["7"]


def test_policies_report_and_repair(make_stage: Callable[..., Stage]) -> None:
    stage = ready(make_stage(drift="report"))
    drifted(stage)
    compare(stage, 2)
    assert stage.api("qian", "/links/modelled/drift").json()["may_repair"] is False
    assert ask(stage).json()["code"] == "stocktake.drift_only_reported"
    stage.link.policy |= {"drift": "repair", "tolerance": {"percent": "10", "quantity": "6", "value": "100"}}
    stage.link.save()
    stage.world.erp.stock["W2-S", "00124", ""] += 50
    compare(stage, 2)
    assert stage.queue.run() == {}
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))], "50 washers wait for a person"
    assert [row["item"] for row in listed(stage)] == ["00124"]


def test_who_sees_and_repairs_drift(stage: Stage) -> None:
    drifted(stage)
    stage.world.erp.stock["W1-A-01", "00123", ""] += 1
    compare(stage, 2)
    assert {row["warehouse"] for row in listed(stage)} == {"W1", "W2"}
    assert {row["warehouse"] for row in listed(stage, "feng")} == {"W1"}, "finance of W1"
    ids = [row["id"] for row in listed(stage)]
    refused = stage.api("sun", "/links/modelled/drift/repair", {"ids": ids, "reason": "please"})
    assert refused.status_code == 403
    assert stage.api("feng", "/links/modelled/drift/repair", {"ids": ids, "reason": "please"}).json() == {
        "repairing": 1
    }
    assert stage.api("chen", "/links/modelled/drift").status_code == 403
    text = stage.api("wu", "/links/modelled/drift.csv").content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("id,warehouse,location,item")
    assert len(text.splitlines()) == 3
    assert stage.api("qian", "/links/none/drift").status_code == 404


def test_items_the_wms_no_longer_holds_as_told_are_told_again_once(stage: Stage) -> None:
    goods = stage.world.wms.goods
    goods["S-123"]["name_en"] = "Edited by hand"
    del goods["S-124"]
    compare(stage)
    assert stage.queue.run() == {}
    assert (goods["S-123"]["name_en"], goods["S-124"]["name_en"]) == ("Bolt", "Washer")
    (event,) = Event.objects.filter(code="exchange.items_drifted")
    assert event.params["number"] == "2"
    sentences(event.code, event.params)
    compare(stage)
    assert stage.queue.run() == {}
    assert Event.objects.filter(kind="drift").count() == 1
    goods["S-123"]["name_en"] = "EDITED AGAIN"
    before = Delivery.objects.count()
    compare(stage)
    assert Delivery.objects.count() == before, "what does not stay is not told for ever"
    (event,) = Event.objects.filter(code="exchange.items_stay_different")
    sentences(event.code, event.params)


def test_a_compare_killed_halfway_is_run_again(stage: Stage) -> None:
    drifted(stage)
    compare(stage)
    stage.world.erp.calls.fail("read:stock", trouble.died, times=1, skip=1)
    compare(stage)
    assert len(listed(stage)) == 1
    assert jobs.FLOWS["compare"][0] == "stocktake.compare"
