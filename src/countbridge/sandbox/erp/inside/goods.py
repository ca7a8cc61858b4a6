"""Items with both names, barcode, cost price, units and lots.

A box of 12 is a unit of its own unit category ("Unit, box of 12": u, and box = 12 u), because in Tryton units convert
inside one category only, and a box holds another number of pieces for another item.
"""

# mypy: ignore-errors
# (Tryton is not installed where the checks run.)

from __future__ import annotations

from decimal import Decimal

from places import translate

BATCH = 50  # Tryton's cost per record grows with the batch


def make_goods(pool, world: dict) -> None:
    """Every item of the world, then its lots."""
    Template, Product, Lot = (pool.get(name) for name in ("product.template", "product.product", "stock.lot"))
    units = _make_units(pool, world)
    categories = _make_categories(pool, world)
    products = {}
    for start in range(0, len(world["items"]), BATCH):
        rows = world["items"][start : start + BATCH]
        templates = Template.create([_template(row, units, categories) for row in rows])
        translate(Template, {place.id: row["name_zh"] for place, row in zip(templates, rows, strict=True)})
        for template, row in zip(templates, rows, strict=True):
            (products[row["code"]],) = template.products
        Product.write(*_prices(products, rows))
    lots = [{"product": products[row["item"]].id, "number": row["number"]} for row in world["lots"]]
    for start in range(0, len(lots), 200):
        Lot.create(lots[start : start + 200])


def _template(row: dict, units: dict, categories: dict) -> dict:
    barcode = [("create", [{"type": "ean", "code": row["barcode"]}])] if row["barcode"] else []
    return {
        "name": row["name_en"],
        "code": row["code"],
        "type": "goods",
        "default_uom": units[row["unit"], row["pack_quantity"]],
        "cost_price_method": "fixed",
        "list_price": None,
        "categories": [("add", [categories[row["category"]]])],
        "lot_required": ["supplier", "customer", "lost_found", "storage", "production"] if row["lot_tracked"] else [],
        "products": [("create", [{"identifiers": barcode}])],
    }


def _prices(products: dict, rows: list) -> list:
    pairs = []
    for row in rows:
        pairs += [[products[row["code"]]], {"cost_price": Decimal(row["cost_price"])}]
    return pairs


def _make_units(pool, world: dict) -> dict[tuple[str, int], int]:
    """(unit symbol, pieces in a box) → id of the base unit an item of that kind is kept in."""
    Data, Uom, Category = pool.get("ir.model.data"), pool.get("product.uom"), pool.get("product.uom.category")
    unit, kilogram = (Uom(Data.get_id("product", name)) for name in ("uom_unit", "uom_kilogram"))
    kilogram.digits, kilogram.rounding = 3, 0.001
    kilogram.save()
    found = {("u", 0): unit.id, ("kg", 0): kilogram.id}
    for size in sorted({row["pack_quantity"] for row in world["items"]} - {0}):
        category = Category(name=f"Unit, box of {size}")
        category.save()
        base = Uom(name="Unit", symbol="u", category=category, factor=1.0, rate=1.0, rounding=1.0, digits=0)
        box = Uom(name=f"Box of {size}", symbol="box", category=category, factor=float(size), rounding=1.0, digits=0)
        box.on_change_factor()
        Uom.save([base, box])
        found["u", size] = base.id
    return found


def _make_categories(pool, world: dict) -> dict[str, int]:
    Category = pool.get("product.category")
    names = sorted({row["category"] for row in world["items"]})
    return {name: Category.create([{"name": name}])[0].id for name in names}
