"""Asking both systems and the shelves themselves whether they agree, through their own doors, not through Countbridge."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx

from countbridge.sandbox.demo.faces import Face, Floor
from countbridge.sandbox.world_model import World

Key = tuple[str, str, str]  # ERP location, item, lot
Book = dict[Key, Fraction]


@dataclass(frozen=True)
class Posted:
    """A move an inventory of the ERP made: signed change of one key in its base unit; `states`: inventory's, move's."""

    document: str
    key: Key
    quantity: Fraction
    states: tuple[str, str]


class ErpBook(Face):
    """The ERP asked over its own REST API."""

    def __init__(self, url: str, api_key: str) -> None:
        headers = {"Authorization": f"Bearer {api_key}"}
        self._client = httpx.Client(base_url=f"{url}/rest/model", headers=headers, timeout=120)
        super().__init__(self._client)

    def _get(
        self, model: str, fields: Iterable[str], domain: list[Any], context: dict[str, Any] | None = None
    ) -> list[Any]:
        packed = base64.urlsafe_b64encode(json.dumps(domain).encode()).decode()
        params: list[tuple[str, str | int | float | bool | None]] = [("d", packed), *(("f", name) for name in fields)]
        headers = {}
        if context:
            headers["X-Tryton-Context"] = base64.urlsafe_b64encode(json.dumps(context).encode()).decode()
        answer = self._client.get(f"/{model}", params=params, headers=headers)
        answer.raise_for_status()
        found: list[Any] = json.loads(answer.text, parse_float=Decimal)
        return found

    def stock(self, locations: set[str]) -> Book:
        """Stock per location, item and lot, in the item's base unit."""
        company = self._get("company.company", ["id"], [])[0]["id"]
        book: Book = {}
        for place in self._get("stock.location", ["id", "code"], [["code", "in", sorted(locations)]]):
            context = {"company": company, "locations": [place["id"]], "with_childs": False}
            filled = [["quantity", "!=", 0]]
            totals: dict[str, Fraction] = {
                row["code"]: Fraction(row["quantity"])
                for row in self._get("product.product", ["code", "quantity"], filled, context)
            }
            for row in self._get("stock.lot", ["number", "quantity", "product.code"], filled, context):
                item, quantity = row["product"]["code"], Fraction(row["quantity"])
                book[place["code"], item, row["number"]] = quantity
                totals[item] = totals.get(item, Fraction(0)) - quantity
            book |= {
                (place["code"], item, ""): _rounded(quantity) for item, quantity in totals.items() if _rounded(quantity)
            }
        return book

    def posted(self, login: str) -> list[Posted]:
        """Every move of the inventories this user made, whatever the state of inventory and move."""
        user = self._get("res.user", ["id"], [["login", "=", login]])[0]["id"]
        inventories = {
            row["id"]: row["state"] for row in self._get("stock.inventory", ["state"], [["create_uid", "=", user]])
        }
        lines = self._get("stock.inventory.line", ["inventory", "moves"], [["inventory", "in", sorted(inventories)]])
        origin = {move: line["inventory"] for line in lines for move in line["moves"]}
        fields = ["product.code", "lot.number", "quantity", "from_location.code", "to_location.code", "state"]
        places = {row["code"] for row in self._get("stock.location", ["code"], [["type", "=", "storage"]])}
        found = []
        for move in self._get("stock.move", fields, [["id", "in", sorted(origin)]]):
            here, there = move["from_location"]["code"], move["to_location"]["code"]
            location, sign = (there, 1) if there in places else (here, -1)
            key = (location, move["product"]["code"], move["lot"]["number"] if move["lot"] else "")
            document = origin[move["id"]]
            states = (inventories[document], move["state"])
            found.append(Posted(str(document), key, sign * _rounded(Fraction(move["quantity"])), states))
        return found


def _rounded(quantity: Fraction) -> Fraction:
    """Sums of the ERP's floating point carry noise far below its smallest unit."""
    return Fraction(round(quantity * 10**6), 10**6)


def by_erp_key(rows: Iterable[dict[str, Any]], world: World) -> Book:
    """Rows of the WMS or of its floor, at the ERP's grain and in its units."""
    items = {item.sku: item for item in world.items}
    sums: dict[Key, Fraction] = defaultdict(Fraction)
    for row in rows:
        item = items[row["sku"]]
        where = world.bin_by_code[row["bin"]].erp_location
        sums[where, item.code, row["lot"] or ""] += Fraction(row["qty"]) / item.wms_per_unit
    return {key: quantity for key, quantity in sums.items() if quantity}


def differing(left: Book, right: Book) -> list[Key]:
    """Keys of which the two hold different quantities; a key one lacks is zero there."""
    return sorted(
        key
        for key in left.keys() | right.keys()
        if _rounded(left.get(key, Fraction(0))) != _rounded(right.get(key, Fraction(0)))
    )


def compare(erp: ErpBook, floor: Floor, world: World, locations: set[str]) -> tuple[list[Key], list[Key]]:
    """Keys on which ERP and WMS differ, and keys on which ERP and shelves differ, in the given ERP locations."""
    book = erp.stock(locations)
    wms = {key: q for key, q in by_erp_key(floor.stock(), world).items() if key[0] in locations}
    shelf = {key: q for key, q in by_erp_key(floor.everything(), world).items() if key[0] in locations}
    return differing(book, wms), differing(book, shelf)
