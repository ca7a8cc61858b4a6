"""Zones that a WMS keeps still while they are counted whole: asked for first, lifted at the end, never blocked unseen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.errors import ConfigError
from countbridge.exchange.models import Delivery, Event
from countbridge.stocktake.models import Count, Freeze
from modelled import trouble
from modelled.papers import without_search
from modelled.stage import Stage, deliveries, sentences
from modelled.world import Blocked

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "sun", "qian", "zhao", "zheng")
MakeStage = Callable[..., Stage]


def ready(make_stage: MakeStage, **policy: object) -> Stage:
    stage = make_stage(people=PEOPLE, **policy)
    stage.flow("sync")
    assert stage.queue.run() == {}
    return stage


def order(stage: Stage, *, freeze: str = "whole_zones", who: str = "sun", **scope: object) -> Count:
    body = {"link": stage.link.code, "kind": "zone", "mode": "blind", "freeze": freeze, "scope": scope}
    answer = stage.api(who, "/plans", body)
    assert answer.status_code == 200, answer.content
    return Count.objects.get(number=answer.json()["number"])


def states(count: Count) -> dict[str, str]:
    return dict(count.freezes.values_list("zone", "state"))


def test_a_zone_is_still_from_before_its_stock_is_read_until_the_count_closes(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    read_while_blocked: list[bool] = []
    told = stage.world.wms.calls.call

    def call(name: str):  # type: ignore[no-untyped-def]
        if name == "read:stock":
            read_while_blocked.append(bool(stage.world.wms.blocked))
        return told(name)

    stage.world.wms.calls.call = call  # type: ignore[method-assign]
    stage.world.lie("S0101", "00123", "50")
    count = order(stage, zones=["S"])
    assert stage.queue.run() == {}
    count.refresh_from_db()
    assert (count.state, states(count)) == ("counting", {"S": "frozen"})
    assert read_while_blocked
    assert all(read_while_blocked), "the stock was read before the zone was still"
    with pytest.raises(Blocked):
        stage.world.move("S0101", "00123", "-1")
    stage.world.move("T0101", "00124", "-1")
    count = stage.complete(count)
    assert count.state == "closed"
    assert (states(count), stage.world.wms.blocked) == ({"S": "lifted"}, set())
    assert stage.world.erp.posted() != [], "adjustments of the count are not refused"
    stage.world.move("S0101", "00123", "-1")
    assert deliveries(count)["freeze-S"] == deliveries(count)["lift-S-1"] == "confirmed"


def test_only_zones_taken_whole_are_frozen(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    for scope in ({"bins": ["S0101", "T0101"]}, {"zones": ["S", "T"], "bins": ["S0101", "S0102", "T0101"]}):
        count = order(stage, **scope)
        assert stage.queue.run() == {}
        assert states(count) == {"T": "frozen"}, "of S some bins are not counted: work goes on there"
        stage.api("sun", f"/counts/{count.number}/cancel", {"reason": "try another"})
        assert stage.queue.run() == {}
    some = order(stage, zones=["T"], items=["00124"])
    assert stage.queue.run() == {}
    assert states(some) == {}, "only some of the goods are counted"


def test_a_zone_of_which_another_count_has_a_bin_is_not_frozen(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    first = stage.order("spot", bins=["S0101"])
    second = order(stage, zones=["S"])
    assert stage.queue.run() == {}
    assert (states(first), states(second)) == ({}, {})


def test_a_count_given_up_lets_its_zone_go_even_before_the_wms_answered(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    stage.world.wms.calls.fail("write:freeze", trouble.slow, after=True, times=1)
    count = order(stage, zones=["S"])
    stage.queue.run()
    count.refresh_from_db()
    assert (count.state, states(count)) == ("preparing", {"S": "asked"})
    assert stage.world.wms.calls.seen["read:stock"] == 0
    assert stage.api("sun", f"/counts/{count.number}/cancel", {"reason": "wrong day"}).status_code == 200
    assert states(count) == {"S": "lifting"}
    stage.queue.later()
    assert (states(count), stage.world.wms.blocked) == ({"S": "lifted"}, set())
    kinds = [kind for kind, *_ in stage.world.wms.received.values() if kind == "freeze"]
    assert len(kinds) == 2, "blocked once, let go once"


def test_the_answer_lost_and_the_process_dead_freeze_once(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    stage.world.wms.calls.fail("write:freeze", trouble.died, after=True, times=1)
    stage.world.wms.calls.fail("find:freeze", trouble.slow, times=1)
    count = order(stage, zones=["S", "T"])
    stage.queue.run()
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, states(count)) == ("counting", {"S": "frozen", "T": "frozen"})
    assert stage.world.wms.blocked == {("S", count.number), ("T", count.number)}
    assert stage.queue.deaths == 1


def test_a_wms_that_refuses_stops_the_count_until_a_person_lets_it_go_on_without(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    stage.world.wms.calls.fail("write:freeze", trouble.rejected)
    count = order(stage, zones=["S"])
    errors = stage.queue.run()
    assert isinstance(errors["stocktake.prepare"], ConfigError)
    sentences(errors["stocktake.prepare"].code, errors["stocktake.prepare"].params)
    assert states(count) == {"S": "refused"}
    today = stage.api("zhao", "/today").json()
    assert today["waiting"]["zones"] == 1
    (row,) = today["frozen"]
    assert (row["state"], row["needs_people"], row["may_lift"]) == ("refused", True, True)
    assert "the period is closed" in row["message"]
    path = f"/freezes/{row['id']}/lift"
    assert stage.api("sun", path, {"reason": " "}).json()["code"] == "stocktake.reason_missing"
    assert stage.api("qian", path, {"reason": "go on"}).status_code == 403
    assert stage.api("zheng", path, {"reason": "go on"}).status_code == 404, "a supervisor of the other warehouse"
    assert stage.api("zhao", path, {"reason": "go on without"}).json()["state"] == "lifted"
    assert stage.queue.run() == {}
    count.refresh_from_db()
    assert (count.state, stage.world.wms.blocked) == ("counting", set())
    assert stage.complete(count).state == "closed"


def test_a_zone_that_is_not_let_go_is_shown_until_it_is(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    count = order(stage, zones=["S"])
    assert stage.queue.run() == {}
    stage.world.wms.calls.fail("write:freeze", trouble.rejected)
    stage.api("sun", f"/counts/{count.number}/cancel", {"reason": "wrong day"})
    stage.queue.run()
    assert (states(count), len(stage.world.wms.blocked)) == ({"S": "stuck"}, 1)
    today = stage.api("zhao", "/today").json()
    assert (today["waiting"]["zones"], today["frozen"][0]["zone"]) == (1, "S")
    assert stage.api("zheng", "/today").json()["frozen"] == [], "not a zone of hers"
    stage.world.wms.calls.recover()
    path = f"/freezes/{today['frozen'][0]['id']}/lift"
    assert stage.api("zhao", path, {"reason": "the WMS is mended"}).json()["state"] == "lifting"
    stage.queue.later()
    assert (states(count), stage.world.wms.blocked) == ({"S": "lifted"}, set())
    assert stage.api("zhao", "/today").json()["waiting"]["zones"] == 0
    freeze = Freeze.objects.get()
    assert (freeze.lifted_by, freeze.reason) == ("zhao", "the WMS is mended")
    asked = Event.objects.get(code="stocktake.zone_lift_asked")
    assert (asked.actor, asked.params["reason"]) == ("zhao", "the WMS is mended")


def test_a_zone_let_go_in_the_wms_itself_is_told_so(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    count = order(stage, zones=["S"])
    assert stage.queue.run() == {}
    freeze = count.freezes.get()
    early = stage.api("zhao", f"/freezes/{freeze.pk}/lift", {"reason": "done there", "in_wms": True})
    assert (early.status_code, early.json()["code"]) == (422, "stocktake.freeze_state"), "it is not stuck: ask the WMS"
    stage.world.wms.calls.fail("write:freeze", trouble.rejected)
    stage.api("sun", f"/counts/{count.number}/cancel", {"reason": "wrong day"})
    stage.queue.run()
    told = stage.api("zhao", f"/freezes/{freeze.pk}/lift", {"reason": "done there", "in_wms": True}).json()
    assert (told["state"], told["lifted_by"]) == ("lifted", "zhao")


def test_lifted_early_by_hand_the_count_stays_true(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    count = order(stage, zones=["S"])
    assert stage.queue.run() == {}
    freeze = count.freezes.get()
    assert stage.api("sun", f"/freezes/{freeze.pk}/lift", {"reason": "an urgent order"}).status_code == 200
    assert stage.queue.run() == {}
    assert (states(count), stage.world.wms.blocked) == ({"S": "lifted"}, set())
    stage.world.tick()
    stage.world.move("S0101", "00123", "-2")
    count = stage.complete(count)
    assert (count.state, stage.world.erp.posted()) == ("closed", [])
    assert states(count) == {"S": "lifted"}


def test_a_refused_freeze_sent_again_after_nobody_wants_it_is_taken_back(make_stage: MakeStage) -> None:
    stage = ready(make_stage)
    stage.world.wms.calls.fail("write:freeze", trouble.rejected)
    count = order(stage, zones=["S"])
    stage.queue.run()
    freeze = count.freezes.get()
    assert stage.api("zhao", f"/freezes/{freeze.pk}/lift", {"reason": "go on without"}).status_code == 200
    stage.world.wms.calls.recover()
    assert freeze.freezing is not None
    from countbridge.exchange import resending

    resending.resend(Delivery.objects.filter(pk=freeze.freezing.pk), "try again", "zhou")
    stage.queue.later()
    assert (states(count), stage.world.wms.blocked) == ({"S": "lifted"}, set())


def test_where_the_wms_cannot_block_it_is_not_offered_and_told_why(make_stage: MakeStage, tmp_path) -> None:  # type: ignore[no-untyped-def]
    stage = ready(make_stage)
    offered = stage.api("sun", "/plans/choices").json()["links"][0]["freeze"]
    assert offered == {"possible": True, "usual": "none", "why_not": None}
    without_search(stage, tmp_path)  # a copy of the WMS's folder
    manifest = tmp_path / "blind_wms" / "connector.yaml"
    kept = [line for line in manifest.read_text(encoding="utf-8").splitlines() if not line.startswith("  freeze:")]
    manifest.write_text("\n".join(kept) + "\n", encoding="utf-8")
    stage.link.wms.connector = str(tmp_path / "blind_wms")
    stage.link.wms.save(update_fields=["connector"])
    offered = stage.api("sun", "/plans/choices").json()["links"][0]["freeze"]
    assert offered["possible"] is False
    assert "WMS" in offered["why_not"]
    body = {"link": stage.link.code, "kind": "zone", "freeze": "whole_zones", "scope": {"zones": ["S"]}}
    refused = stage.api("sun", "/plans", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.cannot_freeze")
    stage.users["root"] = stage._person("root")
    policy = {"freeze": "whole_zones"}
    refused = stage.api("root", f"/policies/{stage.link.code}", {"policy": policy, "based_on": 0})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.cannot_freeze")
    stage.link.policy = {**stage.link.policy, "freeze": "whole_zones"}  # a link's folder may say it all the same
    stage.link.save(update_fields=["policy"])
    count = stage.order("zone", zones=["S"])
    assert states(count) == {}
    assert Event.objects.filter(count=count.number, code="stocktake.not_frozen").count() == 1
    assert stage.complete(count).state == "closed"


def test_the_policy_freezes_a_count_the_erp_approved(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE, freeze="whole_zones")
    count = stage.start("W2-S")
    assert states(count) == {"S": "frozen"}
    assert stage.line(count, "S0101", "00123").snapshot > Decimal(0)
    count = stage.complete(count)
    assert (count.state, stage.world.wms.blocked) == ("closed", set())
