"""Where a demo keeps its things, and the ports it listens on."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from countbridge.errors import Conflict

WANTED_PORTS = {"countbridge": 8600, "wms": 8601, "erp": 8602}


@dataclass(frozen=True)
class Places:
    """`data` holds the databases, keys and logs of one demo; `venv` is the ERP's own environment."""

    data: Path
    venv: Path

    @property
    def world(self) -> Path:
        return self.data / "world.json"

    @property
    def link(self) -> Path:
        return self.data / "link"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def running(self) -> Path:
        """The addresses of the servers at their last start."""
        return self.data / "running.json"

    def keys(self) -> dict[str, str]:
        """The sandbox WMS's two keys, made once, readable by their owner only."""
        file = self.data / "wms-keys.json"
        if not file.exists():
            made = {"api": secrets.token_hex(24), "floor": secrets.token_hex(24)}
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                json.dump(made, out)
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return found


def places(name: str) -> Places:
    """The demo called `name` of the current folder. `COUNTBRIDGE_DATA` chooses another place for its data; root's lies
    outside the homes, because the database server then runs as a system user and every folder above is opened for it."""
    here = Path.cwd().resolve()
    chosen = os.environ.get("COUNTBRIDGE_DATA")
    if chosen:
        data = Path(chosen).expanduser().resolve() / name
    elif os.geteuid() == 0:
        mark = hashlib.sha256(str(here).encode()).hexdigest()[:10]
        data = Path("/var/lib/countbridge") / f"{name}-{mark}"
    else:
        data = here / ".countbridge" / name
    return Places(data, Path(os.environ.get("COUNTBRIDGE_TRYTON_VENV", str(here / ".venv-tryton"))))


def take(places: Places) -> int:
    """Hold the demo's data: one demo at a time. The descriptor is given on to the servers, so that what was left running
    (KEEP=1) holds it too. Raises Conflict while another one runs."""
    places.data.mkdir(parents=True, exist_ok=True)
    held = os.open(places.data / ".demo", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict("sandbox.already_running", folder=places.data) from None
    return held


def free_port(wanted: int) -> int:
    """The wanted port, or any other when something else listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")
