"""Deliveries: what was sent to other systems, what they answered, sending again, and deciding what no system can tell."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural
from countbridge.errors import InputError, NotFound
from countbridge.exchange import attempts, health, resending, review
from countbridge.exchange.faults import FOR_ADMINISTRATORS
from countbridge.exchange.models import Attempt, Delivery
from countbridge.people.language import language_of
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
    next_try_at: str | None
    remote_id: str | None
    lines: int
    code: str | None
    message: str | None
    fault: str | None
    for_administrators: bool


class DownSystem(Schema):
    system: str
    message: str
    retry_at: str | None


class DeliveryPage(Schema):
    total: int
    rows: list[DeliveryRow]
    down: list[DownSystem]


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
    call: str
    request: str | None
    response: str | None
    request_bytes: int
    response_bytes: int
    cut: bool


class Review(Schema):
    decision: str
    remote_id: str | None
    reason: str
    user: str
    at: str


class DeliveryDetail(DeliveryRow):
    payload: dict[str, Any]
    outcomes: list[Outcome]
    tries: list[Try]
    reviews: list[Review]
    behind: int


class Filter(Schema):
    count: str = ""
    state: str = ""
    flow: str = ""
    q: str = ""


class Again(schemas.Reason):
    ids: list[int] | None = None
    filter: Filter | None = None


class Verdict(schemas.Reason):
    decision: str
    remote_id: str = ""


def _visible(request: Request) -> QuerySet[Delivery]:
    """Deliveries of counts that lie in the reader's warehouses alone (a document may hold lines of all of them); those of
    no count (items) for whoever has all warehouses."""
    found = Delivery.objects.select_related("system").order_by("-pk")
    if summaries.sees_everything(request.warehouses):
        return found
    return found.filter(count__in=summaries.wholly_visible(request.warehouses).values("number"))


def _filtered(found: QuerySet[Delivery], by: Filter) -> QuerySet[Delivery]:
    for field, value in (("count", by.count), ("flow", by.flow)):
        found = found.filter(**{field: value}) if value else found
    found = found.filter(state__in=by.state.split(",")) if by.state else found
    return found.filter(Q(key__icontains=by.q) | Q(remote_id=by.q) | Q(payload__icontains=by.q)) if by.q else found


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
        "next_try_at": shown.moment(delivery.next_try_at),
        "remote_id": delivery.remote_id or None,
        "lines": len(delivery.payload["lines"]),
        "code": delivery.error["code"] if delivery.error else None,
        "message": shown.sentence(request, delivery.error),
        "fault": delivery.fault or None,
        "for_administrators": delivery.fault in FOR_ADMINISTRATORS,
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
    """Deliveries, newest first. `q` finds in keys and in what was sent (item codes, documents). `down`: the systems that are
    left alone for now because they failed again and again."""
    found = _filtered(_visible(request), Filter(count=count, state=state, flow=flow, q=q))
    return {
        "total": found.count(),
        "rows": [_row(request, d) for d in found[offset : offset + min(limit, 500)]],
        "down": health.down(language_of(request)),
    }


@router.get("/{int:delivery}", auth=needs("delivery.view"), response=DeliveryDetail)
def show_delivery(request: Request, delivery: int) -> dict[str, Any]:
    """One delivery with every request and response, secrets masked; `behind` is how many later ones wait for it."""
    found = _get(request, delivery)
    later = Delivery.objects.filter(order_key=found.order_key, pk__gt=found.pk, state__in=Delivery.OPEN)
    return {
        **_row(request, found),
        "payload": found.payload,
        "outcomes": found.outcomes,
        "tries": [_try(each) for each in found.attempts.all()],
        "reviews": [
            {
                "decision": each.decision,
                "remote_id": each.remote_id or None,
                "reason": each.reason,
                "user": each.user,
                "at": shown.moment(each.at),
            }
            for each in found.reviews.all()
        ],
        "behind": 0 if found.state in (Delivery.State.CONFIRMED, Delivery.State.REJECTED) else later.count(),
    }


def _try(attempt: Attempt) -> dict[str, Any]:
    sent, received = attempts.unpack(attempt.sent), attempts.unpack(attempt.received)
    return {
        "number": attempt.number,
        "action": attempt.action,
        "started_at": shown.moment(attempt.started_at),
        "ms": attempt.milliseconds,
        "outcome": attempt.outcome,
        "call": attempt.call,
        "request": sent,
        "response": received,
        "request_bytes": attempt.sent_bytes,
        "response_bytes": attempt.received_bytes,
        "cut": attempts.is_cut(sent) or attempts.is_cut(received),
    }


@router.post("/resend", auth=needs("delivery.resend"), response=dict[str, int])
def resend_many(request: Request, body: Again) -> dict[str, int]:
    """Try many again now, by their ids or by the list's filter; returns how many. Each that may have arrived is looked for
    first; confirmed ones, and those that wait for a decision, stay as they are."""
    if (body.ids is None) == (body.filter is None):
        raise InputError("api.ids_or_filter")
    found = _visible(request)
    found = found.filter(pk__in=body.ids) if body.ids is not None else _filtered(found, body.filter or Filter())
    return {"queued": resending.resend(found, body.reason, request.auth.username)}


@router.post("/{int:delivery}/resend", auth=needs("delivery.resend"), response=dict[str, bool])
def resend(request: Request, delivery: int, body: schemas.Reason) -> dict[str, bool]:
    """Try again now. A delivery that may have arrived is looked for first; a confirmed one is never sent twice. Of a refused
    document of lines, those that wait in quarantine are sent, in documents of their own."""
    one = _visible(request).filter(pk=_get(request, delivery).pk)
    return {"queued": resending.resend(one, body.reason, request.auth.username) > 0}


@router.post("/{int:delivery}/decide", auth=needs("delivery.decide"), response=DeliveryDetail)
def decide(request: Request, delivery: int, body: Verdict) -> dict[str, Any]:
    """Say what became of a write that no system can tell: it `arrived` (with its number there), `did_not_arrive` (it is sent
    again) or you `give_up` (it never is). Your name and reason are kept with it."""
    review.decide(_get(request, delivery).pk, body.decision, body.remote_id, body.reason, request.auth.username)
    return show_delivery(request, delivery)


def _get(request: Request, delivery: int) -> Delivery:
    found = _visible(request).filter(pk=delivery).first()
    if found is None:
        raise NotFound("exchange.no_such_delivery", delivery=delivery)
    return found
