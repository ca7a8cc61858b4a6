"""The company of the flow tests: an ERP, a WMS and the floor, small enough to check by hand.

W1 is booked per bin in the ERP, W2 per zone: the WMS's bins S0101, S0102 and S0201 are one ERP location W2-S, and
T0101 is W2-T. Quantities of the floor and of `move` are ERP base units; the WMS keeps 1E5 in grams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from modelled.trouble import Calls

PLACES = {
    "A0101": ("WH1", "A", "W1-A-01"), "A0102": ("WH1", "A", "W1-A-02"),
    "S0101": ("WH2", "S", "W2-S"), "S0102": ("WH2", "S", "W2-S"), "S0201": ("WH2", "S", "W2-S"),
    "T0101": ("WH2", "T", "W2-T"),
}  # fmt: skip
PARENTS = {"W1-A-01": "W1-A", "W1-A-02": "W1-A", "W1-A": "W1", "W2-S": "W2", "W2-T": "W2", "W1": "", "W2": ""}
SKUS = {"00123": "S-123", "1E5": "S-1E5", "00124": "S-124", "LOT-1": "S-LOT", "SER-1": "S-SER"}
PER_UNIT = {"1E5": Decimal(1000)}  # WMS units in one base unit, where that is not one
UOM = {"1E5": "GRM"}


class Blocked(Exception):
    """The WMS lets nothing into or out of the bin's zone."""


# Bin or ERP location, item, lot; then status, owner and package as far as any is told: what is none at the end is left out.
Key = tuple[str, ...]
FINER = ("status", "owner", "package")


def key_of(row: Mapping[str, object], place: str, goods: str) -> Key:
    """The key of a row by the parts it tells."""
    return shortest(*(str(row.get(name) or "") for name in (place, goods, "lot", *FINER)))


def shortest(*parts: str) -> Key:
    while len(parts) > 3 and not parts[-1]:
        parts = parts[:-1]
    return parts


def finer(key: Key, parts: Iterable[str] = ()) -> dict[str, str]:
    """Lot and the further parts of a key by name, those there are; the lot and `parts` always."""
    return {"lot": key[2], **dict.fromkeys(parts, ""), **dict(zip(FINER, key[3:], strict=False))}


