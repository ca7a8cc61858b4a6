"""The sandbox WMS as a process of its own for tests, met only over HTTP.

A test module says `pytest_plugins = ["sandbox_wms_fixtures"]` and takes the fixtures `company` and `start_wms`.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

Row = dict[str, Any]
Key = tuple[str, str, str]  # bin, sku, lot
COMMAND = [sys.executable, "-m", "countbridge.sandbox.wms"]
SOURCES = Path(__file__).parents[1] / "src"


@dataclass
class Wms:
    """A running sandbox WMS with its own database."""

    environment: dict[str, str]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    def start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([*COMMAND, "serve", "--port", str(self.port)], env=self.environment)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.data("GET", "ping")
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the WMS does not answer"
                assert self.process.poll() is None, "the WMS ended"
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=40)
        self.http.close()

    def raw(self, method: str, path: str, *, key: str | None = "api", **request: Any) -> httpx.Response:
        headers = {"X-Api-Key": key} if key else {}
        return self.http.request(
            method, f"http://127.0.0.1:{self.port}/api/v1/{path}", headers=headers | {"X-Floor-Key": "floor"}, **request
        )

    def call(self, method: str, path: str, **request: Any) -> Row:
        response = self.raw(method, path, **request)
        assert response.status_code == 200, response.text
        return response.json()

    def data(self, method: str, path: str, **request: Any) -> Row:
        answer = self.call(method, path, **request)
        assert answer["code"] == 0, answer
        return answer["data"]

    def refused(self, method: str, path: str, **request: Any) -> Row:
        answer = self.call(method, path, **request)
        assert answer["code"] >= 4000
        assert answer["data"] is None
        return answer

    def every(self, path: str, limit: int = 200, **filters: str) -> list[Row]:
        """All rows of a list that ends with `next: null`."""
        rows, cursor = [], ""
        while cursor is not None:
            page = self.data("GET", path, params={**filters, "cursor": cursor, "limit": limit})
            rows += page["rows"]
            cursor = page["next"]
        return rows

    def feed(self, path: str = "movements", limit: int = 500) -> list[Row]:
        """All rows of a feed whose `next` is always a cursor."""
        rows, cursor = [], "0"
        while True:
            page = self.data("GET", path, params={"cursor": cursor, "limit": limit})
            if not page["rows"]:
                assert page["next"] == cursor
                return rows
            rows += page["rows"]
            cursor = page["next"]

    def book(self) -> dict[Key, Decimal]:
        return by_key(self.every("stock", limit=500))

    def work(self, rate: int) -> Row:
        return self.data("POST", "work", json={"rate_per_minute": rate, "delay_seconds": 0})


def by_key(rows: list[Row]) -> dict[Key, Decimal]:
    keyed = {(row["bin"], row["sku"], row["lot"]): Decimal(row["qty"]) for row in rows}
    assert len(keyed) == len(rows), "a key appears twice"
    return keyed


def sums(movements: list[Row]) -> dict[Key, Decimal]:
    """What the movements, each counted once, add up to."""
    once = {row["id"]: row for row in movements}
    totals: dict[Key, Decimal] = defaultdict(Decimal)
    for row in once.values():
        totals[row["bin"], row["sku"], row["lot"]] += Decimal(row["qty"])
    return totals


def difference(after: dict[Key, Decimal], before: dict[Key, Decimal]) -> dict[Key, Decimal]:
    changes = {key: after.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in after.keys() | before.keys()}
    return {key: change for key, change in changes.items() if change}


def non_zero(totals: dict[Key, Decimal]) -> dict[Key, Decimal]:
    return {key: total for key, total in totals.items() if total}
