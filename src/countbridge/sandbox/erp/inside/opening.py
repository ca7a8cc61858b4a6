"""Opening stock as receipts from the supplier, dated the day before: what is counted later is never mistaken for it."""

# mypy: ignore-errors
# (Tryton is not installed where the checks run.)

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

BATCH = 200


def make_opening_stock(pool, world: dict, company: int) -> None:
    """One done move for every location, item and lot with stock in the ERP's book."""
    Move, Date = pool.get("stock.move"), pool.get("ir.date")
    products = {row.code: row for row in pool.get("product.product").search([])}
    places = {row.code: row.id for row in pool.get("stock.location").search([("code", "!=", None)])}
    lots = {(row.product.code, row.number): row.id for row in pool.get("stock.lot").search([])}
    prices = {row["code"]: Decimal(row["cost_price"]) for row in world["items"]}
    currency = pool.get("company.company")(company).currency.id
    day = Date.today() - timedelta(days=1)
    rows = [
        {
            "product": products[item].id,
            "unit": products[item].default_uom.id,
            "quantity": float(quantity),  # Tryton keeps quantities so; it rounds to the unit's digits
            "lot": lots[item, lot] if lot else None,
            "from_location": places["SUP"],
            "to_location": places[place],
            "company": company,
            "currency": currency,
            "unit_price": prices[item],
            "effective_date": day,
            "planned_date": day,
        }
        for (place, item, lot), quantity in _book(world).items()
    ]
    for start in range(0, len(rows), BATCH):
        Move.do(Move.create(rows[start : start + BATCH]))


def _book(world: dict) -> dict[tuple[str, str, str], Decimal]:
    erp_location = {row["code"]: row["erp_location"] for row in world["bins"]}
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in world["book"]:
        sums[erp_location[row["bin"]], row["item"], row["lot"]] += Decimal(row["quantity"])
    return dict(sorted(sums.items()))
