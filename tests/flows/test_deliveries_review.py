"""A write whose fate no system can tell ends with a person, who has everything to decide and whose decision is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from countbridge.exchange.models import Delivery, Event, QuarantinedRecord, ReviewDecision
from countbridge.stocktake.models import AdjustmentLine, Count
from modelled import trouble
from modelled.papers import without_search
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]


@pytest.fixture
def in_review(make_stage: Callable[..., Stage], tmp_path: Path) -> tuple[Stage, Count, Delivery]:
    """A count whose WMS adjustment left, was never answered, and cannot be looked for."""
    stage = make_stage(people=("chen", "li", "sun", "qian", "zhou", "feng", "zhao"))
    without_search(stage, tmp_path, "adjustment")
    stage.world.lie("S0201", "00124", "499")
    stage.world.wms.calls.fail("write:adjustment", trouble.slow, times=1)
    count = stage.start("W2-S")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.world.tick()
    stage.flow("follow_movements")
    stage.queue.run()
    stage.queue.later()
    delivery = Delivery.objects.get(kind="adjustment", flow="F5")
    assert delivery.state == "needs_review"
    count.refresh_from_db()
    return stage, count, delivery


def decide(stage: Stage, delivery: Delivery, decision: str, who: str = "qian", **more: str) -> dict[str, object]:
    body = {"decision": decision, "reason": "looked it up there", **more}
    answer = stage.api(who, f"/deliveries/{delivery.pk}/decide", body)
    return dict(answer.json()) | {"status": answer.status_code}


def test_everything_needed_to_decide_is_there(in_review: tuple[Stage, Count, Delivery]) -> None:
    stage, _, delivery = in_review
    shown = stage.api("qian", f"/deliveries/{delivery.pk}").json()
    assert shown["key"] == delivery.key
    assert shown["payload"]["lines"][0]["sku"] == "S-124"
    assert [(each["action"], each["outcome"]) for each in shown["tries"]] == [("write", "http.write_timeout")]
    assert shown["tries"][0]["started_at"]
    assert shown["reviews"] == []
    for language in ("zh", "en"):
        assert "WMS" in sentences(shown["code"], delivery.error["params"])[language]


def test_it_arrived_then_what_follows_a_confirmation_follows(in_review: tuple[Stage, Count, Delivery]) -> None:
    stage, count, delivery = in_review
    stage.world.wms.stock["S0201", "S-124", ""] -= 1  # it had arrived: the WMS has booked it
    shown = decide(stage, delivery, "arrived", remote_id="ADJ-77")
    assert (shown["state"], shown["remote_id"]) == ("confirmed", "ADJ-77")
    (kept,) = shown["reviews"]  # type: ignore[misc]
    assert (kept["decision"], kept["remote_id"], kept["reason"], kept["user"]) == (
        "arrived", "ADJ-77", "looked it up there", "qian",
    )  # fmt: skip
    assert kept["at"]
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.wms.calls.seen["write:adjustment"] == 1, "nothing was written again"
    assert Event.objects.get(code="exchange.review_arrived").actor == "qian"
    assert AdjustmentLine.objects.get(adjustment__side="wms").ok is True


def test_it_did_not_arrive_then_it_is_sent_without_being_looked_for(in_review: tuple[Stage, Count, Delivery]) -> None:
    stage, count, delivery = in_review
    assert decide(stage, delivery, "did_not_arrive")["state"] == "intent"
    stage.queue.later()
    count.refresh_from_db()
    delivery.refresh_from_db()
    assert (delivery.state, count.state) == ("confirmed", "closed")
    assert stage.world.wms.calls.seen["find:adjustment"] == 0
    assert len(stage.world.wms.adjusted()) == 1


def test_given_up_is_refused_for_good(in_review: tuple[Stage, Count, Delivery]) -> None:
    stage, count, delivery = in_review
    assert decide(stage, delivery, "give_up")["state"] == "rejected"
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "differences"
    assert count.differences.get().code == "stocktake.differs_given_up"
    assert not QuarantinedRecord.objects.exists(), "nobody knows whether it arrived: its lines cannot be sent again"
    again = stage.api("zhou", f"/deliveries/{delivery.pk}/resend", {"reason": "please"})
    assert again.json() == {"queued": False}
    assert stage.api("zhou", "/today").json()["waiting"]["deliveries"] == 0
    stage.world.wms.stock["S0201", "S-124", ""] -= 1  # set right there by hand
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"decision": "arrived"}, "exchange.remote_id_missing"),
        ({"decision": "perhaps"}, "exchange.no_such_decision"),
        ({"decision": "give_up", "reason": " x "}, "stocktake.reason_missing"),
    ],
)
def test_a_decision_that_says_too_little_changes_nothing(
    in_review: tuple[Stage, Count, Delivery], change: dict[str, str], code: str
) -> None:
    stage, _, delivery = in_review
    body = {"reason": "looked it up there", **change}
    answer = stage.api("qian", f"/deliveries/{delivery.pk}/decide", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    delivery.refresh_from_db()
    assert delivery.state == "needs_review"
    assert not ReviewDecision.objects.exists()


def test_it_is_decided_once_and_by_those_who_may(in_review: tuple[Stage, Count, Delivery]) -> None:
    stage, _, delivery = in_review
    for name, status in (("sun", 403), ("zhao", 403), ("feng", 404)):
        assert decide(stage, delivery, "give_up", name)["status"] == status, name
    assert decide(stage, delivery, "did_not_arrive", "zhou")["status"] == 200
    twice = decide(stage, delivery, "give_up")
    assert (twice["status"], twice["code"]) == (422, "exchange.nothing_to_decide")
    assert ReviewDecision.objects.count() == 1


def test_asking_to_send_it_again_is_no_decision(in_review: tuple[Stage, Count, Delivery]) -> None:
    stage, _, delivery = in_review
    answer = stage.api("zhou", f"/deliveries/{delivery.pk}/resend", {"reason": "try"})
    assert answer.json() == {"queued": False}
    delivery.refresh_from_db()
    assert delivery.state == "needs_review"
