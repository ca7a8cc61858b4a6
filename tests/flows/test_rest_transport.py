"""The transport against a server that behaves badly: each failure gives one error that says what may be done next."""

from __future__ import annotations

import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from countbridge import messages
from countbridge.connectors.exchanges import Exchange
from countbridge.connectors.http import HttpClient, Request
from countbridge.connectors.manifest import Limits, Timeouts
from countbridge.errors import (
    AuthError,
    ConfigError,
    ContractSurprise,
    CountbridgeError,
    OutcomeUnknown,
    Rejected,
    TryLater,
)
from rest_server import Call, Reply, data, remote

READ = Request("GET", "/stock", "stock of W1")
WRITE = Request("POST", "/adjustments", "adjustment K-1", effect="write", json={"key": "K-1"})
FAST = Limits(per_second=Decimal(1000), answer_megabytes=1)
PATIENT = Timeouts(connect=Decimal(5), read=Decimal(20), total=Decimal(40))  # a busy machine is not a slow remote
SHORT = Timeouts(connect=Decimal(5), read=Decimal("0.4"), total=Decimal(1))
HTML = b"<!doctype html><html><head><title>Please sign in</title></head><body>x</body></html>"


def client(url: str, **options: object) -> HttpClient:
    given = {"system": "acme", "limits": FAST, "timeouts": PATIENT, "secrets": ("s3cret/key",)} | options
    return HttpClient(url, **given)  # type: ignore[arg-type]


def failure(reply: Reply, request: Request, **options: object) -> CountbridgeError:
    """The error that `reply` to `request` leads to."""
    if reply.delay:
        options["timeouts"] = SHORT
    with remote(lambda call: reply) as system:
        http = client(system.url, **options)
        try:
            http.send(request).json()
        except CountbridgeError as error:
            assert len(system.calls) == 1, "one call, one attempt"
            return error
        finally:
            http.close()
    raise AssertionError("no error")


def says(error: CountbridgeError, *words: str) -> None:
    """Both sentences name the record and leave no placeholder open."""
    for language in ("zh", "en"):
        sentence = messages.render(error.code, error.params, language)
        assert sentence != error.code
        assert not re.search(r"\{[a-z_]+\}", sentence)
        for word in words:
            assert word in sentence, sentence


