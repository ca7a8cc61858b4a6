"""Today: what waits for me, what is under way, how the links do, how accurate the stock was."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, signed_in
from countbridge.api.counts import summarized
from countbridge.api.freezes import FreezeShown, in_effect
from countbridge.api.links import LinkHealth
from countbridge.exchange import health
from countbridge.exchange.models import Delivery, QuarantinedRecord
from countbridge.links.models import Link
from countbridge.people.access import allowed
from countbridge.people.language import language_of
from countbridge.stocktake import decisions, signoffs, summaries
from countbridge.stocktake.models import Count, Line

router = Router(tags=["today"])
prefix = "/today"


class Waiting(Schema):
    approvals: int
    signatures: int
    recounts: int
    quarantine: int
    deliveries: int
    zones: int


class AccuracyPoint(schemas.AccuracyShown):
    number: str
    closed_at: str


class Today(Schema):
    waiting: Waiting
    counts: list[schemas.CountSummary]
    links: list[LinkHealth]
    accuracy: list[AccuracyPoint]
    frozen: list[FreezeShown]


@router.get("", auth=signed_in, response=Today)
def today(request: Request) -> dict[str, Any]:
    """Each part shows what the reader's roles allow; the rest is empty."""
    view = allowed(request.auth, "count.view")
    request.warehouses = view
    counts = summaries.visible(view) if view else Count.objects.none()
    closed = list(counts.filter(state=Count.State.CLOSED)[:30]) if allowed(request.auth, "line.expected") else []
    links = Link.objects.select_related("erp", "wms").filter(active=True).order_by("code")
    frozen = in_effect(request)
    return {
        "waiting": {**_waiting(request), "zones": sum(one["needs_people"] for one in frozen)},
        "frozen": frozen,
        "counts": summarized(request, list(counts.filter(state__in=Count.OPEN)[:20])),
        "links": [health.of_link(link, language_of(request)) for link in links] if view else [],
        "accuracy": [
            {"number": c.number, "closed_at": shown.moment(c.closed_at), **summaries.accuracy(c, view)}
            for c in reversed(closed)
        ],
    }


def _waiting(request: Request) -> dict[str, int]:
    approve, recount = allowed(request.auth, "line.approve"), allowed(request.auth, "line.recount")
    open_lines = Line.objects.filter(count__state=Count.State.COUNTING)
    waiting = QuarantinedRecord.objects.filter(state=QuarantinedRecord.State.WAITING)
    return {
        "approvals": approve.limit(open_lines.filter(state__in=decisions.DECIDABLE), "warehouse").count()
        if approve
        else 0,
        "signatures": len(signoffs.waiting(approve)),
        "recounts": recount.limit(open_lines.filter(state=Line.State.RECOUNT), "warehouse").count() if recount else 0,
        "quarantine": waiting.count() if _all(request, "quarantine.view") else 0,
        "deliveries": _troubled(request),
    }


def _troubled(request: Request) -> int:
    scope = allowed(request.auth, "delivery.view")
    found = Delivery.objects.filter(health.needs_people())
    if not scope:
        return 0
    if summaries.sees_everything(scope):
        return found.count()
    return found.filter(count__in=summaries.wholly_visible(scope).values("number")).count()


def _all(request: Request, permission: str) -> bool:
    scope = allowed(request.auth, permission)
    return bool(scope) and summaries.sees_everything(scope)
