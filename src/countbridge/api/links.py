"""Links: two systems side by side, the flows between them, their maps and code tables."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.errors import NotAllowed, NotFound
from countbridge.exchange import feeds, health, items
from countbridge.exchange.models import FeedCursor
from countbridge.links.models import FieldMap, Link
from countbridge.people.language import language_of
from countbridge.stocktake import summaries

router = Router(tags=["links"])
prefix = "/links"


class SystemHealth(Schema):
    code: str
    name: str
    connector: str
    ok: bool
    last_seen: str | None
    message: str | None
    clock_offset_seconds: int | None
    warning: str | None
    breaker: str
    retry_at: str | None
    calls: int
    failed: dict[str, int]
    success_rate: str | None
    p50_ms: int | None
    p95_ms: int | None


class FlowHealth(Schema):
    flow: str
    name: str
    every_seconds: int | None
    polled: str | None
    cadence: str | None
    next_due: str | None
    paused: str | None
    last_run: str | None
    backlog: int
    success: int
    failure: int
    message: str | None


class LinkHealth(Schema):
    code: str
    name: str
    erp: SystemHealth
    wms: SystemHealth
    flows: list[FlowHealth]
    quarantine: int


class MapShown(Schema):
    name: str
    version: int
    rules: list[dict[str, Any]]


class TableShown(Schema):
    name: str
    rows: int


class FeedShown(Schema):
    """How far a feed was read, and the numbers that are missing in it now."""

    dataset: str
    seen_until: str | None
    hole: dict[str, str] | None


class DoubtShown(Schema):
    """A reading that lacks many records: nothing is deleted until somebody confirms it."""

    flow: str
    known: int
    missing: int
    sample: list[str]
    confirmed_by: str | None


class LinkShown(LinkHealth):
    doubts: list[DoubtShown]
    feeds: list[FeedShown]
    maps: list[MapShown]
    tables: list[TableShown]


class Links(Schema):
    rows: list[LinkShown]


@router.get("", auth=needs("link.view"), response=Links)
def list_links(request: Request) -> dict[str, Any]:
    """Every link with its health, maps (newest version) and tables."""
    return {
        "rows": [
            _shown(link, language_of(request)) for link in Link.objects.select_related("erp", "wms").order_by("code")
        ]
    }


def get_link(code: str) -> Link:
    """The link of this code; NotFound where there is none."""
    found = Link.objects.select_related("erp", "wms").filter(code=code).first()
    if found is None:
        raise NotFound("cadence.no_such_link", link=code)
    return found


def editable(request: Request, code: str) -> Link:
    """The link, for somebody whose permission covers all warehouses: a link serves them all."""
    if not summaries.sees_everything(request.warehouses):
        raise NotAllowed("people.all_warehouses", permission="link.edit")
    return get_link(code)


def _shown(link: Link, language: str) -> dict[str, Any]:
    newest = FieldMap.objects.filter(link=link).order_by("name", "-version").distinct("name")
    return {
        **health.of_link(link, language),
        "maps": [{"name": each.name, "version": each.version, "rules": each.rules} for each in newest],
        "feeds": [
            {"dataset": feed.dataset, "seen_until": shown.moment(feed.seen_until), "hole": feed.hole}
            for feed in FeedCursor.objects.filter(link=link).order_by("dataset")
        ],
        "doubts": [
            {
                "flow": each.flow,
                "known": each.known,
                "missing": each.missing,
                "sample": each.sample,
                "confirmed_by": each.confirmed_by or None,
            }
            for each in link.doubts.order_by("flow")
        ],
        "tables": [{"name": t.name, "rows": len(t.rows)} for t in link.tables.order_by("name")],
    }


@router.post("/{code}/feeds/{dataset}/accept", auth=needs("link.edit"), response=dict[str, int])
def accept_hole(request: Request, code: str, dataset: str, body: schemas.Reason) -> dict[str, int]:
    """Numbers missing in a feed never existed, or are gone for good: go on behind them. Your name and reason are kept."""
    return {"next": feeds.accept_hole(editable(request, code), dataset, body.reason, request.auth.username)}


@router.post("/{code}/items/confirm", auth=needs("link.edit"), response=dict[str, int])
def confirm_missing(request: Request, code: str, body: schemas.Reason) -> dict[str, int]:
    """The items a reading lacks are really gone: the next reading makes them inactive. Your name and reason are kept."""
    return {"missing": items.confirm_missing(editable(request, code), body.reason, request.auth.username)}
