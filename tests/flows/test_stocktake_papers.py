"""What a count sends before anybody counts: items (only what changed), task, baseline and sheets; and what people get."""

from __future__ import annotations

from decimal import Decimal

import pytest

from countbridge.exchange.models import Delivery, QuarantinedRecord
from countbridge.links.models import Item, ItemUnit
from countbridge.stocktake.models import Count, Line
from modelled.stage import Stage, deliveries
from modelled.world import item_row

pytest_plugins = ["modelled.fixtures"]


def sent_items(stage: Stage) -> list[list[str | None]]:
    """Names in each item document, oldest first."""
    return [[line["name_en"] for line in lines] for _, lines in stage.world.wms.of_kind("item")]


def sync(stage: Stage) -> None:
    stage.flow("sync")
    assert stage.queue.run() == {}


def test_only_items_that_changed_travel_and_a_change_back_travels_too(stage: Stage) -> None:
    sync(stage)
    assert sent_items(stage) == [["Bolt", "Copper powder", "Washer", "Glue"]]
    sync(stage)
    assert len(sent_items(stage)) == 1, "nothing changed, nothing sent"
    bolt = stage.world.erp.items["00123"]
    bolt["name_en"] = "Hex bolt"
    sync(stage)
    assert sent_items(stage)[1:] == [["Hex bolt"]]
    bolt["name_en"] = "Bolt"
    sync(stage)
    assert sent_items(stage)[2:] == [["Bolt"]]
    bolt["name_en"] = "Hex bolt"
    sync(stage)
    assert sent_items(stage)[3:] == [["Hex bolt"]], "the same content as before the last change travels again"
    assert stage.world.wms.goods["S-123"]["name_en"] == "Hex bolt"


def test_items_arrive_in_the_words_of_the_wms_and_codes_stay_text(stage: Stage) -> None:
    sync(stage)
    goods = stage.world.wms.goods
    assert goods["S-1E5"]["uom"] == "GRM"
    assert goods["S-LOT"]["lot_controlled"] == "Y"
    assert (goods["S-123"]["pack_uom"], goods["S-123"]["pack_qty"]) == ("CTN", "6")
    assert sorted(Item.objects.values_list("code", flat=True)) == ["00123", "00124", "1E5", "LOT-1"]
    gram = ItemUnit.objects.get(item__code="1E5", unit="g")
    assert (gram.numerator, gram.denominator) == (1, 1000)


def test_an_item_without_a_wms_code_waits_in_quarantine_and_the_others_go_on(stage: Stage) -> None:
    stage.world.erp.items["NEW"] = item_row("NEW", "新", "New")
    sync(stage)
    assert len(stage.world.wms.goods) == 4
    waiting = QuarantinedRecord.objects.get()
    assert (waiting.flow, waiting.source_id, waiting.code) == ("items", "NEW", "mapping.unknown_code")


def test_lines_are_what_either_book_says_lies_in_the_bins(stage: Stage) -> None:
    stage.world.erp.stock["W1-A-02", "00124", ""] = Decimal(4)  # the ERP alone believes this
    count = stage.start("W1-A")
    lines = {(line.bin, line.item, line.lot): line.snapshot for line in count.lines.all()}
    assert lines == {
        ("A0101", "00123", ""): 40, ("A0101", "1E5", ""): Decimal("12.5"), ("A0102", "LOT-1", "L7"): 9,
        ("A0102", "00124", ""): 0,
    }  # fmt: skip
    powder = stage.line(count, "A0101", "1E5")
    assert (powder.unit, powder.decimals, powder.price) == ("kg", 3, 60)
    assert count.warehouses == ["W1"]


def test_task_baseline_and_sheets_reach_the_wms_in_this_order_in_its_words(stage: Stage) -> None:
    count = stage.start("W1-A", "W2-S")
    kinds = [kind for kind, _, _ in stage.world.wms.received.values() if kind != "item"]
    assert kinds == ["count_task", "baseline", "sheets"]
    ((task, _),) = stage.world.wms.of_kind("count_task")
    assert (task["count_no"], task["blind"]) == (count.number, "Y")
    ((_, baseline),) = stage.world.wms.of_kind("baseline")
    told = {(row["location"], row["sku"], row["lot"] or ""): (Decimal(str(row["qty"])), row["uom"]) for row in baseline}
    assert told["A0101", "S-1E5", ""] == (12500, "GRM")
    assert told["S", "S-123", ""] == (97, "PCS"), "the zone is one ERP location: its bins together"
    ((_, sheets),) = stage.world.wms.of_kind("sheets")
    assert {row["zone"]: row["bins"] for row in sheets} == {"A": "A0101,A0102", "S": "S0101,S0102,S0201"}
    assert {row["assignee"] for row in sheets} <= {"OP01", "OP02"}, "people are called what the WMS calls them"


def test_sheets_hold_at_most_what_the_policy_says_and_empty_bins_are_looked_at(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(sheet_lines=1)
    del stage.world.wms.stock["S0102", "S-123", ""]
    stage.world.erp.stock["W2-S", "00123", ""] -= 37
    count = stage.start("W2-S")
    assert [sheet.bins for sheet in count.sheets.order_by("number")] == [["S0101"], ["S0102"], ["S0201"]]
    assert sorted(count.sheets.values_list("assignee__username", flat=True)) == ["chen", "chen", "li"], "evenly"


def test_a_sheet_given_to_somebody_else_is_told_to_the_wms(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(people=("chen", "li", "zhao", "sun"))
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    other = "li" if sheet.assignee == stage.users["chen"] else "chen"
    assert stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": other}).json() == {"assignee": other}
    assert stage.queue.run() == {}
    _, last = stage.world.wms.of_kind("sheets")[-1]
    assert last[0]["assignee"] == {"chen": "OP01", "li": "OP02"}[other]
    refused = stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": "sun"})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.not_a_counter")


def test_a_code_the_table_lacks_stops_the_step_by_name_and_mending_it_goes_on(stage: Stage) -> None:
    table = stage.link.tables.get(name="places")
    rows, table.rows = table.rows, [row for row in table.rows if row["erp_location"] != "W1-A-02"]
    table.save()
    stage.approve("W1-A")
    stage.flow("notice")
    assert stage.queue.run()["stocktake.prepare"].code == "stocktake.cannot_say"
    count = Count.objects.get()
    assert "W1-A-02" in count.problem["params"]["record"]
    assert not Line.objects.exists(), "half a count is no count"
    assert not Delivery.objects.exclude(flow="F1").exists()
    table.rows = rows
    table.save()
    assert stage.queue.later() == {}
    count.refresh_from_db()
    assert (count.state, count.problem, count.lines.count()) == ("counting", None, 3)
    assert deliveries(count)["task"] == "confirmed"


@pytest.mark.parametrize("side", ["erp", "wms"])
def test_stock_of_an_item_nobody_knows_stops_the_step_by_name_and_mending_it_goes_on(stage: Stage, side: str) -> None:
    world = stage.world
    glue = world.erp.items.pop("LOT-1")
    if side == "erp":
        del world.wms.stock["A0102", "S-LOT", "L7"]
    stage.approve("W1-A")
    stage.flow("notice")
    error = stage.queue.run()["stocktake.prepare"]
    assert error.params["item"] == "LOT-1"
    assert Count.objects.get().problem["params"]["item"] == "LOT-1"
    world.erp.items["LOT-1"] = glue
    assert stage.queue.later() == {}
    assert Count.objects.get().state == "counting"
