"""Late papers: movements that become known after their count was posted, for a moment before the scan."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from countbridge.exchange import quarantine
from countbridge.exchange.models import Event, QuarantinedRecord
from countbridge.stocktake import progress
from countbridge.stocktake.models import Count
from modelled import trouble
from modelled.stage import Stage, sentences
from modelled.world import PLACES, SKUS

pytest_plugins = ["modelled.fixtures"]

BIN, ITEM = "S0101", "00123"
PEOPLE = ("chen", "li", "wang", "sun", "qian")


@pytest.fixture
def stage(make_stage) -> Stage:  # type: ignore[no-untyped-def]
    made: Stage = make_stage(people=PEOPLE)
    return made


def taken_unseen(stage: Stage, quantity: int) -> datetime:
    """Goods leave the shelf and nobody writes it down yet; when that was."""
    stage.world.floor[BIN, ITEM, ""] -= quantity
    return stage.world.tick()


def paper_arrives(stage: Stage, quantity: int, occurred: datetime) -> None:
    """The WMS books it now, and the company's own interface in the ERP, too."""
    stage.world.tick()
    stage.world.wms.stock[BIN, SKUS[ITEM], ""] -= quantity
    stage.world.erp.stock[PLACES[BIN][2], ITEM, ""] -= quantity
    stage.world.tell(BIN, SKUS[ITEM], "", -Decimal(quantity), erp="posted", occurred=occurred)
    stage.settle()


def agrees(stage: Stage) -> bool:
    erp, wms, floor = stage.world.books()
    return erp == wms == floor


def counted_with_a_late_pick(stage: Stage, pick: int = 20) -> tuple[Count, datetime]:
    """A pick of before the count is taken for a loss, posted, and the count closed."""
    count = stage.start("W2-S")
    occurred = taken_unseen(stage, pick)
    stage.world.tick()
    count = stage.complete(count)
    assert count.state == "closed"
    assert agrees(stage)
    return count, occurred


def test_a_pick_booked_after_closing_opens_its_line_and_its_double_is_posted_back(stage: Stage) -> None:
    count, occurred = counted_with_a_late_pick(stage)
    paper_arrives(stage, 20, occurred)
    assert not agrees(stage), "counted as a loss and booked as a pick"
    count.refresh_from_db()
    line = stage.line(count, BIN, ITEM)
    assert (count.state, line.state, line.variance, count.closed_at) == ("counting", "approve", 0, None)
    told = Event.objects.get(code="stocktake.late_movement")
    assert "0" in sentences(told.code, told.params)["en"]
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert agrees(stage)
    assert [quantity for _, item, _, quantity in stage.world.erp.posted() if item == ITEM] == [-20, 20]


def test_half_a_loss_and_half_a_late_pick(stage: Stage) -> None:
    stage.world.lie(BIN, ITEM, "50")
    count, occurred = counted_with_a_late_pick(stage)
    paper_arrives(stage, 20, occurred)
    stage.decide(count)
    stage.queue.later()
    assert agrees(stage)
    assert stage.line(count, BIN, ITEM).variance == -10
    assert [quantity for _, item, _, quantity in stage.world.erp.posted() if item == ITEM] == [-30, 20]


def test_posting_again_leaves_alone_what_a_gap_had_cancelled(stage: Stage) -> None:
    """The ERP had five more than the WMS, and five more were found: its book was right and got no line."""
    stage.world.erp.stock["W2-S", "00124", ""] += 5
    stage.world.lie("S0201", "00124", "505")
    count, occurred = counted_with_a_late_pick(stage)
    assert not [row for row in stage.world.erp.posted() if row[1] == "00124"]
    paper_arrives(stage, 20, occurred)
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert agrees(stage)


def test_keeping_the_book_leaves_what_was_posted(stage: Stage) -> None:
    count, occurred = counted_with_a_late_pick(stage)
    before = stage.world.erp.posted()
    paper_arrives(stage, 20, occurred)
    stage.decide(count, "keep_book")
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == before


def test_a_posted_line_is_not_counted_again(stage: Stage) -> None:
    count, occurred = counted_with_a_late_pick(stage)
    paper_arrives(stage, 20, occurred)
    (refused,) = stage.decide(count, "recount")["refused"]
    assert "posted already" in refused["message"]
    assert stage.line(count, BIN, ITEM).state == "approve"


def test_a_paper_of_after_the_scan_changes_nothing(stage: Stage) -> None:
    count, _ = counted_with_a_late_pick(stage)
    stage.world.floor[BIN, ITEM, ""] -= 3
    paper_arrives(stage, 3, stage.world.tick())
    count.refresh_from_db()
    assert count.state == "closed"
    assert agrees(stage)


def test_a_later_count_of_the_key_answers_for_it(stage: Stage) -> None:
    """Both counts saw the goods gone; the paper would be taken back twice if both answered."""
    first, occurred = counted_with_a_late_pick(stage)
    second = stage.complete(stage.start("W2-S"))
    assert second.state == "closed"
    paper_arrives(stage, 20, occurred)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("closed", "counting")
    assert stage.line(second, BIN, ITEM).state == "recount", "it was never posted: somebody looks again"
    assert stage.complete(second).state == "closed"
    assert agrees(stage)


def test_after_the_watch_a_closed_count_stays_closed(stage: Stage) -> None:
    count, occurred = counted_with_a_late_pick(stage)
    Count.objects.update(closed_at=stage.world.clock - progress.WATCHED - timedelta(days=1))
    paper_arrives(stage, 20, occurred)
    count.refresh_from_db()
    assert count.state == "closed"


def test_a_paper_that_comes_while_a_refused_line_is_sent_again_is_posted_when_that_is_answered(stage: Stage) -> None:
    """The line goes again while the ERP is down; meanwhile its loss turns out to be a pick. What is on its way is not what
    the line asks for any more, so posting begins anew once it is answered."""
    world = stage.world
    world.erp.refuses[ITEM] = "item is blocked"
    count = stage.start("W2-S")
    occurred = taken_unseen(stage, 20)
    world.tick()
    count = stage.complete(count)
    assert count.state == "differences"
    world.erp.refuses.clear()
    world.erp.calls.fail("draft:adjustment", trouble.refused)
    (record,) = QuarantinedRecord.objects.filter(flow="F4", state="waiting")
    quarantine.resend(QuarantinedRecord.objects.filter(pk=record.pk), "zhou", "unblocked")
    stage.queue.run()
    paper_arrives(stage, 20, occurred)
    stage.decide(count)
    stage.queue.later()
    world.erp.calls.recover()
    for _ in range(4):
        stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert agrees(stage)
