"""A system is down, slow or talks nonsense: it is said where people look, and goes on by itself when that is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from countbridge.exchange.models import Cadence, Delivery
from countbridge.messages import LANGUAGES
from countbridge.stocktake.models import Count
from modelled import trouble
from modelled.stage import Stage, sentences
from modelled.trouble import Problem

pytest_plugins = ["modelled.fixtures"]

PROBLEMS: dict[str, Problem] = {
    "refused": trouble.refused, "slow": trouble.slow, "401": trouble.unauthorized, "429": trouble.too_many,
    "500": trouble.failed, "html": trouble.html,
}  # fmt: skip
EVERY = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
SOME = pytest.mark.parametrize("problem", [trouble.unauthorized, trouble.html], ids=["401", "html"])


def counted(stage: Stage) -> Count:
    """A count of W2-S with one small variance, decided and about to be posted."""
    stage.world.lie("S0201", "00124", "499")
    count = stage.start("W2-S")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.world.tick()
    stage.flow("follow_movements")
    count.refresh_from_db()
    assert count.state == "posting"
    return count


def health(stage: Stage, side: str) -> str | None:
    """What the page of the link says of a system."""
    row = stage.api("sun", "/links").json()["rows"][0][side]
    return None if row["ok"] else row["message"]


@EVERY
def test_noticing_goes_on_when_the_erp_is_back(stage: Stage, problem: Problem) -> None:
    stage.approve("W2-S")
    stage.world.erp.calls.fail("read:count_approvals", problem)
    stage.flow("notice")
    told = Cadence.objects.get(flow="approvals").last_error
    sentences(told["code"], told["params"])
    assert (health(stage, "erp") or "").startswith("erp ")
    stage.world.erp.calls.recover()
    stage.flow("notice")
    assert Count.objects.count() == 1
    assert health(stage, "erp") is None
    flow = Cadence.objects.get(flow="approvals")
    assert (flow.successes, flow.failures, flow.last_error) == (1, 1, None)


@SOME
@pytest.mark.parametrize(("side", "call"), [("erp", "read:stock"), ("wms", "read:stock")])
def test_preparing_says_what_stops_it_and_goes_on(stage: Stage, side: str, call: str, problem: Problem) -> None:
    stage.approve("W2-S")
    stage.flow("notice")
    calls = getattr(stage.world, side).calls
    calls.fail(call, problem)
    error = stage.queue.run()["stocktake.prepare"]
    count = Count.objects.get()
    assert count.problem == {"code": error.code, "params": error.params}
    assert count.state == "preparing"
    shown = stage.api("sun", f"/counts/{count.number}").json()
    assert shown["problem"] == sentences(error.code, error.params)["en"]
    assert [step["message"] for step in shown["steps"] if step["state"] == "running"] == [shown["problem"]]
    calls.recover()
    assert stage.queue.later() == {}
    count.refresh_from_db()
    assert (count.state, count.problem) == ("counting", None)


@SOME
def test_a_document_that_cannot_be_sent_waits_with_its_reason_and_goes_by_itself(
    stage: Stage, problem: Problem
) -> None:
    stage.world.wms.calls.fail("write:count_task", problem)
    stage.approve("W2-S")
    stage.flow("notice")
    error = stage.queue.run()["exchange.deliver"]
    delivery = Delivery.objects.get(kind="count_task")
    assert delivery.error == {"code": error.code, "params": error.params}
    assert not Delivery.objects.filter(kind__in=("baseline", "sheets"), state="confirmed").exists(), "order is kept"
    shown = {language: stage.api("qian", f"/deliveries/{delivery.pk}", language=language).json()["message"]
             for language in LANGUAGES}  # fmt: skip
    assert shown == sentences(error.code, error.params)
    stage.world.wms.calls.recover()
    assert stage.queue.later() == {}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"confirmed"}
    kinds = [kind for kind, *_ in stage.world.wms.received.values() if kind != "item"]
    assert kinds == ["count_task", "baseline", "sheets"]


@pytest.mark.parametrize(
    ("problem", "state"),
    [(trouble.refused, "intent"), (trouble.too_many, "intent"), (trouble.unauthorized, "intent"),
     (trouble.slow, "unknown"), (trouble.failed, "unknown"), (trouble.html, "unknown")],
    ids=["refused", "429", "401", "slow", "500", "html"],
)  # fmt: skip
def test_only_what_certainly_had_no_effect_stays_an_intent(stage: Stage, problem: Problem, state: str) -> None:
    count = counted(stage)
    stage.world.erp.calls.fail("draft:adjustment", problem)
    stage.queue.run()
    delivery = Delivery.objects.get(count=count.number, kind="adjustment")
    assert delivery.state == state
    stage.world.erp.calls.recover()
    stage.queue.later()
    assert stage.world.erp.calls.seen["find:adjustment"] == (state == "unknown"), "looked for when in doubt"
    count.refresh_from_db()
    assert count.state == "closed"


def test_the_pause_asked_for_is_kept_and_a_wrong_key_is_not_hammered(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:item", trouble.too_many, times=1)
    stage.flow("sync")
    stage.queue.run()
    assert stage.queue.pauses["exchange.deliver"] == 7.0
    stage.world.wms.calls.fail("write:item", trouble.unauthorized, times=1)
    stage.queue.later()
    assert stage.queue.pauses["exchange.deliver"] >= 5


@pytest.mark.parametrize(("side", "call", "problem"), [
    *[("erp", "confirm:adjustment", problem) for problem in PROBLEMS.values()],
    ("erp", "read:stock", trouble.html), ("wms", "read:movements", trouble.failed),
    ("wms", "write:adjustment", trouble.slow), ("wms", "write:adjustment", trouble.unauthorized),
])  # fmt: skip
def test_posting_goes_on_when_the_system_is_back(stage: Stage, side: str, call: str, problem: Problem) -> None:
    count = counted(stage)
    calls = getattr(stage.world, side).calls
    calls.fail(call, problem)
    (error,) = stage.queue.run().values()
    count.refresh_from_db()
    assert count.state == "posting"
    told = count.problem or Delivery.objects.exclude(error=None).get().error
    assert told == {"code": error.code, "params": error.params}
    steps = stage.api("sun", f"/counts/{count.number}").json()["steps"]
    assert sentences(error.code, error.params)["en"] in [step["message"] for step in steps]
    calls.recover()
    assert stage.queue.later() == {}
    count.refresh_from_db()
    assert (count.state, count.problem) == ("closed", None)
    assert len(stage.world.erp.posted()) == len(stage.world.wms.adjusted()) == 1


@SOME
def test_verifying_goes_on_when_the_system_is_back(stage: Stage, problem: Problem) -> None:
    count = counted(stage)
    stage.world.erp.calls.fail("read:stock", problem, skip=1)
    error = stage.queue.run()["stocktake.verify"]
    count.refresh_from_db()
    assert (count.state, count.problem["code"]) == ("verifying", error.code)
    stage.world.erp.calls.recover()
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, count.problem) == ("closed", None)


@SOME
def test_a_silent_wms_keeps_counting_people_counting(stage: Stage, problem: Problem) -> None:
    """Scans need no other system; only what follows from movements waits."""
    count = stage.start("W2-S")
    stage.world.tick()
    stage.world.wms.calls.fail("*", problem)
    stage.count_sheet(count.sheets.get())
    stage.flow("follow_movements")
    assert count.lines.filter(counted=None).count() == 0
    assert Cadence.objects.get(flow="movements").last_error is not None
    stage.world.wms.calls.recover()
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"


def test_an_item_document_the_wms_refuses_is_shown_with_its_words_and_sent_again_by_hand(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(people=("zhou",))
    stage.world.wms.calls.fail("write:item", trouble.rejected)
    stage.flow("sync")
    assert stage.queue.run() == {}, "a refusal is an answer, not a failed job"
    row = stage.api("zhou", "/deliveries").json()["rows"][0]
    assert row["state"] == "rejected"
    assert "the period is closed" in row["message"]
    assert stage.api("zhou", "/today").json()["waiting"]["deliveries"] == 1
    stage.world.wms.calls.recover()
    assert stage.api("zhou", f"/deliveries/{row['id']}/resend", {"reason": "mended"}).json() == {"queued": True}
    assert stage.queue.run() == {}
    assert len(stage.world.wms.goods) == 4
    assert stage.api("zhou", f"/deliveries/{row['id']}/resend", {"reason": "again"}).json() == {"queued": False}
