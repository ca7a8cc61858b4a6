"""The deterministic company that both sandbox systems are filled from: `generate(seed)`, or a file written from it.

`python -m countbridge.sandbox.world --seed 20260312 --out world.json` writes the file. Standard library only.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from countbridge.sandbox.world_catalogue import make_items
from countbridge.sandbox.world_floor import make_floor
from countbridge.sandbox.world_model import World, from_json
from countbridge.sandbox.world_places import (
    COMPANY,
    ERP_CUSTOMER,
    ERP_SUPPLIER,
    USERS,
    WAREHOUSES,
    make_bins,
    make_erp_locations,
    make_zones,
)
from countbridge.sandbox.world_stock import make_book, make_lots

__all__ = ["DEFAULT_SEED", "ERP_CUSTOMER", "ERP_SUPPLIER", "World", "from_json", "generate"]

DEFAULT_SEED = 20260312


def generate(seed: int = DEFAULT_SEED) -> World:
    """The same seed gives the same world, on every machine and Python."""
    rng = random.Random(seed)
    zones = make_zones()
    bins = make_bins(zones)
    items = make_items(rng)
    lots = make_lots(rng, items)
    book = make_book(rng, bins, items, lots)
    shelf, deviations = make_floor(rng, bins, items, book)
    return World(
        seed=seed,
        company=COMPANY,
        warehouses=WAREHOUSES,
        erp_locations=make_erp_locations(zones, bins),
        zones=zones,
        bins=bins,
        items=items,
        lots=lots,
        users=USERS,
        book=book,
        shelf=shelf,
        deviations=deviations,
    )


def main() -> None:
    """Write a world to a file."""
    parser = argparse.ArgumentParser(description="Write the sandbox company to a JSON file.")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.write_text(generate(options.seed).to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
