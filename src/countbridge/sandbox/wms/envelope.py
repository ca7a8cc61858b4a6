"""Every endpoint's frame: keys, rate limit, body, and the answer `{"code", "message", "data"}`.

A refusal is an HTTP 200 with a code other than 0, as is usual with such systems; only a wrong key (401), the rate limit
(429) and an unknown URL (404) show in the HTTP status.
"""

from __future__ import annotations

import hmac
import json
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse

log = logging.getLogger("sandbox.wms")

Data = dict[str, Any]
Handler = Callable[..., Data]

MALFORMED, INVALID, NOT_FOUND, CONFLICT, CLOSED, BLOCKED, TOO_LARGE = 4000, 4220, 4040, 4090, 4091, 4092, 4130


class Refused(Exception):
    """A business error. `message` is shown to the caller as it is, in Chinese and English."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


@dataclass
class TokenBucket:
    """`rate` requests a second on average, `burst` at once."""

    rate: int
    burst: int

    def __post_init__(self) -> None:
        self._tokens = float(self.burst)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def seconds_to_wait(self) -> float:
        """0 and one token taken, or the seconds until one is there."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
            self._at = now
            if self._tokens < 1:
                return (1 - self._tokens) / self.rate
            self._tokens -= 1
            return 0


_bucket = TokenBucket(settings.SANDBOX_RATE_PER_SECOND, settings.SANDBOX_RATE_BURST)


def answer(code: int, message: str, data: Data | None, status: int = 200) -> JsonResponse:
    return JsonResponse({"code": code, "message": message, "data": data}, status=status, json_dumps_params=_JSON)


_JSON = {"ensure_ascii": False}


def api(**handlers: Handler) -> Callable[..., JsonResponse]:
    """A view for other systems (X-Api-Key), one handler for each HTTP method."""
    return _view(handlers, "X-Api-Key", settings.SANDBOX_API_KEY, limited=True)


def floor_api(**handlers: Handler) -> Callable[..., JsonResponse]:
    """A view for the people in the warehouse (X-Floor-Key)."""
    return _view(handlers, "X-Floor-Key", settings.SANDBOX_FLOOR_KEY, limited=False)


def same_key(given: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _view(handlers: dict[str, Handler], header: str, key: str, *, limited: bool) -> Callable[..., JsonResponse]:
    def view(request: HttpRequest, **path: str) -> JsonResponse:
        if not same_key(request.headers.get(header, ""), key):
            return answer(4010, f"密钥错误 wrong or missing {header}", None, 401)
        wait = _bucket.seconds_to_wait() if limited else 0
        if wait:
            response = answer(4290, "请求过于频繁 too many requests", None, 429)
            response["Retry-After"] = str(math.ceil(wait))
            return response
        handler = handlers.get(request.method or "")
        if handler is None:
            return answer(4050, f"不支持的方法 method {request.method} is not allowed here", None, 405)
        return answer(0, "ok", handler(request, **path))

    return _guarded(view)


def _guarded(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, **path: str) -> JsonResponse:
        try:
            return view(request, **path)
        except Refused as refusal:
            return answer(refusal.code, refusal.message, None)

    return guarded


def body(request: HttpRequest) -> Data:
    """The JSON object sent. Refused when it is too large, not JSON, or not an object."""
    limit = settings.SANDBOX_BODY_LIMIT
    if int(request.headers.get("Content-Length") or 0) > limit or len(request.body) > limit:
        raise Refused(TOO_LARGE, f"请求体超过 {limit} 字节 the body has more than {limit} bytes; send fewer rows")
    try:
        data = json.loads(request.body, parse_float=_keep_text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(MALFORMED, f"不是有效的 JSON the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise Refused(MALFORMED, "请求体必须是对象 the body must be a JSON object")
    return data


@dataclass(frozen=True)
class WrittenNumber:
    """A JSON number with a fraction, never turned into a float; every quantity must be a string anyway."""

    text: str


def _keep_text(text: str) -> WrittenNumber:
    return WrittenNumber(text)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    return answer(NOT_FOUND, f"没有这个地址 there is nothing at {request.path}", None, 404)


def failed(request: HttpRequest) -> JsonResponse:
    log.exception("request failed: %s %s", request.method, request.path)
    return answer(5000, "系统错误 the WMS failed; its log has the details", None, 500)
