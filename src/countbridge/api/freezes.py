"""Zones a WMS keeps still for a count: which they are, and lifting one by hand."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.counts import get_count
from countbridge.errors import NotFound
from countbridge.people.access import allowed, require
from countbridge.stocktake import freezes, summaries
from countbridge.stocktake.models import Freeze

router = Router(tags=["freezes"], by_alias=True)
prefix = ""


class FreezeShown(Schema):
    """`needs_people`: the WMS refused, would not let go, or takes long to. `message`: what it said."""

    id: int
    count: str
    zone: str
    warehouses: list[str]
    state: str
    asked_at: str
    frozen_at: str | None
    lifted_at: str | None
    lifted_by: str
    reason: str
    message: str | None
    needs_people: bool
    may_lift: bool


class FreezesShown(Schema):
    rows: list[FreezeShown]


class LiftIn(Schema):
    reason: str
    in_wms: bool = False


@router.get("/counts/{number}/freezes", auth=needs("count.view"), response=FreezesShown)
def list_freezes(request: Request, number: str) -> dict[str, Any]:
    """The zones that were to be frozen for the count, in the warehouses you see."""
    found = get_count(request, number).freezes.select_related("count", "link__wms", "freezing", "lifting")
    return {"rows": rows_of(request, list(found.order_by("zone")))}


def in_effect(request: Request) -> list[dict[str, Any]]:
    """What is or may be blocked now, of counts with a warehouse of the reader's."""
    view = allowed(request.auth, "count.view")
    return (
        rows_of(request, list(freezes.in_effect().filter(count__in=summaries.visible(view).values("pk"))))
        if view
        else []
    )


def rows_of(request: Request, found: list[Freeze]) -> list[dict[str, Any]]:
    view = allowed(request.auth, "count.view")
    troubled = set(freezes.needs_people().filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
    plan, assign = allowed(request.auth, "count.plan"), allowed(request.auth, "count.assign")
    return [
        _row(request, one, one.pk in troubled, plan.covers(one.warehouses) or assign.covers(one.warehouses))
        for one in found
        if any(code in view for code in one.warehouses)
    ]


def _row(request: Request, one: Freeze, troubled: bool, may_lift: bool) -> dict[str, Any]:
    sent = one.lifting or one.freezing
    return {
        "id": one.pk,
        "count": one.count.number,
        "zone": one.zone,
        "warehouses": one.warehouses,
        "state": one.state,
        "asked_at": shown.moment(one.asked_at),
        "frozen_at": shown.moment(one.frozen_at),
        "lifted_at": shown.moment(one.lifted_at),
        "lifted_by": one.lifted_by,
        "reason": one.reason,
        "message": shown.sentence(request, sent.error) if sent else None,
        "needs_people": troubled,
        "may_lift": may_lift and one.state not in (Freeze.State.LIFTING, Freeze.State.LIFTED),
    }


@router.post("/freezes/{int:freeze}/lift", auth=needs("count.view"), response=FreezeShown)
def lift(request: Request, freeze: int, body: LiftIn) -> dict[str, Any]:
    """Let the zone go before the count ends, or ask again where the WMS would not; `in_wms` says that it was done there. Of a
    freeze the WMS refused, the count goes on without it. Planner or supervisor of the zone's warehouses; with a reason."""
    found = Freeze.objects.filter(pk=freeze).first()
    if found is None or not any(code in request.warehouses for code in found.warehouses):
        raise NotFound("stocktake.no_such_freeze", freeze=freeze)
    require(request.auth, "count.plan" if allowed(request.auth, "count.plan") else "count.assign", *found.warehouses)
    freezes.lift_by_hand(freeze, body.reason, request.auth, in_wms=body.in_wms)
    return rows_of(request, [freezes.get(freeze)])[0]
