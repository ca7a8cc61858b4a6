"""What Tryton's book says lies in a location, per item and lot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from countbridge.connectors.contract import Page, Row
from countbridge.connectors.systems.tryton import codes
from countbridge.connectors.systems.tryton.masters import WITH_INACTIVE, Masters
from countbridge.connectors.systems.tryton.rest import PAGE, Record, TrytonRest
from countbridge.connectors.systems.tryton.values import dig, plain, quantity_of, text_of, whole
from countbridge.errors import TryLater

TRIES = 5
FIELDS = ["quantity", "default_uom.symbol", "default_uom.digits"]
NOT_NONE: list[Any] = [["quantity", "!=", 0], WITH_INACTIVE]
Context = Mapping[str, Any]


class Stock:
    """One page for each location, complete and true for one moment."""

    def __init__(self, rest: TrytonRest, masters: Masters) -> None:
        self.rest = rest
        self.masters = masters

    def pages(self, scope: Mapping[str, str], cursor: str | None, context: Context) -> Iterator[Page]:
        """Rows {location, item, lot, quantity, unit}; `cursor` is the code of the last location that was read."""
        wanted = [code for code in self._codes(scope) if cursor is None or code > cursor]
        ids = codes.locations(self.rest, wanted)
        for position, code in enumerate(wanted, start=1):
            yield self._location(code, ids[code], context, following=code if position < len(wanted) else None)
        if not wanted:
            yield Page(())

    def _codes(self, scope: Mapping[str, str]) -> list[str]:
        if "location" in scope:
            return [scope["location"]]
        house = scope.get("warehouse")
        rows = [row for row in self.masters.locations() if house is None or row["warehouse_code"] == house]
        return sorted(row["code"] for row in rows if row["code"] and row["type"] == "storage")

    def _location(self, code: str, id_: int, context: Context, following: str | None) -> Page:
        """Items and lots are two questions: lots asked before and after the items must agree, or we ask again."""
        here = {**context, "locations": [id_], "with_childs": False}
        lots, _ = self._all("stock.lot", ["number", "product.code", "product.id", *FIELDS], here)
        for _ in range(TRIES):
            items, as_of = self._all("product.product", ["code", *FIELDS], here)
            again, _ = self._all("stock.lot", ["number", "product.code", "product.id", *FIELDS], here)
            if again == lots:
                rows = sorted(_rows(code, items, lots), key=lambda row: (row["item"] or "", row["lot"] or ""))
                return Page(tuple(rows), next=following, as_of=as_of)
            lots = again
        raise TryLater("tryton.stock_moving", record=code, tries=TRIES)

    def _all(self, model: str, fields: list[str], context: Context) -> tuple[list[Record], datetime | None]:
        """Every record with a quantity, and the server's clock at the first answer."""
        records, as_of = self.rest.page(model, fields, NOT_NONE, context=context)
        found = records
        while len(found) == PAGE:
            found, _ = self.rest.page(model, fields, NOT_NONE, context=context, after=whole(found[-1], "id"))
            records = records + found
        return records, as_of


def _rows(location: str, items: list[Record], lots: list[Record]) -> Iterator[Row]:
    """A row for each lot; what an item has beyond its lots is a row without lot, so nothing is counted twice."""
    in_lots: dict[int, Decimal] = defaultdict(Decimal)
    for lot in lots:
        quantity = quantity_of(dig(lot, "quantity"), whole(lot, "default_uom.digits"))
        in_lots[whole(lot, "product.id")] += Decimal(quantity)
        yield _row(location, dig(lot, "product.code"), dig(lot, "number"), quantity, lot)
    totals = {whole(item, "id"): item for item in items}
    for id_, item in totals.items():
        total = Decimal(quantity_of(dig(item, "quantity"), whole(item, "default_uom.digits")))
        if rest := total - in_lots.pop(id_, Decimal(0)):
            yield _row(location, dig(item, "code"), None, plain(rest), item)
    code_of = {whole(lot, "product.id"): lot for lot in lots}
    for id_, quantity_in_lots in in_lots.items():  # lots that cancel out: the item's own total is zero
        if quantity_in_lots:
            lot = code_of[id_]
            yield _row(location, dig(lot, "product.code"), None, plain(-quantity_in_lots), lot)


def _row(location: str, item: Any, lot: Any, quantity: str, record: Record) -> Row:
    unit = text_of(dig(record, "default_uom.symbol"))
    return {"location": location, "item": text_of(item), "lot": text_of(lot), "quantity": quantity, "unit": unit}
