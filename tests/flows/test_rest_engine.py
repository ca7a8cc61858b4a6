"""The declarative engine against a scripted system: signing in, paging, errors told inside HTTP 200, writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from countbridge import messages
from countbridge.connectors.contract import Connector, Document
from countbridge.connectors.exchanges import Exchange
from countbridge.connectors.registry import open_connector
from countbridge.errors import (
    AuthError,
    ConfigError,
    ContractSurprise,
    CountbridgeError,
    InputError,
    OutcomeUnknown,
    Rejected,
    TryLater,
)
from rest_server import Call, Remote, Reply, data, remote

HEAD = """
name: acme
title: {zh: 测试, en: Acme}
version: "1"
tier: {kind: contract, version: "1"}
roles: [wms]
limits: {per_second: 1000}
timeouts: {connect: 5, read: 20, total: 40}
settings:
  url: {description: {zh: 地址, en: Address}}
  user: {required: false, description: {zh: 用户, en: User}}
  key: {secret: true, description: {zh: 密钥, en: Key}}
"""
AUTH = 'auth: {kind: api_key_header, name: X-Key, value: "{key}"}'
LISTED = {"code": 0, "data": {"rows": [{"sku": "A"}], "next": None}}

Answer = Callable[[Call], Reply]


def manifest(dataset: str, paging: str, *, cursor: str = "pages", auth: str = AUTH, extra: str = "") -> str:
    """A connector.yaml with one dataset and one document."""
    return f"""{HEAD}
datasets:
  stock: {{cursor: {cursor}, page_limit: 2, unique: [sku], scope: [zone] {dataset}}}
documents:
  adjustment: {{semantics: delta, idempotency: lookup, max_lines: 3, per_line: true}}
  close_count: {{idempotency: none}}
rest:
  base_url: "{{url}}/v1"
  check: {{path: /ping}}
  {auth}
  errors:
    code: code
    ok: ["0", "200"]
    message: msg
    kinds: {{"401": auth, "503": try_later, "404": not_found, "999": unknown}}
  datasets:
    stock:
      path: /zones/{{zone}}/stock
      rows: data.rows
      {paging}
      {extra}
  documents:
    adjustment:
      method: PUT
      path: /counts/{{count}}/lines
      key: meta.key
      key_header: Idempotency-Key
      lines: body.lines
      line_number: no
      constants: {{type: COUNT}}
      types: {{qty: number, urgent: boolean, tags: list}}
      remote_id: data.id
      read_back: true
      outcomes: {{path: data.lines, line: no, ok: state, accepted: [done], message: why}}
      find:
        path: /lines?key={{key}}
        rows: data.rows
        remote_id: id
        outcomes: {{path: lines, line: no, ok: state, accepted: [done], message: why}}
    close_count:
      path: /counts/{{count}}/close
