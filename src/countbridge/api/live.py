"""Events: the feed for other systems, and live pages. Server-sent events tell those that something changed; what changed is
asked for in the ordinary way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Q
from django.http import HttpResponseBase, StreamingHttpResponse
from ninja import Router

from countbridge.api import event_feed
from countbridge.api.auth import Request, needs
from countbridge.api.hub import hub
from countbridge.api.tables import Natural
from countbridge.exchange import feed
from countbridge.people.access import WarehouseScope
from countbridge.people.language import language_of
from countbridge.stocktake import summaries

router = Router(tags=["live"])
prefix = "/events"

PING = 15.0


@router.get("", auth=needs("count.view"))
def events(
    request: Request, count: str = "", after: str | None = None, limit: Natural = 100, kind: str = "", wait: Natural = 0
) -> HttpResponseBase:
    """The event feed (docs/events.md): with `after` (a cursor, empty for the beginning, or `now`) {rows, cursor, more} as JSON;
    `kind` and `count` narrow it, `wait` seconds (up to 60) are waited for something to happen.

    Without `after` the live stream of our own pages (text/event-stream): `event: changed` with {id, kind, count} for counts
    you may see (or the one named); `event: ping` every 15 s.
    """
    if after is not None:
        which = event_feed.visible(request.warehouses)
        which &= Q(kind__in=kind.split(",")) if kind else Q()
        which &= Q(count=count) if count else Q()
        most = max(1, min(limit, event_feed.MOST))
        return event_feed.answer(event_feed.Asked(feed.place_of(after), most, which, language_of(request)), wait)
    resumed = "Last-Event-ID" in request.headers
    stream = StreamingHttpResponse(_stream(request.warehouses, count, resumed), content_type="text/event-stream")
    stream["Cache-Control"] = "no-cache"
    stream["X-Accel-Buffering"] = "no"
    return stream


async def _stream(scope: WarehouseScope, only: str, resumed: bool) -> AsyncIterator[str]:
    queue = hub.join()
    seen: dict[str, bool] = {"": True}
    try:
        with suppress(TimeoutError):
            # Only then: a page that hears the first ping looks once, and must miss nothing after that.
            await asyncio.wait_for(hub.ready(), PING)
        yield _message("ping", {})
        if resumed:
            # What happened while the page was away is not repeated one by one: it looks again once.
            yield _message("changed", {"id": None, "kind": "state", "count": only})
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), PING)
            except TimeoutError:
                yield _message("ping", {})
                continue
            number = event["count"]
            if only and number not in ("", only):
                continue
            if number not in seen:
                seen[number] = await sync_to_async(_visible)(scope, number)
            if seen[number]:
                yield _message("changed", event, event["id"])
    finally:
        hub.leave(queue)


def _visible(scope: WarehouseScope, number: str) -> bool:
    """Gives its database connection back: a page may stay open for hours."""
    try:
        return summaries.visible(scope).filter(number=number).exists()
    finally:
        connection.close()


def _message(kind: str, data: dict[str, Any], event_id: int | None = None) -> str:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data)}\n\n"
