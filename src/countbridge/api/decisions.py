"""What waits for a decision, what it would do, and deciding it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Abs
from ninja import Router, Schema

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.lines import of_cause
from countbridge.api.tables import Natural
from countbridge.errors import NotAllowed
from countbridge.messages import render
from countbridge.people.access import WarehouseScope, allowed
from countbridge.people.language import language_of
from countbridge.stocktake import decisions
from countbridge.stocktake.models import Count, Line

router = Router(tags=["decisions"], by_alias=True)
prefix = ""

NEEDED = {
    decisions.APPROVE: "line.approve",
    decisions.TRANSFER: "line.approve",
    decisions.KEEP_BOOK: "line.approve",
    decisions.RECOUNT: "line.recount",
}


class Question(Schema):
    lines: list[int]
    decision: str
    reason_code: str = ""
    take_pass: int | None = None


class Answer(Question):
    reason: str = ""


class Posting(Schema):
    system: str
    location: str
    lines: int


class Refusal(Schema):
    line: int
    code: str
    message: str


class Effect(Schema):
    lines: int
    gain: str
    loss: str
    net: str
    moved: str
    postings: list[Posting]
    refused: list[Refusal]


class Decided(Schema):
    changed: int
    refused: list[Refusal]


def _waiting(scope: WarehouseScope, states: tuple[str, ...], count: str) -> QuerySet[Line]:
    lines = scope.limit(Line.objects.filter(state__in=states, count__state=Count.State.COUNTING), "warehouse")
    lines = lines.filter(count__number=count) if count else lines
    return lines.select_related("count", "sheet__assignee")


@router.get("/approvals", auth=needs("line.approve"), response=schemas.ApprovalPage)
def list_approvals(
    request: Request, count: str = "", sort: str = "", cause: str = "", offset: Natural = 0, limit: Natural = 100
) -> dict[str, Any]:
    """Lines that wait for approval in your warehouses, the highest value at stake first. `cause`: as for lines of a count."""
    lines = _waiting(request.warehouses, decisions.DECIDABLE, count)
    lines = of_cause(lines, request, cause) if cause else lines
    sums = lines.aggregate(gain=Sum("value", filter=Q(value__gt=0)), loss=Sum("value", filter=Q(value__lt=0)))
    gain, loss = sums["gain"] or 0, sums["loss"] or 0
    known = sort.removeprefix("-") in ("bin", "item", "value", "variance", "counted_at")
    ordered = lines.order_by(sort if known else Abs("value").desc(nulls_last=True), "pk")
    expected = allowed(request.auth, "line.expected")
    return {
        "total": lines.count(),
        "gain": shown.money(gain + shown.ZERO),
        "loss": shown.money(loss + shown.ZERO),
        "net": shown.money(gain + loss + shown.ZERO),
        "rows": [shown.line(line, request, expected) for line in ordered[offset : offset + min(limit, 500)]],
    }


@router.get("/recounts", auth=needs("line.recount"), response=schemas.LinePage)
def list_recounts(
    request: Request, count: str = "", cause: str = "", offset: Natural = 0, limit: Natural = 100
) -> dict[str, Any]:
    """Lines that wait for another count. `cause`: as for lines of a count."""
    lines = _waiting(request.warehouses, (Line.State.RECOUNT,), count)
    lines = (of_cause(lines, request, cause) if cause else lines).order_by("count", "zone", "bin", "pk")
    expected = allowed(request.auth, "line.expected")
    page = lines[offset : offset + min(limit, 500)]
    return {"total": lines.count(), "rows": [shown.line(line, request, expected) for line in page]}


@router.post("/decisions/preview", auth=needs("count.view"), response=Effect)
def preview(request: Request, body: Question) -> dict[str, Any]:
    """What the decision would do: value gained and lost, documents in each system, and the lines it is refused for.
    With `take_pass`: what it would do if that count of the line were taken."""
    scope = _scope(request, body.decision)
    effect = decisions.preview(
        body.lines, body.decision, request.auth, scope, reason_code=body.reason_code, take_pass=body.take_pass
    )
    return {
        "lines": len(effect.lines),
        "gain": shown.money(effect.gain),
        "loss": shown.money(effect.loss),
        "net": shown.money(effect.gain + effect.loss),
        "moved": shown.money(effect.moved),
        "postings": [{"system": s, "location": place, "lines": n} for (s, place), n in sorted(effect.postings.items())],
        "refused": _refused(request, effect),
    }


@router.post("/decisions", auth=needs("count.view"), response=Decided)
def decide(request: Request, body: Answer) -> dict[str, Any]:
    """Decide for many lines at once, with a reason: a code, words, or both. Who counted a line may not approve it.
    `take_pass`, for one line several people counted differently: approve what this count of it found."""
    scope = _scope(request, body.decision)
    effect = decisions.decide(
        body.lines,
        body.decision,
        body.reason,
        request.auth,
        scope,
        reason_code=body.reason_code,
        take_pass=body.take_pass,
    )
    return {"changed": len(effect.lines), "refused": _refused(request, effect)}


def _scope(request: Request, decision: str) -> WarehouseScope:
    permission = NEEDED.get(decision, "line.approve")
    scope = allowed(request.auth, permission)
    if not scope:
        raise NotAllowed("people.not_allowed", permission=permission)
    return scope


def _refused(request: Request, effect: decisions.Effect) -> list[dict[str, Any]]:
    language = language_of(request)
    return [{"line": pk, "code": e.code, "message": render(e.code, e.params, language)} for pk, e in effect.refused]
