"""A count is prepared in pieces: what was read stays read, a killed process loses one page, a cancelled one leaves nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from countbridge.exchange.models import Delivery, Event, QuarantinedRecord
from countbridge.stocktake import decisions
from countbridge.stocktake.models import BookLine, Count, Line, Progress, Reading, Sheet, StagedStock
from modelled import trouble
from modelled.stage import Stage, deliveries
from modelled.world import World

pytest_plugins = ["modelled.fixtures"]


def nothing_staged() -> bool:
    return not (StagedStock.objects.exists() or Reading.objects.exists() or Progress.objects.exists())


def begin(stage: Stage, *locations: str) -> Count:
    """Approved and noticed; the queue has not been worked yet."""
    stage.approve(*locations)
    stage.flow("notice")
    return Count.objects.get()


def between_pages(world: World, *moves: Callable[[], object]) -> None:
    """What happens after the first page, after the second, and so on."""
    to_come = list(moves)
    world.wms.between_pages = lambda: to_come.pop(0)() if to_come else None


def fill(world: World, bins: int = 4) -> None:
    """Zone S gets more rows, so that it has several pages."""
    for number in range(bins):
        world.put("S0101", "00124", str(number + 1))
        world.put("S0102", "00124", str(number + 1))
        world.put("S0201", "00123", str(number + 1))


@pytest.mark.parametrize("pages", range(1, 5))
def test_a_process_killed_between_pages_reads_on_where_it_stopped(stage: Stage, pages: int) -> None:
    """The pages before the crash are not asked for again, and each row is there once."""
    world = stage.world
    fill(world)
    world.wms.stock_page = 1
    world.wms.calls.fail("read:stock", trouble.died, times=1, skip=pages)
    count = begin(stage, "W2-S")
    assert stage.queue.run() == {}
    assert stage.queue.deaths == 1
    assert world.wms.calls.seen["read:stock"] == 6 + 1, "six pages, and the one whose answer nobody took"
    count.refresh_from_db()
    assert count.state == "counting"
    lines = {(line.bin, line.item): line.snapshot for line in count.lines.all()}
    assert lines == {(b, i): q for (b, i, _), q in world.floor.items() if b.startswith("S")}
    assert nothing_staged()


def test_goods_that_move_between_pages_are_rolled_forward_from_the_page_that_showed_them(stage: Stage) -> None:
    world = stage.world
    fill(world)
    world.wms.stock_page = 1
    between_pages(world, lambda: world.move("S0101", "00123", "-7"), lambda: world.move("S0201", "00124", "5"))
    count = stage.start("W2-S")
    world.tick()
    stage.complete(count)
    assert count.state == "closed"
    assert set(count.lines.values_list("variance", flat=True)) == {Decimal(0)}
    assert world.erp.posted() == []


def test_goods_that_came_to_a_page_already_read_are_on_a_sheet(stage: Stage) -> None:
    """No page shows them: S0101's page was read before they came. Nobody would look for them without a line."""
    world = stage.world
    fill(world)
    world.wms.stock_page = 2
    between_pages(world, lambda: None, lambda: world.move("S0101", "LOT-1", "3", "L9"))
    count = stage.start("W2-S")
    line = stage.line(count, "S0101", "LOT-1", "L9")
    assert (line.snapshot, line.sheet is not None) == (0, True)
    world.tick()
    stage.complete(count)
    line.refresh_from_db()
    assert (line.expected, line.variance, count.state) == (3, 0, "closed")


def test_goods_that_came_and_went_before_their_page_are_no_loss(stage: Stage) -> None:
    world = stage.world
    fill(world)
    world.wms.stock_page = 1
    between_pages(world, lambda: world.move("S0201", "00123", "-10"), lambda: world.move("S0201", "00123", "4"))
    count = stage.start("W2-S")
    world.tick()
    stage.complete(count)
    assert (count.state, world.erp.posted()) == ("closed", [])


