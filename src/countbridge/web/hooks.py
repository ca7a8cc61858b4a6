"""Where other systems call us: signed, small, JSON. Every refusal has its own status and code."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from countbridge import messages
from countbridge.errors import CountbridgeError, InputError
from countbridge.exchange import hooks
from countbridge.links.models import Hook
from countbridge.logging import request_id
from countbridge.people.language import language_of
from countbridge.web.bodies import TOO_LARGE, TOO_SLOW

JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)
STATUS = {
    "hooks.only_post": 405,
    "hooks.too_slow": 408,
    "hooks.too_large": 413,
    "hooks.only_json": 415,
    "hooks.not_signed": 401,
    "hooks.too_old": 401,
    "hooks.inactive": 403,
    "hooks.broken_json": 400,
    "hooks.no_event": 422,
    "hooks.unknown_event": 422,
}


@csrf_exempt
def receive(request: HttpRequest, link: str, source: str) -> JsonResponse:
    """202 once the call is stored with the run it asks for; 200 where it had come before."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = hooks.Call(link, source, headers, b"", _address(request))
    try:
        body = _body(request)
    except InputError as error:
        hooks.refused(Hook.objects.filter(link__code=link, source=source).first(), error.code, call)
        return _refusal(request, error)
    try:
        taken = hooks.receive(hooks.Call(link, source, headers, body, call.address))
    except CountbridgeError as error:
        return _refusal(request, error)
    told = {"id": taken.id, "event": taken.event, "flow": taken.flow, "run": taken.ran, "duplicate": taken.again}
    return JsonResponse(told, status=200 if taken.again else 202)


def _body(request: HttpRequest) -> bytes:
    scope = getattr(request, "scope", {})
    if request.method != "POST":
        raise InputError("hooks.only_post")
    if scope.get(TOO_LARGE) or int(request.headers.get("Content-Length") or 0) > settings.HOOK_BODY_BYTES:
        raise InputError("hooks.too_large", bytes=settings.HOOK_BODY_BYTES)
    if scope.get(TOO_SLOW):
        raise InputError("hooks.too_slow")
    if not JSON.fullmatch(request.headers.get("Content-Type", "").split(";")[0].strip()):
        raise InputError("hooks.only_json")
    return request.body


def _refusal(request: HttpRequest, error: CountbridgeError) -> JsonResponse:
    sentence = messages.render(error.code, error.params, language_of(request))
    told = {"code": error.code, "message": sentence, "params": error.params, "id": request_id.get()}
    answer = JsonResponse(told, status=STATUS.get(error.code, 500), json_dumps_params={"ensure_ascii": False})
    if error.code == "hooks.only_post":
        answer["Allow"] = "POST"
    return answer


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")
