"""Deliveries: what was sent to other systems, what they answered, and sending again."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural
from countbridge.errors import NotFound
from countbridge.exchange import attempts, resending
from countbridge.exchange.models import Delivery
from countbridge.stocktake import summaries

router = Router(tags=["deliveries"], by_alias=True)
prefix = "/deliveries"


class DeliveryRow(Schema):
    id: int
    flow: str
    system: str
    kind: str
    key: str
    count: str | None
    state: str
    attempts: int
    created_at: str
    settled_at: str | None
    remote_id: str | None
    lines: int
    code: str | None
    message: str | None


class DeliveryPage(Schema):
    total: int
    rows: list[DeliveryRow]


class Outcome(Schema):
    line: int
    ok: bool
    message: str


class Try(Schema):
    number: int
    action: str
    started_at: str
    ms: int
    outcome: str
    request: str | None
    response: str | None


class DeliveryDetail(DeliveryRow):
    payload: dict[str, Any]
    outcomes: list[Outcome]
    tries: list[Try]


def _visible(request: Request) -> QuerySet[Delivery]:
    """Deliveries of counts that lie in the reader's warehouses alone (a document may hold lines of all of them); those of
    no count (items) for whoever has all warehouses."""
    found = Delivery.objects.select_related("system").order_by("-pk")
    if summaries.sees_everything(request.warehouses):
        return found
    return found.filter(count__in=summaries.wholly_visible(request.warehouses).values("number"))


def _row(request: Request, delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "flow": delivery.flow,
        "system": delivery.system.name,
        "kind": delivery.kind,
        "key": delivery.key,
        "count": delivery.count or None,
        "state": delivery.state,
        "attempts": delivery.tries,
        "created_at": shown.moment(delivery.created_at),
        "settled_at": shown.moment(delivery.settled_at),
        "remote_id": delivery.remote_id or None,
        "lines": len(delivery.payload["lines"]),
        "code": delivery.error["code"] if delivery.error else None,
        "message": shown.sentence(request, delivery.error),
    }


@router.get("", auth=needs("delivery.view"), response=DeliveryPage)
def list_deliveries(
    request: Request,
    count: str = "",
    state: str = "",
    flow: str = "",
    q: str = "",
    offset: Natural = 0,
    limit: Natural = 100,
) -> dict[str, Any]:
    """Deliveries, newest first. `q` finds in keys and in what was sent (item codes, documents)."""
    found = _visible(request)
    for field, value in (("count", count), ("flow", flow)):
        found = found.filter(**{field: value}) if value else found
    found = found.filter(state__in=state.split(",")) if state else found
    found = found.filter(Q(key__icontains=q) | Q(remote_id=q) | Q(payload__icontains=q)) if q else found
    return {"total": found.count(), "rows": [_row(request, d) for d in found[offset : offset + min(limit, 500)]]}


@router.get("/{delivery}", auth=needs("delivery.view"), response=DeliveryDetail)
def show_delivery(request: Request, delivery: int) -> dict[str, Any]:
    """One delivery with every request and response, secrets masked."""
    found = _get(request, delivery)
    return {
        **_row(request, found),
        "payload": found.payload,
        "outcomes": found.outcomes,
        "tries": [
            {
                "number": t.number,
                "action": t.action,
                "started_at": shown.moment(t.started_at),
                "ms": t.milliseconds,
                "outcome": t.outcome,
                "request": attempts.unpack(t.sent),
                "response": attempts.unpack(t.received),
            }
            for t in found.attempts.all()
        ],
    }


@router.post("/{delivery}/resend", auth=needs("delivery.resend"), response=dict[str, bool])
def resend(request: Request, delivery: int, body: schemas.Reason) -> dict[str, bool]:
    """Try again now. A delivery that may have arrived is looked for first; a confirmed one is never sent twice."""
    one = Delivery.objects.filter(pk=_get(request, delivery).pk)
    return {"queued": resending.resend(one, body.reason, request.auth.username) > 0}


def _get(request: Request, delivery: int) -> Delivery:
    found = _visible(request).filter(pk=delivery).first()
    if found is None:
        raise NotFound("exchange.no_such_delivery", delivery=delivery)
    return found
