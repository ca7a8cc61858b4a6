"""A4 pages, landscape, filled from top to bottom: text that wraps, tables whose heads repeat, "n / N" on every page.

A finished page is kept compressed, a row only until it is drawn. The font is embedded, Chinese included, as far as it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import IO

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONT = "NotoSansSC"
WIDTH, HEIGHT = landscape(A4)
MARGIN = 14 * mm
TOP, BOTTOM = HEIGHT - MARGIN, MARGIN + 6 * mm
INNER = WIDTH - 2 * MARGIN
INK, QUIET, RULE, SHADE = HexColor("#1b2430"), HexColor("#5a6675"), HexColor("#c3cad3"), HexColor("#eef1f5")
MARK = Color(0.45, 0.5, 0.56, alpha=0.16)
PAD = 1.6 * mm
FIELDS = 34 * mm  # height of the boxes to sign in
CLOSING = set(",.;:!?)%，。；：、！？）》」』】％")  # never first on a line
NUMBER = 6 * mm  # room for the number of pages
PAGES = "pages"  # the form in which the number of pages is drawn, once it is known


@cache
def font() -> str:
    """The name of the font, ready for use."""
    with as_file(files("countbridge.reports") / "fonts" / "NotoSansSC-Regular.ttf") as path:
        registerFont(TTFont(FONT, str(path)))
    return FONT


@dataclass(frozen=True)
class Column:
    """`share` of the page's width; `right` for figures."""

    title: str
    share: float
    right: bool = False


def wrapped(text: str, width: float, size: float) -> list[str]:
    """The text in lines of at most `width` points, broken at spaces where there are any, else between characters."""
    lines: list[str] = []
    for paragraph in text.expandtabs(1).splitlines() or [""]:
        line = ""
        for character in paragraph:
            if line and character not in CLOSING and stringWidth(line + character, font(), size) > width:
                head, space, tail = line.rpartition(" ")
                kept, line = (head, tail) if space and head.strip() and character != " " else (line, "")
                lines.append(kept.rstrip())
            line += character if line or character != " " else ""
        lines.append(line.rstrip())
    return lines


