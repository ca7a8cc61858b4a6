"""The results as files: read back with other programs than wrote them."""

from __future__ import annotations

import asyncio
import csv
import io
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test import AsyncRequestFactory, RequestFactory
from openpyxl.utils.escape import unescape

from countbridge import clock
from countbridge.api.tables import CHUNK, file_answer
from countbridge.people import roles
from countbridge.people.access import WarehouseScope
from countbridge.reports import signature, workbook
from countbridge.reports.content import Report, one_moment, worth
from countbridge.reports.paper import font, wrapped
from countbridge.stocktake.models import Count, Line
from countbridge.stocktake.result_figures import BY, grouped, total
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]
TRAPS = ("=1+1", "+1", "-1", "@SUM(A1)", "00123", "1E5", "007", "https://example.com", "TRUE")


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """Six lines counted: two match, one of the four variances is approved by qian, three wait."""
    stage = make_stage(people=("chen", "li", "sun", "qian", "feng", "han", "zhao"))
    for bin, item, quantity, lot in (
        ("A0101", "00123", "30", ""), ("A0102", "LOT-1", "12", "L7"), ("S0101", "00123", "80", ""),
        ("S0201", "00124", "300", ""),
    ):  # fmt: skip
        stage.world.lie(bin, item, quantity, lot)
    count = stage.start("W1-A", "W2-S")
    stage.count_all(count)
    stage.decide(count, bin="A0101")
    return stage


@pytest.fixture
def count(stage: Stage) -> Count:
    return Count.objects.get()


def fetched(stage: Stage, count: Count, kind: str, who: str = "sun", language: str = "", accept: str = "en") -> bytes:
    asked = f"?language={language}" if language else ""
    answer = stage.api(who, f"/counts/{count.number}/results.{kind}{asked}", language=accept)
    assert answer.status_code == 200, answer.content
    content = b"".join(answer.streaming_content)
    assert answer["Content-Length"] == str(len(content))
    return content


def book(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def table(sheet: Any) -> list[dict[str, Any]]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def report(count: Count, language: str = "en") -> Report:
    return Report(count, WarehouseScope(everywhere=True), language, clock.now(), "sun")


def test_the_workbook_has_every_line_matches_included_as_it_is(stage: Stage, count: Count) -> None:
    found = book(fetched(stage, count, "xlsx", language="en"))
    assert found.sheetnames == [
        "Summary", "By warehouse", "By zone", "By item class", "By person", "By outcome", "By reason", "By likely cause", "Lines",
    ]  # fmt: skip
    sheet = found["Lines"]
    rows = {(row["Bin"], row["Item"], row["Lot"] or ""): row for row in table(sheet)}
    lines = {(line.bin, line.item, line.lot): line for line in count.lines.all()}
    assert set(rows) == set(lines)
    for key, row in rows.items():
        line = lines[key]
        for title, value in (
            ("Snapshot", line.snapshot), ("Expected", line.expected), ("Counted", line.counted),
            ("Variance", line.variance), ("Price", line.price), ("Value of the variance", worth(line)),
        ):  # fmt: skip
            assert Decimal(str(row[title])) == value, (key, title)
        assert (row["Item class"] or "", row["Counted by"]) == (line.item_class, line.counter)
    approved = rows["A0101", "00123", ""]
    assert (approved["Decision"], approved["Decided by"], approved["Why"]) == ("approved", "qian", "seen on the shelf")
    assert approved["Decided at"].tzinfo is None
    here = line_moment(lines["A0101", "00123", ""])
    assert approved["Counted at"].replace(microsecond=0) == here
    assert rows["A0102", "LOT-1", "L7"]["Decision"] is None
    assert sheet.freeze_panes == "F2"
    assert sheet.auto_filter.ref == f"A1:AA{len(lines) + 1}"


def line_moment(line: Line) -> Any:
    assert line.counted_at is not None
    return line.counted_at.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, microsecond=0)


