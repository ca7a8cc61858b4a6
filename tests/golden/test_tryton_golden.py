"""Recorded answers of a real Tryton in, expected rows out; and what the connector makes of odd answers."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from countbridge.connectors.registry import SYSTEMS, open_connector
from countbridge.connectors.systems.tryton.values import plain, quantity_of, text_of
from countbridge.errors import AuthError, ContractSurprise, CountbridgeError, TryLater
from rest_server import Call, Reply, data, remote

FILES = sorted((SYSTEMS / "tryton" / "golden").glob("*.json"))
ASKED = ("path", "d", "accept-language", "x-tryton-context")


def question(call: Call) -> tuple[str, ...]:
    headers = {name.lower(): text for name, text in call.headers.items()}
    path = call.path.partition("/rest/model/")[2]
    return path, call.params["d"], headers["accept-language"], headers.get("x-tryton-context", "")


def test_there_are_recordings() -> None:
    assert {file.stem for file in FILES} >= {"items", "stock", "locations", "count_approvals"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_recorded_answers_give_the_expected_rows(file: Path) -> None:
    recorded = json.loads(file.read_text("utf-8"))
    answers = {tuple(entry[name] for name in ASKED): entry["body"] for entry in recorded["answers"]}

    def replay(call: Call) -> Reply:
        return Reply(answers[question(call)].encode(), headers={"Content-Type": "application/json"})

    with remote(replay) as server:
        connector = open_connector("tryton", {"url": f"{server.url}/erp", "api_key": "key"})
        with closing(connector):
            pages = list(connector.read(recorded["dataset"], recorded["scope"], None))
    rows = [dict(row) for page in pages for row in page.rows]
    assert rows == recorded["rows"]
    assert all(value is None or isinstance(value, str) for row in rows for value in row.values())
    assert {call.headers.get("authorization") for call in server.calls} == {"Bearer key"}


LOT = {"id": 1, "number": "L1", "product": {"id": 7, "code": "A"}, "default_uom": {"symbol": "kg", "digits": 3}}
ITEM = {"id": 7, "code": "A", "default_uom": {"symbol": "kg", "digits": 3}}
PLACE = [{"id": 3, "code": "W1"}]
COMPANY = [{"id": 1, "party": {"name": "X"}}]


def stock(lots: list[list[Any]], items: list[Any]) -> list[dict[str, str | None]]:
    """What the connector makes of these answers; `lots` are the answers to one question after the other."""
    asked = iter(lots)

    def answer(call: Call) -> Reply:
        model = call.path.rpartition("/")[2]
        if model == "stock.lot":
            return Reply(json.dumps(next(asked)).encode())
        return data({"company.company": COMPANY, "stock.location": PLACE, "product.product": items}[model])

    with remote(answer) as server:
        connector = open_connector("tryton", {"url": f"{server.url}/erp", "api_key": "key"})
        with closing(connector):
            return [dict(row) for page in connector.read("stock", {"location": "W1"}, None) for row in page.rows]


def row(lot: str | None, quantity: str) -> dict[str, str | None]:
    return {"location": "W1", "item": "A", "lot": lot, "quantity": quantity, "unit": "kg"}


def test_the_noise_of_floats_is_gone_and_no_decimal_is() -> None:
    lots = [LOT | {"quantity": 0.30000000000000004}, LOT | {"id": 2, "number": "L2", "quantity": 12.5}]
    rows = stock([lots, lots], [ITEM | {"quantity": 12.8}])
    assert rows == [row("L1", "0.3"), row("L2", "12.5")]


def test_stock_beyond_the_lots_and_lots_that_cancel_out_are_rows_without_lot() -> None:
    lots = [LOT | {"quantity": 5.0}]
    assert stock([lots, lots], [ITEM | {"quantity": 7.25}]) == [row(None, "2.25"), row("L1", "5")]
    assert stock([lots, lots], []) == [row(None, "-5"), row("L1", "5")]
    assert stock([[], []], [ITEM | {"quantity": -2.0}]) == [row(None, "-2")]


def test_lots_that_move_while_we_ask_are_asked_again() -> None:
    before, after = [LOT | {"quantity": 5.0}], [LOT | {"quantity": 4.0}]
    assert stock([before, after, after], [ITEM | {"quantity": 4.0}]) == [row("L1", "4")]
    forever = [[LOT | {"quantity": float(number)}] for number in range(1, 10)]
    with pytest.raises(TryLater, match=r"tryton\.stock_moving"):
        stock(forever, [])


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(b"<!doctype html><title>401 Unauthorized</title>", 401), AuthError, "http.credentials_refused"),
        (Reply(b"<!doctype html><title>500 Internal</title>", 500), ContractSurprise, "tryton.failed"),
        (Reply(b"<!doctype html><title>503 Service</title>", 503), TryLater, "http.read_failed"),
        (Reply(b"", 429, {"Retry-After": "3"}), TryLater, "http.too_many_requests"),
        (Reply(b"<html>please log in</html>"), ContractSurprise, "http.html"),
        (data({"error": ["nothing"]}), ContractSurprise, "tryton.no_list"),
        (data([{"id": 1}]), ContractSurprise, "tryton.unexpected_value"),
        (data([{"id": 1, "login": {"__class__": "timedelta"}}]), ContractSurprise, "tryton.unexpected_value"),
    ],
)
def test_odd_answers_become_the_right_error(reply: Reply, kind: type[CountbridgeError], code: str) -> None:
    with remote(lambda _: reply) as server:
        connector = open_connector("tryton", {"url": f"{server.url}/erp", "api_key": "key"})
        with closing(connector), pytest.raises(kind) as failure:
            list(connector.read("users", {}, None))
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("given", "text"),
    [("12.500", "12.5"), ("84.0", "84"), (84, "84"), ("1e-05", "0.00001"), ("-0.0", "0"), ("1E5", "100000"), (0, "0")],
)
def test_numbers_become_plain_decimal_text(given: object, text: str) -> None:
    assert plain(given) == text


def test_values_become_text_and_codes_stay() -> None:
    assert [text_of("1E5"), text_of("00123"), text_of(None), text_of(True)] == ["1E5", "00123", None, "true"]
    assert text_of({"__class__": "date", "year": 2026, "month": 3, "day": 1}) == "2026-03-01"
    assert quantity_of("1.2345", 2) == "1.2345"  # a real decimal too many is shown, not hidden
    with pytest.raises(ContractSurprise):
        plain("NaN")
