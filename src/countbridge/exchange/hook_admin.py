"""Making, changing and rotating webhooks into a link; each change is told with who and why. A secret is shown once."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from countbridge import clock
from countbridge.errors import ConfigError, Conflict, InputError, NotFound
from countbridge.exchange import events
from countbridge.exchange.cadence import checked, flows_of
from countbridge.exchange.models import Cadence
from countbridge.links.hooks import SOURCE, read_events
from countbridge.links.models import Hook, Link
from countbridge.links.signing import new_secret, rotated, sealed_secrets


@transaction.atomic
def create(link: Link, source: str, told: object, user: str) -> tuple[Hook, str]:
    """A new webhook and its secret, which nobody can read again."""
    if not SOURCE.fullmatch(source):
        raise InputError("hooks.words", where="source", problem=source)
    secret = new_secret()
    hook, new = Hook.objects.get_or_create(
        link=link,
        source=source,
        defaults={"events": checked_events(link, told), "sealed": sealed_secrets([secret]), "by_hand": True},
    )
    if not new:
        raise Conflict("hooks.source_taken", link=link.code, source=source)
    events.record("link", "hooks.created", actor=user, link=link.code, name=link.name, source=source)
    return hook, secret


@transaction.atomic
def change(link: Link, source: str, told: object, active: bool | None, user: str, reason: str) -> Hook:
    """Other events, or on and off; None leaves either as it is."""
    hook = held(link, source)
    hook.events = hook.events if told is None else checked_events(link, told)
    hook.active = hook.active if active is None else active
    hook.by_hand = True
    hook.save()
    _tell("hooks.changed", hook, user, checked(reason))
    return hook


@transaction.atomic
def rotate(link: Link, source: str, keep_hours: int, user: str, reason: str) -> tuple[Hook, str]:
    """A new secret; the former one is taken for `keep_hours` more."""
    hook = held(link, source)
    secret, keep = new_secret(), timedelta(hours=keep_hours)
    hook.sealed, hook.by_hand = rotated(hook.sealed, source, secret, keep), True
    hook.save()
    until = (clock.now() + keep).isoformat(timespec="minutes")
    _tell("hooks.rotated", hook, user, checked(reason), until=until)
    return hook, secret


@transaction.atomic
def remove(link: Link, source: str, user: str, reason: str) -> None:
    """Nobody can call there any more; what came is forgotten, that it was removed is not."""
    hook = held(link, source)
    _tell("hooks.removed", hook, user, checked(reason))
    hook.delete()


def held(link: Link, source: str) -> Hook:
    found = Hook.objects.select_for_update(of=("self",)).select_related("link").filter(link=link, source=source).first()
    if found is None:
        raise NotFound("hooks.no_such_hook", link=link.code, source=source)
    return found


def checked_events(link: Link, told: object) -> dict[str, str]:
    """Raises InputError when it is no mapping, or names a flow the link does not have."""
    try:
        named = read_events(told, "events")
    except ConfigError as error:
        raise InputError(error.code, **error.params) from error
    known = set(Cadence.objects.filter(link=link).values_list("flow", flat=True))
    for flow in named.values():
        if flow not in known:
            raise InputError("cadence.no_such_flow", flow=flow, link=link.code, known=flows_of(link))
    return named


def _tell(code: str, hook: Hook, user: str, reason: str, *, until: str = "-") -> None:
    link = hook.link
    events.record(
        "link", code, actor=user, link=link.code, name=link.name, source=hook.source, reason=reason, until=until
    )
