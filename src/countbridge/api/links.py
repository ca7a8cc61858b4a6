"""Links: two systems side by side, the flows between them, their maps and code tables."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api.auth import Request, needs
from countbridge.exchange import health
from countbridge.links.models import FieldMap, Link
from countbridge.people.language import language_of

router = Router(tags=["links"])
prefix = "/links"


class SystemHealth(Schema):
    code: str
    name: str
    connector: str
    ok: bool
    last_seen: str | None
    message: str | None
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


class LinkShown(LinkHealth):
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


def _shown(link: Link, language: str) -> dict[str, Any]:
    newest = FieldMap.objects.filter(link=link).order_by("name", "-version").distinct("name")
    return {
        **health.of_link(link, language),
        "maps": [{"name": each.name, "version": each.version, "rules": each.rules} for each in newest],
        "tables": [{"name": t.name, "rows": len(t.rows)} for t in link.tables.order_by("name")],
    }
