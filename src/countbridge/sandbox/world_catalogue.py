"""The items of the sandbox company with the codes, units and prices both systems keep of them."""

from __future__ import annotations

import random
from decimal import Decimal

from countbridge.sandbox.world_families import FAMILIES, Family
from countbridge.sandbox.world_model import Item

PACKS = (6, 10, 12, 24, 48)

# ERP codes that a careless import turns into other codes: numbers, powers of ten, missing leading zeros.
CODE_TRAPS = {
    3: "00123", 40: "123", 77: "1E5", 120: "100000", 160: "12_3", 201: "0E0", 240: "1.10", 281: "1.1", 320: "0012",
    360: "2E-3", 400: "TRUE",
}  # fmt: skip


def ean13(digits12: str) -> str:
    """Twelve digits with their check digit: ean13("690123400001") == "6901234000016"."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits12))
    return digits12 + str(-total % 10)


def make_items(rng: random.Random) -> tuple[Item, ...]:
    """Every item of every family, numbered in catalogue order; prices and box factors come from `rng`."""
    items: list[Item] = []
    for family in FAMILIES:
        for variant in family.variants:
            items.append(_make_item(rng, family, variant, len(items)))
    return tuple(items)


def _make_item(rng: random.Random, family: Family, variant: tuple[str, str], index: int) -> Item:
    grams = family.unit == "kg" and family.grams
    packed = family.unit == "u" and family.packed
    return Item(
        code=CODE_TRAPS.get(index, f"{family.prefix}{1001 + index}"),
        sku=f"{100000 + index * 7919 % 900000:08d}",
        name_zh=family.zh.format(variant[0]),
        name_en=family.en.format(variant[1]),
        category=family.category,
        barcode=ean13(f"6901234{index + 1:05d}"),
        unit=family.unit,
        unit_digits=3 if family.unit == "kg" else 0,
        wms_unit="GRM" if grams else {"u": "PCS", "kg": "KGM"}[family.unit],
        wms_digits=0 if grams or family.unit == "u" else 3,
        wms_per_unit=1000 if grams else 1,
        lot_tracked=family.lot,
        pack_quantity=rng.choice(PACKS) if packed else 0,
        cost_price=_price(rng, *family.price),
    )


def _price(rng: random.Random, low: str, high: str) -> str:
    step = Decimal("0.0001")
    steps = rng.randint(int(Decimal(low) / step), int(Decimal(high) / step))
    return str((steps * step).quantize(step if Decimal(low) < 1 else Decimal("0.01")))
