"""Drift of a link: keys on which the two books differ outside any count; have them repaired, or left as they are."""

from __future__ import annotations

from typing import Any

from django.db.models import Count as Number
from django.http import HttpResponse
from ninja import Router, Schema

from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.links import get_link
from countbridge.api.tables import Natural, csv_answer
from countbridge.domain.keys import GOODS
from countbridge.exchange.queue import follow
from countbridge.links.models import Item, Link
from countbridge.people.access import allowed
from countbridge.stocktake import repairs
from countbridge.stocktake.models import Drift
from countbridge.stocktake.policy import policy_of

router = Router(tags=["drift"])
prefix = ""
EXPORTED = 100_000


class DriftRow(Schema):
    id: int
    warehouse: str
    location: str
    item: str
    item_name: str
    lot: str | None
    status: str | None = None
    owner: str | None = None
    package: str | None = None
    erp: str
    wms: str
    gap: str
    value: str | None
    state: str
    first_seen: str
    last_seen: str
    decided_by: str | None
    reason: str | None
    message: str | None
    document: str | None


class DriftPage(Schema):
    total: int
    policy: str
    may_repair: bool
    rows: list[DriftRow]


class Chosen(Schema):
    ids: list[int]
    reason: str


class LinkDrift(Schema):
    code: str
    name: str
    open: int


class LinksDrift(Schema):
    rows: list[LinkDrift]


@router.get("/drift", auth=needs("line.expected"), response=LinksDrift)
def list_links_drift(request: Request) -> dict[str, Any]:
    """Each link with the number of open differences in your warehouses."""
    mine = request.warehouses.limit(Drift.objects.filter(state=Drift.State.OPEN), "warehouse")
    numbers = dict(mine.values_list("link").annotate(n=Number("pk")).order_by())
    return {
        "rows": [
            {"code": link.code, "name": link.name, "open": numbers.get(link.pk, 0)}
            for link in Link.objects.order_by("code")
        ]
    }


def _found(request: Request, link: Link, state: str) -> Any:
    rows = request.warehouses.limit(Drift.objects.filter(link=link), "warehouse").select_related("repair__link")
    rows = rows.filter(state__in=state.split(",")) if state else rows.exclude(state=Drift.State.SUSPECTED)
    return rows.order_by("location", *GOODS, "-pk")


def _rows(request: Request, link: Link, found: list[Drift]) -> list[dict[str, Any]]:
    items = {item.code: item for item in Item.objects.filter(link=link, code__in={drift.item for drift in found})}
    return [_row(request, drift, items.get(drift.item)) for drift in found]


def _row(request: Request, drift: Drift, item: Item | None) -> dict[str, Any]:
    gap = drift.erp - drift.wms
    name = (item.name_zh if shown.chinese(request) else item.name_en) if item else drift.item
    return {
        **{field: getattr(drift, field) for field in ("warehouse", "location", "item", "state")},
        "id": drift.pk,
        "item_name": name,
        **shown.parts(drift),
        "erp": shown.plain(drift.erp),
        "wms": shown.plain(drift.wms),
        "gap": shown.plain(gap),
        "value": shown.money(gap * item.price) if item and item.price is not None else None,
        "first_seen": shown.moment(drift.first_seen),
        "last_seen": shown.moment(drift.last_seen),
        "decided_by": drift.decided_by or None,
        "reason": drift.reason or None,
        "message": shown.sentence(request, drift.message),
        "document": drift.repair.number if drift.repair else None,
    }


@router.get("/links/{code}/drift", auth=needs("line.expected"), response=DriftPage)
def list_drift(
    request: Request, code: str, state: str = "open,repairing", offset: Natural = 0, limit: Natural = 100
) -> dict[str, Any]:
    """Drift in your warehouses. `state` may list several of suspected, open, repairing, repaired, explained, dismissed."""
    link = get_link(code)
    found = _found(request, link, state)
    policy = policy_of(link.policy).drift
    return {
        "total": found.count(),
        "policy": policy,
        "may_repair": policy != "report" and bool(allowed(request.auth, "line.approve")),
        "rows": _rows(request, link, list(found[offset : offset + min(limit, 500)])),
    }


@router.get("/links/{code}/drift.csv", auth=needs("line.expected"))
def export_drift(request: Request, code: str, state: str = "open,repairing") -> HttpResponse:
    """The same list as CSV."""
    link = get_link(code)
    rows = _rows(request, link, list(_found(request, link, state)[:EXPORTED]))
    return csv_answer(f"drift-{link.code}.csv", rows, list(DriftRow.model_fields))


@router.post("/links/{code}/drift/repair", auth=needs("line.approve"), response=dict[str, int])
def repair(request: Request, code: str, body: Chosen) -> dict[str, int]:
    """Carry the WMS's book into the ERP for these keys, by a document that is posted once and read back."""
    user = request.auth.username
    return {"repairing": repairs.ask(get_link(code), body.ids, body.reason, user, request.warehouses)}


@router.post("/links/{code}/drift/dismiss", auth=needs("line.approve"), response=dict[str, int])
def dismiss(request: Request, code: str, body: Chosen) -> dict[str, int]:
    """Leave these differences as they are; they are told again only when they change."""
    user = request.auth.username
    return {"dismissed": repairs.dismiss(get_link(code), body.ids, body.reason, user, request.warehouses)}


@router.post("/links/{code}/drift/compare", auth=needs("link.edit"), response=dict[str, bool])
def compare(request: Request, code: str) -> dict[str, bool]:
    """Compare both books now instead of waiting for the schedule."""
    link = get_link(code)
    return {"queued": follow("stocktake.compare", once=f"compare:{link.pk}", link=link.pk)}
