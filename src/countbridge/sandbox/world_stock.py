"""The opening book: which goods the systems believe to lie in which bin."""

from __future__ import annotations

import random
from decimal import Decimal

from countbridge.sandbox.world_model import Bin, Item, Lot, StockLine
from countbridge.sandbox.world_places import ZONE_CATEGORIES

Key = tuple[str, str, str]  # bin, item, lot ("" without)

LINES_WANTED = {"W1": 236, "W2": 108}  # WMS stock lines in each zone of that warehouse


def make_lots(rng: random.Random, items: tuple[Item, ...]) -> tuple[Lot, ...]:
    """Two to four lots of every lot-tracked item, like L20260312A; different items may share a number."""
    lots: list[Lot] = []
    for item in items:
        if not item.lot_tracked:
            continue
        numbers: set[str] = set()
        wanted = rng.randint(2, 4)
        while len(numbers) < wanted:
            numbers.add(f"L2026{rng.randint(1, 10):02d}{rng.randint(1, 28):02d}{rng.choice('AAAB')}")
        lots.extend(Lot(item.code, number) for number in sorted(numbers))
    return tuple(lots)


def make_book(
    rng: random.Random, bins: tuple[Bin, ...], items: tuple[Item, ...], lots: tuple[Lot, ...]
) -> tuple[StockLine, ...]:
    """Stock of every zone, in bin, item, lot order. An item often lies in neighbouring bins and in several lots."""
    lots_of: dict[str, list[str]] = {}
    for lot in lots:
        lots_of.setdefault(lot.item, []).append(lot.number)
    book: list[StockLine] = []
    for zone, categories in ZONE_CATEGORIES.items():
        places = [place for place in bins if place.zone == zone]
        stocked = [item for item in items if item.category in categories]
        quantities = _fill_zone(rng, places, stocked, lots_of)
        book.extend(StockLine(*key, quantity) for key, quantity in quantities.items())
    return tuple(sorted(book, key=lambda line: (line.bin, line.item, line.lot)))


def _fill_zone(
    rng: random.Random, places: list[Bin], items: list[Item], lots_of: dict[str, list[str]]
) -> dict[Key, Decimal]:
    wanted = LINES_WANTED[places[0].warehouse]
    quantities: dict[Key, Decimal] = {}
    while len(quantities) < wanted:
        for item in rng.sample(items, len(items)):
            home = rng.randrange(len(places))
            for step in range(rng.choices((1, 2, 3), (6, 3, 1))[0]):
                place = places[(home + step) % len(places)]
                known = lots_of.get(item.code, [""])
                for lot in known[: rng.choices((1, 2), (6, 4))[0]]:
                    quantities[place.code, item.code, lot] = _book_quantity(rng, item)
            if len(quantities) >= wanted:
                break
    return quantities


def _book_quantity(rng: random.Random, item: Item) -> Decimal:
    """Full boxes and sometimes loose pieces; kilograms with three decimals."""
    if item.unit == "kg":
        grams = rng.randint(150, 18000) if item.wms_unit == "GRM" else rng.randint(20, 1600) * 250
        if rng.random() < 0.3:
            grams += rng.randint(1, 249)
        return Decimal(grams).scaleb(-3)
    if item.pack_quantity:
        loose = rng.randrange(item.pack_quantity) if rng.random() < 0.5 else 0
        return Decimal(rng.randint(1, 40) * item.pack_quantity + loose)
    return Decimal(rng.randint(5, 900))
