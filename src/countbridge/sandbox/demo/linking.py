"""The demo's link folder: the maps that come with the sandbox, and code tables written out of its world."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from countbridge.sandbox.world_model import World

TEMPLATE = Path(__file__).parents[1] / "link"
Rows = Sequence[Sequence[str]]


def write_link(folder: Path, world: World) -> None:
    """Write link.yaml, maps/ and tables/ as a consultant would hand them over. A column marked * is a key."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(TEMPLATE, folder)
    tables = folder / "tables"
    tables.mkdir()
    for name, (header, rows) in _tables(world).items():
        with (tables / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([header, *rows])


def _tables(world: World) -> dict[str, tuple[Sequence[str], Rows]]:
    per_bin = {house.code for house in world.warehouses if house.per_bin}
    bins = [(place.erp_location, place.code) for place in world.bins if place.warehouse in per_bin]
    zones = [(zone.erp_location, zone.code) for zone in world.zones if zone.warehouse not in per_bin]
    return {
        "items": (("item*", "sku"), [(item.code, item.sku) for item in world.items]),
        "bins": (("bin*", "erp_location"), [(place.code, place.erp_location) for place in world.bins]),
        "places": (("erp_location*", "location"), bins + zones),
        "warehouses": (("wms*", "erp"), [(house.wms_code, house.code) for house in world.warehouses]),
        "users": (("wms*", "user"), [(user.wms_operator, user.login) for user in world.users if user.wms_operator]),
        "units": (("wms*", "unit"), [("PCS", "u"), ("KGM", "kg"), ("GRM", "g"), ("CTN", "box")]),
        "wms_units": (("item*", "uom"), [(item.code, item.wms_unit) for item in world.items]),
        "base_factors": (
            ("item*", "numerator", "denominator"),
            [(i.code, "1", str(i.wms_per_unit)) for i in world.items],
        ),
        "item_units": (("sku*", "uom*", "numerator", "denominator"), _wms_factors(world)),
        "unit_factors": (("item*", "unit*", "numerator", "denominator"), _counting_factors(world)),
    }


def _wms_factors(world: World) -> Rows:
    """ERP base units in one unit of the WMS."""
    rows = []
    for item in world.items:
        rows.append((item.sku, item.wms_unit, "1", str(item.wms_per_unit)))
        if item.pack_quantity:
            rows.append((item.sku, "CTN", str(item.pack_quantity), "1"))
    return rows


def _counting_factors(world: World) -> Rows:
    """Units people may count in besides the base unit: boxes, and grams of what is kept in kilograms."""
    rows = []
    for item in world.items:
        if item.pack_quantity:
            rows.append((item.code, "box", str(item.pack_quantity), "1"))
        if item.unit == "kg":
            factor = Fraction(1, 1000)
            rows.append((item.code, "g", str(factor.numerator), str(factor.denominator)))
    return rows