def test_a_place_to_read_on_from_that_expired_is_read_again_from_its_beginning(stage: Stage) -> None:
    world = stage.world
    fill(world)
    world.wms.stock_page = 2
    world.wms.calls.fail("read:stock", trouble.refused, times=1, skip=1)
    count = begin(stage, "W2-S")
    assert stage.queue.run()["stocktake.prepare"].code == "http.unreachable"
    reading = Reading.objects.get(side="wms")
    assert (reading.pages, reading.done) == (1, False)
    world.wms.expired.add(reading.cursor)
    assert stage.queue.later() == {}
    count.refresh_from_db()
    assert (count.state, count.lines.count()) == ("counting", 6)
    assert Event.objects.filter(code="stocktake.read_again", count=count.number).count() == 1


def test_progress_is_told_while_it_is_read_and_gone_afterwards(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "li", "sun"))
    stage.world.wms.calls.fail("read:stock", trouble.refused, times=1, skip=1)
    count = begin(stage, "W1", "W2")
    stage.queue.run()
    told = stage.api("sun", f"/counts/{count.number}").json()
    assert {name: told["work"][name] for name in ("step", "done", "total", "rows", "part")} == {
        "step": "wms", "done": 1, "total": 3, "rows": 3, "part": "A",
    }  # fmt: skip
    assert told["work"]["eta_seconds"] is None, "one zone is no pace to speak of"
    step = next(step for step in told["steps"] if step["state"] == "running")
    assert (step["name"], step["done"], step["total"]) == ("snapshot", 1, 3)
    assert step["message"]
    stage.queue.later()
    assert stage.api("sun", f"/counts/{count.number}").json()["work"] is None


def test_a_count_cancelled_while_it_is_read_stops_at_the_next_page_and_leaves_nothing(stage: Stage) -> None:
    world = stage.world
    fill(world)
    world.wms.stock_page = 1
    count = begin(stage, "W2-S")
    between_pages(world, lambda: None, lambda: decisions.cancel(count.pk, "wrong zone", stage.users["sun"]))
    assert stage.queue.run() == {}
    assert world.wms.calls.seen["read:stock"] == 3, "not a page more"
    count.refresh_from_db()
    assert count.state == "cancelled"
    assert nothing_staged()
    assert [model.objects.count() for model in (Line, Sheet, BookLine)] == [0, 0, 0]
    assert not Delivery.objects.filter(count=count.number).exists()


def test_a_count_cancelled_while_it_waits_for_a_system_leaves_nothing_either(stage: Stage) -> None:
    stage.world.wms.calls.fail("read:stock", trouble.refused, skip=1)
    count = begin(stage, "W1", "W2")
    stage.queue.run()
    assert StagedStock.objects.exists()
    decisions.cancel(count.pk, "wrong zone", stage.users["sun"])
    stage.queue.later()
    assert nothing_staged()


def test_rows_that_wait_in_quarantine_stop_the_step_until_they_are_mended(stage: Stage) -> None:
    world = stage.world
    world.wms.stock["S0101", "S-999", ""] = Decimal(4)
    count = begin(stage, "W2-S")
    error = stage.queue.run()["stocktake.prepare"]
    assert (error.code, error.params["row"], error.params["number"]) == (
        "stocktake.stock_in_quarantine", "S0101/S-999/", "1",
    )  # fmt: skip
    assert not Line.objects.exists()
    world.erp.items["00999"] = {**world.erp.items["00124"], "code": "00999"}
    tables = {"items": {"item": "00999", "sku": "S-999"}, "wms_units": {"item": "00999", "uom": "PCS"},
              "item_units": {"sku": "S-999", "uom": "PCS", "numerator": "1", "denominator": "1"},
              "base_factors": {"item": "00999", "numerator": "1", "denominator": "1"}}  # fmt: skip
    for name, row in tables.items():
        table = stage.link.tables.get(name=name)
        table.rows = [*table.rows, row]
        table.save()
    assert stage.queue.later() == {}
    assert stage.line(count, "S0101", "00999").snapshot == 4