def test_the_breakdowns_of_the_workbook_are_the_figures(stage: Stage, count: Count) -> None:
    found = book(fetched(stage, count, "xlsx", language="en"))
    titles = {"warehouse": "Warehouse", "zone": "Zone", "class": "Item class", "person": "Counted by", "outcome": "Outcome",
              "reason": "Reasons", "cause": "Likely cause"}  # fmt: skip
    for by in BY:
        rows = table(found[report(count).say(f"by_{by}")])
        groups = grouped(count.lines.all(), by)
        for row, group in zip(rows, groups, strict=False):
            assert row[titles[by]] == report(count).key_of(by, group, {"chen": "chen", "li": "li"})
            assert row["Lines"] == group.results.lines
            assert Decimal(str(row["Absolute (Value)"])) == group.results.value.absolute
            assert Decimal(str(row["Accuracy by line"])) == group.results.accuracy
        assert rows[len(groups) :][1][titles[by]] == (
            report(count).say("reasons_overlap") if by == "reason" else "Total"
        )
    summary = {row[0]: row[1:] for row in found["Summary"].iter_rows(values_only=True) if row[0]}
    whole = total(count.lines.all())
    assert [Decimal(str(value)) for value in summary["Net shrinkage"]] == [
        whole.quantity.net_shrinkage, whole.value.net_shrinkage,
    ]  # fmt: skip
    assert summary["Matching lines"][0] == 2
    assert [text for text in summary if text.startswith("Draft")] == [
        "Draft: the count is not closed (being counted); figures may still change."
    ]


def test_codes_and_what_looks_like_a_formula_stay_text(stage: Stage, count: Count) -> None:
    line = count.lines.first()
    assert line is not None
    for trap in TRAPS:
        Line.objects.filter(pk=line.pk).update(item=trap, lot=trap, item_name_en=trap, item_class=trap, bin=trap)
        sheet = book(fetched(stage, count, "xlsx", language="en"))["Lines"]
        row = next(cells for cells in sheet.iter_rows(min_row=2) if cells[2].value == trap)
        for cell in (row[2], row[4], row[5], row[6], row[7]):
            assert (cell.value, cell.data_type, cell.hyperlink) == (trap, "s", None) or (
                cell.value, cell.data_type, cell.hyperlink) == (trap, "inlineStr", None), trap  # fmt: skip
        exported = stage.api("sun", f"/counts/{count.number}/lines.csv")
        (read,) = [
            row for row in csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig"))) if trap in row["bin"]
        ]
        harmless = trap not in ("=1+1", "+1", "@SUM(A1)")
        assert read["bin"] == (trap if harmless else f"'{trap}"), "a number below zero is no formula"


def test_a_number_is_a_number_where_a_spreadsheet_keeps_all_of_it(stage: Stage, count: Count) -> None:
    numbers = ("123456789012345", "0.123456789", "999999.999999999", "-0.000000001", "100000000000000000000", "-12.5")
    texts = ("1234567890123456", "1234567.123456789", "-1000000000000000.1")
    line = count.lines.get(bin="A0101", item="00123")
    for number, quantity in enumerate((*numbers, *texts)):
        made = copy_of(line, number)
        made.expected, made.price = Decimal(quantity), None
        made.save()
    rows = {row["Bin"]: row for row in table(book(fetched(stage, count, "xlsx", language="en"))["Lines"])}
    for number, quantity in enumerate((*numbers, *texts)):
        row = rows[f"N{number}"]
        assert isinstance(row["Expected"], str) == (quantity in texts), quantity
        assert Decimal(str(row["Expected"])) == Decimal(quantity)
        assert row["Value of the variance"] is None, "no price, no value: not 0"


def test_both_languages_by_word_or_by_the_browser(stage: Stage, count: Count) -> None:
    assert book(fetched(stage, count, "xlsx", language="zh")).sheetnames[0] == "汇总"
    assert book(fetched(stage, count, "xlsx", accept="zh-CN")).sheetnames[0] == "汇总"
    assert book(fetched(stage, count, "xlsx", language="en", accept="zh-CN")).sheetnames[0] == "Summary"
    answer = stage.api("sun", f"/counts/{count.number}/results.pdf?language=fr")
    assert (answer.status_code, answer.json()["code"]) == (422, "api.unknown_word")
    assert answer["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_paper_says_who_decided_what_and_leaves_room_to_sign(stage: Stage, count: Count, language: str) -> None:
    content = fetched(stage, count, "pdf", language=language)
    text = pages(content)
    whole = "\n".join(text)
    told = report(count, language)
    assert count.number in text[0]
    assert told.say("mark_draft") in text[0]
    for number, page in enumerate(text, start=1):
        assert f"{number} / \n{len(text)}" in page
    flat = whole.replace("\n", "")
    assert "qian" in flat
    assert "seen on the shelf" in whole
    assert flat.index("LOT-1") < flat.index("00124"), "most money first"
    for name in ("sign_counted", "sign_supervisor", "sign_finance", "sign_auditor", "sign_signature", "sign_date"):
        assert told.say(name) in text[-1]
    assert told.say("matched", matches=2, counted=6, uncounted=0) in flat
    for value in ("450.00", "−400.00", "33.33 %", "25.91 %"):
        assert value in whole, value
    fonts = {
        font["/BaseFont"]: font
        for page in pypdf.PdfReader(io.BytesIO(content)).pages
        for font in (entry.get_object() for entry in page["/Resources"]["/Font"].values())
    }
    ours = [font for name, font in fonts.items() if "NotoSansSC" in name]
    assert ours, fonts
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in ours), "embedded"


