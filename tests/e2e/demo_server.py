"""The whole demo as a process of its own, as `countbridge demo` starts it, met only through its doors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx

from countbridge.postgres import EmbeddedPostgres
from countbridge.sandbox import erp
from countbridge.sandbox.demo.faces import Console, Floor
from countbridge.sandbox.demo.proof import ErpBook
from countbridge.sandbox.world import generate
from countbridge.sandbox.world_model import World
from tryton_server import KEPT, VENV, restore

PASSWORD = "stocktake"
READY = 120.0  # seconds; the machine may be busy with other tests
T = TypeVar("T")


def wait(condition: Callable[[], T], what: str, within: float = 60.0) -> T:
    """The first true answer of `condition`; it fails after `within` seconds, naming `what` it waited for."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}"
        time.sleep(0.05)


class Demo:
    """A running demo with its data in `folder`; `stop` ends it as Ctrl-C does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "demo"
        self.world: World = generate()
        self._faces = ExitStack()
        self._said, self._complained = folder / "stdout", folder / "stderr"

    def fill(self) -> None:
        """Put the filled database of an earlier run in place, so that the demo's ERP starts in seconds."""
        self.data.mkdir()
        world = self.data / "world.json"
        world.write_text(self.world.to_json(), encoding="utf-8")
        shutil.copy(KEPT / "erp-keys.json", self.data)
        server = EmbeddedPostgres(self.data)
        server.start()
        site = erp.Site(VENV, server.url("postgres"), self.data, world)
        restore(site, KEPT / f"{site.template}.dump")
        server.release()

    def start(self) -> None:
        ours = ("COUNTBRIDGE_", "DJANGO_", "DATABASE_URL")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment |= {
            "COUNTBRIDGE_DATA": str(self.folder), "COUNTBRIDGE_TRYTON_VENV": str(VENV), "PYTHONUTF8": "1",
        }  # fmt: skip
        with self._said.open("ab") as said, self._complained.open("ab") as complained:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "countbridge.cli", "demo"], env=environment, stdout=said, stderr=complained
            )
        wait(self._welcomed, "the demo's welcome", READY)
        assert httpx.get(f"{self.url}/readyz").json()["ready"] is True

    def _welcomed(self) -> bool:
        assert self.process.poll() is None, self._complained.read_text(encoding="utf-8")
        return self.url in self._said.read_text(encoding="utf-8") if (self.data / "running.json").exists() else False

    def stop(self) -> None:
        """Ctrl-C; every server must be gone afterwards."""
        self._faces.close()
        pids = self.pids
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(READY) == 0, self._complained.read_text(encoding="utf-8")
        assert not [pid for pid in pids.values() if Path(f"/proc/{pid}").exists()]

    def running(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.data / "running.json").read_text(encoding="utf-8"))
        return told

    @property
    def pids(self) -> dict[str, int]:
        return dict(self.running()["pids"])

    @cached_property
    def url(self) -> str:
        return str(self.running()["url"])

    @cached_property
    def erp_url(self) -> str:
        return str(self.running()["erp_url"])

    @cached_property
    def wms_url(self) -> str:
        return str(self.running()["wms_url"])

    def kill(self, name: str) -> None:
        """kill -9 one of its servers."""
        os.kill(self.pids[name], signal.SIGKILL)

    def back(self, name: str, pid: int) -> None:
        """Wait until a server that had `pid` was started again and answers."""
        wait(lambda: self.pids[name] != pid, f"{name} is started again")
        probes = {"countbridge": f"{self.url}/readyz", "wms": self.wms_url, "erp": f"{self.erp_url}/rest/model"}
        wait(lambda: _answers(probes[name]), f"{name} answers again")

    def _keys(self, file: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / file).read_text(encoding="utf-8"))
        return found

    def approve(self, *locations: str) -> list[str]:
        """What the planner does in the ERP."""
        return erp.approve(self.erp_url, self._keys("erp-keys.json")["api_keys"]["planner"], locations)

    @cached_property
    def book(self) -> ErpBook:
        """The ERP, asked itself."""
        return self._faces.enter_context(ErpBook(self.erp_url, self._keys("erp-keys.json")["api_keys"]["countbridge"]))

    @cached_property
    def floor(self) -> Floor:
        return self._faces.enter_context(self.visit())

    def visit(self) -> Floor:
        """A floor for somebody who closes it themselves."""
        keys = self._keys("wms-keys.json")
        return Floor(self.wms_url, keys["floor"], keys["api"])

    def console(self, username: str) -> Console:
        """Somebody at the console, until the demo ends."""
        return self._faces.enter_context(Console(self.url, username, PASSWORD))

    def quiet(self) -> None:
        """No movements any more, and those that happened booked in the ERP."""
        self.floor.work(0, 0)
        wait(lambda: self.floor.working()["pending_erp"] == 0, "the WMS's movements are in the ERP", 120)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.TransportError:
        return False
