"""Papers of one document reach a system in the order they were written, whatever happens to the earlier one; others pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from countbridge import clock
from countbridge.exchange import resending, review
from countbridge.exchange.models import Delivery
from countbridge.links.models import Link
from modelled import trouble
from modelled.papers import paper, received, without_search
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("key", "state"))


def resend(*keys: str) -> int:
    return resending.resend(Delivery.objects.filter(key__in=keys), "asked for", "zhou")


def test_the_order_names_link_system_and_document(stage: Stage) -> None:
    first = paper(stage, "a1")
    assert first.order_key == "modelled:wms:D1"
    other = Link.objects.create(code="second", name="second", erp=stage.link.erp, wms=stage.link.wms)
    stage.link = other
    assert paper(stage, "b1").order_key == "second:wms:D1", "the same number in another link is another document"


def test_a_later_one_waits_while_the_earlier_one_is_to_be_retried_later(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:baseline", trouble.refused, times=2)
    earlier = paper(stage, "a1")
    paper(stage, "a2")
    paper(stage, "b1", "D2")
    stage.queue.run()
    assert received(stage) == []
    earlier.refresh_from_db()
    assert earlier.state == "intent"
    assert earlier.next_try_at is not None
    assert earlier.next_try_at > clock.now()
    stage.queue.run()
    assert received(stage) == [], "its time has not come, and nothing overtakes it"
    stage.queue.later()
    assert [key for key in received(stage) if key != "b1"] == ["a1", "a2"]
    assert "b1" in received(stage)


def test_other_documents_pass(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:baseline", trouble.refused, times=1)
    paper(stage, "a1")
    paper(stage, "a2")
    paper(stage, "b1", "D2")
    stage.queue.run()
    assert received(stage) == ["b1"]


@pytest.mark.parametrize("after", [False, True], ids=["before it arrived", "after it arrived"])
def test_a_later_one_waits_for_one_whose_worker_was_killed(stage: Stage, after: bool) -> None:
    stage.world.wms.calls.fail("write:baseline", trouble.died, after=after, times=1)
    paper(stage, "a1")
    paper(stage, "a2")
    assert stage.queue.run() == {}
    assert stage.queue.deaths == 1
    assert received(stage) == ["a1", "a2"]


def test_a_later_ones_job_alone_does_not_overtake(stage: Stage) -> None:
    """The job of the earlier one is away (a worker took it and fell silent): the later one's job does not pass it."""
    from countbridge.exchange.deliveries import deliver

    first, second = paper(stage, "a1"), paper(stage, "a2")
    Delivery.objects.filter(pk=first.pk).update(state="sending")
    deliver(second.pk)
    assert received(stage) == ["a1", "a2"]
    assert stage.world.wms.calls.seen["find:baseline"] == 1, "what may have left is looked for"


