"""The company that is simulated: two zones, five bins, five items. Zone A is booked per bin in the ERP, zone B as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

WAREHOUSE = "W1"
ZONES = {"A": ("A01", "A02"), "B": ("B01", "B02", "B03")}
ERP_LOCATION = {"A01": "W1-A01", "A02": "W1-A02", "B01": "W1-B", "B02": "W1-B", "B03": "W1-B"}
ERP_LOCATIONS = sorted(set(ERP_LOCATION.values()))
PARENTS = {"W1": None, "W1-A": "W1", "W1-A01": "W1-A", "W1-A02": "W1-A", "W1-B": "W1"}
ZONE_OF = {code: zone for zone, bins in ZONES.items() for code in bins}

Key = tuple[str, str, str]  # bin or ERP location, item, lot


@dataclass(frozen=True)
class Goods:
    """An item as both systems know it. `per_unit`: WMS units in one base unit; `pack`: base units in a carton."""

    item: str
    sku: str
    unit: str
    uom: str
    per_unit: int = 1
    decimals: int = 0
    price: str = "1"
    lots: tuple[str, ...] = ("",)
    pack: int = 0


GOODS = (
    Goods("00123", "S-123", "u", "PCS", price="8.50", pack=6),
    Goods("1E5", "S-1E5", "kg", "GRM", per_unit=1000, decimals=3, price="60"),
    Goods("12_3", "S-12_3", "u", "PCS", price="2"),
    Goods("LOT-1", "S-LOT", "u", "PCS", price="150", lots=("L7", "L8")),
)
BY_SKU = {goods.sku: goods for goods in GOODS}
BY_ITEM = {goods.item: goods for goods in GOODS}


def plain(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
