"""Records that cannot go on: see them with their reason, send them again after the cause is mended, or give them up by name."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural
from countbridge.errors import NotAllowed
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


class RecordPage(Schema):
    total: int
    rows: list[Record]


class Ids(Schema):
    ids: list[int]


@router.get("", auth=needs("quarantine.view"), response=RecordPage)
def list_records(
    request: Request, flow: str = "", state: str = "waiting", offset: Natural = 0, limit: Natural = 100
) -> dict[str, Any]:
    """Quarantined records, newest first; those that wait, unless another `state` is asked for."""
    _whole(request)
    found = QuarantinedRecord.objects.order_by("-pk")
    found = found.filter(state=state) if state else found
    found = found.filter(flow=flow) if flow else found
    return {
        "total": found.count(),
        "rows": [
            {
                "id": record.pk,
                "flow": record.flow,
                "at": shown.moment(record.at),
                "record": record.record,
                "code": record.code,
                "message": render(record.code, record.params, language_of(request)),
                "state": record.state,
            }
            for record in found[offset : offset + min(limit, 500)]
        ],
    }


@router.post("/resend", auth=needs("quarantine.resolve"), response=dict[str, int])
def resend(request: Request, body: Ids) -> dict[str, int]:
    """Send records through their flow again; what fails again stays, with its new reason."""
    _whole(request)
    return {"queued": quarantine.resend(QuarantinedRecord.objects.filter(pk__in=body.ids), request.auth.username)}


@router.post("/{record}/discard", auth=needs("quarantine.resolve"), response=dict[str, bool])
def discard(request: Request, record: int, body: schemas.Reason) -> dict[str, bool]:
    """Give a record up; your name and reason are kept with it."""
    _whole(request)
    quarantine.discard_one(record, request.auth.username, body.reason)
    return {"discarded": True}


def _whole(request: Request) -> None:
    """A quarantined record speaks its own system's words; which warehouse it belongs to is not known before it is mended."""
    if not summaries.sees_everything(request.warehouses):
        raise NotAllowed("people.all_warehouses", permission="quarantine.view")
