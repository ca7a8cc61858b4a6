"""In which language this request is answered: the signed-in person's choice, else what the browser asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

CHINESE, ENGLISH = "zh-hans", "en"


def language_of(request: HttpRequest) -> str:
    """`zh-hans` or `en`, from `Accept-Language`; Chinese when it names neither."""
    for part in request.headers.get("Accept-Language", "").split(","):
        name = part.split(";")[0].strip().lower()
        if name.startswith("zh"):
            return CHINESE
        if name.startswith("en"):
            return ENGLISH
    return CHINESE


def language_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Set the request's language for everything that renders a sentence."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            with translation.override(language_of(request)):
                response: HttpResponseBase = await get_response(request)
            return response

        return markcoroutinefunction(answer_async)

    def answer(request: HttpRequest) -> HttpResponseBase:
        with translation.override(language_of(request)):
            response: HttpResponseBase = get_response(request)
        return response

    return answer


language_middleware.sync_capable = True  # type: ignore[attr-defined]
language_middleware.async_capable = True  # type: ignore[attr-defined]
