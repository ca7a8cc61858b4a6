"""Results counted inside the WMS: fetched, stored once, and what cannot be used waits until the cause is mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from countbridge.exchange.models import Cadence, Movement, QuarantinedRecord
from countbridge.links.models import FieldMap
from countbridge.stocktake.models import Count, Scan, Sheet
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

State = QuarantinedRecord.State


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """Zone S is counted in the WMS."""
    return make_stage(people=("chen", "li", "sun", "zhou"), counted_in_wms=["S"])


def started(stage: Stage) -> tuple[Count, Sheet]:
    count = stage.start("W2-S")
    stage.world.tick()
    return count, count.sheets.get()


def tell(
    stage: Stage, sheet: Sheet | str, bin: str = "S0101", sku: str = "S-123", qty: str = "60", **other: Any
) -> str:
    """Somebody types a result into the WMS."""
    rows = stage.world.wms.results
    number = str(len(rows) + 1)
    row = {
        "seq": number, "id": f"R{number}", "count_no": "", "sheet_no": getattr(sheet, "number", sheet), "bin": bin,
        "sku": sku, "lot": "", "qty": qty, "uom": "PCS", "counted_by": "OP01",
        "counted_at": stage.world.clock.isoformat(),
    }  # fmt: skip
    rows.append(row | other)
    return str((row | other)["id"])


def waiting() -> dict[str, str]:
    """Quarantined record → why, each with a sentence in both languages."""
    rows = QuarantinedRecord.objects.filter(state=State.WAITING)
    for row in rows:
        sentences(row.code, row.params)
    return {row.source_id: row.code for row in rows}


def test_results_of_the_wms_are_counted_like_scans_and_the_count_goes_to_its_end(stage: Stage) -> None:
    stage.world.lie("S0201", "00124", "499")
    count, sheet = started(stage)
    assert sheet.counted_with == "wms"
    tell(stage, sheet)
    tell(stage, sheet, "S0102", qty="6", uom="CTN")
    tell(stage, sheet, "S0102", qty="1")
    stage.flow("fetch_results")
    assert stage.line(count, "S0102", "00123").counted == 37
    sheet.refresh_from_db()
    assert sheet.state == "counting", "one line still has no result"
    tell(stage, sheet, "S0201", "S-124", "499")
    stage.settle()
    stage.settle()
    sheet.refresh_from_db()
    count.refresh_from_db()
    assert (sheet.state, count.state) == ("submitted", "closed")
    assert set(Scan.objects.values_list("source", "counter")) == {("wms", "chen")}
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


def test_a_result_told_twice_is_stored_once(stage: Stage) -> None:
    count, sheet = started(stage)
    tell(stage, sheet, id="same")
    stage.flow("fetch_results")
    tell(stage, sheet, id="same")
    stage.flow("fetch_results")
    assert Scan.objects.count() == 1
    assert stage.line(count, "S0101", "00123").counted == 60
    assert waiting() == {}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown sheet": ({"sheet": "PD-NONE"}, "stocktake.unknown_sheet"),
    "unknown item": ({"sku": "S-999"}, "mapping.unknown_code"),
    "unknown unit": ({"uom": "PAL"}, "mapping.unknown_code"),
    "unknown person": ({"counted_by": "OP99"}, "mapping.unknown_user"),
    "unknown bin": ({"bin": "Z1"}, "stocktake.bin_not_on_sheet"),
    "lot where there is none": ({"lot": "L1"}, "stocktake.lot_not_expected"),
    "negative": ({"qty": "-4"}, "stocktake.negative_quantity"),
    "malformed": ({"qty": "4 pcs"}, "stocktake.malformed_quantity"),
    "half a piece": ({"qty": "4.5"}, "stocktake.too_many_decimals"),
    "a time of no place": ({"counted_at": "2026-11-22 08:00:00"}, "exchange.time_without_offset"),
    "in the future": ({"counted_at": "2999-01-01T00:00:00Z"}, "stocktake.counted_in_future"),
    "no quantity": ({"qty": ""}, "mapping.empty"),
}  # fmt: skip


def test_a_result_that_cannot_be_used_waits_with_its_reason_and_the_others_are_stored(stage: Stage) -> None:
    count, sheet = started(stage)
    for name, (change, _) in BAD.items():
        other = change | {"id": name}
        tell(stage, other.pop("sheet", sheet), **other)
    tell(stage, sheet, "S0102", qty="37")
    stage.flow("fetch_results")
    assert waiting() == {name: code for name, (_, code) in BAD.items()}
    assert {row.record["id"] for row in QuarantinedRecord.objects.all()} == set(BAD), "the whole record as it came"
    assert stage.line(count, "S0102", "00123").counted == 37
    assert Scan.objects.count() == 1
    assert Cadence.objects.get(flow="results").last_error is None
    for row in stage.api("zhou", "/quarantine").json()["rows"]:
        kept = QuarantinedRecord.objects.get(pk=row["id"])
        assert (row["code"], row["message"]) == (kept.code, sentences(kept.code, kept.params)["en"])


def test_after_mending_the_table_a_resent_result_is_stored_once(stage: Stage) -> None:
    count, sheet = started(stage)
    tell(stage, sheet, uom="ST", id="R-1")
    tell(stage, sheet, "S0102", qty="37")
    stage.flow("fetch_results")
    (record,) = QuarantinedRecord.objects.filter(state=State.WAITING)
    resend = {"ids": [record.pk]}
    assert stage.api("zhou", "/quarantine/resend", resend).json() == {"queued": 1}
    assert stage.queue.later() == {}
    assert waiting() == {"R-1": "mapping.unknown_code"}, "the cause is still there"
    table = stage.link.tables.get(name="units")
    table.rows = [*table.rows, {"wms": "ST", "unit": "u"}]
    table.save()
    for _ in range(2):
        stage.api("zhou", "/quarantine/resend", resend)
        assert stage.queue.later() == {}
    assert waiting() == {}
    record.refresh_from_db()
    assert record.state == State.RESENT
    assert Scan.objects.filter(source_id="R-1").count() == 1
    assert stage.line(count, "S0101", "00123").counted == 60


def test_a_result_may_be_given_up_by_name_and_reason(stage: Stage) -> None:
    _, sheet = started(stage)
    tell(stage, sheet, qty="-1")
    stage.flow("fetch_results")
    record = QuarantinedRecord.objects.get()
    path = f"/quarantine/{record.pk}/discard"
    assert stage.api("zhou", path, {"reason": ""}).json()["code"] == "stocktake.reason_missing"
    assert stage.api("zhou", path, {"reason": "typing error"}).json() == {"discarded": True}
    record.refresh_from_db()
    assert (record.state, record.decided_by, record.reason) == (State.DISCARDED, "zhou", "typing error")
    assert stage.api("zhou", path, {"reason": "again"}).status_code == 404
    assert stage.api("zhou", "/quarantine/resend", {"ids": [record.pk]}).json() == {"queued": 0}


def test_rows_of_one_bin_that_cannot_be_read_are_kept_each(stage: Stage) -> None:
    for sku in ("S-X", "S-Y"):
        stage.world.wms.stock["S0101", sku, ""] += 1
    stage.approve("W2-S")
    stage.flow("notice")
    assert stage.queue.run()["stocktake.prepare"].code == "stocktake.stock_in_quarantine"
    rows = QuarantinedRecord.objects.filter(flow="stock")
    assert sorted(row.record["sku"] for row in rows) == ["S-X", "S-Y"]


def test_a_movement_of_unknown_goods_waits_and_is_counted_once_after_mending(stage: Stage) -> None:
    count, _ = started(stage)
    table = stage.link.tables.get(name="items")
    rows, table.rows = table.rows, [row for row in table.rows if row["item"] != "00123"]
    table.save()
    stage.world.move("S0101", "00123", "-3", id="M-1")
    stage.world.move("S0201", "00124", "-1")
    stage.flow("follow_movements")
    assert waiting() == {"M-1": "mapping.unknown_code"}
    assert Movement.objects.count() == 1
    table.rows = rows
    table.save()
    record = QuarantinedRecord.objects.get()
    for _ in range(2):
        stage.api("zhou", "/quarantine/resend", {"ids": [record.pk]})
        stage.queue.later()
    assert waiting() == {}
    assert Movement.objects.filter(source_id="M-1").count() == 1
    assert count.lines.count() == 3


def test_a_movement_without_a_place_in_time_waits_and_goes_on_when_the_map_is_mended(stage: Stage) -> None:
    started(stage)
    stage.world.tell("S0101", "S-123", "", stage.world.floor["S0101", "00123", ""], id="M-1")
    stage.world.wms.feed[-1]["occurred_at"] = "2026-11-22 08:00:00"
    stage.world.move("S0201", "00124", "-1")
    stage.flow("follow_movements")
    assert waiting() == {"M-1": "exchange.time_without_offset"}
    assert Movement.objects.count() == 1, "the feed does not stop at it"
    newest = FieldMap.objects.filter(name="wms_movements").latest("version")
    for rule in newest.rules:
        if rule["target"] == "occurred":
            rule["change"] = "parse date YYYY-MM-DD HH:mm:ss in Asia/Shanghai"
    FieldMap.objects.create(link=stage.link, name="wms_movements", version=newest.version + 1, rules=newest.rules)
    stage.api("zhou", "/quarantine/resend", {"ids": [QuarantinedRecord.objects.get().pk]})
    assert stage.queue.later() == {}
    assert waiting() == {}
    assert Movement.objects.get(source_id="M-1").occurred.isoformat() == "2026-11-22T00:00:00+00:00"
