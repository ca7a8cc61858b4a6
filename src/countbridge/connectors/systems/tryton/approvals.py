"""Approved counts: draft inventories that planners leave in Tryton, read and in the end confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from countbridge.connectors.contract import Document, Page, Receipt, Row
from countbridge.connectors.systems.tryton.masters import Masters
from countbridge.connectors.systems.tryton.rest import TrytonRest
from countbridge.connectors.systems.tryton.values import dig, text_of
from countbridge.errors import Rejected

APPROVAL_FIELDS = ["number", "location.code", "date", "state", "create_uid.login", "create_date", "write_date"]
STATE = ["state", "number"]


class Approvals:
    """Draft inventories that somebody else made: each is an approved count of its location."""

    def __init__(self, rest: TrytonRest, masters: Masters) -> None:
        self.rest = rest
        self.masters = masters

    def page(self, scope: Mapping[str, str], ours: int) -> Page:
        """All of them: {id, number, location, warehouse, date, state, created_by, created_at, written_at}."""
        domain: list[Any] = [["state", "=", "draft"], ["create_uid", "!=", ours]]
        if "location" in scope:
            domain.append(["location.code", "=", scope["location"]])
        records = list(self.rest.search("stock.inventory", APPROVAL_FIELDS, domain))
        warehouse = {row["code"]: row["warehouse_code"] for row in self.masters.locations()} if records else {}
        return Page(tuple(self._row(record, warehouse) for record in records))

    def _row(self, record: Mapping[str, Any], warehouse: Mapping[str | None, str | None]) -> Row:
        location = text_of(dig(record, "location.code"))
        created = text_of(dig(record, "create_date"))
        return {
            "id": text_of(dig(record, "id")),
            "number": text_of(dig(record, "number")),
            "location": location,
            "warehouse": warehouse.get(location),
            "date": text_of(dig(record, "date")),
            "state": text_of(dig(record, "state")),
            "created_by": text_of(dig(record, "create_uid.login")),
            "created_at": created,
            "written_at": text_of(dig(record, "write_date")) or created,
        }

    def finish(self, document: Document, context: Mapping[str, Any]) -> Receipt:
        """Confirm the planner's draft without booking anything: our own document holds the corrections.

        Raises Rejected "tryton.approval_gone" when it is cancelled or deleted, "tryton.approval_has_quantities" when
        somebody typed quantities into it (confirming would book them a second time).
        """
        id_ = document.fields["id"] or ""
        about = f"stock.inventory {id_}"
        fields = [*STATE, "lines.quantity"]
        record = self.rest.get("stock.inventory", id_, fields, about)
        if record and dig(record, "state") == "draft":
            # From here on a line without quantity is kept as it is, and the answer shows the lines of that moment.
            path = f"stock.inventory/{id_}"
            keep = {"empty_quantity": "keep"}
            record = self.rest.change("PUT", path, keep, fields, about, context=context, harmless=True)
            if any(line["quantity"] is not None for line in dig(record, "lines")):
                raise Rejected("tryton.approval_has_quantities", record=about, number=text_of(dig(record, "number")))
            record = self.rest.change("POST", f"{path}/confirm", {}, fields, about, context=context, harmless=False)
        if record is None or dig(record, "state") != "done":
            raise Rejected("tryton.approval_gone", record=about)
        return self._receipt(record, id_)

    def find_finished(self, document: Document) -> Receipt | None:
        """Confirmed when the planner's draft is done, None when it still waits (or is gone)."""
        id_ = document.fields["id"] or ""
        record = self.rest.get("stock.inventory", id_, STATE, f"stock.inventory {id_}")
        return self._receipt(record, id_) if record and dig(record, "state") == "done" else None

    def _receipt(self, record: Mapping[str, Any], id_: str) -> Receipt:
        return Receipt("confirmed", id_, details={"number": text_of(dig(record, "number")) or ""})