def test_one_sent_again_by_a_person_goes_before_what_waits_behind_it(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:baseline", trouble.refused, times=2)
    paper(stage, "a1")
    paper(stage, "a2")
    stage.queue.run()
    assert resend("a1") == 1
    stage.queue.run()
    assert received(stage) == [], "refused once more"
    assert resend("a2") == 1, "the later one is asked for: the earlier one still comes first"
    stage.queue.run()
    assert received(stage) == ["a1", "a2"]


def test_a_refused_one_sent_again_holds_back_what_is_still_to_come(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:baseline", trouble.rejected, times=1)
    paper(stage, "a1")
    assert stage.queue.run() == {}
    assert states() == {"a1": "rejected"}
    stage.world.wms.calls.fail("write:baseline", trouble.refused, times=1)
    paper(stage, "a2")
    stage.queue.run()
    assert resend("a1") == 1
    stage.queue.later()
    assert received(stage) == ["a1", "a2"]
    assert set(states().values()) == {"confirmed"}


def test_two_refused_ones_sent_again_the_later_first_both_arrive_in_order(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:baseline", trouble.rejected, times=2)
    paper(stage, "a1")
    paper(stage, "a2")
    stage.queue.run()
    resend("a2")
    resend("a1")
    stage.queue.run()
    stage.queue.later()
    assert received(stage) == ["a1", "a2"]


def test_one_that_waits_for_a_decision_holds_back_its_document_and_no_other(stage: Stage, tmp_path: Path) -> None:
    without_search(stage, tmp_path, "baseline")
    stage.world.wms.calls.fail("write:baseline", trouble.slow, times=1)
    first = paper(stage, "a1")
    paper(stage, "a2")
    paper(stage, "b1", "D2")
    stage.queue.run()
    for _ in range(3):
        stage.queue.later()
    assert states() == {"a1": "needs_review", "a2": "intent", "b1": "confirmed"}
    assert stage.queue.errors["exchange.deliver"].code == "exchange.behind_review"
    assert Delivery.objects.get(key="a2").next_try_at is not None
    review.decide(first.pk, "did_not_arrive", "", "not in the list of documents", "qian")
    assert stage.queue.run() == {}, "the decision wakes what waited"
    assert received(stage) == ["b1", "a1", "a2"]


def test_an_answer_that_never_makes_sense_stays_open_and_visible(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("zhou",))
    stage.world.wms.calls.fail("write:baseline", trouble.html)
    stage.world.wms.calls.fail("find:baseline", trouble.html)
    delivery = paper(stage, "a1")
    stage.queue.run()
    pauses = []
    for _ in range(6):
        stage.queue.later()
        pauses.append(stage.queue.pauses["exchange.deliver"])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.fault) == ("unknown", "surprise")
    assert pauses[-1] > pauses[0], "less and less often"
    row = stage.api("zhou", "/deliveries?state=unknown").json()["rows"][0]
    assert row["next_try_at"] is not None
    assert row["fault"] == "surprise"
    assert stage.api("zhou", "/today").json()["waiting"]["deliveries"] == 1


def test_a_thousand_are_sent_again_in_one_statement_and_a_few_jobs(stage: Stage) -> None:
    for number in range(250):
        paper(stage, f"k{number:03}", f"D{number}")
    stage.world.wms.calls.fail("write:baseline", trouble.rejected, times=250)
    stage.queue.run()
    assert set(states().values()) == {"rejected"}
    assert resending.resend(Delivery.objects.all(), "period opened", "zhou") == 250
    assert list(stage.queue.waiting()) == ["exchange.deliver_many"] * 3
    assert resending.resend(Delivery.objects.filter(state="rejected"), "again", "li") == 0, "already on their way"
    assert stage.queue.run() == {}
    assert set(states().values()) == {"confirmed"}
    assert len(received(stage)) == 250


def test_many_are_asked_for_by_their_ids_or_by_the_lists_filter(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("zhou", "qian", "feng"))
    stage.world.wms.calls.fail("write:baseline", trouble.rejected, times=3)
    made = [paper(stage, key, key) for key in ("a1", "a2", "b1")]
    stage.queue.run()

    def ask(who: str = "zhou", **body: object) -> tuple[int, object]:
        answer = stage.api(who, "/deliveries/resend", {"reason": "period opened", **body})
        return answer.status_code, answer.json().get("queued", answer.json().get("code"))

    assert ask(filter={"q": "a"}, reason="x") == (422, "stocktake.reason_missing")
    assert ask() == ask(ids=[], filter={}) == (422, "api.ids_or_filter")
    assert ask("qian", filter={}) == (403, "people.not_allowed")
    assert ask(filter={"state": "rejected", "q": "a"}) == (200, 2)
    assert ask(ids=[made[2].pk, made[0].pk], filter=None) == (200, 2), "one is on its way already and is hurried"
    assert stage.queue.run() == {}
    assert set(states().values()) == {"confirmed"}
    assert ask(filter={}) == (200, 0)
    assert stage.world.wms.calls.seen["write:baseline"] == 6


def test_a_batch_goes_on_with_what_stays_open(stage: Stage) -> None:
    for number in range(4):
        paper(stage, f"k{number}", f"D{number}")
    stage.world.wms.calls.fail("write:baseline", trouble.rejected, times=4)
    stage.queue.run()
    stage.world.wms.calls.fail("write:baseline", trouble.too_many, times=1)
    resending.resend(Delivery.objects.all(), "period opened", "zhou")
    errors = stage.queue.run()
    assert errors["exchange.deliver_many"].code == "exchange.some_left"
    assert 5 < stage.queue.pauses["exchange.deliver_many"] <= 7
    assert sorted(states().values()) == ["confirmed"] * 3 + ["unknown"]
    Delivery.objects.filter(state="unknown").update(next_try_at=clock.now())
    assert stage.queue.later() == {}
    assert set(states().values()) == {"confirmed"}