class Paper:
    """One document. `foot` stands on every page, `mark` (may be empty) across it."""

    def __init__(self, file: IO[bytes], title: str, foot: str, mark: str = "") -> None:
        self.canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), pageCompression=1)
        self.canvas.setTitle(title)
        self.canvas.setAuthor("Countbridge")
        self.foot, self.mark, self.page, self.y = foot, mark, 0, 0.0
        self._begin()

    def _begin(self) -> None:
        self.page, self.y = self.page + 1, TOP
        if self.mark:
            self.canvas.saveState()
            self.canvas.translate(WIDTH / 2, HEIGHT / 2)
            self.canvas.rotate(28)
            self._draw(self.mark, 0, -30, 96, MARK, "centre")
            self.canvas.restoreState()
        y = MARGIN - 2 * mm
        self._draw(self.foot, MARGIN, y, 7.5, QUIET)
        self._draw(f"{self.page} / ", WIDTH - MARGIN - NUMBER, y, 7.5, QUIET, "right")
        self.canvas.saveState()
        self.canvas.translate(WIDTH - MARGIN - NUMBER, y)
        self.canvas.doForm(PAGES)
        self.canvas.restoreState()

    def _draw(self, text: str, x: float, y: float, size: float, colour: Color = INK, align: str = "left") -> None:
        self.canvas.setFont(font(), size)
        self.canvas.setFillColor(colour)
        draw = {"left": self.canvas.drawString, "right": self.canvas.drawRightString,
                "centre": self.canvas.drawCentredString}[align]  # fmt: skip
        draw(x, y, text)

    def next_page(self) -> None:
        self.canvas.showPage()
        self._begin()

    def room(self, height: float) -> None:
        """Go on to a new page where so much does not fit on this one any more."""
        if self.y - height < BOTTOM and self.y < TOP:
            self.next_page()

    def gap(self, height: float) -> None:
        self.y -= height

    def text(self, text: str, size: float = 9, colour: Color = INK, width: float = INNER) -> None:
        for line in wrapped(text, width, size):
            self.room(size * 1.4)
            self.y -= size * 1.4
            self._draw(line, MARGIN, self.y, size, colour)

    def heading(self, text: str, below: float = 26 * mm) -> None:
        """With room for what stands `below` it: a heading is never alone at the foot of a page."""
        self.room(below)
        self.gap(4 * mm)
        self.text(text, 12)
        self.gap(2 * mm)

    def facts(self, rows: Sequence[tuple[str, str]], columns: int = 3) -> None:
        """Name and value pairs side by side; a value that is too long goes on below itself."""
        width = INNER / columns
        for start in range(0, len(rows), columns):
            row = rows[start : start + columns]
            parts = [(name, wrapped(value, width - 4 * mm, 9)) for name, value in row]
            height = 10 + max(len(lines) for _, lines in parts) * 12.5
            self.room(height)
            for column, (name, lines) in enumerate(parts):
                x = MARGIN + column * width
                self._draw(name, x, self.y - 9, 7.5, QUIET)
                for number, line in enumerate(lines, start=1):
                    self._draw(line, x, self.y - 9 - number * 12, 9)
            self.y -= height + 5

    def table_head(self, columns: Sequence[Column], size: float = 8) -> None:
        cells = [wrapped(column.title, column.share * INNER - 2 * PAD, size) for column in columns]
        height = max(map(len, cells)) * size * 1.3 + 2 * PAD
        self.room(height * 3)
        self.canvas.setFillColor(SHADE)
        self.canvas.rect(MARGIN, self.y - height, INNER, height, stroke=0, fill=1)
        self._cells(columns, cells, height, size)

    def table_row(self, columns: Sequence[Column], values: Sequence[str], size: float = 8) -> None:
        """One row; where the page ends before it, the next page begins with the head again."""
        cells = [wrapped(text, c.share * INNER - 2 * PAD, size) for c, text in zip(columns, values, strict=True)]
        height = max(map(len, cells)) * size * 1.3 + 2 * PAD
        if self.y - height < BOTTOM:
            self.next_page()
            self.table_head(columns, size)
        self._cells(columns, cells, height, size)

    def _cells(self, columns: Sequence[Column], cells: list[list[str]], height: float, size: float) -> None:
        x = MARGIN
        for column, lines in zip(columns, cells, strict=True):
            width = column.share * INNER
            for number, line in enumerate(lines):
                y = self.y - PAD - size - number * size * 1.3 + 1
                if column.right:
                    self._draw(line, x + width - PAD, y, size, INK, "right")
                else:
                    self._draw(line, x + PAD, y, size)
            x += width
        self.y -= height
        self.canvas.setStrokeColor(RULE)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(MARGIN, self.y, MARGIN + INNER, self.y)

    def fields(self, titles: Sequence[str], blanks: Sequence[str]) -> None:
        """Boxes side by side to fill in by hand, all on one page."""
        height, gap = FIELDS, 4 * mm
        width = (INNER - gap * (len(titles) - 1)) / len(titles)
        self.room(height)
        for number, title in enumerate(titles):
            x = MARGIN + number * (width + gap)
            self.canvas.setStrokeColor(QUIET)
            self.canvas.setLineWidth(0.6)
            self.canvas.rect(x, self.y - height, width, height)
            self._draw(title, x + PAD, self.y - 12, 10)
            for line, blank in enumerate(blanks):
                y = self.y - 14 * mm - line * 8.5 * mm
                self._draw(blank, x + PAD, y, 8, QUIET)
                self.canvas.line(x + 16 * mm, y - 1, x + width - PAD, y - 1)
        self.y -= height

    def save(self) -> int:
        """Finish the document; returns its number of pages."""
        self.canvas.showPage()
        self.canvas.beginForm(PAGES)
        self._draw(str(self.page), 0, 0, 7.5, QUIET)
        self.canvas.endForm()
        self.canvas.save()
        return self.page
