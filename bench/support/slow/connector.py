"""Writes a document in one call and is told when it is done."""

from __future__ import annotations

from countbridge.connectors.base import BaseConnector
from countbridge.connectors.contract import Document, Receipt, Remember
from countbridge.connectors.http import Request


class Slow(BaseConnector):
    def check(self) -> None:
        self.http.send(Request("GET", "/", "check"))

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        answer = self.http.send(Request("POST", f"/papers/{key}", key, effect="write", json=dict(document.fields)))
        return Receipt("confirmed", str(answer.json()["id"]))

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        answer = self.http.send(Request("GET", f"/papers/{key}", key, accept=(404,)))
        return None if answer.status == 404 else Receipt("confirmed", str(answer.json()["id"]))
