"""The floor of a history with known causes: a zone's goods, and their movements that every book has right."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from countbridge.domain.keys import Key
from countbridge.domain.tolerance import Tolerance

TOLERANCE = Tolerance(percent=Decimal(2), quantity=Decimal(1))
AMBIGUITY = timedelta(seconds=30)
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
ZERO = Decimal(0)

Entered = tuple[Decimal, str, int]  # number, unit, base units in one
Change = Callable[["Line", Decimal, str, int], Entered | None]


@dataclass(eq=False)
class Item:
    code: str
    units: list[tuple[str, int]]  # the base unit first
    decimals: int
    loose: bool  # sold by the piece (retail), or in bags and pallets (bulk)

    @property
    def case(self) -> int:
        return self.units[-1][1] if len(self.units) > 1 else 1


@dataclass(eq=False)
class Happened:
    """A movement as it was: on the shelf, and as the WMS's ledger has it (None: not at all)."""

    number: int
    quantity: Decimal
    at: datetime
    document: str
    kind: str
    booked: Decimal | None = None
    booked_at: datetime | None = None
    copies: list[str] = field(default_factory=list)  # documents under which the ledger has it again
    awaited: bool = False
    line: Line | None = None  # whose ledger has it, where that is not the line it belongs to


@dataclass(eq=False)
class Line:
    id: int
    item: Item
    position: int
    lot: str | None
    status: str | None
    scanned: datetime
    shelf: Decimal  # what truly lies there at the scan
    opening: Decimal = ZERO
    movements: list[Happened] = field(default_factory=list)
    slip: Change | None = None
    truth: list[str] = field(default_factory=list)
    suspect: str = ""

    def key(self) -> Key:
        return Key(self.item.code, f"A{self.position:03d}", self.lot, self.status)


