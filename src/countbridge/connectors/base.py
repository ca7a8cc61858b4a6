"""What connectors share: a manifest, checked settings and one HTTP client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from countbridge.connectors.contract import Document, Page, Receipt, Remember
from countbridge.connectors.exchanges import OnExchange
from countbridge.connectors.http import HttpClient
from countbridge.connectors.manifest import Manifest
from countbridge.connectors.pace import Turns
from countbridge.connectors.strict import Part
from countbridge.connectors.wire import is_never_refused, is_refused


@dataclass(frozen=True, slots=True)
class Definition:
    """A connector folder: its manifest and the whole connector.yaml, from which an engine reads its own section."""

    folder: Path
    manifest: Manifest
    root: Part


class BaseConnector:
    """A connector over HTTP; a folder's connector.py defines one subclass of it (or of RestConnector).

    `settings` hold every setting of the manifest, defaults filled in. A subclass overrides `open_http` when its client
    needs fixed headers or a base address other than the setting `url`.
    """

    def __init__(
        self, definition: Definition, settings: Mapping[str, str], *, on_exchange: OnExchange | None = None
    ) -> None:
        self.definition = definition
        self.settings = definition.manifest.complete(settings)
        self._clients: list[HttpClient] = []
        self.http = self.open_http(on_exchange)

    @property
    def manifest(self) -> Manifest:
        return self.definition.manifest

    def open_http(self, on_exchange: OnExchange | None) -> HttpClient:
        """The client for all calls; raises ConfigError when the address is no web address."""
        return self.new_client(self.settings.get("url", ""), {}, on_exchange)

    def new_client(self, base_url: str, headers: Mapping[str, str], on_exchange: OnExchange | None) -> HttpClient:
        """A client under the manifest's limits that never shows this connector's secrets."""
        client = HttpClient(
            base_url,
            system=self.manifest.name,
            limits=self.manifest.limits,
            timeouts=self.manifest.timeouts,
            secrets=self.manifest.secrets(self.settings),
            headers=headers,
            on_exchange=on_exchange,
            refused=is_never_refused if self.settings.get("allow_link_local") == "true" else is_refused,
        )
        self._clients.append(client)
        return client

    def keep_pace(self, turns: Turns) -> None:
        """From now on every call takes its turn from `turns`."""
        for client in self._clients:
            client.pace = turns

    def check(self) -> None:
        raise NotImplementedError

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        raise NotImplementedError

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        raise NotImplementedError

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        raise NotImplementedError

    def close(self) -> None:
        """Give back connections."""
        self.http.close()
