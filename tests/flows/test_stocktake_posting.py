"""Posting at both grains: the ERP first, then the WMS, then both books read back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from countbridge.exchange.models import Attempt, Delivery, Event
from countbridge.stocktake.models import AdjustmentLine
from modelled import trouble
from modelled.stage import Stage, deliveries

pytest_plugins = ["modelled.fixtures"]


def test_bins_of_one_erp_location_are_posted_as_their_sum(stage: Stage) -> None:
    stage.world.lie("S0101", "00123", "50")
    stage.world.lie("S0102", "00123", "40")
    stage.complete(stage.start("W2-S"))
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-7))]
    assert stage.world.wms.adjusted() == [
        ("S0101", "S-123", "", Decimal(-10)), ("S0102", "S-123", "", Decimal(3)),
    ]  # fmt: skip


def test_bins_that_cancel_out_touch_the_erp_not_at_all(stage: Stage) -> None:
    stage.world.lie("S0101", "00123", "50")
    stage.world.lie("S0102", "00123", "47")
    count = stage.complete(stage.start("W2-S"))
    assert stage.world.erp.documents == {}
    assert len(stage.world.wms.adjusted()) == 2
    assert count.state == "closed"


def test_a_partial_count_of_a_zone_corrects_only_what_somebody_saw(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(sheet_lines=1)
    stage.world.lie("S0101", "00123", "50")
    stage.world.lie("S0102", "00123", "1")  # nobody gets there
    count = stage.start("W2-S")
    for sheet in count.sheets.exclude(bins=["S0102"]):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.settle()
    for sheet in count.sheets.filter(pass_number=2):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.settle()
    stage.decide(count)
    stage.api("sun", f"/counts/{count.number}/finish", {"reason": "closing time"})
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-10))]
    assert stage.world.shelf()["S0102", "00123", ""] == 37


def test_a_gap_between_the_books_is_closed_in_the_erp_and_told_as_a_gap(stage: Stage) -> None:
    """ERP 100, WMS 97, counted 95: two are lost, three never arrived in the WMS."""
    stage.world.erp.stock["W2-S", "00123", ""] += 3
    stage.world.lie("S0101", "00123", "58")
    count = stage.complete(stage.start("W2-S"))
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-5))]
    assert stage.world.wms.adjusted() == [("S0101", "S-123", "", Decimal(-2))]
    told = Event.objects.get(code="stocktake.interface_gap")
    assert (Decimal(told.params["gap"]), told.params["location"], told.params["item"]) == (3, "W2-S", "00123")
    row = AdjustmentLine.objects.get(adjustment__side="erp")
    assert (row.quantity, row.gap) == (-5, -3)
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor
    assert count.state == "closed"


def test_a_gap_alone_is_closed_though_every_line_matched(stage: Stage) -> None:
    stage.world.erp.stock["W1-A-01", "00123", ""] -= 4
    count = stage.complete(stage.start("W1-A"))
    assert stage.world.erp.posted() == [("W1-A-01", "00123", "", Decimal(4))]
    assert stage.world.wms.adjusted() == []
    assert count.state == "closed"


def test_a_gap_is_left_alone_where_not_everything_was_counted(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(sheet_lines=1)
    stage.world.erp.stock["W2-S", "00123", ""] += 3
    count = stage.start("W2-S")
    for sheet in count.sheets.exclude(bins=["S0102"]):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.api("sun", f"/counts/{count.number}/finish", {"reason": "closing time"})
    stage.settle()
    assert stage.world.erp.posted() == []
    count.refresh_from_db()
    assert count.state == "differences"
    assert count.differences.get().code == "stocktake.differs_not_posted"


def test_documents_keep_to_the_systems_line_limits(stage: Stage) -> None:
    """At most two lines in the ERP's document, three in the WMS's."""
    stage.world.erp.items |= {}
    for bin in ("S0101", "S0102", "S0201"):
        for item in ("00123", "1E5", "00124"):
            stage.world.put(bin, item, "100")
    for bin in ("S0101", "S0102"):
        for item in ("00123", "1E5", "00124"):
            stage.world.lie(bin, item, "90")
    count = stage.complete(stage.start("W2-S"))
    assert [len(document["lines"]) for document in stage.world.erp.documents.values()] == [2, 1]  # type: ignore[arg-type]
    assert [len(lines) for _, lines in stage.world.wms.of_kind("adjustment")] == [3, 3]
    assert count.state == "closed"
    assert {key for key in deliveries(count) if key[0] in "EW"} == {"E-W2-S-1", "E-W2-S-2", "W-1", "W-2"}


def test_the_wms_is_told_in_its_own_unit(stage: Stage) -> None:
    stage.world.lie("A0101", "1E5", "12.25")
    stage.complete(stage.start("W1-A"))
    assert stage.world.erp.posted() == [("W1-A-01", "1E5", "", Decimal("-0.25"))]
    assert stage.world.wms.adjusted() == [("A0101", "S-1E5", "", Decimal(-250))]


def test_the_wms_is_not_touched_before_the_erp_has_answered(stage: Stage) -> None:
    from modelled import trouble

    stage.world.lie("A0101", "00123", "30")
    stage.world.erp.calls.fail("draft:adjustment", trouble.refused)
    count = stage.complete(stage.start("W1-A"))
    assert count.state == "posting"
    assert stage.world.wms.adjusted() == []
    stage.world.erp.calls.recover()
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert len(stage.world.wms.adjusted()) == 1


def test_goods_that_move_between_scan_and_posting_are_not_lost_on_the_way(stage: Stage) -> None:
    world = stage.world
    world.lie("S0101", "00123", "50")
    count = stage.start("W2-S")
    stage.count_all(count)
    world.move("S0101", "00123", "-7")
    world.move("S0102", "00123", "4")
    stage.complete(count)
    erp, wms, floor = world.books()
    assert erp == wms == floor
    assert world.erp.posted() == [("W2-S", "00123", "", Decimal(-10))]
    assert count.state == "closed"


def test_posting_waits_for_a_movement_the_erp_has_not_booked_yet(stage: Stage) -> None:
    world = stage.world
    world.lie("S0101", "00123", "50")
    count = stage.start("W2-S")
    stage.count_all(count)
    world.move("S0101", "00123", "-7", erp="pending")
    world.post_late_after = 3  # readings of the feed
    stage.complete(count)
    assert world.erp.posted() == [("W2-S", "00123", "", Decimal(-10))], "the seven on their way are no gap"
    erp, wms, floor = world.books()
    assert erp == wms == floor
    assert not Event.objects.filter(code="stocktake.interface_gap").exists()


def test_a_closed_count_ends_the_task_and_the_planners_documents(stage: Stage) -> None:
    documents = stage.approve("W1-A", "W2-T")
    stage.flow("notice")
    stage.queue.run()
    from countbridge.stocktake.models import Count

    count = stage.complete(Count.objects.get())
    assert count.state == "closed"
    assert stage.world.wms.of_kind("close_count") == [({"count_no": count.number}, [])]
    assert [stage.world.erp.approvals[document]["state"] for document in documents] == ["done", "done"]
    sent = deliveries(count)
    assert {sent["close"], *(sent[f"finish-{document}"] for document in documents)} == {"confirmed"}


def test_documents_for_one_place_of_the_erp_wait_for_each_other(stage: Stage) -> None:
    stage.world.erp.calls.fail("draft:adjustment", trouble.refused)
    counts = []
    stage.flow("sync")
    stage.queue.run()
    for place in ("S0101", "S0102"):
        stage.world.lie(place, "00123", "30")
        counts.append(stage.complete(stage.order("spot", bins=[place])))
    first, second = (Delivery.objects.get(count=count.number, flow="F4", kind="adjustment") for count in counts)
    assert (first.state, second.state, second.tries) == ("intent", "intent", 0)
    stage.world.erp.calls.recover()
    for _ in range(3):
        stage.queue.later()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("confirmed", "confirmed")
    calls = list(Attempt.objects.filter(delivery__in=(first, second)).order_by("pk").values_list("delivery", flat=True))
    assert calls == sorted(calls), "the second was not spoken of before the first was done"
