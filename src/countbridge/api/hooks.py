"""Webhooks into a link: made, changed, rotated, removed; and what came in, good and bad. A secret is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from django.db.models import Count as Number
from django.db.models import Max, Sum
from ninja import Router, Schema
from pydantic import Field

from countbridge import clock
from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.links import editable, get_link
from countbridge.api.tables import Natural
from countbridge.errors import NotFound
from countbridge.exchange import hook_admin
from countbridge.exchange.models import HookMessage, HookRefusal
from countbridge.links.models import Hook
from countbridge.links.signing import ends_of_former
from countbridge.messages import render
from countbridge.people.language import language_of

router = Router(tags=["links"])
prefix = "/links"
DAY = timedelta(days=1)


class HookShown(Schema):
    source: str
    path: str
    events: dict[str, str]
    active: bool
    by_hand: bool
    former_secret_until: str | None
    last_taken: str | None
    taken_today: int
    refused_today: int


class HookWithSecret(HookShown):
    secret: str


class NewHook(Schema):
    source: str
    events: dict[str, str]


class HookChange(Schema):
    events: dict[str, str] | None = None
    active: bool | None = None
    reason: str


class Rotation(Schema):
    keep_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 24
    reason: str


class Reason(Schema):
    reason: str


class Refused(Schema):
    code: str
    message: str
    minute: str
    times: int
    address: str
    asked: str


class Hooks(Schema):
    """`strangers`: calls that named nothing of ours."""

    rows: list[HookShown]
    strangers: list[Refused]


class TakenMessage(Schema):
    id: str
    event: str
    flow: str
    ran: str
    at: str


class Calls(Schema):
    taken: list[TakenMessage]
    refused: list[Refused]


@router.get("/{code}/hooks", auth=needs("link.view"), response=Hooks)
def list_hooks(request: Request, code: str) -> dict[str, Any]:
    """The link's webhooks, and calls of the last days to addresses nobody has."""
    hooks = Hook.objects.filter(link=get_link(code)).select_related("link").order_by("source")
    strangers = HookRefusal.objects.filter(hook=None).order_by("-pk")[:20]
    return {"rows": _rows(list(hooks)), "strangers": [_refused(request, each) for each in strangers]}


@router.post("/{code}/hooks", auth=needs("link.edit"), response=HookWithSecret)
def create_hook(request: Request, code: str, body: NewHook) -> dict[str, Any]:
    """A new webhook. Keep its `secret`: it is not shown again."""
    hook, secret = hook_admin.create(editable(request, code), body.source, body.events, request.auth.username)
    return {**_rows([hook])[0], "secret": secret}


@router.patch("/{code}/hooks/{source}", auth=needs("link.edit"), response=HookShown)
def change_hook(request: Request, code: str, source: str, body: HookChange) -> dict[str, Any]:
    """Other events, or on and off. It stays when the link's folder is applied again."""
    user = request.auth.username
    hook = hook_admin.change(editable(request, code), source, body.events, body.active, user, body.reason)
    return _rows([hook])[0]


@router.post("/{code}/hooks/{source}/rotate", auth=needs("link.edit"), response=HookWithSecret)
def rotate_secret(request: Request, code: str, source: str, body: Rotation) -> dict[str, Any]:
    """A new secret, shown once; the former one is taken for `keep_hours` more."""
    user = request.auth.username
    hook, secret = hook_admin.rotate(editable(request, code), source, body.keep_hours, user, body.reason)
    return {**_rows([hook])[0], "secret": secret}


@router.post("/{code}/hooks/{source}/remove", auth=needs("link.edit"), response=dict[str, bool])
def remove_hook(request: Request, code: str, source: str, body: Reason) -> dict[str, bool]:
    """Nobody can call there any more."""
    hook_admin.remove(editable(request, code), source, request.auth.username, body.reason)
    return {"removed": True}


@router.get("/{code}/hooks/{source}/calls", auth=needs("link.view"), response=Calls)
def list_calls(request: Request, code: str, source: str, limit: Natural = 50) -> dict[str, Any]:
    """What came in last: messages that were taken, and refusals by minute and reason."""
    hook = Hook.objects.filter(link=get_link(code), source=source).first()
    if hook is None:
        raise NotFound("hooks.no_such_hook", link=code, source=source)
    most = min(limit, 200)
    taken = hook.messages.order_by("-pk")[:most]
    return {
        "taken": [
            {"id": m.message_id, "event": m.event, "flow": m.flow, "ran": m.ran, "at": shown.moment(m.at)}
            for m in taken
        ],
        "refused": [_refused(request, each) for each in hook.refusals.order_by("-pk")[:most]],
    }


def _rows(hooks: list[Hook]) -> list[dict[str, Any]]:
    since = clock.now() - DAY
    taken = {
        row["hook"]: row
        for row in HookMessage.objects.filter(hook__in=hooks, at__gt=since)
        .values("hook")
        .annotate(number=Number("pk"), last=Max("at"))
    }
    refused = dict(
        HookRefusal.objects.filter(hook__in=hooks, minute__gt=since).values_list("hook").annotate(number=Sum("times"))
    )
    return [
        {
            "source": hook.source,
            "path": f"/hooks/{hook.link.code}/{hook.source}",
            "events": hook.events,
            "active": hook.active,
            "by_hand": hook.by_hand,
            "former_secret_until": shown.moment(ends_of_former(hook.sealed, hook.source)),
            "last_taken": shown.moment(taken[hook.pk]["last"]) if hook.pk in taken else None,
            "taken_today": taken[hook.pk]["number"] if hook.pk in taken else 0,
            "refused_today": refused.get(hook.pk, 0),
        }
        for hook in hooks
    ]


def _refused(request: Request, refusal: HookRefusal) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "message": render(refusal.code, {}, language_of(request)),
        "minute": shown.moment(refusal.minute),
        "times": refusal.times,
        "address": refusal.address,
        "asked": refusal.asked,
    }
