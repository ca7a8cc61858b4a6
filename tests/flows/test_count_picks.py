"""Goods that were picked and are not booked yet: missing from their bin, and no loss."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.exchange.models import Pick, QuarantinedRecord
from countbridge.stocktake.models import Count, Line
from countbridge.stocktake.recompute.compare import differing
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

MakeStage = Callable[..., Stage]
BOLT, S1, S2 = "00123", "S0101", "S0102"


def counted(stage: Stage, *places: str) -> Count:
    """A count of these places, every bin counted as it is."""
    count = stage.start(*(places or ("W2-S",)))
    stage.world.tick(60)
    stage.flow("follow_movements")
    for sheet in count.sheets.all():
        stage.count_sheet(sheet)
    return count


def facts(line: Line) -> tuple[str, Decimal | None, Decimal | None, Decimal | None]:
    line.refresh_from_db()
    return line.state, line.expected, line.counted, line.variance


def test_a_bin_is_expected_to_hold_its_book_less_what_was_picked(make_stage: MakeStage) -> None:
    stage = make_stage()
    book = stage.world.floor[S1, BOLT, ""]
    other = stage.world.floor[S2, BOLT, ""]
    stage.world.pick(S1, BOLT, "7", "P-1", to=S2)
    stage.world.tick(60)
    count = counted(stage)
    stage.settle()
    assert facts(stage.line(count, S1, BOLT)) == ("settled", book - 7, book - 7, 0)
    assert facts(stage.line(count, S2, BOLT)) == ("settled", other + 7, other + 7, 0), (
        "where it was put down there is more"
    )
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, stage.world.wms.adjusted(), stage.world.erp.posted()) == ("closed", [], [])
    stage.world.tick(600)
    stage.world.confirm_pick("P-1")
    stage.settle()
    count.refresh_from_db()
    assert (count.state, Pick.objects.get().confirmed) == ("closed", True)
    assert {line.variance for line in count.lines.all()} == {0}, (
        "booked long after the scan, and still what the scan saw"
    )


def test_a_loss_beside_a_pick_is_posted_as_what_it_is(make_stage: MakeStage) -> None:
    stage = make_stage()
    book = stage.world.floor[S1, BOLT, ""]
    stage.world.pick(S1, BOLT, "7", "P-1")
    stage.world.tick(60)
    stage.world.lie(S1, BOLT, str(book - 10))
    count = counted(stage)
    stage.settle()
    stage.complete(count)
    stage.world.confirm_pick("P-1")
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"
    assert [(bin, change) for bin, _, _, change in stage.world.wms.adjusted()] == [(S1, -3)]
    assert stage.world.wms.stock[S1, "S-123", ""] == stage.world.floor[S1, BOLT, ""] == book - 10


def test_a_pick_booked_during_the_count_is_counted_once(make_stage: MakeStage) -> None:
    stage = make_stage()
    book = stage.world.floor[S1, BOLT, ""]
    stage.world.pick(S1, BOLT, "7", "P-1")
    stage.world.tick(60)
    count = counted(stage)
    line = stage.line(count, S1, BOLT)
    assert facts(line)[1:] == (book - 7, book - 7, 0)
    stage.world.tick(120)
    stage.world.confirm_pick("P-1")
    stage.settle()
    assert facts(line) == ("settled", book - 7, book - 7, 0)


def test_goods_put_back_are_expected_again_but_not_when_they_were_away(make_stage: MakeStage) -> None:
    stage = make_stage()
    book = stage.world.floor[S1, BOLT, ""]
    stage.world.pick(S1, BOLT, "7", "P-1")
    stage.world.tick(60)
    count = counted(stage)
    line = stage.line(count, S1, BOLT)
    stage.world.tick(120)
    stage.world.confirm_pick("P-1", cancel=True)
    stage.settle()
    assert facts(line) == ("settled", book - 7, book - 7, 0), "when it was counted they were away"
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, stage.world.wms.adjusted()) == ("closed", [])
    again = counted(stage)
    stage.settle()
    assert facts(stage.line(again, S1, BOLT)) == ("settled", book, book, 0)


def test_a_pick_made_after_the_scan_changes_nothing(make_stage: MakeStage) -> None:
    stage = make_stage()
    book = stage.world.floor[S1, BOLT, ""]
    count = counted(stage)
    stage.world.tick(60)
    stage.world.pick(S1, BOLT, "7", "P-1")
    stage.settle()
    assert facts(stage.line(count, S1, BOLT)) == ("settled", book, book, 0)


def test_a_pick_that_cannot_be_used_waits_in_quarantine_and_the_others_count(make_stage: MakeStage) -> None:
    stage = make_stage()
    book = stage.world.floor[S1, BOLT, ""]
    stage.world.pick(S1, BOLT, "7", "P-1")
    stage.world.wms.picks.append({**stage.world.wms.picks[0], "id": "P-2", "document": "P-2", "picked_at": "yesterday"})
    stage.world.tick(60)
    count = counted(stage)
    assert facts(stage.line(count, S1, BOLT))[1] == book - 7
    held = QuarantinedRecord.objects.get(flow="picks")
    assert (held.source_id, held.code) == ("P-2", "exchange.time_without_offset")


@pytest.mark.parametrize("cancel", [False, True])
def test_the_whole_count_as_a_set_says_the_same(make_stage: MakeStage, cancel: bool) -> None:
    stage = make_stage()
    stage.world.pick(S1, BOLT, "7", "P-1", to=S2)
    stage.world.tick(60)
    count = counted(stage)
    stage.settle()
    assert list(differing(count)) == []
    if cancel:
        stage.world.confirm_pick("P-1", cancel=True)
        stage.settle()
    else:
        Pick.objects.update(quantity=6)  # a fact changed and nobody computed the lines again
    assert sorted(pk for part in differing(count) for pk in part) == (
        [] if cancel else sorted(stage.line(count, bin, BOLT).pk for bin in (S1, S2))
    )
