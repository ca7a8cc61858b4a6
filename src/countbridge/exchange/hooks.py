"""Webhooks in: a signed call is stored once and starts its flow, in one transaction; a bad one is refused and seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import F

from countbridge import clock
from countbridge.errors import CountbridgeError, InputError, NotAllowed
from countbridge.exchange import cadence
from countbridge.exchange.models import HookMessage, HookRefusal
from countbridge.exchange.signatures import verify
from countbridge.links.hooks import flow_of
from countbridge.links.models import Hook
from countbridge.links.signing import new_secret, valid_secrets

IDS_KEPT = timedelta(days=7)  # longer than any signature is valid
REFUSALS_KEPT = 200  # rows of each hook, and of calls to nothing
_NOBODYS = new_secret()  # what a call to nothing is compared with, so that it takes as long as any other


@dataclass(frozen=True)
class Call:
    """What came to /hooks/{link}/{source}; header names in lower case."""

    link: str
    source: str
    headers: Mapping[str, str]
    body: bytes
    address: str = ""


@dataclass(frozen=True)
class Taken:
    """`again`: the message had come before and did nothing now. `ran`: what its flow did (exchange.cadence.poke)."""

    id: str
    event: str
    flow: str
    ran: str
    again: bool = False


def receive(call: Call) -> Taken:
    """Take a call. Raises NotAllowed (who calls does not prove to be who they should be; the answer is the same whether
    or not there is such a link) or InputError, both kept as a refusal."""
    hook = Hook.objects.select_related("link").filter(link__code=call.link, source=call.source).first()
    try:
        known = valid_secrets(hook.sealed, call.source) if hook else []
        message_id = verify(call.headers, call.body, known or [_NOBODYS], clock.now())
        if hook is None or not known:
            raise NotAllowed("hooks.not_signed")
        return _take(hook, message_id, _event(hook, call.body))
    except CountbridgeError as error:
        refused(hook, error.code, call)
        raise


def _event(hook: Hook, body: bytes) -> str:
    if not hook.active:
        raise InputError("hooks.inactive", source=hook.source)
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InputError("hooks.broken_json", problem=error) from error
    event = (told.get("type") or told.get("event")) if isinstance(told, dict) else None
    if not isinstance(event, str):
        raise InputError("hooks.no_event")
    if flow_of(hook, event) is None or "\0" in event:
        raise InputError("hooks.unknown_event", event=event[:120], known=", ".join(sorted(hook.events)))
    return event[:120]


@transaction.atomic
def _take(hook: Hook, message_id: str, event: str) -> Taken:
    flow = flow_of(hook, event) or ""
    message, new = HookMessage.objects.get_or_create(
        hook=hook, message_id=message_id, defaults={"event": event, "flow": flow}
    )
    if not new:
        return Taken(message_id, message.event, message.flow, message.ran, again=True)
    ran = cadence.poke(hook.link, flow)
    HookMessage.objects.filter(pk=message.pk).update(ran=ran)
    return Taken(message_id, event, flow, ran)


def refused(hook: Hook | None, code: str, call: Call) -> None:
    """Count the refusal in its minute's row."""
    minute = clock.now().replace(second=0, microsecond=0)
    told = {"address": call.address[:64], "asked": f"{call.link}/{call.source}"[:100].replace("\0", "")}
    which = {"hook": hook, "code": code[:40], "minute": minute}
    row, new = HookRefusal.objects.get_or_create(**which, defaults=told)
    if new:
        _forget(hook)
    else:
        HookRefusal.objects.filter(pk=row.pk).update(times=F("times") + 1, **told)


def _forget(hook: Hook | None) -> None:
    kept = HookRefusal.objects.filter(hook=hook).order_by("-pk").values("pk")[:REFUSALS_KEPT]
    HookRefusal.objects.filter(hook=hook).exclude(pk__in=kept).delete()


def tidy(now: datetime) -> None:
    """Forget ids that no signature of today can carry."""
    HookMessage.objects.filter(at__lt=now - IDS_KEPT).delete()
