"""A live page keeps its request open for hours; the database connection that let it in goes back before that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase


def release_connection(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Give the connection back once the answer is made, where the answer is a stream.

    Django does so only when the answer ends; a few dozen open pages would leave nobody else a connection.
    """
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            if response.streaming:
                await sync_to_async(close_old_connections)()
            return response

        return markcoroutinefunction(answer_async)

    return get_response


release_connection.sync_capable = True  # type: ignore[attr-defined]
release_connection.async_capable = True  # type: ignore[attr-defined]