def test_a_closed_count_is_no_draft_and_a_cancelled_one_says_so(stage: Stage, count: Count) -> None:
    stage.complete(count)
    assert count.state == "closed"
    assert "DRAFT" not in "".join(pages(fetched(stage, count, "pdf", language="en")))
    assert stage.api("sun", f"/counts/{count.number}/results").json()["draft"] is False
    Count.objects.update(state="cancelled")
    assert "CANCELLED" in pages(fetched(stage, count, "pdf", language="en"))[0]


def test_a_paper_with_more_variances_than_it_holds_says_how_many_are_missing(stage: Stage, count: Count) -> None:
    file = io.BytesIO()
    signature.write(report(count), file, most=3)
    text = "\n".join(pages(file.getvalue()))
    assert "1 more variances, each of less money, stand in the workbook." in text
    assert "A0101" not in text, "the least money"


def test_what_a_recount_settled_is_no_persons_decision(stage: Stage, count: Count) -> None:
    line = count.lines.get(bin="A0102")
    stage.decide(count, "recount", bin="A0102")
    Line.objects.filter(pk=line.pk).update(state="settled", outcome="within_tolerance")
    Line.objects.filter(count=count).exclude(pk=line.pk).update(variance=0)
    text = "".join(pages(fetched(stage, count, "pdf", language="en"))).replace("\n", " ")
    assert "settled (by the tolerance)" in text
    assert "sent to recount" not in text
    Line.objects.filter(pk=line.pk).update(state="recount")
    assert "open: to be recounted" in "".join(pages(fetched(stage, count, "pdf", language="en"))).replace("\n", " ")


def test_the_last_decision_on_a_line_is_the_one_that_is_told(stage: Stage, count: Count) -> None:
    stage.decide(count, "recount", bin="A0102")
    Line.objects.filter(bin="A0102").update(state="approve")
    assert stage.decide(count, bin="A0102")["changed"] == 1
    rows = {row["Bin"]: row for row in table(book(fetched(stage, count, "xlsx", language="en"))["Lines"])}
    assert (rows["A0102"]["Decision"], rows["A0102"]["State"]) == ("approved", "approved")
    assert "approved qian" in "".join(pages(fetched(stage, count, "pdf", language="en"))).replace("\n", " ")


def test_a_count_without_lines_has_files_too_and_any_text_can_be_written(stage: Stage, count: Count) -> None:
    odd = "a\tb\u0007 \U0001f600 \ufffd 龘 _x0041_"
    Line.objects.filter(bin="A0102").update(item_name_en=odd, item_name_zh=odd)
    assert "龘" in "".join(pages(fetched(stage, count, "pdf", language="zh")))
    # Excel's way of writing what XML cannot hold; openpyxl leaves it to its reader.
    names = {unescape(row["Item name"]) for row in table(book(fetched(stage, count, "xlsx", language="en"))["Lines"])}
    assert odd in names
    stage.approve("W2-T")
    stage.flow("notice")
    empty = Count.objects.latest("pk")
    assert (empty.lines.count(), empty.pk != count.pk) == (0, True)
    assert table(book(fetched(stage, empty, "xlsx", language="en"))["Lines"]) == []
    assert "No counted line has a variance." in "".join(pages(fetched(stage, empty, "pdf", language="en")))
    Count.objects.filter(pk=empty.pk).update(warehouses=[])
    answer = stage.api("sun", f"/counts/{empty.number}/results").json()
    assert (answer["total"]["lines"], answer["total"]["accuracy"], answer["rows"]) == (0, None, [])


def test_full_sheets_go_on_in_another(stage: Stage, count: Count) -> None:
    file = io.BytesIO()
    workbook.write(report(count), file, rows_a_sheet=4)
    found = book(file.getvalue())
    assert found.sheetnames[-2:] == ["Lines", "Lines 2"]
    assert [len(table(found[name])) for name in found.sheetnames[-2:]] == [4, 2]


