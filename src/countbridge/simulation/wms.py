"""The modelled WMS: its book in its own units, its ledger as a feed, and everything it was sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from countbridge.connectors.contract import Document, Row
from countbridge.simulation.places import BY_SKU, Key, plain

FeedRow = dict[str, str | None]


@dataclass
class Wms:
    """What it holds survives its restarts. The same key takes effect once."""

    stock: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # (bin, sku, lot), its own units
    feed: list[FeedRow] = field(default_factory=list)
    results: list[FeedRow] = field(default_factory=list)
    received: dict[str, Document] = field(default_factory=dict)
    adjusted: list[tuple[str, Row]] = field(default_factory=list)  # (key, line) in the order they took effect

    def take(self, document: Document, key: str, at: datetime) -> None:
        if key in self.received:
            return
        self.received[key] = document
        if document.kind == "adjustment":
            for place, line in enumerate(document.lines):
                self.adjusted.append((key, line))
                bin_code, sku, lot = str(line["bin"]), str(line["sku"]), line["lot"] or ""
                self.move(f"{key}-{place}", bin_code, sku, lot, Decimal(str(line["delta"])), at, at, kind="adjust")

    def move(
        self, name: str, bin_code: str, sku: str, lot: str, quantity: Decimal, occurred: datetime, recorded: datetime,
        *, kind: str, erp_state: str = "none",
    ) -> None:  # fmt: skip
        """Write a movement into the ledger: the book changes now, whenever it occurred."""
        self.stock[bin_code, sku, lot] += quantity
        self.feed.append(
            {
                "seq": str(len(self.feed) + 1), "id": name, "type": kind, "bin": bin_code, "sku": sku, "lot": lot,
                "qty": plain(quantity), "uom": BY_SKU[sku].uom, "document": None,
                "occurred_at": occurred.isoformat(), "recorded_at": recorded.isoformat(),
                "erp_state": erp_state, "erp_posted_at": None,
            }
        )  # fmt: skip

    def booked_in_erp(self, name: str, at: datetime) -> None:
        """The movement is told again: the company's own interface has posted it."""
        told = next(row for row in self.feed if row["id"] == name)
        again = {"seq": str(len(self.feed) + 1), "erp_state": "posted", "erp_posted_at": at.isoformat()}
        self.feed.append({**told, **again})
