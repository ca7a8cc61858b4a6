"""A correction's lines checked against Tryton's items and lots before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from countbridge.connectors.contract import Document, LineReceipt, Row
from countbridge.connectors.systems.tryton import codes
from countbridge.connectors.systems.tryton.rest import TrytonRest
from countbridge.connectors.systems.tryton.values import text_of

NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
Key = tuple[int, int | None]  # product, lot: what may occur once in an inventory


@dataclass(frozen=True, slots=True)
class Line:
    """One correction: add `delta` (in the item's unit) to the book of that product and lot."""

    position: int
    item: str
    key: Key
    delta: Decimal


class LineReader:
    """Turns a document's lines into Tryton's record numbers; creates missing lots where that is allowed."""

    def __init__(self, rest: TrytonRest, *, create_lots: bool, context: Mapping[str, Any]) -> None:
        self.rest = rest
        self.create_lots = create_lots
        self.context = context

    def read(self, document: Document, *, writing: bool) -> tuple[list[Line], dict[int, str]]:
        """The lines, and by position what is wrong with those that cannot be posted.

        Missing lots are created only when `writing`, and only when nothing is wrong with any line.
        """
        products = codes.products(self.rest, [line.get("item") or "" for line in document.lines])
        wrong: dict[int, str] = {}
        chosen: dict[int, codes.Product] = {}
        for position, row in enumerate(document.lines):
            found = products.get(row.get("item") or "", [])
            if problem := _problem(row, found):
                wrong[position] = problem
            else:
                chosen[position] = found[0]
        lots = codes.lots(self.rest, [product.id for product in chosen.values()])
        missing: dict[int, str] = {}
        for position, product in chosen.items():
            number = document.lines[position].get("lot") or ""
            known = lots.get((product.id, number), [])
            if number and len(known) > 1:
                wrong[position] = f"{len(known)} lots of item {product.code} have the number {number}"
            elif number and not known and not (writing and self.create_lots and product.lot_tracked):
                wrong[position] = f"item {product.code} has no lot {number}"
            elif number and not known:
                missing[position] = number
        _mark_repeated(document, wrong)
        if not wrong:
            self._create(missing, chosen, lots)
        lines = [] if wrong else [_line(document.lines[at], at, product, lots) for at, product in chosen.items()]
        return lines, wrong

    def _create(
        self, missing: Mapping[int, str], chosen: Mapping[int, codes.Product], lots: dict[tuple[int, str], list[int]]
    ) -> None:
        for position, number in missing.items():
            product = chosen[position]
            about = f"stock.lot {number} of item {product.code}"
            values = {"product": product.id, "number": number}
            record = self.rest.change("POST", "stock.lot", values, ["id"], about, context=self.context, harmless=True)
            lots[product.id, number] = [int(record["id"])]


def receipts(document: Document, wrong: Mapping[int, str]) -> tuple[LineReceipt, ...]:
    """One receipt a line: not ok for those in `wrong`, with the words for a person."""
    return tuple(LineReceipt(at, at not in wrong, wrong.get(at, "")) for at in range(len(document.lines)))


def named_in(message: str, document: Document) -> dict[int, str]:
    """The lines whose item Tryton's message names (it writes "[code] name"); all of them share the message."""
    return {at: message for at, row in enumerate(document.lines) if f"[{row.get('item')}]" in message}


def _problem(row: Row, found: list[codes.Product]) -> str:
    code, delta, lot = row.get("item") or "", row.get("delta") or "", row.get("lot") or ""
    if len(found) != 1:
        return f"{len(found)} items have the code {code}" if found else f"there is no item with the code {code!r}"
    if not NUMBER.fullmatch(delta):
        return f"{delta!r} is not a decimal number"
    decimals = len(delta.partition(".")[2].rstrip("0"))
    if decimals > found[0].digits:
        return f"{delta} has more decimals than the unit of item {code} allows ({found[0].digits})"
    if found[0].lot_tracked and not lot:
        return f"item {code} is kept by lot, and the line names none"
    return ""


def _mark_repeated(document: Document, wrong: dict[int, str]) -> None:
    first: dict[tuple[str, str], int] = {}
    for position, row in enumerate(document.lines):
        key = (row.get("item") or "", row.get("lot") or "")
        if first.setdefault(key, position) != position and position not in wrong:
            wrong[position] = f"the same item and lot as line {first[key]}"


def _line(row: Row, at: int, product: codes.Product, lots: Mapping[tuple[int, str], list[int]]) -> Line:
    number = text_of(row.get("lot")) or ""
    lot = lots[product.id, number][0] if number else None
    return Line(at, product.code, (product.id, lot), Decimal(row.get("delta") or ""))
