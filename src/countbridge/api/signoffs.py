"""Signatures under the sum of a count's variances: what waits, signing, and sending back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninja import Router, Schema

from countbridge import clock
from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.counts import get_count
from countbridge.errors import CountbridgeError
from countbridge.messages import render
from countbridge.people.access import WarehouseScope, allowed
from countbridge.people.language import language_of
from countbridge.stocktake import signoffs
from countbridge.stocktake.models import Signoff

router = Router(tags=["signoffs"], by_alias=True)
prefix = ""


class SignoffShown(Schema):
    id: int
    count: str
    count_name: str
    level: int
    name: str
    outcome: str
    net: str | None
    absolute: str | None
    unpriced: int
    users: list[str]
    substitutes: list[str]
    asked_at: str
    due_at: str
    overdue: bool
    user: str | None
    at: str | None
    reason: str
    may_sign: bool
    why_not: str | None


class Signoffs(Schema):
    rows: list[SignoffShown]


class Words(Schema):
    reason: str = ""


@router.get("/signoffs", auth=needs("line.approve"), response=Signoffs)
def list_waiting(request: Request) -> dict[str, Any]:
    """Signatures that are waited for, of counts all of whose warehouses are yours; the first due first."""
    return {"rows": _rows(request, signoffs.waiting(allowed(request.auth, "line.approve")))}


@router.get("/counts/{number}/signoffs", auth=needs("count.view"), response=Signoffs)
def list_of_count(request: Request, number: str) -> dict[str, Any]:
    """Every signature that was asked for of the count, the newest round first."""
    count = get_count(request, number)
    return {"rows": _rows(request, list(count.signoffs.select_related("count", "user").order_by("-round", "level")))}


def _rows(request: Request, asked: Sequence[Signoff]) -> list[dict[str, Any]]:
    refused = signoffs.refusals([one for one in asked if _waits(one)], request.auth)
    expected = allowed(request.auth, "line.expected")
    return [_shown(request, one, refused.get(one.pk), expected) for one in asked]


def _waits(one: Signoff) -> bool:
    return one.outcome == "waiting" and one.count.state == "signing"


def _shown(
    request: Request, one: Signoff, refused: CountbridgeError | None, expected: WarehouseScope
) -> dict[str, Any]:
    waits, sees = _waits(one), expected.covers(one.count.warehouses)
    return {
        "id": one.pk, "count": one.count.number, "count_name": one.count.name, "level": one.level, "name": one.name,
        "outcome": one.outcome, "net": shown.money(one.net) if sees else None,
        "absolute": shown.money(one.absolute) if sees else None, "unpriced": one.unpriced if sees else 0,
        "users": one.users, "substitutes": one.substitutes, "asked_at": shown.moment(one.asked_at),
        "due_at": shown.moment(one.due_at), "overdue": waits and one.due_at < clock.now(),
        "user": one.user.username if one.user else None, "at": shown.moment(one.at), "reason": one.reason,
        "may_sign": waits and refused is None,
        "why_not": render(refused.code, refused.params, language_of(request)) if refused else None,
    }  # fmt: skip


@router.post("/signoffs/{signoff}/sign", auth=needs("line.approve"), response=SignoffShown)
def sign(request: Request, signoff: int, body: Words) -> dict[str, Any]:
    """Sign. Not for who counted in it or signed another level; the next level is asked, or the count is posted."""
    return _rows(request, [signoffs.sign(signoff, request.auth, body.reason)])[0]


@router.post("/signoffs/{signoff}/return", auth=needs("line.approve"), response=SignoffShown)
def send_back(request: Request, signoff: int, body: Words) -> dict[str, Any]:
    """Do not sign: the count's variances wait for a decision again."""
    return _rows(request, [signoffs.send_back(signoff, request.auth, body.reason)])[0]
