"""What exists in Tryton: warehouses, locations, units, users, items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from countbridge.connectors.contract import Page, Row
from countbridge.connectors.systems.tryton.positions import Position
from countbridge.connectors.systems.tryton.rest import Record, TrytonRest
from countbridge.connectors.systems.tryton.values import dig, moment_value, plain, surprise, text_of, whole

ITEMS_A_PAGE = 200
WITH_INACTIVE = ["active", "in", [True, False]]
ITEM_PARTS = ("", "template.", "identifiers.", "cost_prices.")  # a change in any of them is a change of the item


class Masters:
    """Reads master data; `language` is Tryton's code of the Chinese names."""

    def __init__(self, rest: TrytonRest, *, language: str, pack_units: Iterable[str]) -> None:
        self.rest = rest
        self.language = language
        self.pack_units = frozenset(pack_units)

    def warehouses(self) -> Iterator[Row]:
        """{code, name, name_zh, name_en} of every warehouse."""
        for record in self._locations():
            if record["type"] == "warehouse":
                yield {name: record[name] for name in ("code", "name", "name_zh", "name_en")}

    def locations(self) -> Iterator[Row]:
        """{code, name, name_zh, name_en, parent_code, warehouse_code, type} of what lies in a warehouse."""
        known = {record["id"]: record for record in self._locations()}
        for record in known.values():
            warehouse = _ancestor(known, record, "warehouse")
            if warehouse and record["type"] != "warehouse":
                parent = known[record["parent"]]
                row = {name: record[name] for name in ("code", "name", "name_zh", "name_en", "type")}
                yield {**row, "parent_code": parent["code"], "warehouse_code": warehouse["code"]}

    def units(self) -> Iterator[Row]:
        """{id, unit, name, digits, factor, category}; a unit of one symbol may stand in several categories."""
        for record in self.rest.search("product.uom", ["symbol", "name", "digits", "factor", "category.name"]):
            yield {
                "id": text_of(dig(record, "id")),
                "unit": text_of(dig(record, "symbol")),
                "name": text_of(dig(record, "name")),
                "digits": text_of(dig(record, "digits")),
                "factor": plain(dig(record, "factor")),
                "category": text_of(dig(record, "category.name")),
            }

    def users(self) -> Iterator[Row]:
        """{login, name, active}."""
        for record in self.rest.search("res.user", ["login", "name", "active"], [WITH_INACTIVE]):
            yield {name: text_of(dig(record, name)) for name in ("login", "name", "active")}

    def lots(self) -> Iterator[Row]:
        """{id, item, lot}: every lot Tryton knows, whether or not anything of it is in stock."""
        for record in self.rest.search("stock.lot", ["number", "product.code"], [WITH_INACTIVE]):
            code, number = dig(record, "product.code"), dig(record, "number")
            yield {"id": text_of(dig(record, "id")), "item": text_of(code), "lot": text_of(number)}

    def items(self, cursor: str | None, context: Mapping[str, Any]) -> Iterator[Page]:
        """Pages of items kept in stock, changed since `cursor`; the last page's cursor serves the next time."""
        at = Position.parse(cursor)
        while True:
            records, now = self.rest.page(
                "product.product", ITEM_FIELDS, _changed(at), context=context, after=at.after, limit=ITEMS_A_PAGE
            )
            at = at.beginning(now)
            chinese = self._names([whole(record, "id") for record in records])
            rows = tuple(self._item(record, chinese) for record in records)
            if len(records) < ITEMS_A_PAGE:
                yield Page(rows, next=at.next_reading().text())
                return
            at = at.next_page(whole(records[-1], "id"))
            yield Page(rows, next=at.text())

    def _item(self, record: Record, chinese: dict[int, str]) -> Row:
        pack = self._pack(record)
        identifiers = sorted(dig(record, "identifiers") or [], key=lambda entry: whole(entry, "id"))
        return {
            "code": text_of(dig(record, "code")) or None,
            "name_zh": chinese.get(whole(record, "id")),
            "name_en": text_of(dig(record, "template.name")),
            "unit": text_of(dig(record, "template.default_uom.symbol")),
            "unit_digits": text_of(dig(record, "template.default_uom.digits")),
            "cost_price": text_of(dig(record, "cost_price")),
            "lot_required": "true" if dig(record, "template.lot_required") else "false",
            "barcode": next((text_of(entry["code"]) for entry in identifiers if entry["type"] == "ean"), None),
            "pack_unit": text_of(pack["symbol"]) if pack else None,
            "pack_quantity": plain(pack["factor"]) if pack else None,
            "class": _class(record),
            "active": text_of(dig(record, "active")),
            "write_date": _latest(record),
        }

    def _pack(self, record: Record) -> Record | None:
        """The smallest pack unit of the item's unit category, if its base unit is the category's unit of factor 1."""
        units = dig(record, "template.default_uom.category.uoms") or []
        base = text_of(dig(record, "template.default_uom.factor"))
        packs = [unit for unit in units if unit["symbol"] in self.pack_units and unit["active"]]
        return min(packs, key=lambda unit: Decimal(plain(unit["factor"]))) if packs and plain(base) == "1" else None

    def _names(self, ids: list[int]) -> dict[int, str]:
        if not ids:
            return {}
        domain = [["id", "in", ids], WITH_INACTIVE]
        found = self.rest.search("product.product", ["template.name"], domain, language=self.language)
        return {whole(record, "id"): str(dig(record, "template.name")) for record in found}

    def _locations(self) -> list[Record]:
        fields = ["code", "name", "type", "parent"]
        chinese = {
            record["id"]: record["name"]
            for record in self.rest.search("stock.location", fields, language=self.language)
        }
        records = []
        for record in self.rest.search("stock.location", fields):
            names = {"name_en": record["name"], "name_zh": chinese.get(record["id"], record["name"])}
            records.append({**record, **names, "name": names["name_zh"]})
        return records


