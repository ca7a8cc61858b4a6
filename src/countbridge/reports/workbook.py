"""The results of a count as an XLSX workbook: summary, breakdowns, every line. Rows go to disk one by one.

A number of up to 15 significant digits is a number cell, written from its exact decimal (12.500 → 12.5, never through a float);
a longer one is text, because spreadsheets keep 15 digits. Codes are text ("00123" stays), and so is what looks like a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from countbridge.domain.accuracy import Results
from countbridge.domain.decimals import decimal_text
from countbridge.domain.keys import FINER, GOODS
from countbridge.messages import render
from countbridge.reports.content import (
    NAME_OF,
    Report,
    decided,
    each,
    figures,
    measured,
    names_of,
    one_moment,
    outcome,
    reasons,
    remarks,
    worth,
)
from countbridge.stocktake.result_figures import BY, grouped, total

DIGITS = 15  # significant digits a spreadsheet keeps of a number
LONGEST = 32_767  # characters a cell holds
ROWS_A_SHEET = 1_000_000  # of at most 1,048,576
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
# Name of the column, width in characters, kind of its cells.
COLUMNS = (
    ("warehouse", 10, "text"), ("zone", 10, "text"), ("bin", 14, "text"), ("erp_location", 14, "text"), ("item", 16, "text"),
    ("item_name", 32, "text"), ("class", 14, "text"), ("lot", 14, "text"),
    ("status", 12, "text"), ("owner", 14, "text"),
    ("package", 18, "text"), ("unit", 7, "text"), ("snapshot", 12, "number"),
    ("expected", 12, "number"), ("counted_quantity", 12, "number"), ("variance", 12, "number"), ("price", 12, "number"),
    ("line_value", 14, "money"), ("outcome", 16, "text"), ("reasons", 40, "text"), ("line_state", 14, "text"),
    ("pass", 6, "number"), ("counter", 14, "text"), ("counted_at", 17, "moment"), ("decision", 14, "text"),
    ("decision_reason", 32, "text"), ("decided_by", 14, "text"), ("decided_at", 17, "moment"),
    ("expires", 12, "text"), ("label_expires", 12, "text"),
)  # fmt: skip

Head = tuple[str, int, str]


def columns_of(report: Report) -> tuple[Head, ...]:
    """The columns of the report's lines; status, owner and package where any line has one."""
    unused = {name for name in FINER if not report.lines().exclude(**{name: ""}).exists()}
    return tuple(column for column in COLUMNS if column[0] not in unused)


def fits(value: Decimal) -> bool:
    """Does a spreadsheet keep every digit? 123456789012345 and 0.000000000000001 do, 1234567890123456 does not."""
    return len(decimal_text(value).lstrip("-").replace(".", "").strip("0")) <= DIGITS


def write(report: Report, file: IO[bytes], rows_a_sheet: int = ROWS_A_SHEET) -> None:
    """Write the workbook into `file`. Memory does not grow with the count: a row is on disk once the next one begins."""
    with one_moment(), xlsxwriter.Workbook(file, OPTIONS) as book:
        book.set_properties({"title": f"{report.say('title')} {report.count.number}", "created": report.made_at})
        writer = _Writer(book, report)
        writer.summary()
        for by in BY:
            writer.breakdown(by)
        writer.lines(rows_a_sheet)


