"""Bodies of webhooks are read here, never past their limit: whoever sends fifty megabytes fills neither memory nor disk."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from countbridge.web.files import Application, Message, Receive, Send

PATIENCE = 20.0  # seconds a sender gets for its whole body
TOO_LARGE = "countbridge.body_too_large"
TOO_SLOW = "countbridge.body_too_slow"


class SmallBodies:
    """An ASGI application in front of another: under `prefix` it reads the body itself. Of a body over `limit` bytes, or one
    that does not come to an end, the application gets nothing but a mark in its scope."""

    def __init__(self, application: Application, prefix: str, limit: int) -> None:
        self._application = application
        self._prefix = prefix
        self._limit = limit

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._application(scope, receive, send)
            return
        body, mark = b"", TOO_SLOW
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                body, mark = await self._read(scope, receive)
        if mark:
            scope[mark] = True
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            if first:
                return first.pop()
            if mark:
                await asyncio.Event().wait()  # for ever: the rest of that body is not asked for
            return await receive()

        await self._application(scope, replay, send)

    async def _read(self, scope: Message, receive: Receive) -> tuple[bytes, str]:
        if _announced(scope) > self._limit:
            return b"", TOO_LARGE
        body = bytearray()
        while True:
            message: Any = await receive()
            body += message.get("body", b"")
            if len(body) > self._limit:
                return b"", TOO_LARGE
            if not message.get("more_body"):
                return bytes(body), ""


def _announced(scope: Message) -> int:
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(told) if told.isdigit() else 0