ITEM_FIELDS = [
    *("code", "active", "cost_price", "template.name", "template.lot_required", "identifiers.code", "identifiers.type"),
    *("template.categories.code", "template.categories.name"),
    *(f"template.default_uom.{name}" for name in ("symbol", "digits", "factor")),
    *(f"template.default_uom.category.uoms.{name}" for name in ("symbol", "factor", "active")),
    *(f"{part}{stamp}" for part in ITEM_PARTS for stamp in ("write_date", "create_date")),
]


def _changed(at: Position) -> list[Any]:
    """Tryton's condition for items kept in stock and changed since then."""
    kept: list[Any] = [["type", "=", "goods"], ["consumable", "=", False], WITH_INACTIVE]
    if not at.since:
        return kept
    since = moment_value(datetime.fromisoformat(at.since))
    stamps = [[f"{part}{stamp}", ">=", since] for part in ITEM_PARTS for stamp in ("write_date", "create_date")]
    return [*kept, ["OR", *stamps]]


def _class(record: Record) -> str | None:
    """The category the item is filed under, by its code, or its name where it has none. Tryton allows several: the oldest."""
    first = min(dig(record, "template.categories"), key=lambda entry: whole(entry, "id"), default=None)
    return text_of(first["code"]) or text_of(first["name"]) if first else None


def _latest(record: Record) -> str:
    """The newest of all change dates of an item and its parts."""
    parts = [record, dig(record, "template"), *dig(record, "identifiers"), *dig(record, "cost_prices")]
    stamps = [text_of(part[name]) for part in parts for name in ("write_date", "create_date")]
    found = max((stamp for stamp in stamps if stamp), default=None)
    if found is None:
        raise surprise("write_date", "-")
    return found


def _ancestor(known: dict[int, Record], record: Record, kind: str) -> Record | None:
    seen = 0
    while record["type"] != kind:
        parent = known.get(record["parent"] or -1)
        seen += 1
        if parent is None or seen > len(known):
            return None
        record = parent
    return record
