"""Calling a declared REST system: credentials on every request, logging in again once, errors told in the body."""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from countbridge.connectors.http import Answer, HttpClient, Request, named
from countbridge.connectors.rest.spec import Auth, RestSpec
from countbridge.connectors.rest.values import MISSING, dig, fill, text_of
from countbridge.errors import (
    AuthError,
    ContractSurprise,
    CountbridgeError,
    CursorExpired,
    NotFound,
    OutcomeUnknown,
    Rejected,
    TryLater,
)


class Session:
    """Sends requests for one connector; shared by threads."""

    def __init__(self, http: HttpClient, spec: RestSpec, settings: Mapping[str, str]) -> None:
        self._http = http
        self._spec = spec
        self._settings = settings
        self._token = ""
        self._lock = threading.Lock()

    def call(self, request: Request) -> Any:
        """The parsed body of a good answer.

        Raises what `HttpClient.send` raises, and NotFound when the answer says so by a status in `request.accept` or by
        an error code of that kind.
        """
        needs_login = self._spec.auth.kind in ("login", "oauth2")
        used = self._token
        try:
            return self._call_once(request)
        except AuthError:
            # An expired token: the request was refused before it did anything, so sending it once more is safe.
            if not needs_login or not used:
                raise
        with self._lock:
            if self._token == used:
                self._token = ""
        return self._call_once(request)

    def _call_once(self, request: Request) -> Any:
        answer = self._http.send(self._with_credentials(request))
        if answer.status in request.accept:
            raise NotFound("rest.not_found", **named(self._http.system, request))
        body = answer.json()
        if (failure := self._failure_in(body, answer)) is not None:
            raise failure
        return body

    def _failure_in(self, body: Any, answer: Answer) -> CountbridgeError | None:
        errors = self._spec.errors
        if errors is None:
            return None
        code = text_of(dig(body, errors.code))
        if code is None:
            return answer.surprise("rest.no_error_code", path=errors.code)
        if code in errors.ok:
            return None
        message = self._http.mask.text(text_of(dig(body, errors.message)) or "") if errors.message else ""
        about = named(self._http.system, answer.request) | {"error": code, "message": message or "-"}
        kind = errors.kinds.get(code, "refused")
        return (write_failure if answer.request.effect == "write" else read_failure)(kind, about)

    def _with_credentials(self, request: Request) -> Request:
        auth = self._spec.auth
        match auth.kind:
            case "none":
                return request
            case "api_key_query":
                return replace(request, params={**request.params, auth.name: self._filled(auth.value)})
            case "api_key_header":
                header = {auth.name: self._filled(auth.value)}
            case "bearer":
                header = {"authorization": f"Bearer {self._filled(auth.value)}"}
            case "basic":
                pair = f"{self._filled(auth.user)}:{self._filled(auth.password)}".encode()
                header = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
            case _:
                header = {auth.name or "authorization": auth.prefix + self._log_in(auth)}
        return replace(request, headers={**request.headers, **header})

    def _log_in(self, auth: Auth) -> str:
        with self._lock:
            if not self._token:
                answer = self._http.send(self._login_request(auth))
                body = answer.json()
                self._refuse_login(body, answer)
                token = text_of(dig(body, auth.token or "access_token"))
                if not token:
                    raise answer.surprise("rest.no_token", path=auth.token or "access_token")
                self._http.mask.add(token)
                self._token = token
            return self._token

    def _refuse_login(self, body: Any, answer: Answer) -> None:
        """An OAuth2 answer, and some others, has no envelope: only a code that is there is judged."""
        if self._spec.errors is None or dig(body, self._spec.errors.code) is MISSING:
            return
        if (failure := self._failure_in(body, answer)) is not None:
            raise failure

    def _login_request(self, auth: Auth) -> Request:
        if auth.kind == "login":
            body = {name: self._filled(value) for name, value in auth.body.items()}
            return Request("POST", auth.path, "login", json=body, private=True)
        form = {"grant_type": "client_credentials", **{name: self._filled(value) for name, value in auth.body.items()}}
        form |= {"client_id": self._filled(auth.user), "client_secret": self._filled(auth.password)}
        return Request("POST", auth.path, "login", form=form, private=True)

    def _filled(self, template: str) -> str:
        return fill(template, self._settings, record="login", encode=False)


def write_failure(kind: str, about: dict[str, object]) -> CountbridgeError:
    """The error for a write that the body calls failed; something not found is a refusal too."""
    match kind:
        case "auth":
            return AuthError("rest.credentials_refused", **about)
        case "try_later":
            return TryLater("rest.try_later", retry_after=None, **about)
        case "unknown":
            return OutcomeUnknown("rest.unknown", **about)
        case _:
            return Rejected("rest.rejected", **about)


def read_failure(kind: str, about: dict[str, object]) -> CountbridgeError:
    """The error for a read that the body calls failed."""
    match kind:
        case "auth":
            return AuthError("rest.credentials_refused", **about)
        case "try_later" | "unknown":
            return TryLater("rest.try_later", retry_after=None, **about)
        case "not_found":
            return NotFound("rest.not_found", **about)
        case "expired":
            return CursorExpired("rest.cursor_expired", **about)
        case _:
            return ContractSurprise("rest.read_refused", **about)


def required(body: Any, path: str, request: Request, system: str) -> Any:
    """What stands at `path`; when nothing does: ContractSurprise, for a write OutcomeUnknown."""
    value = dig(body, path)
    if value is MISSING:
        kind = OutcomeUnknown if request.effect == "write" else ContractSurprise
        found = ", ".join(map(str, body)) if isinstance(body, dict) else type(body).__name__
        raise kind("rest.no_such_place", **named(system, request), path=path, found=found[:200])
    return value
