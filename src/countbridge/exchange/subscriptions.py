"""Events out: each subscription is sent everything after its cursor, signed, in order, at least once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from countbridge import clock
from countbridge.connectors.http import HttpClient, Request
from countbridge.connectors.manifest import Limits, Timeouts
from countbridge.errors import CountbridgeError, TryLater
from countbridge.exchange import events, feed
from countbridge.exchange.alone import alone
from countbridge.exchange.models import Event, Subscription, SubscriptionAttempt
from countbridge.exchange.queue import follow
from countbridge.exchange.signatures import sign
from countbridge.links.signing import valid_secrets

LOCK_SPACE = 0x50B5
BATCH = 100  # events in a message
MESSAGES = 20  # of one job; then others get their turn
KEEP = 50  # attempts of each subscription
SHORTEST, LONGEST = 5.0, 86400.0  # seconds between two tries
GIVE_UP = timedelta(days=3)
TIMEOUTS = Timeouts(connect=Decimal(5), read=Decimal(10), total=Decimal(15))
LIMITS = Limits(per_second=Decimal(50), concurrency=1, answer_megabytes=1)


def start_due() -> int:
    """Queue a job for every subscription that has something new to send and is not waiting for a next try."""
    newer = Event.objects.filter(xact__lt=feed.settled_before(), xact__gte=OuterRef("cursor_xact")).filter(
        Q(xact__gt=OuterRef("cursor_xact")) | Q(id__gt=OuterRef("cursor_id"))
    )
    due = Subscription.objects.filter(Exists(newer), paused_at=None, next_try_at__lte=clock.now())
    return sum(start(pk) for pk in due.order_by("pk").values_list("pk", flat=True))


def start(subscription_id: int) -> bool:
    name = f"subscription:{subscription_id}"
    return follow("exchange.publish", lock=name, once=name, subscription=subscription_id)


def publish(subscription_id: int) -> None:
    """Send what is new. The cursor moves once a message was taken (2xx); otherwise the same is sent again, later."""
    feed.epoch()  # the cursors below belong to this database's numbering
    with alone(LOCK_SPACE, subscription_id, "subscriptions.in_other_hands", subscription=subscription_id):
        for _ in range(MESSAGES):
            if not _send_next(subscription_id):
                return
        start(subscription_id)


def _send_next(subscription_id: int) -> bool:
    """One message. True when there may be more to send."""
    subscription = Subscription.objects.filter(pk=subscription_id, paused_at=None).first()
    if subscription is None:
        return False
    place = feed.Place(subscription.cursor_xact, subscription.cursor_id)
    part = feed.read(place, BATCH, Q(kind__in=subscription.kinds) if subscription.kinds else Q())
    if part.events:
        error = send(subscription, [feed.told(each, feed.epoch(), subscription.language) for each in part.events])
        if error is not None:
            _failed(subscription, error)
            return False
    _sent(subscription, place, part)
    return len(part.events) == BATCH


def send(subscription: Subscription, told: list[dict[str, Any]], *, test: bool = False) -> CountbridgeError | None:
    """Send one signed message and remember the attempt; the error, or None once the other side took it."""
    body = msgspec.json.encode(
        {
            "type": "countbridge.test" if test else "countbridge.events",
            "timestamp": clock.now().isoformat(),
            "subscription": subscription.name,
            "events": told,
        }
    )
    message_id = _message_id(subscription, told, test)
    headers = sign(valid_secrets(subscription.sealed, subscription.name), message_id, clock.now(), body)
    began, error = clock.now(), _post(subscription, headers, body)
    SubscriptionAttempt.objects.create(
        subscription=subscription,
        at=began,
        milliseconds=max(0, int((clock.now() - began).total_seconds() * 1000)),
        message_id=message_id,
        events=len(told),
        test=test,
        error={"code": error.code, "params": error.params} if error else None,
    )
    kept = SubscriptionAttempt.objects.filter(subscription=subscription).order_by("-pk").values("pk")[:KEEP]
    SubscriptionAttempt.objects.filter(subscription=subscription).exclude(pk__in=kept).delete()
    return error


def _message_id(subscription: Subscription, told: list[dict[str, Any]], test: bool) -> str:
    """The same for the same events, so that a receiver knows a message it has had."""
    about = f"{subscription.pk}:{told[0]['cursor']}:{told[-1]['cursor']}" if told else f"{clock.now()}:{test}"
    return f"msg_{hashlib.sha256(about.encode()).hexdigest()[:32]}"


def _post(subscription: Subscription, headers: dict[str, str], body: bytes) -> CountbridgeError | None:
    """Redirects are not followed, addresses a connector may not call are not called (connectors.wire)."""
    url = urlsplit(subscription.url)
    query: dict[str, str | list[str]] = dict(parse_qsl(url.query, keep_blank_values=True))
    secrets = tuple(str(value) for value in query.values() if value)
    try:
        client = HttpClient(
            f"{url.scheme}://{url.netloc}", system=subscription.name, limits=LIMITS, timeouts=TIMEOUTS, secrets=secrets
        )
        try:
            client.send(
                Request(
                    "POST", url.path, subscription.name, effect="write", params=query, headers=headers,
                    json=msgspec.Raw(body), private=True,
                )
            )  # fmt: skip
        finally:
            client.close()
    except CountbridgeError as error:
        return error
    return None


def _sent(subscription: Subscription, place: feed.Place, part: feed.Part) -> None:
    """Move the cursor, unless a person moved it meanwhile."""
    here = Subscription.objects.filter(pk=subscription.pk, cursor_xact=place.xact, cursor_id=place.id)
    here.update(cursor_xact=part.place.xact, cursor_id=part.place.id, sent=F("sent") + len(part.events))
    if part.events:
        working = {"tries": 0, "failing_since": None, "last_error": None, "last_sent": clock.now()}
        Subscription.objects.filter(pk=subscription.pk).update(**working)


@transaction.atomic
def _failed(subscription: Subscription, error: CountbridgeError) -> None:
    """Wait longer each time; after days of nothing else, or when the address says it is gone, stop until a person resumes."""
    now = clock.now()
    since = subscription.failing_since or now
    gone = error.params.get("status") == "410"
    told = {"code": error.code, "params": error.params}
    changed: dict[str, Any] = {"tries": F("tries") + 1, "failing_since": since, "last_error": told}
    changed["next_try_at"] = clock.after(pause(subscription.pk, subscription.tries, error))
    if gone or now - since >= GIVE_UP:
        changed |= {"paused_at": now, "paused_by": "", "paused_reason": ""}
        events.record("subscription", "subscriptions.given_up", name=subscription.name, error=error.code)
    Subscription.objects.filter(pk=subscription.pk).update(**changed)


def pause(number: int, tries: int, error: CountbridgeError | None = None) -> float:
    """Seconds until the next try: doubling from five seconds to a day, a little different for each subscription; not before
    the moment the other side asked for."""
    share = int.from_bytes(hashlib.sha256(f"{number}:{tries}".encode()).digest()[:4], "big") / 2**32
    waiting = min(LONGEST, SHORTEST * 2.0 ** min(tries, 20) * (0.75 + share / 2))
    asked = error.retry_after if isinstance(error, TryLater) else None
    return max(waiting, min(asked or 0.0, LONGEST))
