"""The sandbox company as data: places, items, people, the opening book and what really lies on the shelves.

Standard library only: the ERP's own interpreter reads it too. Quantities are `Decimal` in the item's ERP base unit.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

Row = dict[str, str]


@dataclass(frozen=True)
class Company:
    name_zh: str
    name_en: str
    currency: str
    timezone: str


@dataclass(frozen=True)
class Warehouse:
    """`code` is the ERP's, `wms_code` the WMS's. `per_bin`: does the ERP keep stock per bin (else per zone)?"""

    code: str
    wms_code: str
    name_zh: str
    name_en: str
    per_bin: bool


@dataclass(frozen=True)
class ErpLocation:
    """A storage location of the ERP. `parent` "": this one is its warehouse's storage location."""

    code: str
    name_zh: str
    name_en: str
    parent: str
    warehouse: str
    holds_stock: bool
    type: str = "storage"


@dataclass(frozen=True)
class Zone:
    """A zone of the WMS and the ERP location that stands for it (W2: the one that holds its stock)."""

    code: str
    warehouse: str
    name_zh: str
    name_en: str
    erp_location: str


@dataclass(frozen=True)
class Bin:
    """A bin of the WMS. `erp_location` is where the ERP keeps its stock: its own (W1) or its zone's (W2)."""

    code: str
    zone: str
    warehouse: str
    walk_order: int
    barcode: str
    erp_location: str


@dataclass(frozen=True)
class Item:
    """`wms_per_unit`: WMS units in one ERP base unit (1000 where the WMS keeps a kg item in GRM)."""

    code: str
    sku: str
    name_zh: str
    name_en: str
    category: str
    barcode: str
    unit: str
    unit_digits: int
    wms_unit: str
    wms_digits: int
    wms_per_unit: int
    lot_tracked: bool
    pack_quantity: int
    cost_price: str

    def in_wms(self, quantity: Decimal) -> Decimal:
        """A base-unit quantity in the WMS's unit: 1.250 kg → 1250 GRM."""
        return (quantity * self.wms_per_unit).quantize(Decimal(1).scaleb(-self.wms_digits))


@dataclass(frozen=True)
class Lot:
    item: str
    number: str


@dataclass(frozen=True)
class StockLine:
    """`lot` is "" for an item that is not lot-tracked; `item` is the ERP code; `quantity` in the ERP base unit."""

    bin: str
    item: str
    lot: str
    quantity: Decimal


@dataclass(frozen=True)
class Deviation:
    """Why the shelf differs from the book at one key: `delta` = floor − book, in the ERP base unit."""

    kind: str
    bin: str
    item: str
    lot: str
    delta: Decimal


@dataclass(frozen=True)
class User:
    """`login` in the ERP (and in Countbridge), `wms_operator` in the WMS; `warehouses` are ERP codes."""

    login: str
    wms_operator: str
    name_zh: str
    name_en: str
    role: str
    warehouses: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """The sandbox company at the start of a demo."""

    seed: int
    company: Company
    warehouses: tuple[Warehouse, ...]
    erp_locations: tuple[ErpLocation, ...]
    zones: tuple[Zone, ...]
    bins: tuple[Bin, ...]
    items: tuple[Item, ...]
    lots: tuple[Lot, ...]
    users: tuple[User, ...]
    book: tuple[StockLine, ...]
    shelf: tuple[StockLine, ...]
    deviations: tuple[Deviation, ...]

    @cached_property
    def item_by_code(self) -> dict[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def bin_by_code(self) -> dict[str, Bin]:
        return {place.code: place for place in self.bins}

    def erp_stock(self) -> list[Row]:
        """Opening book of the ERP, at its own grain: location, item, lot, quantity, unit."""
        sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for line in self.book:
            sums[self.bin_by_code[line.bin].erp_location, line.item, line.lot] += line.quantity
        return [
            {"location": place, "item": code, "lot": lot, "quantity": str(total), "unit": self.item_by_code[code].unit}
            for (place, code, lot), total in sorted(sums.items())
        ]

    def wms_stock(self) -> list[Row]:
        """Opening book of the WMS in its own codes and units: bin, sku, lot, qty, uom."""
        return self._in_wms_words(self.book)

    def floor(self) -> list[Row]:
        """What really lies on the shelves, in the WMS's codes and units: bin, sku, lot, qty, uom."""
        return self._in_wms_words(self.shelf)

    def _in_wms_words(self, lines: Iterable[StockLine]) -> list[Row]:
        rows = []
        for line in lines:
            item = self.item_by_code[line.item]
            quantity = str(item.in_wms(line.quantity))
            rows.append({"bin": line.bin, "sku": item.sku, "lot": line.lot, "qty": quantity, "uom": item.wms_unit})
        return rows

    def code_tables(self) -> dict[str, list[Row]]:
        """Pairs of codes between the two systems. `factor`: ERP base units in one WMS unit, an exact fraction."""
        return {
            "warehouses": [{"erp": place.code, "wms": place.wms_code} for place in self.warehouses],
            "zones": [{"erp": zone.erp_location, "wms": zone.code} for zone in self.zones],
            "bins": [{"erp": place.erp_location, "wms": place.code} for place in self.bins],
            "items": [{"erp": item.code, "wms": item.sku} for item in self.items],
            "units": [
                {"erp": "u", "wms": "PCS", "factor": "1"},
                {"erp": "kg", "wms": "KGM", "factor": "1"},
                {"erp": "kg", "wms": "GRM", "factor": "1/1000"},
            ],
            "item_units": self._item_units(),
            "users": [{"erp": user.login, "wms": user.wms_operator} for user in self.users],
        }

    def _item_units(self) -> list[Row]:
        rows: list[Row] = []
        for item in self.items:
            factor = "1" if item.wms_per_unit == 1 else f"1/{item.wms_per_unit}"
            rows.append({"item": item.code, "erp": item.unit, "wms": item.wms_unit, "factor": factor})
            if item.pack_quantity:
                rows.append({"item": item.code, "erp": item.unit, "wms": "CTN", "factor": str(item.pack_quantity)})
        return rows

    def to_json(self) -> str:
        """The whole world as JSON text; quantities are text."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False, indent=1)


def from_json(text: str) -> World:
    """The world that `World.to_json` wrote."""
    data = json.loads(text)
    return World(
        seed=data["seed"],
        company=Company(**data["company"]),
        warehouses=tuple(Warehouse(**row) for row in data["warehouses"]),
        erp_locations=tuple(ErpLocation(**row) for row in data["erp_locations"]),
        zones=tuple(Zone(**row) for row in data["zones"]),
        bins=tuple(Bin(**row) for row in data["bins"]),
        items=tuple(Item(**row) for row in data["items"]),
        lots=tuple(Lot(**row) for row in data["lots"]),
        users=tuple(User(**{**row, "warehouses": tuple(row["warehouses"])}) for row in data["users"]),
        book=tuple(_with_decimal(StockLine, "quantity", row) for row in data["book"]),
        shelf=tuple(_with_decimal(StockLine, "quantity", row) for row in data["shelf"]),
        deviations=tuple(_with_decimal(Deviation, "delta", row) for row in data["deviations"]),
    )


def _with_decimal(kind: type, name: str, row: dict[str, Any]) -> Any:
    return kind(**{**row, name: Decimal(row[name])})
