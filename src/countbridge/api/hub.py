"""One ear per process on PostgreSQL's notifications, many open pages: what happens is passed on as it commits."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import psycopg
from django.db import connection

from countbridge.exchange.events import CHANNEL

logger = logging.getLogger(__name__)

RECONNECT = 2.0
WAITING_EVENTS = 200


class Hub:
    """Subscribers get every notification until they leave. Made for one event loop."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[dict[str, Any]]] = set()
        self._listener: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    def join(self) -> asyncio.Queue[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING_EVENTS)
        self._queues.add(queue)
        if self._listener is None or self._listener.done():
            self._ready = asyncio.Event()
            self._listener = asyncio.get_running_loop().create_task(self._listen())
        return queue

    async def ready(self) -> None:
        """Returns once nothing that happens from now on is missed."""
        await self._ready.wait()

    def leave(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self._queues.discard(queue)
        if not self._queues and self._listener is not None:
            self._listener.cancel()
            self._listener = None

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except psycopg.OperationalError:
                # Pages must not miss what happened meanwhile: they are told to look again.
                logger.warning("lost the database while listening for events; connecting again")
                await asyncio.sleep(RECONNECT)
                self._pass_on({"id": None, "kind": "state", "count": ""})

    async def _hear(self) -> None:
        params = connection.get_connection_params()
        wanted = {name: params[name] for name in ("dbname", "user", "password", "host", "port") if params.get(name)}
        async with await psycopg.AsyncConnection.connect(**wanted, autocommit=True) as ear:
            await ear.execute(f"LISTEN {CHANNEL}")
            self._ready.set()
            async for notification in ear.notifies():
                self._pass_on(json.loads(notification.payload))

    def _pass_on(self, event: dict[str, Any]) -> None:
        for queue in self._queues:
            if queue.full():
                # A page too slow to follow needs to know only that something changed.
                queue.get_nowait()
            queue.put_nowait(event)


hub = Hub()
