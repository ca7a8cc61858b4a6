"""The one way out over HTTP: paced, bounded, recorded; every failure becomes one of `countbridge.errors`.

The rule that matters: once any byte of a *write* may have left and no readable answer came back, the outcome is unknown
and `OutcomeUnknown` is raised. Reads change nothing, so their failures are `TryLater` or `ContractSurprise`.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import httpx
import msgspec

from countbridge.connectors.answers import decode_json, looks_like_html, remote_message, retry_after
from countbridge.connectors.exchanges import MASK, Exchange, Mask, OnExchange
from countbridge.connectors.manifest import Limits, Timeouts
from countbridge.connectors.pace import Pace, Turns
from countbridge.connectors.wire import AddressRefused, Wire, is_certificate_failure, is_refused
from countbridge.errors import (
    AuthError,
    ConfigError,
    ContractSurprise,
    CountbridgeError,
    OutcomeUnknown,
    Rejected,
    TryLater,
)

# httpx writes each URL to the log, and some systems want their key in the URL.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `path` is relative to the client's base address; `record` names in messages what the call is about.

    `effect` is `write` when the call may change something on the other side, whatever its method. Answers with a status
    in `accept` are returned instead of raised. `private` keeps both bodies out of the record (logging in).
    """

    method: str
    path: str
    record: str
    effect: Literal["read", "write"] = "read"
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    accept: tuple[int, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with status 2xx or one the request accepts."""

    system: str
    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body; whole numbers are int, other numbers exact text. Raises `surprise` for HTML or broken JSON."""
        if looks_like_html(self.body):
            raise self.surprise("http.html", message=remote_message(self.body))
        try:
            return decode_json(self.body)
        except ValueError as error:
            raise self.surprise("http.not_json", reason=error, start=remote_message(self.body)[:80]) from error

    def surprise(self, code: str, **params: object) -> CountbridgeError:
        """The error for an answer we cannot read: for a read ContractSurprise, for a write its outcome is unknown."""
        kind = OutcomeUnknown if self.request.effect == "write" else ContractSurprise
        return kind(code, **named(self.system, self.request) | params)


class HttpClient:
    """Calls one system. Share one per system and settings between threads; close it at the end.

    `pace` gives each call its turn; whoever shares the system with others puts theirs there.
    `refused` tells of an IP address whether it must not be called.
    """

    def __init__(
        self,
        base_url: str,
        *,
        system: str,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        secrets: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
        on_exchange: OnExchange | None = None,
        refused: Callable[[str], bool] = is_refused,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.system = system
        self.mask = Mask(secrets)
        self.headers = dict(headers or {})
        self._base = checked_base(base_url, system)
        self._limits = limits or Limits()
        self._timeouts = timeouts or Timeouts()
        self.pace: Turns = Pace(self._limits.per_second, self._limits.concurrency, clock=clock, sleep=sleep)
        self._on_exchange = on_exchange
        self._refused = refused
        # Neither proxies nor .netrc from the environment: both would send credentials where nobody meant them.
        self._client = httpx.Client(
            trust_env=False,
            verify=_trusted(),
            timeout=httpx.Timeout(float(self._timeouts.read), connect=float(self._timeouts.connect)),
            limits=httpx.Limits(max_connections=self._limits.concurrency),
        )

    def close(self) -> None:
        """Gives back connections."""
        self._client.close()

    def send(self, request: Request) -> Answer:
        """The answer to `request`.

        Raises TryLater, AuthError, ConfigError, ContractSurprise; for writes also Rejected and OutcomeUnknown.
        """
        with self.pace.turn():
            return self._attempt(request)

    def _attempt(self, request: Request) -> Answer:
        built = self._build(request)
        wire = Wire(self._refused)
        built.extensions["trace"] = wire
        began, started_at = time.monotonic(), datetime.now(UTC)
        answer: Answer | None = None
        failure: CountbridgeError | None = None
        try:
            answer = self._exchange(request, built, began)
            failure = self._refusal(answer)
        except (httpx.HTTPError, httpx.StreamError, AddressRefused) as error:
            failure = self._failure(request, wire, error)
        except CountbridgeError as error:
            failure = error
        self._record(request, built, answer, failure, started_at=started_at, seconds=time.monotonic() - began)
        if failure is not None:  # raised here, not above: httpx's own text can hold a key from the URL
            raise failure
        assert answer is not None
        return answer

    def _build(self, request: Request) -> httpx.Request:
        body: dict[str, Any] = {}
        headers = {"accept": "application/json", "user-agent": "countbridge"} | self.headers | dict(request.headers)
        if request.json is not None:
            body["content"] = msgspec.json.encode(request.json)
            headers.setdefault("content-type", "application/json")
        elif request.form is not None:
            body["data"] = dict(request.form)
        url = self._base + request.path
        try:
            params = dict(request.params) or None
            return self._client.build_request(request.method, url, params=params, headers=headers, **body)
        except (httpx.InvalidURL, ValueError) as error:
            raise ConfigError(
                "http.bad_request", **named(self.system, request), reason=self.mask.text(str(error))
            ) from None

    def _exchange(self, request: Request, built: httpx.Request, began: float) -> Answer:
        limit = self._limits.answer_megabytes * 1_000_000
        response = self._client.send(built, stream=True, follow_redirects=False)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > limit:
                    kind = OutcomeUnknown if request.effect == "write" else ContractSurprise
                    megabytes = self._limits.answer_megabytes
                    raise kind("http.too_large", **named(self.system, request), megabytes=megabytes)
                if time.monotonic() - began > self._timeouts.total:
                    raise httpx.ReadTimeout("total")
            return Answer(self.system, request, response.status_code, response.headers, bytes(body))
        finally:
            response.close()

    def _failure(self, request: Request, wire: Wire, error: Exception) -> CountbridgeError:
        about = named(self.system, request) | {"address": self._base}
        if isinstance(error, AddressRefused):
            return ConfigError("http.address_refused", **about | {"address": error.address})
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            return ConfigError("http.bad_request", **about, reason=self.mask.text(str(error)))
        if isinstance(error, httpx.ConnectError) and is_certificate_failure(error):
            return ConfigError("http.untrusted_certificate", **about)
        timed_out = isinstance(error, httpx.TimeoutException)
        if not wire.may_have_left:
            return TryLater("http.connect_timeout" if timed_out else "http.unreachable", retry_after=None, **about)
        if request.effect == "write":
            return OutcomeUnknown("http.write_timeout" if timed_out else "http.write_broken_off", **about)
        return TryLater("http.read_timeout" if timed_out else "http.read_broken_off", retry_after=None, **about)

    def _refusal(self, answer: Answer) -> CountbridgeError | None:
        request, status = answer.request, answer.status
        if 200 <= status < 300 or status in request.accept:
            return None
        about = named(self.system, request) | {"status": status, "message": self.mask.text(remote_message(answer.body))}
        writing = request.effect == "write"
        pause = retry_after(answer.headers)
        if status in (401, 403, 407):
            return AuthError("http.credentials_refused", **about)
        if status == 429:
            wait = "?" if pause is None else f"{pause:g}"
            return TryLater("http.too_many_requests", retry_after=pause, **about, seconds=wait)
        if status >= 500 or status in (408, 425):
            unknown = OutcomeUnknown("http.write_failed", **about)
            unknown.retry_after = pause
            return unknown if writing else TryLater("http.read_failed", retry_after=pause, **about)
        if status >= 400:
            return Rejected("http.rejected", **about) if writing else ContractSurprise("http.read_refused", **about)
        location = self.mask.text(answer.headers.get("location", ""))
        return answer.surprise("http.redirected", status=status, location=location)

    def _record(
        self,
        request: Request,
        built: httpx.Request,
        answer: Answer | None,
        failure: CountbridgeError | None,
        *,
        started_at: datetime,
        seconds: float,
    ) -> None:
        if self._on_exchange is None:
            return
        sent, received = built.content, answer.body if answer else b""
        self._on_exchange(
            Exchange(
                system=self.system,
                record=request.record,
                method=built.method,
                url=self.mask.text(str(built.url)),
                request_headers=self.mask.headers(built.headers),
                request_body=MASK if request.private and sent else self.mask.body(sent),
                status=answer.status if answer else None,
                answer_headers=self.mask.headers(answer.headers) if answer else {},
                answer_body=MASK if request.private and received else self.mask.body(received),
                failure=failure.code if failure else "",
                started_at=started_at,
                seconds=seconds,
                effect=request.effect,
                sent_bytes=len(sent),
                received_bytes=len(received),
            )
        )


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates this machine trusts. Reading them takes longer than most calls, and clients come and go."""
    return httpx.create_ssl_context()


def named(system: str, request: Request) -> dict[str, object]:
    """The params that say in every message which system, which call and which record."""
    return {"system": system, "call": f"{request.method} {request.path}", "record": request.record}


def checked_base(base_url: str, system: str) -> str:
    """`base_url` without a closing slash; raises ConfigError unless it is http(s)://host without user or password."""
    try:
        url = httpx.URL(base_url.strip())
        if url.scheme in ("http", "https") and url.host and not url.userinfo and not url.query and not url.fragment:
            return str(url).rstrip("/")
    except httpx.InvalidURL:
        pass
    raise ConfigError("http.bad_address", system=system)
