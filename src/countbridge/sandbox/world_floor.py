"""What really lies on the shelves: the book, wrong in the ways studies of inventory records found it wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from countbridge.sandbox.world_model import Bin, Deviation, Item, StockLine
from countbridge.sandbox.world_stock import Key

WRONG_SHARE = Decimal("0.45")
LOT_SWAPS, BIN_SWAPS, MISPLACED, EMPTY, BOX_ERRORS, FOUND = 20, 25, 8, 25, 12, 8


@dataclass
class Shelf:
    """The floor while it is being made wrong, key by key; each key is touched by one cause only."""

    book: dict[Key, Decimal]
    items: dict[str, Item]
    quantity: dict[Key, Decimal] = field(init=False)
    causes: list[Deviation] = field(default_factory=list)
    touched: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.quantity = dict(self.book)

    def change(self, kind: str, key: Key, delta: Decimal) -> None:
        now = self.quantity.get(key, Decimal(0)) + delta
        if now < 0 or not delta:
            raise ValueError(f"{kind} at {key} would leave {now}")
        self.quantity[key] = now
        self.touched.add(key)
        self.causes.append(Deviation(kind, *key, delta))

    def free(self, *keys: Key) -> bool:
        return not self.touched.intersection(keys)

    @property
    def wrong_records(self) -> int:
        return sum(self.quantity[key] != quantity for key, quantity in self.book.items())


def make_floor(
    rng: random.Random, bins: tuple[Bin, ...], items: tuple[Item, ...], book: tuple[StockLine, ...]
) -> tuple[tuple[StockLine, ...], tuple[Deviation, ...]]:
    """Shelf and its deviations from `book`: 45 % of the records wrong, mostly by little, never below zero."""
    records = {(line.bin, line.item, line.lot): line.quantity for line in book}
    shelf = Shelf(records, {item.code: item for item in items})
    order = rng.sample(sorted(records), len(records))
    following = _following_bins(bins)
    _swap(rng, shelf, "lot_swapped", LOT_SWAPS, _lot_pairs(order))
    _swap(rng, shelf, "bin_swapped", BIN_SWAPS, _bin_pairs(order, records, following))
    _misplace(shelf, order, following)
    _empty(shelf, order)
    _confuse_boxes(shelf, order)
    _find_unknown(rng, shelf, order, following)
    _miscount(rng, shelf, order)
    lines = sorted((key, quantity) for key, quantity in shelf.quantity.items() if quantity)
    return tuple(StockLine(*key, quantity) for key, quantity in lines), tuple(shelf.causes)


def _following_bins(bins: tuple[Bin, ...]) -> dict[str, str]:
    return {place.code: after.code for place, after in pairwise(bins) if place.zone == after.zone}


def _lot_pairs(order: list[Key]) -> Iterator[tuple[Key, Key]]:
    by_goods: dict[tuple[str, str], list[Key]] = {}
    for key in order:
        by_goods.setdefault(key[:2], []).append(key)
    return ((keys[0], keys[1]) for keys in by_goods.values() if len(keys) > 1)


def _bin_pairs(order: list[Key], records: dict[Key, Decimal], following: dict[str, str]) -> Iterator[tuple[Key, Key]]:
    for key in order:
        other = (following.get(key[0], ""), key[1], key[2])
        if other in records:
            yield key, other


def _swap(rng: random.Random, shelf: Shelf, kind: str, wanted: int, pairs: Iterator[tuple[Key, Key]]) -> None:
    """Part of one record's goods lies under the other: the sum over both is right."""
    for giver, taker in pairs:
        if wanted and shelf.free(giver, taker):
            part = _some_of(rng, shelf.items[giver[1]], shelf.book[giver])
            shelf.change(kind, giver, -part)
            shelf.change(kind, taker, part)
            wanted -= 1


def _misplace(shelf: Shelf, order: list[Key], following: dict[str, str]) -> None:
    """All of it lies in the next bin, where no record exists."""
    wanted = MISPLACED
    for key in order:
        other = (following.get(key[0], ""), key[1], key[2])
        if wanted and other[0] and other not in shelf.book and shelf.free(key, other):
            shelf.change("misplaced", key, -shelf.book[key])
            shelf.change("misplaced", other, shelf.book[key])
            wanted -= 1


def _empty(shelf: Shelf, order: list[Key]) -> None:
    for key in [key for key in order if shelf.free(key)][:EMPTY]:
        shelf.change("empty", key, -shelf.book[key])


def _confuse_boxes(shelf: Shelf, order: list[Key]) -> None:
    """Booked in boxes as if they were pieces (shelf = book × factor), or the reverse (shelf = book ÷ factor)."""
    packed = [key for key in order if shelf.items[key[1]].pack_quantity and shelf.free(key)]
    few = [key for key in packed if shelf.book[key] <= 60][: BOX_ERRORS // 2]
    for key in few:
        shelf.change("box_as_piece", key, shelf.book[key] * (shelf.items[key[1]].pack_quantity - 1))
    full = [key for key in packed if shelf.book[key] > 60 and shelf.book[key] % shelf.items[key[1]].pack_quantity == 0]
    for key in full[: BOX_ERRORS // 2]:
        shelf.change("piece_as_box", key, shelf.book[key] / shelf.items[key[1]].pack_quantity - shelf.book[key])


def _find_unknown(rng: random.Random, shelf: Shelf, order: list[Key], following: dict[str, str]) -> None:
    """Goods lie where the book knows nothing of them."""
    wanted = FOUND
    for key in reversed(order):
        other = (following.get(key[0], ""), key[1], key[2])
        if wanted and other[0] and other not in shelf.book and shelf.free(other):
            shelf.change("found", other, _some_of(rng, shelf.items[key[1]], shelf.book[key]))
            wanted -= 1


def _miscount(rng: random.Random, shelf: Shelf, order: list[Key]) -> None:
    """The many small errors: one or two pieces, or a few per cent, until the wanted share of records is wrong."""
    missing = int(len(shelf.book) * WRONG_SHARE) - shelf.wrong_records
    for key in [key for key in order if shelf.free(key)][:missing]:
        item, booked = shelf.items[key[1]], shelf.book[key]
        steps = int(booked.scaleb(item.unit_digits))
        few_percent = max(1, steps * rng.randint(1, 5) // 100)
        off = rng.choice((1, 1, 1, 2, few_percent))
        sign = rng.choice((-1, -1, -1, 1, 1))  # shortage is commoner than surplus
        if steps + sign * off < 0:
            sign = 1
        shelf.change("miscount", key, Decimal(sign * off).scaleb(-item.unit_digits))


def _some_of(rng: random.Random, item: Item, booked: Decimal) -> Decimal:
    """A tenth to six tenths of what is booked, at least one step of the unit."""
    steps = int(booked.scaleb(item.unit_digits))
    return Decimal(max(1, steps * rng.randint(10, 60) // 100)).scaleb(-item.unit_digits)
