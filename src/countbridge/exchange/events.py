"""What happened, told once: written in the transaction that made it happen, announced when that commits."""

from __future__ import annotations

import json

from django.db import connection

from countbridge.exchange.models import Event

CHANNEL = "countbridge_events"
KINDS = ("state", "line", "sheet", "decision", "delivery", "quarantine", "link", "subscription")


def record(
    kind: str,
    code: str,
    *,
    count: str = "",
    link: str = "",
    actor: str = "",
    delivery: int | None = None,
    **params: object,
) -> Event:
    """Append to the timeline. `code` finds the sentence in countbridge.messages; `params` fill it in. `count` and `link`
    (its code) say what it is about, where it is about one."""
    texts = {name: str(value) for name, value in params.items()}
    event = Event.objects.create(
        kind=kind, code=code, count=count, link=link, actor=actor, delivery=delivery, params=texts
    )
    announce(kind, count, event.pk)
    return event


def announce(kind: str, count: str, event_id: int | None = None) -> None:
    """Tell open pages that something of `count` changed; nothing is kept. PostgreSQL sends it at commit, once per text."""
    message = json.dumps({"id": event_id, "kind": kind, "count": count})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])
