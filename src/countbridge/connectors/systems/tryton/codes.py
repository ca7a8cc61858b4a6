"""From codes to Tryton's record numbers. Tryton lets two records have one code: then nothing is guessed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from countbridge.connectors.systems.tryton.rest import TrytonRest
from countbridge.connectors.systems.tryton.values import dig, whole
from countbridge.errors import InputError

BATCH = 200  # codes a request


@dataclass(frozen=True, slots=True)
class Product:
    """An item as a posting needs it. `digits`: decimals its unit allows."""

    id: int
    code: str
    digits: int
    lot_tracked: bool


def locations(rest: TrytonRest, codes: Sequence[str]) -> dict[str, int]:
    """Ids of storage locations by code; raises InputError for a code that names none or several."""
    found: dict[str, list[int]] = defaultdict(list)
    for some in _batches(codes):
        for record in rest.search("stock.location", ["code"], [["code", "in", some], ["type", "=", "storage"]]):
            found[str(dig(record, "code"))].append(whole(record, "id"))
    for code in codes:
        if not found[code]:
            raise InputError("tryton.unknown_location", location=code)
        if len(found[code]) > 1:
            raise InputError("tryton.ambiguous_location", location=code, count=len(found[code]))
    return {code: ids[0] for code, ids in found.items()}


def products(rest: TrytonRest, codes: Iterable[str]) -> dict[str, list[Product]]:
    """Items by code; a code can have none or several."""
    found: dict[str, list[Product]] = defaultdict(list)
    fields = ["code", "template.default_uom.digits", "template.lot_required"]
    for some in _batches(sorted(set(codes))):
        for record in rest.search("product.product", fields, [["code", "in", some], ["type", "=", "goods"]]):
            digits = whole(record, "template.default_uom.digits")
            tracked = bool(dig(record, "template.lot_required"))
            code = str(dig(record, "code"))
            found[code].append(Product(whole(record, "id"), code, digits, tracked))
    return found


def lots(rest: TrytonRest, product_ids: Iterable[int]) -> dict[tuple[int, str], list[int]]:
    """Ids of lots by product id and lot number; a key can have none or several."""
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for some in _batches(sorted(set(product_ids))):
        for record in rest.search("stock.lot", ["number", "product.id"], [["product", "in", some]]):
            found[whole(record, "product.id"), str(dig(record, "number"))].append(whole(record, "id"))
    return found


def _batches(values: Sequence[object]) -> list[list[object]]:
    return [list(values[start : start + BATCH]) for start in range(0, len(values), BATCH)]
