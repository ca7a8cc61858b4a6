"""The HTTP API: routers found by folder, errors as data, an id on everything that went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError

import countbridge
from countbridge import api as package
from countbridge import errors, messages
from countbridge.api.auth import nobody
from countbridge.logging import request_id
from countbridge.people.language import language_of

logger = logging.getLogger(__name__)

STATUS = {
    errors.InputError: 422,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.SetupError: 500,
    errors.TryLater: 503,
    errors.OutcomeUnknown: 504,
    errors.RemoteError: 502,
}
STATUS_OF_CODE = {
    "people.wrong_login": 401,
    "people.sign_in": 401,
    "people.too_many_tries": 429,
    "events.cursor_gone": 410,
}
RETRY_AFTER = {"people.too_many_tries": "60"}  # seconds


def answer_error(request: HttpRequest, error: errors.CountbridgeError) -> HttpResponse:
    """Our own errors: `{"code", "message", "params", "id"}` with the sentence in the reader's language."""
    kinds = (STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    status = STATUS_OF_CODE.get(error.code) or next(kinds, 500)
    if status >= 500:
        logger.error("%s %s: %s", request.method, request.path, error, exc_info=error)
    response = _answer(request, status, error.code, error.params)
    if error.code in RETRY_AFTER:
        response["Retry-After"] = RETRY_AFTER[error.code]
    return response


def answer_unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """A defect of ours: the reader gets the id, the log everything."""
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return _answer(request, 500, "api.unexpected", {"id": request_id.get()})


def answer_not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A request that is not as the API page says: the first thing wrong with it."""
    first = error.errors[0] if error.errors else {"loc": (), "msg": ""}
    where = ".".join(str(part) for part in first["loc"])
    return _answer(request, 422, "api.not_valid", {"where": where, "problem": str(first["msg"])})


def answer_no_text(request: HttpRequest, error: DataError) -> HttpResponse:
    """A value PostgreSQL cannot hold, such as a NUL character in a search word."""
    logger.warning("%s %s: %s", request.method, request.path, error)
    return _answer(request, 422, "api.not_valid", {"where": "request", "problem": str(error).splitlines()[0]})


def answer_sign_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _answer(request, 401, "people.sign_in", {})


def answer_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, error.status_code, "api.not_understood", {"problem": error.message})


def answer_no_address(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, 404, "api.no_address", {"path": request.path})


def _answer(request: HttpRequest, status: int, code: str, params: dict[str, str]) -> HttpResponse:
    sentence = messages.render(code, params, language_of(request))
    body = {"code": code, "message": sentence, "params": params, "id": request_id.get()}
    return api.create_response(request, body, status=status)


ANSWERS: dict[type[Exception], Callable[..., HttpResponse]] = {
    errors.CountbridgeError: answer_error,
    ValidationError: answer_not_valid,
    AuthenticationError: answer_sign_in,
    HttpError: answer_http_error,
    Http404: answer_no_address,
    DataError: answer_no_text,
    Exception: answer_unexpected,
}


def _routers() -> list[tuple[str, Router]]:
    """Every module of this folder with a `router`, mounted under its `prefix`."""
    found = []
    for info in sorted(iter_modules(package.__path__), key=lambda entry: entry.name):
        module = import_module(f"{package.__name__}.{info.name}") if info.name != "app" else None
        router = getattr(module, "router", None)
        if isinstance(router, Router):
            found.append((getattr(module, "prefix", ""), router))
    return found


def _build() -> NinjaAPI:
    made = NinjaAPI(
        title="Countbridge",
        version=countbridge.__version__,
        description="Decimals are strings, times ISO 8601 with offset, errors `{code, message, params, id}`.",
        urls_namespace="api",
        auth=nobody,
    )
    for kind, answer in ANSWERS.items():
        made.add_exception_handler(kind, answer)
    for prefix, router in _routers():
        made.add_router(prefix, router)
    return made


api = _build()
