"""What Tryton's book changed by: its stock moves that are done, each as one row for every storage location it touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from countbridge.connectors.contract import Page, Row
from countbridge.connectors.systems.tryton.positions import Position
from countbridge.connectors.systems.tryton.rest import PAGE, Record, TrytonRest
from countbridge.connectors.systems.tryton.values import dig, moment_value, plain, quantity_of, text_of, whole
from countbridge.errors import InputError

FIELDS = [
    "internal_quantity", "product.code", "product.default_uom.digits", "lot.number", "shipment", "create_uid", "write_date",
    "create_date", "from_location.code", "from_location.type", "to_location.code", "to_location.type",
]  # fmt: skip
KINDS = {
    ("supplier", "storage"): "receive", ("storage", "customer"): "pick", ("storage", "storage"): "move",
    ("storage", "production"): "issue", ("production", "storage"): "receive",
}  # fmt: skip


class Moves:
    """Reads moves in the order of their ids, from those changed since the last reading on; `ours` is our own user's id."""

    def __init__(self, rest: TrytonRest, ours: int) -> None:
        self.rest = rest
        self.ours = ours

    def pages(self, scope: Mapping[str, str], cursor: str | None, context: Mapping[str, Any]) -> Iterator[Page]:
        """Rows {id, location, item, lot, quantity, kind, document, occurred, posted, ours}. `quantity` is what the location
        changed by, in the item's unit. `since` begins there when there is no cursor. Tryton dates a move to the day only, so it
        occurred when it was booked as far as anybody can tell."""
        at = Position.parse(cursor or _since(scope))
        while True:
            records, now = self.rest.page("stock.move", FIELDS, _done(at), context=context, after=at.after)
            at = at.beginning(now)
            references = self._references(records)
            rows = tuple(row for record in records for row in self._rows(record, references))
            if len(records) < PAGE:
                yield Page(rows, next=at.next_reading().text(), as_of=now)
                return
            at = at.next_page(whole(records[-1], "id"))
            yield Page(rows, next=at.text(), as_of=now)

    def _references(self, records: list[Record]) -> dict[str, str | None]:
        """ "model,id" of each shipment → what people know it by: its reference, else its number."""
        wanted: dict[str, set[int]] = defaultdict(set)
        for record in records:
            if shipment := dig(record, "shipment"):
                model, _, number = str(shipment).partition(",")
                wanted[model].add(int(number))
        found = {}
        for model, ids in wanted.items():
            for record in self.rest.search(model, ["reference", "number"], [["id", "in", sorted(ids)]]):
                name = text_of(dig(record, "reference")) or text_of(dig(record, "number"))
                found[f"{model},{whole(record, 'id')}"] = name
        return found

    def _rows(self, record: Record, references: Mapping[str, str | None]) -> Iterator[Row]:
        quantity = Decimal(quantity_of(dig(record, "internal_quantity"), whole(record, "product.default_uom.digits")))
        ends = str(dig(record, "from_location.type")), str(dig(record, "to_location.type"))
        booked = text_of(dig(record, "write_date")) or text_of(dig(record, "create_date"))
        for end, sign in (("from", -1), ("to", 1)):
            if dig(record, f"{end}_location.type") != "storage":
                continue
            yield {
                "id": f"{whole(record, 'id')}/{end}",
                "location": text_of(dig(record, f"{end}_location.code")),
                "item": text_of(dig(record, "product.code")),
                "lot": text_of(dig(record, "lot.number")),
                "quantity": plain(sign * quantity),
                "kind": KINDS.get(ends, "adjust"),
                "document": references.get(str(dig(record, "shipment"))),
                "occurred": booked,
                "posted": booked,
                "ours": "true" if whole(record, "create_uid") == self.ours else "false",
            }


def _done(at: Position) -> list[Any]:
    """Tryton's condition for moves that are booked, changed since then."""
    done: list[Any] = [["state", "=", "done"]]
    if not at.since:
        return done
    since = moment_value(datetime.fromisoformat(at.since))
    return [*done, ["OR", ["write_date", ">=", since], ["create_date", ">=", since]]]


def _since(scope: Mapping[str, str]) -> str | None:
    if "since" not in scope:
        return None
    try:
        moment = datetime.fromisoformat(scope["since"])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError("tryton.bad_since", since=scope["since"])
    return Position(moment.isoformat(), 0, "").text()
