"""Making, changing, pausing and removing subscriptions; each change is told with who and why. A secret is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction

from countbridge import clock
from countbridge.connectors.wire import is_refused
from countbridge.errors import Conflict, CountbridgeError, InputError, NotFound
from countbridge.exchange import events, feed, subscriptions
from countbridge.exchange.cadence import checked
from countbridge.exchange.models import Subscription
from countbridge.links.signing import new_secret, rotated, sealed_secrets

KINDS = events.KINDS


@transaction.atomic
def create(
    name: str, url: str, kinds: Sequence[str], cursor: str, language: str, user: str
) -> tuple[Subscription, str]:
    """A new subscription from `cursor` on ("now", "" for the beginning), and its secret, which nobody can read again."""
    if not 0 < len(name.strip()) <= 80:
        raise InputError("subscriptions.name")
    place, secret = feed.place_of(cursor), new_secret()
    made, new = Subscription.objects.get_or_create(
        name=name.strip(),
        defaults={
            "url": checked_url(url),
            "kinds": checked_kinds(kinds),
            "sealed": sealed_secrets([secret]),
            "language": language,
            "cursor_xact": place.xact,
            "cursor_id": place.id,
            "created_by": user,
        },
    )
    if not new:
        raise Conflict("subscriptions.name_taken", name=name.strip())
    events.record("subscription", "subscriptions.created", actor=user, name=made.name)
    return made, secret


@transaction.atomic
def change(number: int, url: str | None, kinds: Sequence[str] | None, user: str, reason: str) -> Subscription:
    """Another address or other kinds; None leaves either as it is. What waits is tried at once."""
    held_ = held(number)
    held_.url = held_.url if url is None else checked_url(url)
    held_.kinds = held_.kinds if kinds is None else checked_kinds(kinds)
    held_.next_try_at = clock.now()
    held_.save(update_fields=["url", "kinds", "next_try_at"])
    _tell("subscriptions.changed", held_, user, checked(reason))
    return held_


@transaction.atomic
def rotate(number: int, keep_hours: int, user: str, reason: str) -> tuple[Subscription, str]:
    """A new secret; messages are signed with the former one as well for `keep_hours` more."""
    held_, secret = held(number), new_secret()
    held_.sealed = rotated(held_.sealed, held_.name, secret, timedelta(hours=keep_hours))
    held_.save(update_fields=["sealed"])
    _tell("subscriptions.rotated", held_, user, checked(reason))
    return held_, secret


@transaction.atomic
def pause(number: int, user: str, reason: str) -> Subscription:
    held_ = held(number)
    if held_.paused_at:
        raise Conflict("subscriptions.paused_already", name=held_.name)
    held_.paused_at, held_.paused_by, held_.paused_reason = clock.now(), user, checked(reason)
    held_.save(update_fields=["paused_at", "paused_by", "paused_reason"])
    _tell("subscriptions.paused", held_, user, reason)
    return held_


@transaction.atomic
def resume(number: int, cursor: str | None, user: str, reason: str) -> Subscription:
    """Go on, at once: where it stopped, or from `cursor` on."""
    held_ = held(number)
    if cursor is not None:
        held_.cursor_xact, held_.cursor_id = feed.place_of(cursor)
    held_.paused_at, held_.paused_by, held_.paused_reason = None, "", ""
    held_.tries, held_.failing_since, held_.next_try_at = 0, None, clock.now()
    held_.save()
    _tell("subscriptions.resumed", held_, user, checked(reason))
    subscriptions.start(held_.pk)
    return held_


def send_test(number: int) -> CountbridgeError | None:
    """Send a message without events, now; the error, or None once the other side took it."""
    found = Subscription.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("subscriptions.no_such", subscription=number)
    return subscriptions.send(found, [], test=True)


@transaction.atomic
def remove(number: int, user: str, reason: str) -> None:
    held_ = held(number)
    _tell("subscriptions.removed", held_, user, checked(reason))
    held_.delete()


def held(number: int) -> Subscription:
    found = Subscription.objects.select_for_update().filter(pk=number).first()
    if found is None:
        raise NotFound("subscriptions.no_such", subscription=number)
    return found


def checked_url(url: str) -> str:
    """http(s)://host…, without a password in it, and not an address a machine keeps to itself."""
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.fragment
        good = good and len(url) <= 500 and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or "\0" in url:
        raise InputError("subscriptions.url", url=url[:200])
    try:
        refused = is_refused(parts.hostname or "")
    except ValueError:  # a name: where it leads is looked at on the open connection
        refused = False
    if refused:
        raise InputError("subscriptions.address_refused", address=parts.hostname)
    return url.strip()


def checked_kinds(kinds: Sequence[str]) -> list[str]:
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise InputError("api.unknown_word", word=", ".join(unknown), known=", ".join(KINDS))
    return sorted(set(kinds))


def _tell(code: str, of: Subscription, user: str, reason: str) -> None:
    events.record("subscription", code, actor=user, name=of.name, reason=reason.strip())
