"""The ERP's own feed beside the WMS's: one event is one movement, and what only the ERP has is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from countbridge.exchange.models import ErpMovement, Movement, QuarantinedRecord
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

MakeStage = Callable[..., Stage]
BOLT, PLACE = "00123", "W2-S"


def follow(stage: Stage) -> None:
    stage.flow("follow_movements")
    stage.flow("follow_erp")


def test_the_same_document_in_both_feeds_is_one_movement_booked_when_the_erp_says(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.flow("sync")
    for bin, quantity in (("S0101", "-2"), ("S0102", "-3")):  # two bins of one ERP location
        stage.world.move(bin, BOLT, quantity, erp="pending")
        stage.world.wms.feed[-1]["document"] = "SO1"
    follow(stage)
    assert set(Movement.objects.values_list("erp_state", flat=True)) == {"pending"}
    stage.world.tick(600)
    stage.world.book_in_erp(PLACE, BOLT, "-5", "SO1")
    follow(stage)
    assert set(Movement.objects.values_list("erp_state", "erp_posted")) == {("posted", stage.world.clock)}
    assert ErpMovement.objects.get().known


def test_documents_that_come_to_something_else_are_not_the_same(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.flow("sync")
    stage.world.move("S0101", BOLT, "-2", erp="pending")
    stage.world.wms.feed[-1]["document"] = "SO1"
    stage.world.book_in_erp(PLACE, BOLT, "-3", "SO1")
    stage.world.book_in_erp(PLACE, BOLT, "-2", "")  # without a number nobody can say what it is
    follow(stage)
    assert Movement.objects.get().erp_state == "pending"
    assert set(ErpMovement.objects.values_list("known", flat=True)) == {False}


def test_a_wms_that_tells_later_is_recognised_then(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.flow("sync")
    stage.world.book_in_erp(PLACE, BOLT, "-5", "SO1")
    follow(stage)
    assert not ErpMovement.objects.get().known
    stage.world.move("S0101", BOLT, "-5", erp="none")
    stage.world.wms.feed[-1]["document"] = "SO1"
    follow(stage)
    assert (ErpMovement.objects.get().known, Movement.objects.get().erp_state) == (True, "posted")
    follow(stage)
    assert ErpMovement.objects.count() == 1, "told again, it is the same one"


def test_the_gap_over_a_count_is_named_by_the_document_only_the_erp_has(make_stage: MakeStage) -> None:
    stage = make_stage()
    before = stage.world.clock - timedelta(hours=3)
    stage.world.book_in_erp(PLACE, BOLT, "-4", "SO7", at=before)
    stage.world.book_in_erp(PLACE, BOLT, "-4", "OURS", ours=True, stock=False, at=before)
    follow(stage)
    book = {bin: stage.world.floor[bin, BOLT, ""] for bin in ("S0101", "S0102")}
    stage.world.lie("S0102", BOLT, str(book["S0102"] - 30))  # waits for a person, so that the zone is explained
    count = stage.start(PLACE)
    stage.world.tick(600)
    for sheet in count.sheets.all():
        stage.count_sheet(sheet)
    stage.settle()
    assert stage.line(count, "S0102", BOLT).state == "recount"
    gap = stage.api("qian", f"/lines/{stage.line(count, 'S0102', BOLT).pk}").json()["explanation"]["gap"]
    assert gap is None, "the shelf differs as well: nothing is said of the ERP's book over it"
    stage.world.lie("S0102", BOLT, str(book["S0102"]))
    stage.count_all(count)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert [change for _, _, _, change in stage.world.erp.posted()] == [Decimal(4)], "the gap alone is closed"


def test_where_the_erp_agrees_with_the_shelf_its_document_is_named(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.world.book_in_erp(PLACE, BOLT, "-14", "SO7", at=stage.world.clock - timedelta(hours=3))
    later = stage.world.clock - timedelta(hours=2)
    stage.world.book_in_erp(PLACE, BOLT, "-14", "OURS", ours=True, stock=False, at=later)
    follow(stage)
    stage.world.lie("S0101", BOLT, str(stage.world.floor["S0101", BOLT, ""] - 14))
    count = stage.start(PLACE)
    stage.world.tick(600)
    for sheet in count.sheets.all():
        stage.count_sheet(sheet)
    stage.settle()
    (story,) = stage.api("qian", f"/lines/{stage.line(count, 'S0101', BOLT).pk}").json()["explanation"]["stories"]
    assert (story["cause"], story["suspect"]) == ("document_not_posted", "wms")
    assert "the ERP booked SO7, which the WMS does not know" in story["sentence"]


def test_a_row_that_cannot_be_used_waits_in_quarantine(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.flow("sync")
    stage.world.book_in_erp(PLACE, BOLT, "-4", "SO7")
    stage.world.book_in_erp(PLACE, BOLT, "1", "SO8")
    stage.world.erp.ledger[-1]["posted"] = "tomorrow"
    follow(stage)
    assert [one.document for one in ErpMovement.objects.all()] == ["SO7"]
    assert QuarantinedRecord.objects.get(flow="erp_movements").source_id == "E2"
