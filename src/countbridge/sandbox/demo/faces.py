"""The doors people use: the console and the handheld page over HTTP, and their own eyes on the shelves."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import httpx

from countbridge.errors import ContractSurprise

TIMEOUT = 60.0
PATIENCE = 60.0  # seconds people go on trying a server that does not answer
PAUSE = 0.5


class _Patient(httpx.HTTPTransport):
    """Tries again while no answer comes, as people do and as their handheld does for them: its scans carry an id, so that
    one that had arrived is not counted twice."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                response = super().handle_request(request)
                response.read()  # an answer cut off in the middle is no answer
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)
            else:
                return response


def _client(base_url: str, headers: dict[str, str]) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=TIMEOUT, headers=headers, transport=_Patient())


def _answer(response: httpx.Response) -> Any:
    if response.status_code >= 400:
        raise ContractSurprise(
            "sandbox.answered", url=response.request.url.path, status=response.status_code, body=response.text[:500]
        )
    return response.json()


class Face:
    """Somebody's connections; `close` when they go home."""

    def __init__(self, *clients: httpx.Client) -> None:
        self._clients = clients

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Console(Face):
    """A person at the console, signed in with a session."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._client = _client(f"{url}/api", {"Accept-Language": "en"})
        super().__init__(self._client)
        token = _answer(self._client.get("/session"))["csrf"]
        headers = {"X-CSRFToken": token, "Referer": url}
        signed = _answer(
            self._client.post("/session", json={"username": username, "password": password}, headers=headers)
        )
        self._client.headers.update({"X-CSRFToken": signed["csrf"], "Referer": url})

    def get(self, path: str, **params: Any) -> Any:
        return _answer(self._client.get(path, params=params))

    def post(self, path: str, body: Any) -> Any:
        return _answer(self._client.post(path, json=body))


class Handheld(Face):
    """A person with a handheld."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._client = _client(f"{url}/api/pda", {"Accept-Language": "en"})
        super().__init__(self._client)
        body = {"username": username, "password": password, "device": "demo"}
        token = _answer(self._client.post("/sign-in", json=body))["token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def sheets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _answer(self._client.get("/sheets"))["rows"]
        return found

    def sheet(self, sheet: int) -> dict[str, Any]:
        found: dict[str, Any] = _answer(self._client.get(f"/sheets/{sheet}"))
        return found

    def scan(self, scans: list[dict[str, Any]]) -> dict[str, int]:
        """Send scans; every one must be accepted. The line each scan's id was stored with."""
        if not scans:
            return {}
        body = {"sent_at": datetime.now(UTC).isoformat(), "scans": [{"id": str(uuid4()), **scan} for scan in scans]}
        return _accepted(_answer(self._client.post("/scans", json=body)))

    def empty(self, sheet: int, bin_code: str, at: str) -> dict[str, int]:
        """Nothing lies in the bin. The line each of its zeros was stored with."""
        body = {"id": str(uuid4()), "bin": bin_code, "counted_at": at}
        return _accepted(_answer(self._client.post(f"/sheets/{sheet}/empty", json=body)))

    def submit(self, sheet: int) -> None:
        _answer(self._client.post(f"/sheets/{sheet}/submit"))


def _accepted(answer: dict[str, Any]) -> dict[str, int]:
    for result in answer["results"]:
        if not result["ok"]:
            raise ContractSurprise("sandbox.scan_refused", message=result["message"])
    return {result["id"]: result["line"] for result in answer["results"]}


class Floor(Face):
    """A person in the warehouse: sees what lies on a shelf, counts in the WMS, and is the warehouse's foreman."""

    def __init__(self, wms_url: str, floor_key: str, api_key: str) -> None:
        self._client = _client(f"{wms_url}/api/v1", {"X-Floor-Key": floor_key})
        self._screen = _client(f"{wms_url}/api/v1", {"X-Api-Key": api_key})
        super().__init__(self._client, self._screen)

    def look(self, bin_code: str) -> dict[str, Any]:
        return dict(self._data(self._client.get(f"/floor/bins/{bin_code}")))

    def everything(self) -> list[dict[str, Any]]:
        found = self._data(self._client.get("/floor/all"))
        return list(found["rows"])

    def work(self, rate_per_minute: int, delay_seconds: int) -> None:
        self._data(
            self._client.post("/work", json={"rate_per_minute": rate_per_minute, "delay_seconds": delay_seconds})
        )

    def working(self) -> dict[str, Any]:
        return dict(self._data(self._client.get("/work")))

    def count_in_wms(self, result: dict[str, Any]) -> None:
        self._data(self._client.post("/people/results", json=result))

    def booked(self, bin_code: str) -> list[dict[str, Any]]:
        """What the WMS's own screen shows for a bin."""
        return self.stock(bin=bin_code)

    def stock(self, **scope: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self._data(
                self._screen.get("/stock", params={**scope, "limit": 500, **({"cursor": cursor} if cursor else {})})
            )
            rows += page["rows"]
            cursor = page["next"] or ""
            if not cursor:
                return rows

    def sheets(self, count: str) -> list[dict[str, Any]]:
        """The sheets of a count as the WMS's screen lists them; none while they have not arrived."""
        rows: list[dict[str, Any]] = self._data(self._client.get("/people/sheets", params={"count_no": count}))["rows"]
        return rows

    def _data(self, response: httpx.Response) -> Any:
        told = _answer(response)
        if told.get("code") != 0:
            raise ContractSurprise(
                "sandbox.answered", url=response.request.url.path, status=told.get("code"), body=told.get("message")
            )
        return told["data"]
