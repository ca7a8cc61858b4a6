"""Records that cannot go on: see them with their reason, send them again after the cause is mended, or give them up by name."""

from __future__ import annotations

from typing import Any

from django.db.models import Count as Number
from django.db.models import Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural
from countbridge.errors import InputError, NotAllowed
from countbridge.exchange import quarantine
from countbridge.exchange.models import QuarantinedRecord
from countbridge.messages import render
from countbridge.people.language import language_of
from countbridge.stocktake import summaries

router = Router(tags=["quarantine"])
prefix = "/quarantine"


class Record(Schema):
    id: int
    flow: str
    at: str
    record: dict[str, Any]
    code: str
    message: str
    state: str
    count: str | None
    delivery: int | None
    decided_by: str | None
    reason: str | None


class RecordPage(Schema):
    total: int
    rows: list[Record]


class Filter(Schema):
    """`said` is what the other system said, word for word, of a refused line."""

    flow: str = ""
    state: str = "waiting"
    code: str = ""
    said: str | None = None
    count: str = ""
    q: str = ""


class Chosen(Schema):
    ids: list[int] | None = None
    filter: Filter | None = None


class Again(Chosen):
    reason: str = ""


class GivenUp(Chosen, schemas.Reason):
    pass


class Group(Schema):
    flow: str
    code: str
    said: str | None
    message: str
    number: int


class Groups(Schema):
    rows: list[Group]


def _records(by: Filter) -> QuerySet[QuarantinedRecord]:
    found = QuarantinedRecord.objects.annotate(said=KeyTextTransform("message", "params")).order_by("-pk")
    found = found.filter(state__in=by.state.split(",")) if by.state else found
    for field, value in (("flow", by.flow), ("code", by.code), ("count", by.count)):
        found = found.filter(**{field: value}) if value else found
    found = found.filter(said=by.said) if by.said is not None else found
    return found.filter(Q(source_id__icontains=by.q) | Q(record__icontains=by.q)) if by.q else found


@router.get("", auth=needs("quarantine.view"), response=RecordPage)
def list_records(
    request: Request,
    flow: str = "",
    state: str = "waiting",
    code: str = "",
    said: str | None = None,
    count: str = "",
    q: str = "",
    offset: Natural = 0,
    limit: Natural = 100,
) -> dict[str, Any]:
    """Quarantined records, newest first; those that wait, unless another `state` is asked for."""
    _whole(request)
    found = _records(Filter(flow=flow, state=state, code=code, said=said, count=count, q=q))
    return {
        "total": found.count(),
        "rows": [_row(request, record) for record in found[offset : offset + min(limit, 500)]],
    }


def _row(request: Request, record: QuarantinedRecord) -> dict[str, Any]:
    return {
        "id": record.pk,
        "flow": record.flow,
        "at": shown.moment(record.at),
        "record": record.record,
        "code": record.code,
        "message": render(record.code, record.params, language_of(request)),
        "state": record.state,
        "count": record.count or None,
        "delivery": record.delivery_id,
        "decided_by": record.decided_by or None,
        "reason": record.reason or None,
    }


@router.get("/reasons", auth=needs("quarantine.view"), response=Groups)
def list_reasons(request: Request, flow: str = "") -> dict[str, Any]:
    """What waits, by reason, the most frequent first. `message` is the sentence of the newest record of each."""
    _whole(request)
    grouped = (
        _records(Filter(flow=flow))
        .order_by()
        .annotate(words=KeyTextTransform("message", "params"))
        .values("flow", "code", "words")
        .annotate(number=Number("pk"), newest=Max("pk"))
        .order_by("-number", "flow", "code", "words")[:200]
    )
    groups = list(grouped)
    params = dict(
        QuarantinedRecord.objects.filter(pk__in=[group["newest"] for group in groups]).values_list("pk", "params")
    )
    language = language_of(request)
    return {
        "rows": [
            {
                "flow": group["flow"],
                "code": group["code"],
                "said": group["words"],
                "message": render(group["code"], params[group["newest"]], language),
                "number": group["number"],
            }
            for group in groups
        ]
    }


@router.post("/resend", auth=needs("quarantine.resolve"), response=dict[str, int])
def resend(request: Request, body: Again) -> dict[str, int]:
    """Send records through their flow again, by their ids or by a filter; what fails again stays, with its new reason. A
    record two people ask for is sent once."""
    _whole(request)
    return {"queued": quarantine.resend(_chosen(body), request.auth.username, body.reason)}


@router.post("/discard", auth=needs("quarantine.resolve"), response=dict[str, int])
def discard_many(request: Request, body: GivenUp) -> dict[str, int]:
    """Give records up, by their ids or by a filter; your name and reason are kept with each. Of a line an ERP refused the
    WMS is never told: neither book moves on it, and the count can close."""
    _whole(request)
    return {"discarded": quarantine.discard(_chosen(body), request.auth.username, body.reason)}


@router.post("/{record}/discard", auth=needs("quarantine.resolve"), response=dict[str, bool])
def discard(request: Request, record: int, body: schemas.Reason) -> dict[str, bool]:
    """Give a record up; your name and reason are kept with it."""
    _whole(request)
    quarantine.discard_one(record, request.auth.username, body.reason)
    return {"discarded": True}


def _chosen(body: Chosen) -> QuerySet[QuarantinedRecord]:
    if (body.ids is None) == (body.filter is None):
        raise InputError("api.ids_or_filter")
    if body.ids is not None:
        return QuarantinedRecord.objects.filter(pk__in=body.ids)
    return _records(body.filter or Filter())


def _whole(request: Request) -> None:
    """A quarantined record speaks its own system's words; which warehouse it belongs to is not known before it is mended."""
    if not summaries.sees_everything(request.warehouses):
        raise NotAllowed("people.all_warehouses", permission="quarantine.view")