def test_results_are_for_those_who_may_see_the_book_and_of_their_warehouses(stage: Stage, count: Count) -> None:
    for path in ("results", "results.xlsx", "results.pdf"):
        assert stage.api("han", f"/counts/{count.number}/{path}").status_code == 403, "an operator"
    mine = stage.api("feng", f"/counts/{count.number}/results?by=warehouse").json()
    assert (mine["warehouses"], mine["partial"], mine["total"]["lines"]) == (["W1"], True, 3)
    assert [row["key"] for row in mine["rows"]] == [["W1"]]
    lines = table(book(fetched(stage, count, "xlsx", who="feng", language="en"))["Lines"])
    assert {row["Warehouse"] for row in lines} == {"W1"}
    text = "\n".join(pages(fetched(stage, count, "pdf", who="feng", language="en")))
    assert "Covers W1 of the count's warehouses W1, W2 only." in text
    assert "S0101" not in text
    Count.objects.update(warehouses=["W2"])
    assert stage.api("feng", f"/counts/{count.number}/results").status_code == 404, "not a count of theirs"


def test_who_may_see_counts_but_no_book_quantities_sees_no_results(
    stage: Stage, count: Count, monkeypatch: Any
) -> None:
    monkeypatch.setitem(roles.ROLES, "operator", frozenset({"count.scan", "count.view"}))
    for path in ("results", "results?by=outcome", "results.xlsx", "results.pdf"):
        answer = stage.api("han", f"/counts/{count.number}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "results.refused")


def test_every_breakdown_answers_in_pages(stage: Stage, count: Count) -> None:
    whole = stage.api("sun", f"/counts/{count.number}/results?by=person").json()
    assert whole["total"]["accuracy"] == "0.333333"
    assert whole["total"]["value"]["net"] == "135"
    zones = stage.api("sun", f"/counts/{count.number}/results").json()["rows"]
    assert [(row["key"], row["name"]) for row in zones] == [(["W2", "S"], "W2 / S"), (["W1", "A"], "W1 / A")]
    for by in BY:
        first = stage.api("sun", f"/counts/{count.number}/results?by={by}&limit=1").json()
        assert (len(first["rows"]), first["groups"]) == (1, len(grouped(count.lines.all(), by)))
        rest = stage.api("sun", f"/counts/{count.number}/results?by={by}&offset=1").json()
        assert len(rest["rows"]) == first["groups"] - 1
    assert stage.api("sun", f"/counts/{count.number}/results?by=colour").status_code == 422


def test_memory_does_not_grow_with_the_number_of_lines(stage: Stage, count: Count) -> None:
    peaks = []
    for more in (2_500, 2_500):
        made = count.lines.count()
        first = count.lines.get(bin="A0101", item="00123")
        Line.objects.bulk_create([copy_of(first, number) for number in range(made, made + more)], batch_size=2000)
        tracemalloc.start()
        with open("/dev/null", "wb") as nowhere:
            workbook.write(report(count), nowhere)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2, peaks


def copy_of(line: Line, number: int) -> Line:
    values = {field.attname: getattr(line, field.attname) for field in Line._meta.fields if field.attname != "id"}
    return Line(**values | {"bin": f"N{number}", "item": f"I{number}"})


def test_a_file_is_sent_piece_by_piece_and_closed_by_either_server() -> None:
    content = bytes(range(256)) * (CHUNK // 128)

    async def sent(pieces: Any) -> list[bytes]:
        return [piece async for piece in pieces]

    for request in (RequestFactory().get("/"), AsyncRequestFactory().get("/")):
        file = io.BytesIO(content)
        answer = file_answer(request, file, "x.pdf", "application/pdf")
        pieces = asyncio.run(sent(answer.streaming_content)) if answer.is_async else list(answer.streaming_content)
        assert answer.is_async == isinstance(request, ASGIRequest), "otherwise Django takes the whole file into memory"
        assert (b"".join(pieces), len(pieces)) == (content, 2)
        assert answer["Content-Length"] == str(len(content))
        assert file.closed


@pytest.mark.django_db(transaction=True)
def test_a_file_is_read_as_of_one_moment() -> None:
    with one_moment(), connection.cursor() as cursor:
        for name, value in (("transaction_isolation", "repeatable read"), ("transaction_read_only", "on")):
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)


def test_text_is_broken_where_people_would_break_it() -> None:
    assert font() == "NotoSansSC"
    assert wrapped("one two three", 40, 8) == ["one two", "three"]
    assert wrapped("差异超过允许的百分比，另有说明", 85, 8) == ["差异超过允许的百分比，", "另有说明"]
    assert wrapped("a\nb", 100, 8) == ["a", "b"]
    assert "".join(wrapped("x" * 50, 40, 8)) == "x" * 50