def plain(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")


@dataclass
class Erp:
    """Its book, the planners' drafts, and the documents we wrote: id → {state, fields, lines}."""

    calls: Calls = field(default_factory=lambda: Calls("erp"))
    items: dict[str, dict[str, str | None]] = field(default_factory=dict)
    stock: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    approvals: dict[str, dict[str, str | None]] = field(default_factory=dict)
    documents: dict[str, dict[str, object]] = field(default_factory=dict)
    ledger: list[dict[str, str | None]] = field(default_factory=list)  # what its own feed tells
    refuses: dict[str, str] = field(default_factory=dict)  # item → why no line of it is taken
    parts: tuple[str, ...] = ()  # which of status, owner, package it tells stock apart by
    takes_the_rest: bool = False  # of a document with a line it refuses; else it takes a document whole or not at all
    ids: count[int] = field(default_factory=lambda: count(100))

    def confirm(self, document: str) -> None:
        """Book a draft. A confirmed one stays as it is: its stock moves once."""
        held = self.documents[document]
        if held["state"] != "done":
            held["state"] = "done"
            for line in held["lines"]:  # type: ignore[attr-defined]
                self.stock[key_of({**line, "location": held["fields"]["location"]}, "location", "item")] += Decimal(
                    line["delta"]
                )  # type: ignore[index]

    def posted(self) -> list[tuple[Any, ...]]:
        """Every line ever booked by us: location, item, lot (and what more it tells), change."""
        booked = [
            (*key_of({**line, "location": d["fields"]["location"]}, "location", "item"), Decimal(line["delta"]))  # type: ignore[index]
            for d in self.documents.values() if d["state"] == "done" for line in d["lines"]  # type: ignore[attr-defined]
        ]  # fmt: skip
        return sorted(booked, key=lambda row: (row[:-1], row[-1]))


@dataclass
class Wms:
    """Its book in its own units, its feeds, and everything it was sent: key → (kind, fields, lines)."""

    calls: Calls = field(default_factory=lambda: Calls("wms"))
    bins: list[dict[str, str]] = field(default_factory=list)
    goods: dict[str, dict[str, str | None]] = field(default_factory=dict)
    parts: tuple[str, ...] = ()  # which of status, owner, package it tells stock apart by
    stock: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))  # (bin, sku, lot)
    feed: list[dict[str, str | None]] = field(default_factory=list)
    results: list[dict[str, str | None]] = field(default_factory=list)
    picks: list[dict[str, str | None]] = field(
        default_factory=list
    )  # goods out of their bin that the book still has there
    received: dict[str, tuple[str, dict[str, str | None], list[dict[str, str | None]]]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)  # adjustment key → message per line, "" is taken
    refuses: dict[str, str] = field(default_factory=dict)  # sku → why no line of it is taken
    stock_page: int = 1000  # rows on a page of stock
    expired: set[str] = field(default_factory=set)  # cursors it no longer knows
    between_pages: Callable[[], object] = lambda: None
    shown: Callable[[list[dict[str, str | None]]], list[dict[str, str | None]]] = list  # what its feed makes of a page
    stuck_at: int | None = None  # the cursor its feed gives whatever was asked
    clock_ahead: timedelta = timedelta(0)
    refuses_all: str = ""  # why it takes no document at all now
    refuses_goods: dict[str, str] = field(default_factory=dict)  # sku → why this item is not taken
    blocked: set[tuple[str, str]] = field(default_factory=set)  # zone, count it is blocked for

    def of_kind(self, kind: str) -> list[tuple[dict[str, str | None], list[dict[str, str | None]]]]:
        return [(fields, lines) for known, fields, lines in self.received.values() if known == kind]

    def adjusted(self) -> list[tuple[Any, ...]]:
        """Every adjustment line it took from us: bin, sku, lot, change in its unit."""
        taken = [
            (*key_of(line, "bin", "sku"), Decimal(str(line["delta"])))
            for key, messages in self.answers.items()
            for line, message in zip(self.received[key][2], messages, strict=True)
            if self.received[key][0] == "adjustment" and not message
        ]
        return sorted(taken, key=lambda row: (row[:-1], row[-1]))


