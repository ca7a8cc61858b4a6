"""Starting and stopping everything a demo runs: database server, ERP, WMS and Countbridge, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from countbridge.errors import SetupError
from countbridge.sandbox import erp
from countbridge.sandbox.demo.linking import write_link
from countbridge.sandbox.demo.places import WANTED_PORTS, Places, free_port, take
from countbridge.sandbox.erp.server import serve_command
from countbridge.sandbox.world import generate
from countbridge.sandbox.world_model import World, from_json

Say = Callable[[str], None]
READY_WITHIN = 90.0


@dataclass
class Stack:
    """A running demo. `url` is Countbridge, `wms_url` and `erp_url` the other two, `erp_url` with its database."""

    places: Places
    world: World
    site: erp.Site
    url: str = ""
    wms_url: str = ""
    erp_url: str = ""
    held: int = -1  # descriptor of the lock on the data
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    started: dict[str, tuple[list[str], dict[str, str]]] = field(default_factory=dict)

    @property
    def erp_key(self) -> str:
        return self.site.keys.api_keys["countbridge"]

    @property
    def planner_key(self) -> str:
        return self.site.keys.api_keys["planner"]

    def stop(self) -> None:
        """End all processes, Countbridge first; one that ignores us for 15 seconds is killed."""
        for process in reversed(self.processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes.values()):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def restart(self, name: str) -> None:
        """Start a server that ended once more, as it was started before."""
        _spawn(self, name, *self.started[name])

    def note(self) -> None:
        """Write down where the servers are, for other commands and for whoever wants to look at their processes."""
        urls = {"url": self.url, "wms_url": self.wms_url, "erp_url": self.erp_url}
        pids = {name: process.pid for name, process in self.processes.items()}
        self.places.running.write_text(json.dumps({**urls, "pids": pids}), encoding="utf-8")

    def ended(self) -> str | None:
        """The name of a process that ended by itself, None while all run."""
        return next((name for name, process in self.processes.items() if process.poll() is not None), None)


def prepare(places: Places, say: Say, *, fresh: bool) -> Stack:
    """Have databases, sandbox company and link ready, quickly when they are there already. `fresh` starts over."""
    from countbridge.database import database_url, start_database

    held = take(places)
    places.logs.mkdir(parents=True, exist_ok=True)
    say("PostgreSQL: starting")
    start_database()
    world = _world(places)
    erp.install(places.venv, say)
    site = erp.Site(places.venv, database_url("postgres"), places.data, places.world)
    if fresh:
        for name in ("countbridge", "sandbox"):
            site.postgres.drop(name)
    site.prepare(say, fresh=fresh)
    return Stack(places, world, site, held=held)


def _world(places: Places) -> World:
    if not places.world.exists():
        places.world.write_text(generate().to_json(), encoding="utf-8")
    return from_json(places.world.read_text(encoding="utf-8"))


def run(stack: Stack, say: Say, *, ports: dict[str, int] | None = None) -> None:
    """Start the three servers and link them; returns when all answer."""
    at = ports or {name: free_port(wanted) for name, wanted in WANTED_PORTS.items()}
    stack.erp_url = f"http://127.0.0.1:{at['erp']}/{stack.site.database}"
    stack.wms_url = f"http://127.0.0.1:{at['wms']}"
    stack.url = f"http://127.0.0.1:{at['countbridge']}"
    say("Tryton: starting")
    _spawn(stack, "erp", serve_command(stack.site, at["erp"], "127.0.0.1"), stack.site.environment())
    say("Sandbox WMS: loading and starting")
    start_wms(stack, at["wms"])
    say("Countbridge: updating tables")
    _prepare_countbridge(stack)
    _await(
        stack,
        "erp",
        f"{stack.erp_url}/rest/model/company.company?s=1&f=id",
        {"Authorization": f"Bearer {stack.erp_key}"},
    )
    _await(stack, "wms", f"{stack.wms_url}/api/v1/ping", {"X-Api-Key": stack.places.keys()["api"]})
    say("Countbridge: linking ERP and WMS, starting")
    _link(stack)
    start_countbridge(stack, at["countbridge"])
    _await(stack, "countbridge", f"{stack.url}/readyz", {})


def start_wms(stack: Stack, port: int) -> None:
    from countbridge.database import ensure_database

    keys = stack.places.keys()
    environment = os.environ | {
        "SANDBOX_DATABASE_URL": ensure_database("sandbox"),
        "SANDBOX_API_KEY": keys["api"],
        "SANDBOX_FLOOR_KEY": keys["floor"],
        "SANDBOX_ERP_URL": f"{stack.erp_url}/rest/model",
        "SANDBOX_ERP_KEY": stack.site.keys.api_keys["wms_interface"],
    }
    module = [sys.executable, "-m", "countbridge.sandbox.wms"]
    loaded = subprocess.run(
        [*module, "load", "--world", str(stack.places.world)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if loaded.returncode:
        raise SetupError("sandbox.wms_failed", message=(loaded.stderr.strip().splitlines() or ["-"])[-1])
    _spawn(stack, "wms", [*module, "serve", "--port", str(port)], environment)


def start_countbridge(stack: Stack, port: int) -> None:
    command = [sys.executable, "-m", "countbridge.cli", "serve", "--with-worker", "--port", str(port)]
    _spawn(stack, "countbridge", command, dict(os.environ))


def _spawn(stack: Stack, name: str, command: list[str], environment: dict[str, str]) -> None:
    with (stack.places.logs / f"{name}.log").open("ab") as log:
        stack.processes[name] = subprocess.Popen(
            command,
            env=environment,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(stack.held,),
        )
    stack.started[name] = (command, environment)
    stack.note()


def _await(stack: Stack, name: str, url: str, headers: dict[str, str]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if stack.processes[name].poll() is not None:
            break
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    log = stack.places.logs / f"{name}.log"
    words = _tail(log)
    raise SetupError("sandbox.not_answering", name=name, log=log, message=words)


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "-"


def _prepare_countbridge(stack: Stack) -> None:
    from countbridge import startup

    startup.start()
    startup.migrate()
    from countbridge.people.accounts import save_user

    for user in stack.world.users:
        places = user.warehouses if user.role in ("operator", "supervisor") else (None,)
        save_user(
            user.login, PASSWORD, roles=[user.role], warehouses=list(places) or [None], name=user.name_zh,
            update=True, check_password=False,
        )  # fmt: skip


def _link(stack: Stack) -> None:
    from countbridge.links.loading import apply_folder
    from countbridge.stocktake.jobs import schedule

    write_link(stack.places.link, stack.world)
    environment = {
        "ERP_URL": stack.erp_url,
        "ERP_KEY": stack.erp_key,
        "WMS_URL": stack.wms_url,
        "WMS_KEY": stack.places.keys()["api"],
    }
    link, cadence = apply_folder(stack.places.link, environment)
    schedule(link, cadence)


PASSWORD = "stocktake"  # of every person of the demo; printed at its start, and only for 127.0.0.1
