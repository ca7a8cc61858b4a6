"""The event feed as answers: what somebody may see of it, now or as soon as there is something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Q
from django.http import HttpResponseBase, JsonResponse, StreamingHttpResponse

from countbridge.api.hub import hub
from countbridge.exchange import feed
from countbridge.people.access import WarehouseScope
from countbridge.stocktake import summaries

MOST = 500  # events of one answer
LONGEST_WAIT = 60  # seconds
LOOK_EVERY = 1.0  # seconds; an event may be announced before the feed can show it


@dataclass(frozen=True)
class Asked:
    place: feed.Place
    limit: int
    which: Q
    language: str

    def read(self) -> tuple[bool, dict[str, Any]]:
        """Whether there is something, and the answer."""
        name = feed.epoch()
        part = feed.read(self.place, self.limit, self.which)
        rows = [feed.told(event, name, self.language) for event in part.events]
        more = len(rows) == self.limit
        return bool(rows), {"rows": rows, "cursor": feed.cursor_of(part.place, name), "more": more}


def visible(scope: WarehouseScope) -> Q:
    """As a count's timeline: all of a count that lies in the scope, how it fares of one that lies there in part. What
    belongs to no count is for those who see every warehouse."""
    if summaries.sees_everything(scope):
        return Q()
    whole, part = summaries.wholly_visible(scope).values("number"), summaries.visible(scope).values("number")
    return Q(count__in=whole) | Q(count__in=part, kind="state")


def answer(asked: Asked, wait: int) -> HttpResponseBase:
    found, told = asked.read()
    if found or not wait:
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False})
    return StreamingHttpResponse(_later(asked, min(wait, LONGEST_WAIT)), content_type="application/json")


async def _later(asked: Asked, wait: int) -> AsyncIterator[str]:
    queue = hub.join()
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    try:
        while True:
            found, told = await sync_to_async(_read_and_close)(asked)
            if found or loop.time() >= until:
                yield json.dumps(told, ensure_ascii=False)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(queue.get(), min(LOOK_EVERY, max(0.0, until - loop.time())))
    finally:
        hub.leave(queue)


def _read_and_close(asked: Asked) -> tuple[bool, dict[str, Any]]:
    """Gives its database connection back: a reader may wait for long."""
    try:
        return asked.read()
    finally:
        connection.close()
