"""An ERP of any size that books per zone: pages are computed when they are asked for."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from countbridge.connectors.base import BaseConnector
from countbridge.connectors.contract import Document, LineReceipt, Page, Receipt, Remember

sys.path.insert(0, str(Path(__file__).parents[1]))
from shape import PAGE, ZONES, Shape, item_name, location_name


class LargeErp(BaseConnector):
    def open_http(self, on_exchange: object) -> object:  # type: ignore[override]
        return self

    def close(self) -> None:
        return

    def check(self) -> None:
        return

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        shape = Shape(int(self.settings["lines"]))
        if dataset == "warehouses":
            yield Page(({"code": "W1", "name": "W1"},))
        elif dataset == "locations":
            yield Page(tuple({"code": location_name(z), "parent_code": "W1"} for z in range(ZONES)))
        elif dataset == "items":
            yield from self._pages([self._item(n) for n in range(shape.items)], cursor)
        else:
            yield from self._pages(self._stock(shape, scope["location"]), cursor)

    def _pages(self, rows: list[dict[str, str | None]], cursor: str | None) -> Iterator[Page]:
        start = int(cursor or 0)
        while True:
            part, start = rows[start : start + PAGE], start + PAGE
            yield Page(tuple(part), next=str(start) if start < len(rows) else None)
            if start >= len(rows):
                return

    def _item(self, number: int) -> dict[str, str | None]:
        code = item_name(number)
        return {
            "code": code, "name_zh": f"物料 {code}", "name_en": f"Item {code}", "unit": "u", "unit_digits": "0",
            "cost_price": "1.5", "lot_required": "False", "barcode": None, "class": None,
            "pack_quantity": None,
        }  # fmt: skip

    def _stock(self, shape: Shape, location: str) -> list[dict[str, str | None]]:
        sums: dict[int, int] = defaultdict(int)
        for line in shape.lines_of(int(location[2:])):
            sums[shape.item_of(line)] += shape.quantity(line)
        return [
            {"location": location, "item": item_name(item), "lot": "", "quantity": str(quantity)}
            for item, quantity in sorted(sums.items())
        ]

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        return Receipt("confirmed", key, tuple(LineReceipt(n, True) for n in range(len(document.lines))))

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        return None
