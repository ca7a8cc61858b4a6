"""The books are read back unequal: the count stays open, names keys and reasons, and closes when they agree."""

from __future__ import annotations

from decimal import Decimal

import pytest

from countbridge.exchange.models import Delivery, Event
from countbridge.messages import LANGUAGES
from countbridge.stocktake.models import Count
from modelled import trouble
from modelled.stage import Stage, sentences
from modelled.world import Key

pytest_plugins = ["modelled.fixtures"]

WASHER: Key = ("W2-S", "00124", "")


def posted(stage: Stage) -> Count:
    """A count of W2-S with two small variances, worked on until nothing is due."""
    stage.world.lie("S0201", "00124", "499")
    stage.world.lie("S0101", "00123", "59")
    count = stage.start("W2-S")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.world.tick()
    stage.flow("follow_movements")
    stage.queue.run()
    count.refresh_from_db()
    return count


def differing(count: Count) -> dict[Key, str]:
    """Key → code of the reason; each has a sentence in both languages."""
    for row in count.differences.all():
        sentences(row.code, row.params)
    return {(row.erp_location, row.item, row.lot): row.code for row in count.differences.all()}


def assert_all_is_well(stage: Stage, count: Count) -> None:
    count.refresh_from_db()
    assert count.state == "closed"
    assert differing(count) == {}
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


def test_a_line_the_wms_refuses_is_named_with_its_words_and_mending_it_there_closes(stage: Stage) -> None:
    stage.world.wms.refuses["S-124"] = "bin is blocked"
    count = posted(stage)
    assert count.state == "differences"
    assert differing(count) == {WASHER: "stocktake.differs_refused"}
    row = count.differences.get()
    assert (row.erp, row.wms) == (499, 500)
    for language in LANGUAGES:
        (shown,) = stage.api("sun", f"/counts/{count.number}", language=language).json()["differences"]
        assert "bin is blocked" in shown["reason"]
    assert stage.world.wms.adjusted() == [("S0101", "S-123", "", Decimal(-1))], "the good line of the document stands"
    stage.world.wms.stock["S0201", "S-124", ""] -= 1  # somebody unblocks the bin and books it by hand
    stage.queue.later()
    assert_all_is_well(stage, count)


def test_a_document_the_erp_refuses_keeps_the_count_open_until_it_is_sent_again(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(people=("chen", "li", "sun", "qian", "zhou"))
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    assert count.state == "differences", "neither book has what was counted, so that they agree proves nothing"
    assert differing(count)[WASHER] == "stocktake.differs_refused"
    assert count.differences.get(item="00124").params["message"] == "cost account is closed"
    assert stage.world.erp.posted() == stage.world.wms.adjusted() == []
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "differences", "reading the books again alone changes nothing"
    stage.world.erp.refuses.clear()
    delivery = Delivery.objects.get(state="rejected")
    assert stage.api("zhou", f"/deliveries/{delivery.pk}/resend", {"reason": "account opened"}).json()["queued"]
    stage.queue.later()
    stage.queue.later()
    assert_all_is_well(stage, count)
    assert len(stage.world.erp.posted()) == len(stage.world.wms.adjusted()) == 2


def test_a_refusal_without_lines_is_told_in_the_systems_own_words(stage: Stage) -> None:
    stage.world.erp.calls.fail("draft:adjustment", trouble.rejected)
    count = posted(stage)
    assert count.state == "differences"
    row = count.differences.first()
    assert row.params["message"] == "the period is closed"


def test_a_document_that_reached_only_one_side_is_a_difference_with_its_reason(stage: Stage) -> None:
    count = stage.start("W2-S")
    stage.world.lie("S0201", "00124", "499")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.world.erp.calls.fail("write:finish_approval", trouble.refused)
    stage.world.wms.calls.fail("write:adjustment", trouble.refused)
    stage.settle()
    count.refresh_from_db()
    assert count.state == "posting"
    stage.world.erp.stock["W2-S", "00123", ""] += 6  # a receipt typed into the ERP alone
    stage.world.wms.calls.recover()
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "differences"
    assert differing(count) == {("W2-S", "00123", ""): "stocktake.differs_gap"}
    told = Event.objects.filter(code="stocktake.books_differ")
    assert [event.params["keys"] for event in told] == ["1"]
    stage.queue.later()
    assert told.count() == 1, "said once, looked at again and again"
    stage.world.erp.stock["W2-S", "00123", ""] -= 6
    stage.world.erp.calls.recover()
    stage.queue.later()
    stage.queue.later()
    assert_all_is_well(stage, count)


def test_reading_again_on_demand_does_not_wait_for_the_next_turn(stage: Stage) -> None:
    stage.world.wms.refuses["S-124"] = "bin is blocked"
    count = posted(stage)
    assert count.state == "differences"
    stage.world.wms.stock["S0201", "S-124", ""] -= 1
    assert stage.api("sun", f"/counts/{count.number}/verify", {}).json() == {"queued": True}
    stage.queue.run()  # only what is due now
    count.refresh_from_db()
    assert count.state == "closed"


def test_an_uncounted_bin_is_named_as_the_reason(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(sheet_lines=1)
    stage.world.erp.stock["W2-S", "00123", ""] += 3
    count = stage.start("W2-S")
    for sheet in count.sheets.exclude(bins=["S0102"]):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.api("sun", f"/counts/{count.number}/finish", {"reason": "closing time"})
    stage.settle()
    count.refresh_from_db()
    assert count.state == "differences"
    assert differing(count) == {("W2-S", "00123", ""): "stocktake.differs_not_posted"}


@pytest.mark.parametrize("erp_state", ["posted", "none"])
def test_goods_that_move_while_the_books_are_read_back_are_no_difference(stage: Stage, erp_state: str) -> None:
    count = stage.start("W2-S")
    stage.world.lie("S0201", "00124", "499")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.world.tick()
    stage.world.move("S0101", "00123", "-5", erp=erp_state)
    stage.world.move("S0102", "00123", "5", erp=erp_state)
    stage.settle()
    stage.queue.later()
    assert_all_is_well(stage, count)


def test_nothing_is_posted_while_the_wms_stands_by_refusing_the_count(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(people=("chen", "li", "sun", "qian", "zhou"))
    stage.world.wms.calls.fail("write:count_task", trouble.rejected)
    count = posted(stage)
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, stage.world.erp.posted()) == ("posting", [])
    assert count.problem["code"] == "stocktake.papers_refused"
    sentences(count.problem["code"], count.problem["params"])
    stage.world.wms.calls.recover()
    delivery = Delivery.objects.get(state="rejected", kind="count_task")
    assert stage.api("zhou", f"/deliveries/{delivery.pk}/resend", {"reason": "responsible known now"}).json()["queued"]
    stage.queue.later()
    stage.queue.later()
    assert_all_is_well(stage, count)
