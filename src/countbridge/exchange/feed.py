"""The event feed: every event once, in one order, nothing skipped, however transactions overlap.

An event's id is given before its transaction commits, so "ids after the last one I saw" loses those that commit late. The feed
is ordered by (transaction, id) and shows only events of transactions older than every one still running: nothing can appear
before a place that was shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from countbridge.errors import InputError
from countbridge.exchange.models import Event, FeedEpoch
from countbridge.messages import render

LONGEST_CURSOR = 120


class Place(NamedTuple):
    """A place in the feed: after the event of this transaction with this id."""

    xact: int
    id: int


START = Place(-(2**62), 0)


@dataclass(frozen=True)
class Part:
    """Some events, and the place to go on from (behind those that were looked at and left out, too)."""

    events: list[Event]
    place: Place


def read(place: Place, limit: int, which: Q) -> Part:
    """The next events of `which` after `place`, at most `limit`."""
    before = Q(xact__lt=settled_before())
    events = list(Event.objects.filter(after(place), before, which).order_by("xact", "id")[:limit])
    if events and len(events) == limit:
        return Part(events, Place(events[-1].xact, events[-1].pk))
    last = Event.objects.filter(before).order_by("-xact", "-id").values_list("xact", "id").first()
    return Part(events, max(place, Place(*last)) if last else place)


def tip() -> Place:
    """Behind everything that is shown by now."""
    return read(START, 0, Q()).place


def after(place: Place) -> Q:
    return Q(xact__gte=place.xact) & (Q(xact__gt=place.xact) | Q(id__gt=place.id))


def settled_before() -> int:
    """Every transaction with a smaller id has ended. One that writes for long, anywhere on the server, holds the feed back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def cursor_of(place: Place, name: str) -> str:
    """Opaque to whoever keeps it; `name` is the epoch's."""
    return base64.urlsafe_b64encode(f"{name}.{place.xact}.{place.id}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Where a reader goes on: "" is the beginning, "now" the end. Raises InputError for a cursor that is none, or that another
    database gave."""
    if cursor == "":
        return START
    if cursor == "now":
        return tip()
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        decoded = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        name, xact, number = decoded.split(".")
        place = Place(int(xact), int(number))
        if max(abs(place.xact), abs(place.id)) >= 2**63:
            raise ValueError
    except (ValueError, binascii.Error) as error:
        raise InputError("events.cursor_malformed", cursor=cursor[:LONGEST_CURSOR]) from error
    if name != epoch():
        raise InputError("events.cursor_gone", cursor=cursor)
    return place


def epoch() -> str:
    """The name of this database's numbering. After the data moved to another database (a restored dump) the events are
    numbered anew in their order: transaction ids begin elsewhere there."""
    here = _database()
    known = FeedEpoch.objects.first()
    if known is not None and known.database == here:
        return known.name
    return _number_anew(here)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' ||"
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return str(cursor.fetchone()[0])


@transaction.atomic
def _number_anew(here: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE exchange_feedepoch IN EXCLUSIVE MODE")
        known = FeedEpoch.objects.first()
        if known is not None and known.database == here:
            return known.name
        cursor.execute(_NUMBER_ANEW, [2**63 - 1, START.xact])
    # Depends on nothing but the move itself, so that it is the same wherever it is computed.
    name = hashlib.sha256(f"{known.name if known else ''}>{here}".encode()).hexdigest()[:12]
    FeedEpoch.objects.update_or_create(pk=1, defaults={"name": name, "database": here})
    return name


_NUMBER_ANEW = """
WITH ranked AS (
    SELECT id, xact, row_number() OVER (ORDER BY xact, id) - count(*) OVER () - 1 AS place FROM exchange_event
), moved AS (
    UPDATE exchange_event SET xact = ranked.place FROM ranked WHERE ranked.id = exchange_event.id
)
UPDATE exchange_subscription SET cursor_id = %s, cursor_xact = coalesce(
    (SELECT max(place) FROM ranked WHERE (ranked.xact, ranked.id) <= (cursor_xact, cursor_id)), %s)
"""


def told(event: Event, name: str, language: str) -> dict[str, Any]:
    """An event as others get it (docs/events.md); fields are added, never taken away."""
    return {
        "cursor": cursor_of(Place(event.xact, event.pk), name),
        "id": event.pk,
        "at": event.at.isoformat(),
        "kind": event.kind,
        "code": event.code,
        "count": event.count or None,
        "link": event.link or None,
        "actor": event.actor or None,
        "delivery": event.delivery,
        "params": event.params,
        "message": render(event.code, event.params, language),
    }
