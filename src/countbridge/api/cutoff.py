"""The cut-off list of a count as its readers see it."""

from __future__ import annotations

from typing import Any

from ninja import Schema

from countbridge.people.access import WarehouseScope
from countbridge.stocktake.models import Count


class CutoffDocument(Schema):
    warehouse: str
    kind: str
    document: str
    occurred: str


class UnbookedDocument(CutoffDocument):
    lines: int


class CutoffShown(Schema):
    """Where the documents stood when the snapshot was taken: the last of each kind in it, and those the ERP had not booked."""

    last: list[CutoffDocument]
    unbooked: list[UnbookedDocument]
    unbooked_total: int


def seen(count: Count, scope: WarehouseScope) -> dict[str, Any]:
    """The documents of the warehouses the reader sees. Of how many more there are only those who see all of them are told."""
    told = {
        name: [row for row in count.cutoff.get(name, ()) if row["warehouse"] in scope] for name in ("last", "unbooked")
    }
    whole = scope.covers(count.warehouses)
    return {**told, "unbooked_total": count.cutoff.get("unbooked_total", 0) if whole else len(told["unbooked"])}