class Floor:
    """One zone, being made."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        rng = self.rng
        self.bulk = rng.random() < 0.4
        self.fine = rng.random() < 0.5  # the ERP books bins; else the zone as a whole
        self.recounted = rng.random() < 0.5
        self.bins = rng.randint(30, 50)
        self.counting = START + timedelta(days=5, hours=rng.randint(0, 8))
        self.numbers = 0
        self.lines: list[Line] = []
        self.gaps: dict[str, Decimal] = {}
        self.gap_truth: dict[str, list[str]] = {}
        for index in range(rng.randint(8, 18) if self.bulk else rng.randint(30, 60)):
            self._place(self._item(index))
        for line in list(self.lines):
            self._live(line)
        for _ in self.lines:
            self._order()

    # -- goods and their movements -------------------------------------------------------------------------------------

    def _item(self, index: int) -> Item:
        rng = self.rng
        if not self.bulk:
            case = rng.choice([6, 8, 10, 12, 12, 20, 24, 24, 48])
            return Item(f"I{index:03d}", [("PCE", 1), ("CTN", case)] if rng.random() < 0.75 else [("PCE", 1)], 0, True)
        if rng.random() < 0.5:
            return Item(f"I{index:03d}", [("KG", 1), ("BAG", rng.choice([20, 25, 50]))], 3, False)
        return Item(f"I{index:03d}", [("PCE", 1), ("BOX", rng.choice([100, 200, 500, 1000]))], 0, False)

    def _place(self, item: Item) -> None:
        rng = self.rng
        wide = rng.choice([2, 3, 3, 4, 5, 6]) if self.bulk else rng.choice([1, 1, 1, 1, 2, 3])
        first = rng.randint(1, self.bins)
        lots = rng.random() < 0.35
        blocked = rng.random() < 0.1
        for step in range(wide):
            position = (first + step * rng.choice([1, 1, 1, 2]) - 1) % self.bins + 1
            for lot in rng.sample(["L1", "L2", "L3", "L4"], rng.choice([1, 1, 2, 3])) if lots else [None]:
                self.line(item, position, lot, "free" if blocked else None)
                if blocked and rng.random() < 0.5:
                    self.line(item, position, lot, "held")

    def line(self, item: Item, position: int, lot: str | None, status: str | None, *, empty: bool = False) -> Line:
        """The line of that key; made, with stock unless `empty`, where there is none."""
        for known in self.lines:
            if (known.item, known.position, known.lot, known.status) == (item, position, lot, status):
                return known
        scanned = self.counting + timedelta(minutes=3 * position, seconds=self.rng.randint(0, 100))
        line = Line(len(self.lines) + 1, item, position, lot, status, scanned, ZERO if empty else self._stock(item))
        line.opening = line.shelf
        self.lines.append(line)
        return line

    def _stock(self, item: Item) -> Decimal:
        rng = self.rng
        low, high = rng.choice([(3, 30), (3, 30), (30, 120), (30, 120), (120, 600)])
        if not item.loose:
            low, high = rng.choice([(200, 2000), (2000, 8000), (8000, 20000)])
        amount = rng.randint(low, high)
        if rng.random() < 0.5 and amount >= item.case:
            return Decimal(amount // item.case * item.case)
        return Decimal(amount) + self._part(item)

    def _part(self, item: Item) -> Decimal:
        return self.rng.choice([ZERO, Decimal("0.5"), Decimal("0.25"), Decimal("0.125")]) if item.decimals else ZERO

    def _live(self, line: Line) -> None:
        """Days of picks and receipts, and a few after the scan; the opening stock is what makes the shelf come out right."""
        rng = self.rng
        for _ in range(rng.randint(0, 8)):
            self.move(line, line.scanned - timedelta(minutes=rng.randint(1, 5 * 24 * 60)))
        for _ in range(rng.choice([0, 0, 1, 2])):
            self.move(line, line.scanned + timedelta(minutes=rng.randint(1, 8 * 60)))
        if rng.random() < 0.02:
            self.move(line, line.scanned + timedelta(seconds=rng.randint(-29, 29)))

    def move(self, line: Line, at: datetime) -> Happened:
        """A movement that every book has right. One document in twenty has two lines of the key, a third of one quantity."""
        rng = self.rng
        receipt = rng.random() < 0.25
        quantity = self._moved(line.item, receipt=receipt)
        again = rng.random() < 0.05
        self.numbers += 1
        moved = self._add(line, quantity, at, f"D{self.numbers:06d}")
        if again:
            twin = quantity if rng.random() < 0.3 else self._moved(line.item, receipt=receipt)
            self._add(line, twin, at + timedelta(seconds=rng.randint(40, 90)), moved.document)
        return moved

    def _order(self) -> None:
        """A document of a few lines, some minutes long: an order picked, a delivery put away."""
        rng = self.rng
        self.numbers += 1
        receipt = rng.random() < 0.25
        at = self.counting - timedelta(minutes=rng.randint(-6 * 60, 5 * 24 * 60))
        for line in rng.sample(self.lines, min(len(self.lines), rng.choice([1, 1, 2, 2, 3, 4, 5]))):
            at += timedelta(seconds=rng.randint(20, 120))
            self._add(line, self._moved(line.item, receipt=receipt), at, f"D{self.numbers:06d}")

    def _add(self, line: Line, quantity: Decimal, at: datetime, document: str) -> Happened:
        kind = "receive" if quantity > 0 else "pick"
        moved = Happened(len(line.movements), quantity, at, document, kind, quantity, at)
        line.movements.append(moved)
        if at <= line.scanned:
            line.opening -= quantity
        return moved

    def _moved(self, item: Item, *, receipt: bool) -> Decimal:
        rng = self.rng
        if item.loose:
            size = Decimal(
                item.case * rng.randint(1, 8) if receipt else rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 6, item.case])
            )
        elif rng.random() < 0.6:
            size = Decimal(item.case * rng.randint(1, 40))
        else:
            size = Decimal(rng.randint(10, 2000)) + self._part(item)
        return size if receipt else -size