@dataclass
class World:
    """Both systems, the floor, and one clock that only moves when told to."""

    name: str
    erp: Erp = field(default_factory=Erp)
    wms: Wms = field(default_factory=Wms)
    floor: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    clock: datetime = field(default_factory=lambda: datetime.now(UTC))
    post_late_after: int | None = None  # readings of the feed until pending movements reach the ERP
    posted_late: list[dict[str, str | None]] = field(default_factory=list)

    def tick(self, seconds: float = 60) -> datetime:
        self.clock += timedelta(seconds=seconds)
        return self.clock

    def put(self, bin: str, item: str, quantity: str, lot: str = "", **finer: str) -> None:
        """The same quantity on the shelf and in both books (in the ERP's by the parts it knows)."""
        amount = Decimal(quantity)
        self.floor[self._key(bin, item, lot, finer)] += amount
        self.wms.stock[self._key(bin, SKUS[item], lot, finer)] += amount * PER_UNIT.get(item, 1)
        self.erp.stock[self._erp_key(bin, item, lot, finer)] += amount

    def _key(self, place: str, goods: str, lot: str, finer: Mapping[str, str]) -> Key:
        return shortest(place, goods, lot, *(finer.get(name, "") for name in FINER))

    def _erp_key(self, bin: str, item: str, lot: str, finer: Mapping[str, str]) -> Key:
        return self._key(PLACES[bin][2], item, lot, {name: finer.get(name, "") for name in self.erp.parts})

    def lie(self, bin: str, item: str, quantity: str, lot: str = "", **finer: str) -> None:
        """What really lies there, whatever the books say."""
        self.floor[self._key(bin, item, lot, finer)] = Decimal(quantity)

    def move(
        self, bin: str, item: str, quantity: str, lot: str = "", *, erp: str = "posted",
        occurred: datetime | None = None, id: str | None = None, **finer: str,
    ) -> str:  # fmt: skip
        """Goods come (+) or go (−); `occurred` in the past: the floor changed then, the book only now. A blocked zone refuses."""
        if PLACES[bin][1] in {zone for zone, _ in self.wms.blocked}:
            raise Blocked(bin)
        amount = Decimal(quantity)
        self.floor[self._key(bin, item, lot, finer)] += amount
        self.wms.stock[self._key(bin, SKUS[item], lot, finer)] += amount * PER_UNIT.get(item, 1)
        if erp == "posted":
            self.erp.stock[self._erp_key(bin, item, lot, finer)] += amount
        of_wms = amount * PER_UNIT.get(item, 1)
        return self.tell(bin, SKUS[item], lot, of_wms, erp=erp, occurred=occurred, id=id, **finer)

    def book_in_erp(
        self, place: str, item: str, quantity: str, document: str, *, lot: str = "", ours: bool = False, stock: bool = True,
        at: datetime | None = None,
    ) -> None:  # fmt: skip
        """The ERP tells a movement of its own; `stock`: its book changes by it now."""
        if stock:
            self.erp.stock[place, item, lot] += Decimal(quantity)
        moment = (at or self.clock).isoformat()
        self.erp.ledger.append({
            "id": f"E{len(self.erp.ledger) + 1}", "location": place, "item": item, "lot": lot, "quantity": quantity,
            "kind": "pick" if quantity.startswith("-") else "receive", "document": document, "occurred": moment,
            "posted": moment, "ours": "true" if ours else "false",
        })  # fmt: skip

    def pick(self, bin: str, item: str, quantity: str, document: str, *, to: str = "", lot: str = "") -> None:
        """Somebody takes goods out of a bin and puts them down; the WMS's book does not know yet."""
        self.floor[bin, item, lot] -= Decimal(quantity)
        if to:
            self.floor[to, item, lot] += Decimal(quantity)
        self.wms.picks.append({
            "id": document, "bin": bin, "sku": SKUS[item], "lot": lot, "qty": plain(Decimal(quantity) * PER_UNIT.get(item, 1)),
            "uom": UOM.get(item, "PCS"), "document": document, "to_bin": to or None,
            "picked_at": (self.clock + self.wms.clock_ahead).isoformat(),
        })  # fmt: skip

    def confirm_pick(self, document: str, *, cancel: bool = False) -> None:
        """The WMS books the pick now, or the goods go back into their bin."""
        row = next(row for row in self.wms.picks if row["document"] == document)
        self.wms.picks.remove(row)
        item = next(code for code, sku in SKUS.items() if sku == row["sku"])
        amount = Decimal(str(row["qty"])) / PER_UNIT.get(item, 1)
        for bin, sign in ((str(row["bin"]), -1), (row["to_bin"], 1)):
            if bin and cancel:
                self.floor[bin, item, row["lot"] or ""] -= sign * amount
            elif bin:
                self.floor[bin, item, row["lot"] or ""] -= (
                    sign * amount
                )  # `move` changes the floor, which has changed already
                self.move(bin, item, plain(sign * amount), row["lot"] or "")
                self.wms.feed[-1]["document"] = document

    def tell(
        self, bin: str, sku: str, lot: str, quantity: Decimal, *, erp: str = "none", kind: str = "pick",
        occurred: datetime | None = None, id: str | None = None, **finer: str,
    ) -> str:  # fmt: skip
        """Put a movement into the WMS's feed."""
        name = id or f"M{len(self.wms.feed) + 1}"
        item = next((code for code, known in SKUS.items() if known == sku), "")
        at = ((occurred or self.clock) + self.wms.clock_ahead).isoformat()
        row = {
            "seq": str(len(self.wms.feed) + 1), "id": name, "type": kind, "bin": bin, "sku": sku, "lot": lot,
            "qty": plain(quantity), "uom": UOM.get(item, "PCS"), "occurred_at": at,
            "recorded_at": (self.clock + self.wms.clock_ahead).isoformat(), "document": "", "erp_state": erp,
            "erp_posted_at": at if erp == "posted" else None,
            **dict.fromkeys(self.wms.parts, ""), **finer,
        }  # fmt: skip
        self.wms.feed.append(row)
        return name

    def feed_was_read(self) -> None:
        """The company's own interface posts what waits, once the feed was read as often as the test wants."""
        if self.post_late_after is None:
            return
        self.post_late_after -= 1
        if self.post_late_after < 0:
            self.post_late_after = None
            self.post_pending()

    def post_pending(self) -> None:
        settled = {row["id"] for row in self.wms.feed if row["erp_state"] == "posted"}
        for row in [row for row in self.wms.feed if row["erp_state"] == "pending" and row["id"] not in settled]:
            item = next(code for code, sku in SKUS.items() if sku == row["sku"])
            amount = Decimal(str(row["qty"])) / PER_UNIT.get(item, 1)
            told = {name: row.get(name) or "" for name in FINER}
            self.erp.stock[self._erp_key(str(row["bin"]), item, row["lot"] or "", told)] += amount
            at = self.clock.isoformat()
            seq = str(len(self.wms.feed) + 1)
            self.wms.feed.append({**row, "seq": seq, "erp_state": "posted", "erp_posted_at": at})

    def books(self) -> tuple[dict[Key, Decimal], dict[Key, Decimal], dict[Key, Decimal]]:
        """ERP, WMS and floor by ERP key, without zeros: equal when all is well."""
        items = {sku: item for item, sku in SKUS.items()}
        wms: dict[Key, Decimal] = defaultdict(Decimal)
        for key, quantity in self.wms.stock.items():
            item = items[key[1]]
            wms[self._erp_key(key[0], item, key[2], finer(key))] += quantity / PER_UNIT.get(item, 1)
        floor: dict[Key, Decimal] = defaultdict(Decimal)
        for key, quantity in self.floor.items():
            floor[self._erp_key(*key[:3], finer(key))] += quantity
        return _nonzero(self.erp.stock), _nonzero(wms), _nonzero(floor)

    def shelf(self) -> dict[Key, Decimal]:
        """The WMS's book by bin and item, in base units, without zeros."""
        items = {sku: item for item, sku in SKUS.items()}
        rows = {(b, items[s], *rest): q / PER_UNIT.get(items[s], 1) for (b, s, *rest), q in self.wms.stock.items()}
        return _nonzero(rows)


