"""Posting a correction: draft → remember its id → fill in quantities → confirm. Only the last step moves stock.

Tryton's inventory compares a counted quantity with an expected one and books the difference. We post a difference, so
each line gets expected + delta. Whenever an inventory is written Tryton computes its expected quantities anew: a line
whose stock just moved is then off by that, and is written by itself, which leaves its expected quantity alone.
We confirm only when quantity − expected is the delta in every line, and confirming uses exactly those two numbers:
stock that moves afterwards changes the book, not the correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from countbridge.connectors.contract import Document, Receipt, Remember
from countbridge.connectors.systems.tryton import codes
from countbridge.connectors.systems.tryton.lines import Key, Line, LineReader, named_in, receipts
from countbridge.connectors.systems.tryton.rest import Record, TrytonRest
from countbridge.connectors.systems.tryton.values import date_value, dig, plain, text_of, whole
from countbridge.errors import InputError, Rejected, TryLater

TRIES = 10
FIELDS = ["state", "number"]
LINES = [f"lines.{name}" for name in ("product", "lot", "quantity", "expected_quantity")]


class Posting:
    """Posts documents of kind `adjustment`: fields {location, date, reference}, lines {item, lot, delta}."""

    def __init__(self, rest: TrytonRest, reader: LineReader, *, company: int, ours: int) -> None:
        self.rest = rest
        self.reader = reader
        self.company = company
        self.ours = ours
        self.context = {"company": company}

    def write(self, document: Document, about: str, *, resume: str | None, remember: Remember) -> Receipt:
        """Post it once. A document with one wrong line is rejected whole, before anything is written."""
        day = _day(document)
        lines, wrong = self.reader.read(document, writing=True)
        if wrong:
            return Receipt("rejected", lines=receipts(document, wrong))
        record = self._draft(resume, about) if resume else None
        if record is None:
            location = codes.locations(self.rest, [document.fields.get("location") or ""]).popitem()[1]
            record = self._create(location, day, lines, about)
            remember(str(whole(record, "id")))
        if dig(record, "state") == "done":
            return self._confirmed(record, document)
        wanted = {line.key: line for line in lines}
        if wrong := self._fill(record, wanted, about):
            self._discard(record, about)
            return Receipt("rejected", lines=receipts(document, wrong))
        return self._confirm(record, document, about)

    def find(self, document: Document, about: str, *, remembered: str | None) -> Receipt | None:
        """A remembered draft by its id; else an orphan of ours: same place, day and items, no quantity filled in."""
        record = self._draft(remembered, about) if remembered else self._orphan(document)
        if record is None:
            return None
        if dig(record, "state") == "done":
            return self._confirmed(record, document)
        return Receipt("draft", str(whole(record, "id")), details=_details(record))

    def _draft(self, id_: str, about: str) -> Record | None:
        """The inventory, None when it is gone or cancelled: then it never took and never takes effect."""
        record = self.rest.get("stock.inventory", id_, ["id", *FIELDS, *LINES], about)
        return None if record is None or dig(record, "state") == "cancelled" else record

    def _orphan(self, document: Document) -> Record | None:
        lines, wrong = self.reader.read(document, writing=False)
        place = document.fields.get("location") or ""
        if wrong:
            return None
        domain = [
            ["create_uid", "=", self.ours],
            ["state", "=", "draft"],
            ["location.code", "=", place],
            ["date", "=", date_value(_day(document))],
        ]
        keys = {line.key for line in lines}
        for record in self.rest.search("stock.inventory", [*FIELDS, *LINES], domain):
            untouched = all(dig(line, "quantity") is None for line in dig(record, "lines"))
            if untouched and set(_keys(record)) == keys:
                return record
        return None

    def _create(self, location: int, day: date, lines: list[Line], about: str) -> Record:
        values = {
            "location": location,
            "company": self.company,
            "date": date_value(day),
            "empty_quantity": "keep",
            "lines": [["create", [{"product": line.key[0], "lot": line.key[1]} for line in lines]]],
        }
        fields = ["id", *FIELDS, *LINES]
        return self._change("POST", "stock.inventory", values, fields, about, harmless=True)

    def _fill(self, record: Record, wanted: Mapping[Key, Line], about: str) -> dict[int, str]:
        """Bring every line to quantity − expected = delta; returns what stands against it, by line."""
        for attempt in range(TRIES):
            now = _keys(record)
            if set(now) != set(wanted) or len(dig(record, "lines")) != len(wanted):
                raise Rejected("tryton.draft_changed", record=about, number=text_of(dig(record, "number")))
            off = {key: line for key, line in now.items() if _difference(line) != wanted[key].delta}
            if not off:
                return {}
            if wrong := _below_zero(off, wanted):
                return wrong
            quantities = {whole(line, "id"): _expected(line) + wanted[key].delta for key, line in off.items()}
            record = (
                self._fill_all(record, quantities, about)
                if attempt == 0
                else self._fill_each(record, quantities, about)
            )
        raise TryLater("tryton.stock_moving", record=about, tries=TRIES)

    def _fill_all(self, record: Record, quantities: Mapping[int, Decimal], about: str) -> Record:
        """One request for many lines; Tryton computes what it expects in all of them anew."""
        writes: list[Any] = []
        for id_, quantity in quantities.items():
            writes += [[id_], _counted(quantity)]
        path = f"stock.inventory/{whole(record, 'id')}"
        return self._change("PUT", path, {"lines": [["write", *writes]]}, ["id", *FIELDS, *LINES], about, harmless=True)

    def _fill_each(self, record: Record, quantities: Mapping[int, Decimal], about: str) -> Record:
        """The few lines whose stock moved just then, one by one."""
        for id_, quantity in quantities.items():
            self._change("PUT", f"stock.inventory.line/{id_}", _counted(quantity), ["id"], about, harmless=True)
        after = self._draft(str(whole(record, "id")), about)
        if after is None:
            raise Rejected("tryton.draft_changed", record=about, number=text_of(dig(record, "number")))
        return after

    def _confirm(self, record: Record, document: Document, about: str) -> Receipt:
        id_ = whole(record, "id")
        try:
            path = f"stock.inventory/{id_}/confirm"
            return self._confirmed(self._change("POST", path, {}, ["id", *FIELDS], about, harmless=False), document)
        except Rejected as refusal:
            after = self._draft(str(id_), about)
            if after is None:
                raise
            if dig(after, "state") == "done":  # another worker was quicker
                return self._confirmed(after, document)
            self._discard(after, about)
            wrong = named_in(refusal.params.get("message", ""), document)
            if not wrong:
                raise
            return Receipt("rejected", lines=receipts(document, wrong))

    def _discard(self, record: Record, about: str) -> None:
        """A refused draft would confuse people in Tryton, who could even confirm it: the document is not settled before it
        is gone. Only one that Tryton itself will not give up stays."""
        with suppress(Rejected):
            self.rest.delete(f"stock.inventory/{whole(record, 'id')}", about)

    def _confirmed(self, record: Record, document: Document) -> Receipt:
        if dig(record, "state") != "done":
            raise TryLater("tryton.not_done", record=str(whole(record, "id")))
        return Receipt("confirmed", str(whole(record, "id")), receipts(document, {}), _details(record))

    def _change(
        self, method: str, path: str, values: Record, fields: list[str], about: str, *, harmless: bool
    ) -> Record:
        return self.rest.change(method, path, values, fields, about, context=self.context, harmless=harmless)


def _day(document: Document) -> date:
    try:
        return date.fromisoformat(document.fields.get("date") or "")
    except ValueError as error:
        raise InputError("tryton.bad_date", date=document.fields.get("date") or "") from error


def _keys(record: Record) -> dict[Key, Record]:
    return {(whole(line, "product"), dig(line, "lot")): line for line in dig(record, "lines")}


def _expected(line: Record) -> Decimal:
    return Decimal(plain(dig(line, "expected_quantity")))


def _difference(line: Record) -> Decimal | None:
    quantity: Any = dig(line, "quantity")
    return None if quantity is None else Decimal(plain(quantity)) - _expected(line)


def _counted(quantity: Decimal) -> Record:
    """Written digit by digit: as text it would be text to Tryton, as a float it would be a guess."""
    return {"quantity": msgspec.Raw(plain(quantity).encode())}


def _below_zero(lines: Mapping[Key, Record], wanted: Mapping[Key, Line]) -> dict[int, str]:
    """Tryton counts no negative quantities: a correction beyond the book cannot be posted."""
    wrong = {}
    for key, line in lines.items():
        book, delta = _expected(line), wanted[key].delta
        if book + delta < 0:
            wrong[wanted[key].position] = f"the book holds {plain(book)}; with {plain(delta)} it would fall below zero"
    return wrong


def _details(record: Record) -> dict[str, str]:
    return {"number": text_of(dig(record, "number")) or ""}
