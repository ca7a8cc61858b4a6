"""What both modelled connectors share: no network, and every call told to the delivery's log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from countbridge.connectors.base import BaseConnector
from countbridge.connectors.exchanges import Exchange, OnExchange
from countbridge.errors import CountbridgeError
from modelled.trouble import Calls


class Wire:
    """Stands where the HTTP client is; there is nothing to close."""

    def __init__(self, listen: OnExchange | None) -> None:
        self.listen = listen

    def close(self) -> None:
        return


class ModelledConnector(BaseConnector):
    """Base of both: calls pass through the model's `Calls`, which counts them and fails them when asked."""

    http: Any

    def open_http(self, on_exchange: OnExchange | None) -> Any:
        return Wire(on_exchange)

    @contextmanager
    def told(self, calls: Calls, name: str, body: str = "") -> Iterator[None]:
        failure = ""
        try:
            with calls.call(name):
                yield
        except CountbridgeError as error:
            failure = error.code
            raise
        finally:
            if self.http.listen is not None:
                self.http.listen(self._exchange(calls.system, name, body, failure))

    def _exchange(self, system: str, name: str, body: str, failure: str) -> Exchange:
        status = None if failure else 200
        url = f"http://{system}/{name}"
        return Exchange(system, name, "POST", url, {}, body, status, {}, "", failure, datetime.now(UTC), 0.0)