def _nonzero(rows: dict[Key, Decimal]) -> dict[Key, Decimal]:
    return {key: quantity for key, quantity in rows.items() if quantity}


WORLDS: dict[str, World] = {}


def item_row(code: str, zh: str, en: str, *, unit: str = "u", digits: str = "0", price: str = "1", lot: str = "False",
             pack: str = "", kind: str = "", tracking: str | None = None) -> dict[str, str | None]:  # fmt: skip
    return {
        "code": code, "name_zh": zh, "name_en": en, "unit": unit, "unit_digits": digits, "cost_price": price,
        "lot_required": lot, "barcode": f"69{code}", "class": kind or None, "pack_quantity": pack or None,
        "pack_unit": "box" if pack else None, "tracking": tracking,
    }  # fmt: skip


def new_world(name: str) -> World:
    """A company whose books and shelves agree, registered under `name` for its connectors."""
    world = WORLDS[name] = World(name)
    for row in (
        item_row("00123", "螺栓", "Bolt", price="8.50", pack="6", kind="fastener"),
        item_row("1E5", "铜粉", "Copper powder", unit="kg", digits="3", price="60", kind="powder"),
        item_row("00124", "垫圈", "Washer", price="2", kind="fastener"),
        item_row("LOT-1", "胶水", "Glue", price="150", lot="True"),
    ):
        world.erp.items[str(row["code"])] = row
    for order, (bin, (warehouse, zone, _)) in enumerate(PLACES.items(), start=1):
        row = {"bin": bin, "zone": zone, "warehouse": warehouse, "walk_order": str(order), "barcode": f"B-{bin}"}
        world.wms.bins.append(row)
    world.put("A0101", "00123", "40")
    world.put("A0101", "1E5", "12.5")
    world.put("A0102", "LOT-1", "9", "L7")
    world.put("S0101", "00123", "60")
    world.put("S0102", "00123", "37")
    world.put("S0201", "00124", "500")
    world.put("T0101", "00124", "20")
    return world
