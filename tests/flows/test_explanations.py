"""The likely story on a line that waits: found with its neighbours, told to those who may know, renewed and gone again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from countbridge.api import shown
from countbridge.api.lines import of_cause
from countbridge.domain.explanation import Cause
from countbridge.messages import LANGUAGES, catalogue, render
from countbridge.people.access import WarehouseScope
from countbridge.stocktake import explaining
from countbridge.stocktake.models import Count, Line
from modelled.stage import Stage
from modelled.world import plain

pytest_plugins = ["modelled.fixtures"]

BOLT = "00123"


def begun(stage: Stage, place: str) -> Count:
    count = stage.start(place)
    stage.world.tick(600)
    return count


def counted(stage: Stage, count: Count, zone: str, pass_number: int = 1, **shelf: str) -> None:
    """The zone's sheet is counted as the floor is, but for these bins of bolts, and handed in."""
    seen = {(bin, BOLT, ""): Decimal(quantity) for bin, quantity in shelf.items()}
    stage.count_sheet(count.sheets.get(zone=zone, pass_number=pass_number), seen)
    stage.settle()


def told(stage: Stage, line: Line, who: str = "qian", language: str = "en") -> Any:
    answer = stage.api(who, f"/lines/{line.pk}", language=language)
    assert answer.status_code == 200, answer.content
    return answer.json()["explanation"]


def test_goods_next_door_are_a_transfer_told_on_both_lines(stage: Stage) -> None:
    count = begun(stage, "W2-S")
    counted(stage, count, "S", S0101="48", S0102="49")
    line, other = stage.line(count, "S0101", BOLT), stage.line(count, "S0102", BOLT)
    assert (line.state, line.variance, other.variance) == ("recount", -12, 12)
    (story,) = told(stage, line)["stories"]
    assert (story["cause"], story["suspect"], story["sure"], story["transfer"]) == ("bin_swap", "shelf", "strong", True)
    assert [(o["line"], o["bin"], o["variance"]) for o in story["others"]] == [(other.pk, "S0102", "12")]
    assert story["sentence"] == "-12 u here and S0102 +12 cancel out: goods lie in a neighbouring bin."
    (mirror,) = told(stage, other, language="zh-hans")["stories"]
    assert mirror["sentence"] == "本库位 +12 u 与 S0101 -12 正好抵消：货物放在了相邻库位。"


def test_a_wrong_unit_is_told_and_the_decision_keeps_what_was_known(stage: Stage) -> None:
    count = begun(stage, "W1-A")
    sheet = count.sheets.get()
    for line in sheet.lines.all():
        if line.item == BOLT:
            stage.scan(sheet, line.bin, line.item, "36", "box")  # nothing that 36 boxes could be instead of 40 pieces
        else:
            stage.scan(sheet, line.bin, line.item, plain(line.snapshot), line.unit, line.lot)
    stage.submit(sheet)
    stage.settle()
    bolt = stage.line(count, "A0101", BOLT)
    assert (bolt.variance, told(stage, bolt)) == (176, {"decided": False, "stories": [], "gap": None})
    again = count.sheets.get(pass_number=2)
    stage.scan(again, "A0101", BOLT, "40", "box")
    stage.submit(again)
    stage.settle()
    bolt.refresh_from_db()
    (story,) = told(stage, bolt)["stories"]
    assert (bolt.state, story["cause"], story["suspect"]) == ("approve", "each_as_case", "shelf")
    assert story["sentence"] == "40 was entered in box; were it u, the count would match."
    assert stage.decide(count)["changed"] == 1
    stage.settle()
    explaining.explain_zone(count.pk, bolt.warehouse, bolt.zone)
    bolt.refresh_from_db()
    assert (bolt.state, told(stage, bolt)["stories"]) == ("approved", [story])


def test_the_same_number_from_somebody_else_rules_out_a_slip(stage: Stage) -> None:
    count = begun(stage, "W1-A")
    stage.world.tick()
    seen = {("A0101", BOLT, ""): Decimal(440)}
    stage.count_sheet(count.sheets.get(), seen)
    stage.settle()
    line = stage.line(count, "A0101", BOLT)
    assert [story["cause"] for story in told(stage, line)["stories"]] == ["digit_added"]
    stage.count_sheet(count.sheets.get(pass_number=2), seen)
    stage.settle()
    line.refresh_from_db()
    assert (line.state, told(stage, line)["stories"]) == ("approve", [])


