"""Subscriptions: addresses that are told of events, signed; made, changed, paused, resumed from any place. A secret is shown
once."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import Field

from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural
from countbridge.errors import NotAllowed, NotFound
from countbridge.exchange import feed, subscription_admin
from countbridge.exchange.models import Subscription
from countbridge.links.signing import ends_of_former
from countbridge.people.language import language_of
from countbridge.stocktake import summaries

router = Router(tags=["events"])
prefix = "/subscriptions"


class SubscriptionShown(Schema):
    id: int
    name: str
    url: str
    kinds: list[str]
    language: str
    cursor: str
    behind: bool
    sent: int
    last_sent: str | None
    tries: int
    failing_since: str | None
    next_try_at: str | None
    message: str | None
    paused_at: str | None
    paused_by: str | None
    paused_reason: str | None
    former_secret_until: str | None
    created_by: str


class SubscriptionWithSecret(SubscriptionShown):
    secret: str


class Subscriptions(Schema):
    rows: list[SubscriptionShown]
    kinds: list[str]


class NewSubscription(Schema):
    """`after`: "now", a cursor, or empty for everything from the beginning. No kinds: all."""

    name: str
    url: str
    kinds: list[str] = []
    after: str = "now"


class SubscriptionChange(Schema):
    url: str | None = None
    kinds: list[str] | None = None
    reason: str


class Rotation(Schema):
    keep_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 24
    reason: str


class Resume(Schema):
    """With `after` ("now", "" or a cursor) it goes on from there, else from where it stopped."""

    after: str | None = None
    reason: str


class Reason(Schema):
    reason: str


class AttemptShown(Schema):
    at: str
    ms: int
    message_id: str
    events: int
    test: bool
    ok: bool
    message: str | None


class Attempts(Schema):
    rows: list[AttemptShown]


class Tested(Schema):
    ok: bool
    message: str | None


@router.get("", auth=needs("link.view"), response=Subscriptions)
def list_subscriptions(request: Request) -> dict[str, Any]:
    """Every subscription, how far it is and what it waits for."""
    end = feed.tip()
    rows = [_shown(request, each, end) for each in Subscription.objects.order_by("name")]
    return {"rows": rows, "kinds": list(subscription_admin.KINDS)}


@router.post("", auth=needs("link.edit"), response=SubscriptionWithSecret)
def create_subscription(request: Request, body: NewSubscription) -> dict[str, Any]:
    """A new subscription. Keep its `secret`: it is not shown again."""
    user, language = _editor(request), language_of(request)
    made, secret = subscription_admin.create(body.name, body.url, body.kinds, body.after, language, user)
    return {**_shown(request, made), "secret": secret}


@router.patch("/{number}", auth=needs("link.edit"), response=SubscriptionShown)
def change_subscription(request: Request, number: int, body: SubscriptionChange) -> dict[str, Any]:
    """Another address or other kinds; what waits is tried at once."""
    return _shown(request, subscription_admin.change(number, body.url, body.kinds, _editor(request), body.reason))


@router.post("/{number}/rotate", auth=needs("link.edit"), response=SubscriptionWithSecret)
def rotate_secret(request: Request, number: int, body: Rotation) -> dict[str, Any]:
    """A new secret, shown once; messages are signed with the former one as well for `keep_hours` more."""
    changed, secret = subscription_admin.rotate(number, body.keep_hours, _editor(request), body.reason)
    return {**_shown(request, changed), "secret": secret}


@router.post("/{number}/pause", auth=needs("link.edit"), response=SubscriptionShown)
def pause_subscription(request: Request, number: int, body: Reason) -> dict[str, Any]:
    """Nothing is sent until somebody resumes it; nothing is lost meanwhile."""
    return _shown(request, subscription_admin.pause(number, _editor(request), body.reason))


@router.post("/{number}/resume", auth=needs("link.edit"), response=SubscriptionShown)
def resume_subscription(request: Request, number: int, body: Resume) -> dict[str, Any]:
    """Go on at once, where it stopped or from any place of the feed."""
    return _shown(request, subscription_admin.resume(number, body.after, _editor(request), body.reason))


@router.post("/{number}/test", auth=needs("link.edit"), response=Tested)
def test_subscription(request: Request, number: int) -> dict[str, Any]:
    """Send a message without events, now, and say what came back."""
    _editor(request)
    error = subscription_admin.send_test(number)
    told = {"code": error.code, "params": error.params} if error else None
    return {"ok": error is None, "message": shown.sentence(request, told)}


@router.post("/{number}/remove", auth=needs("link.edit"), response=dict[str, bool])
def remove_subscription(request: Request, number: int, body: Reason) -> dict[str, bool]:
    """Nothing is sent there any more."""
    subscription_admin.remove(number, _editor(request), body.reason)
    return {"removed": True}


@router.get("/{number}/attempts", auth=needs("link.view"), response=Attempts)
def list_attempts(request: Request, number: int, limit: Natural = 50) -> dict[str, Any]:
    """The last messages that were sent there, newest first."""
    found = Subscription.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("subscriptions.no_such", subscription=number)
    rows = [
        {
            "at": shown.moment(each.at),
            "ms": each.milliseconds,
            "message_id": each.message_id,
            "events": each.events,
            "test": each.test,
            "ok": each.error is None,
            "message": shown.sentence(request, each.error),
        }
        for each in found.attempts.order_by("-pk")[: min(limit, 100)]
    ]
    return {"rows": rows}


def _editor(request: Request) -> str:
    """Events of all warehouses go out, so whoever sends them somewhere must be allowed to see all."""
    if not summaries.sees_everything(request.warehouses):
        raise NotAllowed("people.all_warehouses", permission="link.edit")
    return request.auth.username


def _shown(request: Request, of: Subscription, end: feed.Place | None = None) -> dict[str, Any]:
    here = feed.Place(of.cursor_xact, of.cursor_id)
    return {
        "id": of.pk,
        "name": of.name,
        "url": of.url,
        "kinds": of.kinds,
        "language": of.language,
        "cursor": feed.cursor_of(here, feed.epoch()),
        "behind": (end or feed.tip()) > here,
        "sent": of.sent,
        "last_sent": shown.moment(of.last_sent),
        "tries": of.tries,
        "failing_since": shown.moment(of.failing_since),
        "next_try_at": shown.moment(of.next_try_at) if of.tries and not of.paused_at else None,
        "message": shown.sentence(request, of.last_error),
        "paused_at": shown.moment(of.paused_at),
        "paused_by": of.paused_by or None,
        "paused_reason": of.paused_reason or None,
        "former_secret_until": shown.moment(ends_of_former(of.sealed, of.name)),
        "created_by": of.created_by,
    }