def test_a_row_somebody_discarded_by_name_no_longer_stops_the_step(stage: Stage) -> None:
    from countbridge.exchange import quarantine

    stage.world.wms.stock["S0101", "S-999", ""] = Decimal(4)
    count = begin(stage, "W2-S")
    stage.queue.run()
    record = QuarantinedRecord.objects.get(flow="stock")
    quarantine.discard(QuarantinedRecord.objects.filter(pk=record.pk), "zhou", "display stand, no goods")
    assert stage.queue.later() == {}
    count.refresh_from_db()
    assert (count.state, count.lines.count()) == ("counting", 3)


def test_every_unknown_item_is_named(stage: Stage) -> None:
    for item in ("LOT-1", "00123"):
        del stage.world.erp.items[item]
    begin(stage, "W1-A")
    error = stage.queue.run()["stocktake.prepare"]
    assert (error.code, error.params["item"], error.params["number"]) == ("stocktake.item_missing", "00123, LOT-1", "2")


@pytest.mark.parametrize("statement", [
    "insert into stocktake_line", 'update "stocktake_reading" set "laid_out"', "update stocktake_sheet",
    "insert into stocktake_bookline", 'insert into "exchange_delivery"', 'update "stocktake_count"',
])  # fmt: skip
@pytest.mark.parametrize("nth", [1, 2])
def test_a_process_killed_while_it_lays_out_or_writes_papers_doubles_nothing(
    stage: Stage, statement: str, nth: int
) -> None:
    """The process dies when it has sent such a statement for the nth time, before it commits."""
    seen = 0

    def dies(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        nonlocal seen
        done = execute(sql, params, many, context)
        if statement in " ".join(str(sql).lower().split()):
            seen += 1
            if seen == nth:
                raise trouble.Died(sql)
        return done

    stage.flow("sync")
    count = begin(stage, "W1", "W2")
    with connection.execute_wrapper(dies):
        stage.queue.run()
    assert stage.queue.deaths == (1 if seen >= nth else 0)
    count.refresh_from_db()
    assert (count.state, count.lines.count(), count.book.count(), nothing_staged()) == ("counting", 7, 6, True)
    assert sorted(deliveries(count)) == ["baseline-1", "sheets", "task"]
    numbers = list(count.sheets.order_by("number").values_list("number", flat=True))
    assert numbers == [f"{count.number}-{zone}-01" for zone in "AST"]
    assert None not in set(count.sheets.values_list("assignee", flat=True))


def test_a_task_of_many_sheets_goes_out_in_documents_of_the_wms_size(make_stage: Callable[..., Stage]) -> None:
    """The modelled WMS takes 2 baseline lines and 2 sheets a document."""
    stage = make_stage(sheet_lines=1)
    fill(stage.world)
    manifest = stage.link.wms.connector + "/connector.yaml"
    copy = stage.folder / "wms"
    shutil.copytree(Path(manifest).parent, copy)
    text = (copy / "connector.yaml").read_text(encoding="utf-8")
    text = text.replace("max_lines: 500", "max_lines: 2").replace("sheets: {", "sheets: {max_lines: 2, ")
    (copy / "connector.yaml").write_text(text, encoding="utf-8")
    stage.link.wms.connector = str(copy)
    stage.link.wms.save()
    count = stage.start("W1", "W2")
    told = [[row["sheet_no"] for row in lines] for _, lines in stage.world.wms.of_kind("sheets")]
    assert sorted(number for part in told for number in part) == sorted(count.sheets.values_list("number", flat=True))
    assert max(map(len, told)) == 2
    baseline = [len(lines) for _, lines in stage.world.wms.of_kind("baseline")]
    assert (max(baseline), sum(baseline)) == (2, count.book.count())
    kinds = [kind for kind, _, _ in stage.world.wms.received.values() if kind != "item"]
    assert kinds == sorted(kinds, key=["count_task", "baseline", "sheets"].index)
