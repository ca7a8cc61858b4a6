"""Stock told apart by status, owner and package: counted apart, and posted to each system at the parts it knows."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from countbridge import clock
from countbridge.domain.keys import GOODS, TRAITS, StockKey
from countbridge.exchange.models import Movement, QuarantinedRecord, StockParts
from countbridge.people.access import WarehouseScope
from countbridge.reports import workbook
from countbridge.reports.content import Report
from countbridge.stocktake import reposting
from countbridge.stocktake.explaining import current
from countbridge.stocktake.models import BookLine, Count, Drift
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

BOLT = "00123"
WMS = ("status", "owner", "package")


def mixed(make_stage: Callable[..., Stage], *erp: str, **words: Any) -> Stage:
    """A bin with good bolts, bolts on hold, and bolts of a customer; A0102 with some on a pallet."""
    stage = make_stage(parts={"wms": WMS, "erp": erp}, **words)
    stage.world.put("A0101", BOLT, "10", status="HOLD")
    stage.world.put("A0101", BOLT, "20", owner="ACME")
    stage.world.put("A0102", BOLT, "6", package="P-1")
    return stage


def posted_apart(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.world.wms.adjusted()


def test_the_parts_stand_in_one_place() -> None:
    assert StockKey._fields == ("place", *GOODS)
    columns = [field.name for field in StockParts._meta.get_fields()]
    assert columns == [*GOODS]
    assert ("item", *TRAITS) == GOODS


def test_two_statuses_and_two_owners_in_one_bin_are_counted_apart_and_summed_for_an_erp_that_knows_neither(
    make_stage: Callable[..., Stage],
) -> None:
    stage = mixed(make_stage)
    assert stage.world.erp.stock["W1-A-01", BOLT, ""] == 70, "the ERP has one sum: 40 + 10 + 20"
    count = stage.start("W1-A")
    lines = {StockKey.of(line.bin, line): line.snapshot for line in count.lines.filter(item=BOLT)}
    assert lines == {
        StockKey("A0101", BOLT): 40, StockKey("A0101", BOLT, status="HOLD"): 10,
        StockKey("A0101", BOLT, owner="ACME"): 20, StockKey("A0102", BOLT, package="P-1"): 6,
    }  # fmt: skip
    stage.world.lie("A0101", BOLT, "33")
    stage.world.lie("A0101", BOLT, "14", status="HOLD")
    stage.world.lie("A0101", BOLT, "15", owner="ACME")
    assert stage.complete(count).state == "closed"
    assert posted_apart(stage) == [
        ("A0101", "S-123", "", Decimal(-7)),
        ("A0101", "S-123", "", "", "ACME", Decimal(-5)),
        ("A0101", "S-123", "", "HOLD", Decimal(4)),
    ]
    assert stage.world.erp.posted() == [("W1-A-01", BOLT, "", Decimal(-8))]
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


def test_an_erp_that_knows_status_is_posted_each_status(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage, "status")
    count = stage.start("W1-A")
    book = {StockKey.of(row.erp_location, row): row.quantity for row in BookLine.objects.filter(count=count, item=BOLT)}
    assert book == {
        StockKey("W1-A-01", BOLT): 60, StockKey("W1-A-01", BOLT, status="HOLD"): 10, StockKey("W1-A-02", BOLT): 6,
    }  # fmt: skip
    stage.world.lie("A0101", BOLT, "33")
    stage.world.lie("A0101", BOLT, "14", status="HOLD")
    stage.world.lie("A0101", BOLT, "15", owner="ACME")
    assert stage.complete(count).state == "closed"
    assert stage.world.erp.posted() == [
        ("W1-A-01", BOLT, "", Decimal(-12)), ("W1-A-01", BOLT, "", "HOLD", Decimal(4)),
    ]  # fmt: skip
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


def test_what_only_the_erp_tells_apart_is_one_sum_for_the_count(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(parts={"erp": ("owner",)})
    stage.world.erp.stock["W1-A-01", BOLT, ""] -= 15
    stage.world.erp.stock["W1-A-01", BOLT, "", "", "ACME"] += 15
    count = stage.start("W1-A")
    assert [line.snapshot for line in count.lines.filter(bin="A0101", item=BOLT)] == [40]
    stage.world.lie("A0101", BOLT, "30")
    assert stage.complete(count).state == "closed"
    assert stage.world.erp.posted() == [("W1-A-01", BOLT, "", Decimal(-10))]


def test_goods_the_erp_alone_books_make_a_line_only_where_the_wms_has_none_of_them(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(parts={"wms": WMS})
    stage.world.put("A0102", BOLT, "6", package="P-1")
    stage.world.erp.stock["W1-A-02", "00124", ""] = Decimal(4)
    count = stage.start("W1-A")
    here = {(line.item, line.package): line.snapshot for line in count.lines.filter(bin="A0102", lot="")}
    assert here == {(BOLT, "P-1"): 6, ("00124", ""): 0}


def test_a_change_of_status_during_the_count_is_no_loss_and_no_gain(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage)
    count = stage.start("W1-A")
    stage.world.tick()
    stage.world.move("A0101", BOLT, "-5", erp="none")  # two rows of one ledger: five were put on hold
    stage.world.move("A0101", BOLT, "5", erp="none", status="HOLD")
    stage.complete(count)
    assert count.state == "closed"
    lines = {
        line.status: (line.expected, line.variance) for line in count.lines.filter(bin="A0101", item=BOLT, owner="")
    }
    assert lines == {"": (35, 0), "HOLD": (15, 0)}
    assert Movement.objects.filter(status="HOLD").count() == 1
    assert posted_apart(stage) == []
    assert stage.world.erp.documents == {}


def test_a_status_nobody_changed_in_the_book_is_told_as_a_swap(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage)
    count = stage.start("W1-A")
    stage.world.lie("A0101", BOLT, "28")
    stage.world.lie("A0101", BOLT, "22", status="HOLD")
    stage.count_all(count)
    stage.queue.later()
    told = current(stage.line(count, "A0101", BOLT, status="HOLD"))
    assert told is not None
    assert told["stories"][0]["cause"] == "status_swap"
    assert told["stories"][0]["transfer"]


def test_a_scan_that_could_be_of_several_lines_is_asked_back_and_one_that_names_them_is_taken(
    make_stage: Callable[..., Stage],
) -> None:
    stage = mixed(make_stage)
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    answer = stage.scan(sheet, "A0101", BOLT, "40")
    assert (answer["ok"], answer["code"]) == (False, "stocktake.several_lines")
    assert "status=HOLD" in answer["message"]
    assert "owner=ACME" in answer["message"]
    assert count.scans.count() == 0
    held = stage.scan(sheet, "A0101", BOLT, "10", status="HOLD")
    assert held["line"] == stage.line(count, "A0101", BOLT, status="HOLD").pk
    own = stage.scan(sheet, "A0101", BOLT, "40", status="", owner="")
    assert own["line"] == stage.line(count, "A0101", BOLT, status="", owner="").pk
    alone = stage.scan(sheet, "A0102", BOLT, "6")
    assert alone["line"] == stage.line(count, "A0102", BOLT, package="P-1").pk, "one line alone can be meant"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"status": "HLOD"}, "stocktake.unknown_part"),
        ({"owner": "ACNE"}, "stocktake.unknown_part"),
        ({"package": "P" * 81}, "stocktake.unknown_part"),
        ({"status": "H" * 500}, "stocktake.unknown_part"),
    ],
)
def test_a_slip_in_a_status_or_owner_makes_no_line(
    make_stage: Callable[..., Stage], parts: dict[str, str], code: str
) -> None:
    stage = mixed(make_stage)
    count = stage.start("W1-A")
    lines = count.lines.count()
    answer = stage.scan(count.sheets.get(), "A0101", BOLT, "3", **parts)
    assert (answer["ok"], answer["code"], count.lines.count()) == (False, code, lines)
    sentences(code, {"part": "status", "value": "HLOD", "item": BOLT})


def test_a_part_the_wms_does_not_keep_cannot_be_counted(stage: Stage) -> None:
    count = stage.start("W1-A")
    answer = stage.scan(count.sheets.get(), "A0101", BOLT, "3", status="HOLD")
    assert answer["code"] == "stocktake.part_not_kept"


def test_a_package_nobody_knows_yet_is_found_goods(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage)
    count = stage.start("W1-A")
    assert stage.scan(count.sheets.get(), "A0102", BOLT, "8", package="P-2")["ok"]
    assert stage.line(count, "A0102", BOLT, package="P-2").snapshot == 0


def test_drift_is_told_and_repaired_at_the_parts_both_books_know(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage, "status")
    stage.flow("sync")
    stage.world.erp.stock["W1-A-01", BOLT, "", "HOLD"] += 3
    for _ in range(2):
        stage.world.tick(90)
        stage.flow("compare")
    rows = stage.api("qian", "/links/modelled/drift?state=open").json()["rows"]
    told = [tuple(row[name] for name in ("item", "status", "owner", "erp", "wms")) for row in rows]
    assert told == [(BOLT, "HOLD", None, "13", "10")]
    stage.api("qian", "/links/modelled/drift/repair", {"ids": [rows[0]["id"]], "reason": "found by the compare"})
    stage.queue.later()
    assert stage.world.erp.posted() == [("W1-A-01", BOLT, "", "HOLD", Decimal(-3))]
    assert Drift.objects.get().state == "repaired"


def test_refused_lines_of_two_statuses_wait_each_for_itself_and_go_again(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage)
    count = stage.start("W1-A")
    stage.world.lie("A0101", BOLT, "33")
    stage.world.lie("A0101", BOLT, "14", status="HOLD")
    stage.world.wms.refuses["S-123"] = "bin is blocked"
    stage.complete(count)
    waiting = list(QuarantinedRecord.objects.filter(flow="F5", state="waiting").order_by("source_id"))
    assert [(record.source_id, record.record.get("status", "")) for record in waiting] == [
        (f"{count.number}/A0101/{BOLT}/", ""), (f"{count.number}/A0101/{BOLT}//status=HOLD", "HOLD"),
    ]  # fmt: skip
    stage.world.wms.refuses.clear()
    reposting.send_again(waiting)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert posted_apart(stage) == [("A0101", "S-123", "", Decimal(-7)), ("A0101", "S-123", "", "HOLD", Decimal(4))]


def test_what_was_counted_in_the_wms_names_its_line(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage, counted_in_wms=["A"])
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    result = {
        "sheet_no": sheet.number, "bin": "A0101", "sku": "S-123", "lot": "", "uom": "PCS", "counted_by": "OP01",
        "counted_at": stage.world.clock.isoformat(), "owner": "", "package": "",
    }  # fmt: skip
    stage.world.wms.results += [
        {**result, "seq": "1", "id": "R1", "qty": "40", "status": ""},
        {**result, "seq": "2", "id": "R2", "qty": "10", "status": "HOLD"},
    ]
    stage.flow("fetch_results")
    counted = count.scans.order_by("source_id").values_list("line__status", "line__owner", "quantity")
    assert list(counted) == [("", "", 40), ("HOLD", "", 10)]


def test_the_parts_are_shown_where_lines_are(make_stage: Callable[..., Stage]) -> None:
    stage = mixed(make_stage)
    count: Count = stage.start("W1-A")
    rows = stage.api("sun", f"/counts/{count.number}/lines?q=HOLD").json()["rows"]
    assert [(row["item"], row["status"], row["owner"], row["package"]) for row in rows] == [(BOLT, "HOLD", None, None)]
    sheet = count.sheets.get()
    shown = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}").json()
    goods = [
        (each["status"], each["owner"], each["expected"]) for each in shown["bins"][0]["goods"] if each["item"] == BOLT
    ]
    assert sorted(goods, key=str) == [("HOLD", None, None), (None, "ACME", None), (None, None, None)]


def test_the_workbook_has_a_column_for_what_any_line_has_and_no_other(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(parts={"wms": WMS})
    stage.world.put("A0101", BOLT, "10", status="HOLD")
    count = stage.start("W1-A")
    told = Report(count, WarehouseScope(everywhere=True), "en", clock.now(), "sun")
    file = io.BytesIO()
    workbook.write(told, file)
    head, *rows = openpyxl.load_workbook(file)["Lines"].iter_rows(values_only=True)
    assert "Stock status" in head
    assert "Owner" not in head
    assert "Package" not in head
    of_bolts = [row[head.index("Stock status")] for row in rows if row[head.index("Item")] == BOLT]
    assert sorted(of_bolts, key=str) == ["HOLD", None]
    assert all(len(row) == len(head) for row in rows)


def test_sheets_are_cut_by_owner_once_somebody_is_limited_to_some_owners_goods(
    make_stage: Callable[..., Stage],
) -> None:
    stage = mixed(make_stage, people=("chen", "li", "sun", "qian", "root"))
    limited = stage.api("root", "/people/li/skills", {"skills": [], "owners": ["OTHER"]})
    assert limited.status_code == 200, limited.content
    count = stage.start("W1-A")
    sheets = {tuple(sheet.bins): (sheet.owners, str(sheet.assignee)) for sheet in count.sheets.all()}
    assert sheets == {("A0101",): (["ACME"], "chen"), ("A0102",): ([], "li")}, "ACME's goods are not for li"
