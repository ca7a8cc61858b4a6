"""A WMS of any size: pages are computed when they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from countbridge.connectors.base import BaseConnector
from countbridge.connectors.contract import Document, LineReceipt, Page, Receipt, Remember

sys.path.insert(0, str(Path(__file__).parents[1]))
from shape import IN_A_BIN, PAGE, Shape, bin_name, item_name, zone_name


class LargeWms(BaseConnector):
    def open_http(self, on_exchange: object) -> object:  # type: ignore[override]
        return self

    def close(self) -> None:
        return

    def check(self) -> None:
        return

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        shape, now = Shape(int(self.settings["lines"])), datetime.now(UTC)
        if dataset == "movements":
            yield Page((), next="0", watermark="0", as_of=now)
            return
        whole = shape.lines_of(int(scope["zone"][1:])) if dataset == "stock" else range(shape.bins)
        start = int(cursor or whole.start)
        while True:
            part = range(start, min(start + PAGE, whole.stop))
            rows = tuple(self._stock(shape, n) if dataset == "stock" else self._bin(shape, n) for n in part)
            start = part.stop
            yield Page(rows, next=str(start) if start < whole.stop else None, watermark="0", as_of=now)
            if start >= whole.stop:
                return

    def _stock(self, shape: Shape, line: int) -> dict[str, str | None]:
        sku = f"S-{item_name(shape.item_of(line))}"
        return {
            "bin": bin_name(line // IN_A_BIN),
            "sku": sku,
            "lot": "",
            "status": "",
            "owner": "",
            "package": "",
            "qty": str(shape.quantity(line)),
            "uom": "PCS",
        }

    def _bin(self, shape: Shape, number: int) -> dict[str, str | None]:
        zone = zone_name(shape.zone_of(number))
        code = bin_name(number)
        return {"bin": code, "zone": zone, "warehouse": "W1", "walk_order": str(number), "barcode": code}

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        return Receipt("confirmed", key, tuple(LineReceipt(n, True) for n in range(len(document.lines))))

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        return None