@pytest.mark.parametrize(
    ("reply", "read_error", "read_code", "write_error", "write_code"),
    [
        (Reply(delay=0.9), TryLater, "http.read_timeout", OutcomeUnknown, "http.write_timeout"),
        (Reply(cut=0), TryLater, "http.read_broken_off", OutcomeUnknown, "http.write_broken_off"),
        (Reply(b'{"a":1}', cut=3), TryLater, "http.read_broken_off", OutcomeUnknown, "http.write_broken_off"),
        (Reply(HTML, 500), TryLater, "http.read_failed", OutcomeUnknown, "http.write_failed"),
        (Reply(b"busy", 503), TryLater, "http.read_failed", OutcomeUnknown, "http.write_failed"),
        (Reply(b"bad gateway", 502), TryLater, "http.read_failed", OutcomeUnknown, "http.write_failed"),
        (Reply(HTML, 401), AuthError, "http.credentials_refused", AuthError, "http.credentials_refused"),
        (Reply(b"no", 403), AuthError, "http.credentials_refused", AuthError, "http.credentials_refused"),
        (Reply(b"no", 429), TryLater, "http.too_many_requests", TryLater, "http.too_many_requests"),
        (Reply(b"no", 400), ContractSurprise, "http.read_refused", Rejected, "http.rejected"),
        (Reply(b"no", 404), ContractSurprise, "http.read_refused", Rejected, "http.rejected"),
        (Reply(b"no", 409), ContractSurprise, "http.read_refused", Rejected, "http.rejected"),
        (Reply(b"no", 422), ContractSurprise, "http.read_refused", Rejected, "http.rejected"),
        (Reply(HTML), ContractSurprise, "http.html", OutcomeUnknown, "http.html"),
        (Reply(b'{"a": '), ContractSurprise, "http.not_json", OutcomeUnknown, "http.not_json"),
        (Reply(b'{"a": NaN}'), ContractSurprise, "http.not_json", OutcomeUnknown, "http.not_json"),
        (Reply(b""), ContractSurprise, "http.not_json", OutcomeUnknown, "http.not_json"),
        (Reply(b"[" * 200_000), ContractSurprise, "http.not_json", OutcomeUnknown, "http.not_json"),
        (Reply(b"1" * 1_000_001), ContractSurprise, "http.too_large", OutcomeUnknown, "http.too_large"),
        (
            Reply(status=302, headers={"Location": "/login"}),
            ContractSurprise,
            "http.redirected",
            OutcomeUnknown,
            "http.redirected",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_failure_has_its_error_for_reads_and_for_writes(
    reply: Reply,
    read_error: type[CountbridgeError],
    read_code: str,
    write_error: type[CountbridgeError],
    write_code: str,
) -> None:
    read, written = failure(reply, READ), failure(reply, WRITE)
    assert (type(read), read.code) == (read_error, read_code)
    assert (type(written), written.code) == (write_error, write_code)
    says(read, "acme", "stock of W1")
    says(written, "acme", "adjustment K-1")


@pytest.mark.parametrize("request_", [READ, WRITE])
def test_refused_connection_certainly_had_no_effect(request_: Request) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets this port, and nobody answers
        http = client(f"http://127.0.0.1:{held.getsockname()[1]}")
        with pytest.raises(TryLater) as error:
            http.send(request_)
        http.close()
    assert error.value.code == "http.unreachable"
    says(error.value, request_.record)


@pytest.mark.parametrize("request_", [READ, WRITE])
def test_unknown_host_certainly_had_no_effect(request_: Request) -> None:
    http = client("http://no-such-host.invalid")
    with pytest.raises(TryLater) as error:
        http.send(request_)
    http.close()
    assert error.value.code == "http.unreachable"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_pause_asked_for_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    error = failure(Reply(b"slow down", 429, headers), WRITE)
    assert isinstance(error, TryLater)
    assert error.retry_after == seconds


def test_pause_asked_for_as_date() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    error = failure(Reply(b"slow down", 429, {"Retry-After": until}), READ)
    assert isinstance(error, TryLater)
    assert error.retry_after is not None
    assert 85 <= error.retry_after <= 91
    past = failure(Reply(b"", 503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), READ)
    assert isinstance(past, TryLater)
    assert past.retry_after == 0


def test_remotes_own_words_are_kept() -> None:
    body = b'{"error": {"code": 17, "message": "lot L7 is blocked for s3cret/key"}}'
    error = failure(Reply(body, 422), WRITE)
    assert error.params["message"] == "lot L7 is blocked for ***"
    assert failure(Reply(HTML, 500), READ).params["message"] == "Please sign in"


def test_slow_drip_ends_with_the_total_time() -> None:
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not stop.wait(0.1):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    http = client(f"http://127.0.0.1:{listener.getsockname()[1]}", timeouts=SHORT)
    try:
        with pytest.raises(OutcomeUnknown) as error:
            http.send(WRITE)
        assert error.value.code == "http.write_timeout"
    finally:
        stop.set()
        thread.join()
        listener.close()
        http.close()


def test_numbers_keep_every_digit() -> None:
    body = b'{"a": 12.500, "b": 0.1000000000000000055511151231257827, "c": 12345678901234567890123, "d": "00123"}'
    with remote(lambda call: Reply(body)) as system:
        http = client(system.url)
        assert http.send(READ).json() == {
            "a": "12.500",
            "b": "0.1000000000000000055511151231257827",
            "c": 12345678901234567890123,
            "d": "00123",
        }
        http.close()


def test_exchange_is_recorded_without_secrets() -> None:
    seen: list[Exchange] = []
    answer = data({"echo": "s3cret/key", "ok": True}, **{"Set-Cookie": "sid=abc"})
    with remote(lambda call: answer) as system:
        http = client(system.url, headers={"X-Api-Key": "s3cret/key"}, on_exchange=seen.append)
        http.send(
            Request(
                "POST", "/a", "adjustment K-1", "write", params={"key": "s3cret/key"}, json={"password": "s3cret/key"}
            )
        )
        assert system.calls[0].headers["X-Api-Key"] == "s3cret/key"
        assert system.calls[0].params == {"key": "s3cret/key"}
        http.close()
    (exchange,) = seen
    assert "s3cret" not in repr(exchange)
    assert "sid=abc" not in repr(exchange)
    assert exchange.request_body == '{"password":"***"}'
    assert (exchange.status, exchange.record, exchange.failure) == (200, "adjustment K-1", "")
    assert exchange.answer_body == '{"echo": "***", "ok": true}'


def test_failed_exchange_is_recorded_too() -> None:
    seen: list[Exchange] = []
    error = failure(Reply(cut=0), WRITE, on_exchange=seen.append)
    assert (seen[0].status, seen[0].failure) == (None, error.code)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254", "http://[fe80::1]", "http://100.100.100.200", "http://0.0.0.0"]
)
def test_metadata_and_link_local_addresses_are_refused(url: str) -> None:
    from countbridge.connectors.wire import is_refused

    assert is_refused(url.removeprefix("http://").strip("[]"))


def test_address_is_refused_on_the_open_connection_before_anything_is_sent() -> None:
    """127.0.0.1 stands in for a metadata address: the check sees where the socket ended, not what the name said."""
    with remote(lambda call: data({})) as system:
        url = system.url.replace("127.0.0.1", "localhost")
        http = client(url, refused=lambda address: address in ("127.0.0.1", "::1"))
        with pytest.raises(ConfigError) as error:
            http.send(WRITE)
        assert error.value.code == "http.address_refused"
        assert system.calls == []
        says(error.value, "127.0.0.1", "adjustment K-1")
        http.close()
        allowed = client(url)
        assert allowed.send(READ).json() == {}
        allowed.close()


@pytest.mark.parametrize(
    "url", ["", "wms.example.com", "ftp://wms", "http://user:pw@wms", "http://wms/?key=1", "http://"]
)
def test_wrong_addresses_are_told_before_any_call(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        client(url)
    assert error.value.code == "http.bad_address"
    assert "pw" not in str(error.value)


def test_requests_are_spaced_and_never_too_many_at_once() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def answer(call: Call) -> Reply:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.05)
        with lock:
            running -= 1
        return data({})

    with remote(answer) as system:
        http = client(system.url, limits=Limits(per_second=Decimal(500), concurrency=2))
        threads = [threading.Thread(target=http.send, args=(READ,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()
    assert most == 2
    assert len(system.calls) == 6


def test_pace_waits_the_declared_gap() -> None:
    from countbridge.connectors.pace import Pace

    clock, naps = [100.0], []

    def sleep(seconds: float) -> None:
        naps.append(round(seconds, 6))
        clock[0] += seconds

    pace = Pace(Decimal("4"), 1, clock=lambda: clock[0], sleep=sleep)
    for _ in range(3):
        with pace.turn():
            pass
    assert naps == [0.25, 0.25]


def test_stale_connection_after_an_idle_pause_is_not_reported_as_sent_twice() -> None:
    """A write over a connection that the remote closed is sent once or its outcome is unknown, never silently twice."""
    with remote(lambda call: data({})) as system:
        http = client(system.url)
        http.send(READ)
        system.answer = lambda call: Reply(cut=0)
        with pytest.raises(OutcomeUnknown):
            http.send(WRITE)
        assert [call.method for call in system.calls] == ["GET", "POST"]
        http.close()