class _Writer:
    """Sheets of one workbook. Each cell is written by its kind: text, number, money, share, moment."""

    def __init__(self, book: xlsxwriter.Workbook, report: Report) -> None:
        self.book, self.report = book, report
        self._formats: dict[str, Format] = {}
        self.head = book.add_format(
            {"bold": True, "bg_color": "#E7ECF2", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.bold = book.add_format({"bold": True})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})

    def summary(self) -> None:
        say, report = self.report.say, self.report
        sheet = self.book.add_worksheet(say("summary"))
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 2, 26)
        rows = _Rows(sheet)
        self.text(sheet, rows.next(), 0, say("title"), self.title)
        for remark in remarks(report):
            self.text(sheet, rows.next(), 0, remark, self.bold)
        for name, value in report.head():
            at = rows.next()
            self.text(sheet, at, 0, name)
            self.text(sheet, at, 1, value)
        found = total(report.lines())
        rows.next()
        self.text(sheet, at := rows.next(), 0, say("figures"), self.title)
        for name, value, kind in figures(found):
            self.text(sheet, at := rows.next(), 0, say(name))
            self.cell(sheet, at, 1, value, kind)
        rows.next()
        self.headings(sheet, rows.next(), [say("figure"), say("quantity"), say("value")])
        pairs = zip(measured(found.quantity, "number"), measured(found.value, "money"), strict=True)
        for (name, quantity, kind), (_, amount, money) in pairs:
            self.text(sheet, at := rows.next(), 0, say(name))
            self.cell(sheet, at, 1, quantity, kind)
            self.cell(sheet, at, 2, amount, money)
        rows.next()
        for note in ("mixed_units", "long_numbers"):
            self.text(sheet, rows.next(), 0, say(note))

    def breakdown(self, by: str) -> None:
        """A sheet with a row for each group and the total below; by reason there is no sum to make."""
        say, lines = self.report.say, self.report.lines()
        sheet = self.book.add_worksheet(say(f"by_{by}"))
        titles = [say(NAME_OF[by]), *(title for title, _, _ in self._group_cells(Results()))]
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, len(titles) - 1, 14)
        sheet.freeze_panes(1, 1)
        groups = grouped(lines, by)
        names = names_of(by, groups)
        sheet.autofilter(0, 0, len(groups), len(titles) - 1)
        self.headings(sheet, 0, titles)
        for row, group in enumerate(groups, start=1):
            self._group(sheet, row, self.report.key_of(by, group, names), group.results)
        if by == "reason":
            self.text(sheet, len(groups) + 2, 0, say("reasons_overlap"))
        else:
            self._group(sheet, len(groups) + 2, say("total"), total(lines), self.bold)

    def _group(self, sheet: Worksheet, row: int, key: str, found: Results, style: Format | None = None) -> None:
        self.text(sheet, row, 0, key, style)
        for column, (_, value, kind) in enumerate(self._group_cells(found), start=1):
            self.cell(sheet, row, column, value, kind)

    def _group_cells(self, found: Results) -> Iterator[tuple[str, Any, str]]:
        say = self.report.say
        for name, value, kind in figures(found):
            yield say(name), value, kind
        for measure, of, kind in ((found.quantity, "quantity", "number"), (found.value, "value", "money")):
            for name, amount, shown in measured(measure, kind):
                yield f"{say(name)} ({say(of)})", amount, shown

    def lines(self, rows_a_sheet: int) -> None:
        """Every line, matches included, in the order of the shelves; a new sheet where one is full."""
        columns = columns_of(self.report)
        sheet, row, number = self._line_sheet(columns, 1), 1, 1
        for line in each(decided(self.report.lines()).order_by("warehouse", "zone", "bin", *GOODS, "pk")):
            if row > rows_a_sheet:
                self._close(sheet, row, len(columns))
                number += 1
                sheet, row = self._line_sheet(columns, number), 1
            cells = dict(zip(COLUMNS, line_cells(self.report, line), strict=True))
            for column, head in enumerate(columns):
                self.cell(sheet, row, column, cells[head], head[2])
            row += 1
        self._close(sheet, row, len(columns))

    def _line_sheet(self, columns: Sequence[Head], number: int) -> Worksheet:
        say = self.report.say
        sheet = self.book.add_worksheet(say("all_lines") if number == 1 else say("all_lines_more", number=number))
        for column, (_, width, _) in enumerate(columns):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 5)
        self.headings(sheet, 0, [say(name) for name, _, _ in columns])
        return sheet

    def _close(self, sheet: Worksheet, row: int, width: int) -> None:
        sheet.autofilter(0, 0, row - 1, width - 1)

    def headings(self, sheet: Worksheet, row: int, titles: list[str]) -> None:
        for column, title in enumerate(titles):
            self.text(sheet, row, column, title, self.head)

    def cell(self, sheet: Worksheet, row: int, column: int, value: Any, kind: str) -> None:
        """None is an empty cell, never a zero."""
        if value is None or value == "":
            return
        if kind == "text":
            self.text(sheet, row, column, str(value))
        elif kind == "moment":
            here = value.astimezone(self.report.zone).replace(tzinfo=None)
            sheet.write_datetime(row, column, here, self._format("yyyy-mm-dd hh:mm:ss"))
        else:
            self.number(sheet, row, column, Decimal(value), kind)

    def number(self, sheet: Worksheet, row: int, column: int, value: Decimal, kind: str) -> None:
        if not fits(value):
            self.text(sheet, row, column, decimal_text(value), self._format("@", align="right"))
            return
        text = decimal_text(value)
        places = text.partition(".")[2]
        if kind == "share":
            shown = "0.0000%"  # every digit: 99.996 % is not called 100 %
        elif kind == "money":
            shown = "#,##0.00"
        else:
            shown = "#,##0." + "0" * len(places) if places else "#,##0"
        sheet.write_number(row, column, Decimal(text), self._format(shown))

    def text(self, sheet: Worksheet, row: int, column: int, value: str, style: Format | None = None) -> None:
        whole = value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
        sheet.write_string(row, column, whole, style)

    def _format(self, shown: str, **more: str) -> Format:
        if shown not in self._formats:
            self._formats[shown] = self.book.add_format({"num_format": shown, **more})
        return self._formats[shown]


class _Rows:
    """The number of the next row of a sheet that is written from top to bottom."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet, self.at = sheet, -1

    def next(self) -> int:
        self.at += 1
        return self.at


def line_cells(report: Report, line: Any) -> tuple[str | int | Decimal | datetime | None, ...]:
    """The cells of a line, in the order of `COLUMNS`. `line` carries its last decision (`decided`)."""
    name = line.item_name_zh if report.chinese else line.item_name_en
    return (
        line.warehouse, line.zone, line.bin, line.erp_location, line.item, name, line.item_class, line.lot, line.status,
        line.owner, line.package, line.unit,
        line.snapshot, line.expected, line.counted, line.variance, line.price, worth(line), outcome(report, line),
        reasons(report, line), render(f"word.{line.state}", {}, report.language), line.pass_number, line.counter,
        line.counted_at, report.say(f"decision_{line.decision}") if line.decision else None, line.decision_reason,
        line.decided_by, line.decided_at, _day(line.expires), _day(line.label_expires),
    )  # fmt: skip


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
