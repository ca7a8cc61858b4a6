"""A system that can only be searched: what is not found yet may still be under way, and is not sent again before it landed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from countbridge.exchange.models import Delivery
from countbridge.links.models import System
from countbridge.stocktake.models import Count
from modelled import trouble
from modelled.papers import paper
from modelled.stage import HERE, Stage, sentences

pytest_plugins = ["modelled.fixtures"]


@pytest.fixture
def searched(stage: Stage, tmp_path: Path) -> Stage:
    """The modelled ERP, saying that a lost adjustment is looked for by its reference and lands within two minutes."""
    folder = shutil.copytree(HERE / "erp", tmp_path / "erp")
    manifest = folder / "connector.yaml"
    told = manifest.read_text(encoding="utf-8")
    changed = told.replace("idempotency: draft_then_confirm", "idempotency: lookup, lands_within: 120")
    assert changed != told
    manifest.write_text(changed, encoding="utf-8")
    System.objects.filter(code="erp").update(connector=str(folder))
    return stage


def posting(stage: Stage) -> Count:
    stage.world.lie("S0101", "00123", "50")
    return stage.complete(stage.start("W2-S"))


def adjustment(count: Count) -> Delivery:
    return Delivery.objects.get(count=count.number, flow="F4", kind="adjustment")


def test_it_is_sent_again_only_when_a_lost_request_must_have_landed(searched: Stage) -> None:
    searched.world.erp.calls.fail("draft:adjustment", trouble.slow, times=1)
    count = posting(searched)
    delivery = adjustment(count)
    assert (delivery.state, searched.world.erp.calls.seen["draft:adjustment"]) == ("unknown", 1)
    errors = searched.queue.later()
    assert errors["exchange.deliver"].code == "exchange.may_still_land"
    sentences("exchange.may_still_land", errors["exchange.deliver"].params)
    assert 0 < searched.queue.pauses["exchange.deliver"] <= 120
    delivery = adjustment(count)
    assert (delivery.state, searched.world.erp.calls.seen["draft:adjustment"]) == ("unknown", 1)
    assert delivery.next_try_at is not None
    searched.world.tick(121)
    searched.queue.later()
    assert adjustment(count).state == "confirmed"
    assert len(searched.world.erp.posted()) == 1


def test_one_that_is_found_settles_at_once(searched: Stage) -> None:
    searched.world.erp.calls.fail("confirm:adjustment", trouble.slow, after=True, times=1)
    count = posting(searched)
    searched.queue.later()
    assert adjustment(count).state == "confirmed"
    assert len(searched.world.erp.posted()) == 1


@pytest.fixture
def mended(stage: Stage) -> Stage:
    """The modelled WMS refuses bolts for now, and takes a request that comes late as soon as it does not."""
    stage.world.wms.refuses_all = "blocked"
    return stage


def test_a_refusal_settles_nothing_while_an_earlier_request_may_still_be_taken(mended: Stage) -> None:
    """The first request hangs on the way; the second is refused; then the cause is mended, and the first one lands."""
    calls = mended.world.wms.calls
    calls.fail("write:baseline", trouble.slow, times=1)
    delivery = paper(mended, "B-1")
    assert mended.queue.run()["exchange.deliver"].code == "http.write_timeout"
    errors = mended.queue.later()
    assert errors["exchange.deliver"].code == "exchange.may_still_land"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.settled_at) == ("unknown", None), "refused, and yet nobody may send it anew"
    mended.world.wms.refuses_all = ""
    mended.world.wms.received["B-1"] = ("baseline", {"count_no": "D1"}, [{"no": "B-1"}])  # the first one lands
    mended.world.tick(121)
    mended.queue.later()
    delivery.refresh_from_db()
    assert delivery.state == "confirmed"


def test_a_refusal_stands_once_nothing_can_be_under_way(mended: Stage) -> None:
    calls = mended.world.wms.calls
    calls.fail("write:baseline", trouble.slow, times=1)
    delivery = paper(mended, "B-1")
    mended.queue.run()
    mended.queue.later()
    mended.world.tick(121)
    mended.queue.later()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error["code"]) == ("rejected", "http.rejected")


def test_a_refusal_at_the_first_try_stands_at_once(mended: Stage) -> None:
    delivery = paper(mended, "B-1")
    mended.queue.run()
    delivery.refresh_from_db()
    assert delivery.state == "rejected"