def test_a_story_is_gone_once_a_late_movement_settles_the_line(stage: Stage) -> None:
    count = begun(stage, "W2-S")
    before = stage.world.clock - timedelta(seconds=300)
    counted(stage, count, "S", S0101="48", S0102="49")
    line, other = stage.line(count, "S0101", BOLT), stage.line(count, "S0102", BOLT)
    assert told(stage, line)["decided"]
    stage.world.move("S0101", BOLT, "-12", occurred=before)
    stage.world.lie("S0101", BOLT, "48")
    stage.settle()
    line.refresh_from_db()
    other.refresh_from_db()
    assert (line.variance, other.variance) == (0, 12)
    assert told(stage, line) is None or told(stage, line)["stories"] == [], "its variance is another one now"
    assert told(stage, other)["stories"] == [], "what it was explained by is gone"
    counted(stage, count, "S", pass_number=2, S0102="37")
    line.refresh_from_db()
    other.refresh_from_db()
    assert (line.state, line.explanation, other.explanation) == ("settled", None, None)


def test_an_erp_that_agrees_with_the_shelf_accuses_the_wms(stage: Stage) -> None:
    stage.world.erp.stock["W2-T", "00124", ""] -= 7
    stage.world.floor["T0101", "00124", ""] -= 7
    count = begun(stage, "W2-T")
    counted(stage, count, "T")
    (story,) = told(stage, stage.line(count, "T0101", "00124"))["stories"]
    assert (story["cause"], story["suspect"]) == ("document_not_posted", "wms")
    assert "-7 u" in story["sentence"]


def test_who_may_not_see_the_book_sees_no_story_and_cannot_ask_by_it(
    make_stage: Callable[..., Stage], rf: RequestFactory
) -> None:
    stage = make_stage(people=("chen", "li", "sun", "qian", "feng"))
    count = begun(stage, "W2-S")
    counted(stage, count, "S", S0101="48", S0102="49")
    line = stage.line(count, "S0101", BOLT)
    assert line.explanation is not None
    request = rf.get("/")
    request.user = stage.users["qian"]
    assert shown.line(line, request, WarehouseScope(True))["explanation"] is not None
    assert shown.line(line, request, WarehouseScope(codes=frozenset({"elsewhere"})))["explanation"] is None
    assert stage.api("chen", f"/lines/{line.pk}").status_code == 403
    assert stage.api("feng", f"/lines/{line.pk}").status_code == 404
    blind = type("Asking", (), {"auth": stage.users["chen"]})
    assert not of_cause(Line.objects.all(), blind, "bin_swap").exists()  # type: ignore[arg-type]
    path = f"/counts/{count.number}/lines?cause="
    assert stage.api("qian", f"{path}bin_swap").json()["total"] == 2
    assert stage.api("qian", f"{path}wrong_bin,bin_swap").json()["total"] == 2
    assert stage.api("qian", f"{path}none").json()["total"] == 0
    assert stage.api("qian", f"{path}gremlins").status_code == 422
    row = stage.api("qian", f"{path}bin_swap").json()["rows"][0]
    assert row["explanation"]["stories"][0]["cause"] == "bin_swap"
    table = stage.api("qian", f"/counts/{count.number}/lines.csv?cause=bin_swap").content.decode()
    assert "goods lie in a neighbouring bin" in table


def test_the_work_asks_the_database_as_often_for_many_lines_as_for_few(stage: Stage) -> None:
    count = begun(stage, "W2-S")
    counted(stage, count, "S", S0101="48", S0102="49")

    def asked() -> int:
        Line.objects.filter(count=count).update(explanation=None)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            explaining.explain_zone(count.pk, first.warehouse, "S")
        return len(queries)

    first = stage.line(count, "S0101", BOLT)
    count.book.all().delete()  # the ERP's book differs for every key, and so is looked at
    few = asked()
    scan = first.scans.get()
    for number in range(40):
        first.pk, first.lot, first._state.adding = None, f"X{number}", True
        first.save()
        scan.pk, scan.line, scan.source_id, scan._state.adding = None, first, f"x{number}", True
        scan.save()
    assert asked() == few


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_story_has_a_sentence_that_its_words_fill(language: str) -> None:
    words = {
        "documents", "quantity", "base", "variance", "others", "document", "moved", "typed", "entered", "meant", "unit",
        "minutes", "times", "right", "serial", "source", "target",
    }  # fmt: skip
    codes = [code for code in catalogue() if code.startswith("explanation.")]
    for cause in Cause:
        assert any(code.startswith(f"explanation.{cause}") for code in codes), cause
    for code in codes:
        assert "{" not in render(code, dict.fromkeys(words, "1"), language), code


def test_of_a_location_counted_in_part_the_book_of_the_whole_explains_nothing(stage: Stage) -> None:
    """The ERP's book is of the whole zone. What it holds more than the one bin counted lies in the others and is no document
    the WMS lacks, though the variance of the bin happens to be the same."""
    stage.flow("sync")
    assert stage.queue.run() == {}
    count = stage.order("spot", bins=["S0101"])
    stage.world.tick(600)
    counted(stage, count, "S", S0101="97")
    line = stage.line(count, "S0101", BOLT)
    assert (line.state, line.variance, count.partial) == ("recount", 37, ["W2-S"])
    assert told(stage, line)["stories"] == []