"""


PAGED = manifest("", "paging: {kind: cursor, parameter: after, next: data.next, limit: size}")


@contextmanager
def acme(tmp_path: Path, text: str, answer: Answer, **options: Any) -> Iterator[tuple[Connector, Remote]]:
    (tmp_path / "connector.yaml").write_text(text, encoding="utf-8")
    with remote(answer) as system:
        settings = {"url": system.url, "user": "u1", "key": "k/1 2"}
        connector = open_connector(tmp_path, settings, **options)
        try:
            yield connector, system
        finally:
            connector.close()


def raised(tmp_path: Path, text: str, answer: Answer, dataset: str = "stock") -> CountbridgeError:
    """The error that reading ends with; its sentences name system and record."""
    with acme(tmp_path, text, answer) as (connector, _), pytest.raises(CountbridgeError) as error:
        for _ in connector.read(dataset, {"zone": "Z 1"}, None):
            pass
    for language in ("zh", "en"):
        sentence = messages.render(error.value.code, error.value.params, language)
        assert "acme" in sentence
        assert "zone=Z 1" in sentence
    return error.value


def skus(connector: Connector, cursor: str | None = None) -> list[list[str | None]]:
    return [[row["sku"] for row in page.rows] for page in connector.read("stock", {"zone": "Z 1"}, cursor)]


def pages_of(rows: list[Any], **more: Any) -> Reply:
    return data({"code": 0, "data": {"rows": rows, **more}})


def test_cursor_paging_sends_what_it_was_given(tmp_path: Path) -> None:
    pages = {None: (["A", "B"], "c/2 &"), "c/2 &": (["C"], None)}

    def answer(call: Call) -> Reply:
        assert call.path == "/v1/zones/Z%201/stock"
        assert call.params["size"] == "2"
        rows, following = pages[call.params.get("after")]
        return pages_of([{"sku": sku} for sku in rows], next=following)

    with acme(tmp_path, PAGED, answer) as (connector, _):
        assert skus(connector) == [["A", "B"], ["C"]]
        assert skus(connector, "c/2 &") == [["C"]]


@pytest.mark.parametrize(
    ("paging", "starts"),
    [
        ("paging: {kind: page, parameter: page, limit: size}", ["1", "2", "3"]),
        ("paging: {kind: page, parameter: page, limit: size, first: 0}", ["0", "1", "2"]),
        ("paging: {kind: offset, parameter: skip, limit: size}", ["0", "2", "3"]),
    ],
)
def test_counted_pages_end_with_an_empty_one(paging: str, starts: list[str], tmp_path: Path) -> None:
    content = dict(zip(starts, (["A", "B"], ["C"], []), strict=True))
    seen: list[str] = []

    def answer(call: Call) -> Reply:
        start = call.params.get("page") or call.params["skip"]
        seen.append(start)
        return pages_of([{"sku": sku} for sku in content[start]])

    with acme(tmp_path, manifest("", paging), answer) as (connector, _):
        assert skus(connector) == [["A", "B"], ["C"], []]
        assert seen == starts
        assert skus(connector, starts[1]) == [["C"], []]
        with pytest.raises(InputError) as error:
            skus(connector, "two")
        assert error.value.code == "rest.wrong_cursor"


def test_incremental_feed_keeps_its_cursor(tmp_path: Path) -> None:
    text = manifest(
        ", as_of: true, watermark: true",
        "paging: {kind: cursor, parameter: after, next: data.next}",
        cursor="incremental",
        extra="watermark: data.mark\n      as_of: data.now",
    )
    now = "2026-03-01T08:00:00+08:00"

    def answer(call: Call) -> Reply:
        after = int(call.params.get("after", "0"))
        rows = [{"sku": str(number)} for number in range(after + 1, min(after + 2, 5) + 1)]
        return pages_of(rows, next=after + len(rows), mark=9, now=now)

    with acme(tmp_path, text, answer) as (connector, _):
        pages = list(connector.read("stock", {"zone": "Z 1"}, None))
        assert [[row["sku"] for row in page.rows] for page in pages] == [["1", "2"], ["3", "4"], ["5"], []]
        assert [page.next for page in pages] == ["2", "4", "5", "5"]
        assert {(page.watermark, page.as_of.isoformat() if page.as_of else "") for page in pages} == {("9", now)}
        assert [len(page.rows) for page in connector.read("stock", {"zone": "Z 1"}, "5")] == [0]


@pytest.mark.parametrize(
    ("first", "second", "code", "named"),
    [
        ([{"sku": "A"}, {"sku": "B"}], [{"sku": "B"}, {"sku": "C"}], "rest.pages_overlap", "sku=B"),
        ([{"sku": "A"}, {"sku": "A"}], [], "rest.pages_overlap", "sku=A"),
        ([{"sku": "A"}], [{"name": "x"}], "rest.no_field", "name"),
        ([{"sku": "A"}, 7], [], "rest.not_a_record", "1"),
        ([{"sku": "A", "a.b": 1, "a": {"b": 2}}], [], "rest.field_twice", "a.b"),
    ],
)
def test_pages_that_do_not_add_up_are_refused(
    first: list[Any], second: list[Any], code: str, named: str, tmp_path: Path
) -> None:
    def answer(call: Call) -> Reply:
        return pages_of(second, next=None) if "after" in call.params else pages_of(first, next="2")

    error = raised(tmp_path, PAGED, answer)
    assert (type(error), error.code) == (ContractSurprise, code)
    assert named in messages.render(error.code, error.params, "en")


def test_paging_in_circles_ends(tmp_path: Path) -> None:
    names = iter("ABCDEFGH")
    turns = {None: "x", "x": "y", "y": "x"}
    error = raised(tmp_path, PAGED, lambda call: pages_of([{"sku": next(names)}], next=turns[call.params.get("after")]))
    assert (error.code, error.params["cursor"]) == ("rest.paging_in_circles", "x")


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"code": 401, "msg": "bad key k/1 2"}, AuthError, "rest.credentials_refused"),
        ({"code": "503", "msg": "closing"}, TryLater, "rest.try_later"),
        ({"code": 999, "msg": "?"}, TryLater, "rest.try_later"),
        ({"code": 500, "msg": "no such zone"}, ContractSurprise, "rest.read_refused"),
        ({"data": {"rows": []}}, ContractSurprise, "rest.no_error_code"),
        ({"code": 0, "data": {"list": []}}, ContractSurprise, "rest.no_such_place"),
        ({"code": 0, "data": None}, ContractSurprise, "rest.no_such_place"),
        ({"code": 0, "data": {"rows": {}}}, ContractSurprise, "rest.not_a_list"),
        ({"code": 0, "data": {"rows": []}}, ContractSurprise, "rest.no_cursor"),
        ([], ContractSurprise, "rest.no_error_code"),
    ],
)
def test_error_inside_http_200(body: Any, kind: type[CountbridgeError], code: str, tmp_path: Path) -> None:
    error = raised(tmp_path, PAGED, lambda call: data(body))
    assert (type(error), error.code) == (kind, code)
    assert "k/1 2" not in str(error), "the remote repeated our key; nobody must see it"


@pytest.mark.parametrize("now", ["2026-03-01T08:00:00", "yesterday", 1772323200, None])
def test_clock_without_offset_is_no_clock(now: Any, tmp_path: Path) -> None:
    text = PAGED.replace("scope: [zone] ", "scope: [zone], as_of: true").replace(
        "rows: data.rows\n", "rows: data.rows\n      as_of: data.now\n", 1
    )
    error = raised(tmp_path, text, lambda call: pages_of([], next=None, now=now))
    assert (type(error), error.code) == (ContractSurprise, "rest.empty_value" if now is None else "rest.not_a_moment")


def test_values_become_exact_text(tmp_path: Path) -> None:
    body = (
        '{"code":0,"data":{"next":null,"rows":[{"sku":"00123","code":"1E5","qty":12.500,"n":100,"big":1e3,"ok":true,'
        '"lot":null,"empty":"","space":" x ","wide":"１２","at":{"zone":{"name":"A"},"tags":["a",1.50]},"none":{}}]}}'
    )
    with acme(tmp_path, PAGED, lambda call: Reply(body.encode())) as (connector, _):
        (page,) = connector.read("stock", {"zone": "Z"}, None)
    assert page.rows[0] == {
        "sku": "00123", "code": "1E5", "qty": "12.500", "n": "100", "big": "1e3", "ok": "true", "lot": None,
        "empty": "", "space": " x ", "wide": "１２", "at.zone.name": "A", "at.tags": '["a","1.50"]', "none": "{}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (AUTH, "X-Key", "k/1 2"),
        ('auth: {kind: bearer, value: "{key}"}', "Authorization", "Bearer k/1 2"),
        ('auth: {kind: basic, user: "{user}", password: "{key}"}', "Authorization", "Basic dTE6ay8xIDI="),
    ],
)
def test_static_credentials(auth: str, header: str, value: str, tmp_path: Path) -> None:
    paging = "paging: {kind: cursor, parameter: after, next: data.next}"
    seen: list[Exchange] = []
    text = manifest("", paging, auth=auth)
    with acme(tmp_path, text, lambda call: data(LISTED), on_exchange=seen.append) as (connector, system):
        skus(connector)
        headers = {name.lower(): text for name, text in system.calls[0].headers.items()}
    assert headers[header.lower()] == value
    assert "k/1 2" not in repr(seen)
    assert "dTE6ay8xIDI=" not in repr(seen)


def test_key_in_the_query(tmp_path: Path) -> None:
    text = manifest(
        "", "paging: {kind: cursor, parameter: after, next: data.next}",
        auth='auth: {kind: api_key_query, name: token, value: "{key}"}',
    )  # fmt: skip
    seen: list[Exchange] = []
    with acme(tmp_path, text, lambda call: data(LISTED), on_exchange=seen.append) as (connector, system):
        skus(connector)
        assert system.calls[0].params["token"] == "k/1 2"
    assert "k%2F1" not in seen[0].url
    assert "k/1" not in seen[0].url


LOGIN = (
    'auth: {kind: login, path: /login, body: {user: "{user}", password: "{key}"}, token: data.token, '
    'name: X-Token, prefix: ""}'
)
OAUTH = 'auth: {kind: oauth2, path: /token, user: "{user}", password: "{key}", body: {scope: stock}}'


@pytest.mark.parametrize(("auth", "header", "prefix"), [(LOGIN, "x-token", ""), (OAUTH, "authorization", "Bearer ")])
def test_signing_in_and_again_when_the_token_expired(auth: str, header: str, prefix: str, tmp_path: Path) -> None:
    valid = ["token-1"]

    def answer(call: Call) -> Reply:
        if call.path == "/v1/login":
            return data({"code": 0, "data": {"token": valid[0]}})
        if call.path == "/v1/token":  # an OAuth2 answer has no envelope
            return data({"access_token": valid[0], "token_type": "Bearer"})
        sent = {name.lower(): value for name, value in call.headers.items()}[header]
        return data(LISTED) if sent == prefix + valid[0] else data({"code": 401, "msg": "expired"})

    text = manifest("", "paging: {kind: cursor, parameter: after, next: data.next}", auth=auth)
    seen: list[Exchange] = []
    with acme(tmp_path, text, answer, on_exchange=seen.append) as (connector, system):
        assert skus(connector) == skus(connector) == [["A"]]
        valid[0] = "token-2"
        assert skus(connector) == [["A"]], "the expired token is renewed once"
        logins = [call for call in system.calls if call.path in ("/v1/login", "/v1/token")]
        assert len(logins) == 2
        if auth == LOGIN:
            assert logins[0].json() == {"user": "u1", "password": "k/1 2"}
        else:
            assert logins[0].body == "grant_type=client_credentials&scope=stock&client_id=u1&client_secret=k%2F1+2"
        system.answer = lambda call: data({"code": 0, "data": {}}) if "zones" not in call.path else Reply(b"", 401)
        with pytest.raises(ContractSurprise) as error:
            skus(connector)
        assert error.value.code == "rest.no_token"
    shown = repr(seen)
    assert "token-1" not in shown
    assert "token-2" not in shown
    assert "k%2F1+2" not in shown


def test_wrong_password_is_not_tried_for_ever(tmp_path: Path) -> None:
    text = manifest("", "paging: {kind: cursor, parameter: after, next: data.next}", auth=LOGIN)
    with acme(tmp_path, text, lambda call: Reply(b"no", 401)) as (connector, system):
        with pytest.raises(AuthError):
            skus(connector)
        assert len(system.calls) == 1


LINES = ({"sku": "A", "qty": "-12.500"}, {"sku": "B", "qty": "3", "lot": None})
DOCUMENT = Document("adjustment", {"count": "C/1", "note.by": "王", "urgent": "true", "tags": "x,y"}, LINES)
DONE = [{"no": 0, "state": "done"}, {"no": 1, "state": "done"}]


def write(connector: Connector, document: Document = DOCUMENT) -> Any:
    return connector.write(document, "K 1", resume=None, remember=lambda _: None)


def system_with(written: Any, found: Any) -> Answer:
    return lambda call: data(written if call.method == "PUT" else found)


def test_write_sends_exactly_what_was_declared(tmp_path: Path) -> None:
    answer = system_with(
        {"code": 200, "data": {"id": 77, "lines": DONE}}, {"code": 0, "data": {"rows": [{"id": "77", "lines": DONE}]}}
    )
    with acme(tmp_path, PAGED, answer) as (connector, system):
        receipt = write(connector)
    assert (receipt.state, receipt.remote_id, [line.ok for line in receipt.lines]) == ("confirmed", "77", [True, True])
    put, get = system.calls
    assert (put.path, put.headers["Idempotency-Key"]) == ("/v1/counts/C%2F1/lines", "K 1")
    assert (get.path, get.params) == ("/v1/lines", {"key": "K 1"})
    assert json.loads(put.body, parse_float=str) == {
        "type": "COUNT",
        "note": {"by": "王"},
        "urgent": True,
        "tags": ["x", "y"],
        "meta": {"key": "K 1"},
        "body": {"lines": [{"sku": "A", "qty": "-12.500", "no": 0}, {"sku": "B", "qty": 3, "no": 1}]},
    }


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"code": 500, "msg": "lot L7 blocked"}, Rejected, "rest.rejected"),
        ({"code": 404, "msg": "no such count"}, Rejected, "rest.rejected"),
        ({"code": 401, "msg": "key"}, AuthError, "rest.credentials_refused"),
        ({"code": 503, "msg": "closing"}, TryLater, "rest.try_later"),
        ({"code": 999, "msg": "?"}, OutcomeUnknown, "rest.unknown"),
        ({"result": "ok"}, OutcomeUnknown, "rest.no_error_code"),
        ({"code": 0, "data": {}}, OutcomeUnknown, "rest.no_such_place"),
        ({"code": 0, "data": {"id": 1, "lines": DONE[:1]}}, OutcomeUnknown, "rest.lines_unanswered"),
        ({"code": 0, "data": {"id": 1, "lines": []}}, OutcomeUnknown, "rest.lines_unanswered"),
    ],
)
def test_answers_to_a_write(body: Any, kind: type[CountbridgeError], code: str, tmp_path: Path) -> None:
    with acme(tmp_path, PAGED, lambda call: data(body)) as (connector, system):
        with pytest.raises(CountbridgeError) as error:
            write(connector)
        assert (type(error.value), error.value.code) == (kind, code)
        assert len(system.calls) == 1
    for language in ("zh", "en"):
        assert "adjustment K 1" in messages.render(code, error.value.params, language)


def test_success_that_cannot_be_read_back_is_unknown(tmp_path: Path) -> None:
    """The system says yes and keeps nothing: a silent no-op."""
    said = {"code": 0, "data": {"id": 1, "lines": DONE}}
    for found in ({"code": 0, "data": {"rows": []}}, {"code": 404, "msg": "none"}, {"code": 503, "msg": "busy"}):
        with acme(tmp_path, PAGED, system_with(said, found)) as (connector, _):
            with pytest.raises(OutcomeUnknown) as error:
                write(connector)
            assert error.value.code == "rest.not_read_back"


def test_line_refused_by_the_other_side_is_told(tmp_path: Path) -> None:
    lines = [{"no": 0, "state": "failed", "why": "bin locked"}, {"no": 1, "state": "done"}]
    answer = system_with(
        {"code": 0, "data": {"id": 1, "lines": lines}}, {"code": 0, "data": {"rows": [{"id": 1, "lines": lines}]}}
    )
    with acme(tmp_path, PAGED, answer) as (connector, _):
        receipt = write(connector)
        assert [(line.line, line.ok, line.message) for line in receipt.lines] == [
            (0, False, "bin locked"),
            (1, True, ""),
        ]
        assert connector.find(DOCUMENT, "K 1", remembered=None) == receipt


@pytest.mark.parametrize(
    ("document", "code", "named"),
    [
        (Document("adjustment", {"count": "C"}, LINES * 2), "rest.too_many_lines", "4"),
        (Document("adjustment", {}, LINES), "rest.missing_value", "count"),
        (Document("adjustment", {"count": ".."}, LINES), "rest.missing_value", "count"),
        (Document("adjustment", {"count": "C"}, ({"qty": "1e5"},)), "rest.not_a_number", "line 0"),
        (Document("adjustment", {"count": "C"}, ({"qty": "012"},)), "rest.not_a_number", "line 0"),
        (Document("adjustment", {"count": "C", "urgent": "Y"}, LINES), "rest.not_a_boolean", "urgent"),
        (Document("close_count", {"count": "C"}, LINES), "rest.no_lines_wanted", "2"),
        (Document("baseline", {}), "connectors.unknown_document", "baseline"),
    ],
)
def test_nothing_is_sent_when_the_document_is_wrong(document: Document, code: str, named: str, tmp_path: Path) -> None:
    with acme(tmp_path, PAGED, lambda call: data({"code": 0})) as (connector, system):
        with pytest.raises(InputError) as error:
            write(connector, document)
        assert system.calls == []
    assert error.value.code == code
    assert named in messages.render(code, error.value.params, "en")


def test_looking_up_without_a_way_to_is_for_a_person(tmp_path: Path) -> None:
    with (
        acme(tmp_path, PAGED, lambda call: data({"code": 0})) as (connector, _),
        pytest.raises(OutcomeUnknown) as error,
    ):
        connector.find(Document("close_count", {"count": "C"}), "K 1", remembered=None)
    assert error.value.code == "rest.cannot_look_up"


def test_two_finds_are_for_a_person(tmp_path: Path) -> None:
    twice = {"code": 0, "data": {"rows": [{"id": 1}, {"id": 2}]}}
    with acme(tmp_path, PAGED, lambda call: data(twice)) as (connector, _), pytest.raises(ContractSurprise) as error:
        connector.find(DOCUMENT, "K 1", remembered=None)
    assert (error.value.code, error.value.params["count"]) == ("rest.found_several", "2")


def test_looking_up_at_a_broken_system_never_says_not_there(tmp_path: Path) -> None:
    for reply, kind in (
        (Reply(b"gone", 404), ContractSurprise),
        (Reply(b"", 500), TryLater),
        (Reply(cut=0), TryLater),
        (Reply(b"<html>"), ContractSurprise),
        (Reply(b"", 401), AuthError),
    ):
        with acme(tmp_path, PAGED, lambda call, reply=reply: reply) as (connector, _), pytest.raises(kind):  # type: ignore[misc]
            connector.find(DOCUMENT, "K 1", remembered=None)


def test_address_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "connector.yaml").write_text(PAGED, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        open_connector(tmp_path, {"url": "wms.example.com", "key": "k"})
    assert error.value.code == "http.bad_address"
