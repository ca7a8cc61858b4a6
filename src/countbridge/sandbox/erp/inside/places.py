"""Warehouses and their locations. Tryton's own default warehouse becomes the first one, so that none is left over."""

# mypy: ignore-errors
# (Tryton is not installed where the checks run.)

from __future__ import annotations

PARTS = (("input_location", "IN", "收货区", "Receiving"), ("output_location", "OUT", "发货区", "Shipping"))


def make_places(pool, world: dict) -> None:
    """Locations in English, then their Chinese names as translations."""
    Location, Data = pool.get("stock.location"), pool.get("ir.model.data")
    chinese = {}
    lost = Location(Data.get_id("stock", "location_lost_found"))
    lost.code = "LOST"
    lost.save()
    stored = {row["warehouse"]: row for row in world["erp_locations"] if not row["parent"]}
    places = {}
    for house in world["warehouses"]:
        warehouse, storage = _warehouse(Location, Data, house, lost, chinese)
        row = stored[house["code"]]
        storage.code, storage.name, storage.parent = row["code"], row["name_en"], warehouse
        storage.save()
        chinese[storage.id] = row["name_zh"]
        places[storage.code] = storage
    for row in world["erp_locations"]:
        if row["parent"]:
            place = Location(code=row["code"], name=row["name_en"], type=row["type"], parent=places[row["parent"]])
            place.save()
            chinese[place.id] = row["name_zh"]
            places[place.code] = place
    translate(Location, chinese)


def _warehouse(Location, Data, house: dict, lost, chinese: dict) -> tuple:
    first = house["code"] == "W1"
    name = {field: f"location_{field.removesuffix('_location')}" for field, *_ in PARTS}
    parts = {}
    for field, suffix, name_zh, name_en in PARTS:
        part = Location(Data.get_id("stock", name[field])) if first else Location(type="storage")
        part.code, part.name = f"{house['code']}-{suffix}", f"{house['name_en']} {name_en.lower()}"
        part.save()
        chinese[part.id] = house["name_zh"] + name_zh
        parts[field] = part
    storage = Location(Data.get_id("stock", "location_storage")) if first else Location(type="storage", name="Storage")
    storage.save()
    warehouse = Location(Data.get_id("stock", "location_warehouse")) if first else Location(type="warehouse")
    warehouse.code, warehouse.name = house["code"], house["name_en"]
    warehouse.storage_location, warehouse.lost_found_location = storage, lost
    for field, part in parts.items():
        setattr(warehouse, field, part)
    warehouse.save()
    Location.write(list(parts.values()), {"parent": warehouse.id})
    chinese[warehouse.id] = house["name_zh"]
    return warehouse, storage


def translate(Model, names: dict[int, str]) -> None:
    """Chinese names of records that were saved in English."""
    from trytond.transaction import Transaction

    with Transaction().set_context(language="zh_CN"):
        pairs = []
        for id_, name in names.items():
            pairs += [[Model(id_)], {"name": name}]
        for start in range(0, len(pairs), 100):
            Model.write(*pairs[start : start + 100])
