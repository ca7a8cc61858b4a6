"""Many simulations at once, on a scratch database server that is thrown away afterwards."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import psycopg

from countbridge.errors import SetupError
from countbridge.postgres import EmbeddedPostgres

# Nothing here has to survive a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "5s"}
Line = dict[str, Any]


@dataclass
class Summary:
    """`failures`: the results of the seeds in which something did not hold, as the process printed them."""

    profile: str
    first_seed: int
    few: bool = False
    runs: int = 0
    violations: int = 0
    failures: list[Line] = field(default_factory=list)
    ways: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, line: Line) -> None:
        self.runs += 1
        self.violations += len(line["violations"])
        self.ways[line["way"]] += 1
        self.faults.update(line["faults"])
        self.figures.update(line["figures"])
        if line["violations"]:
            self.failures.append(line)

    def as_json(self) -> dict[str, Any]:
        return {
            "runs": self.runs, "violations": self.violations, "failing_seeds": sorted(f["seed"] for f in self.failures),
            "profile": self.profile, "first_seed": self.first_seed, "few": self.few, "seconds": round(self.seconds, 1),
            "ways": dict(sorted(self.ways.items())), "faults": dict(sorted(self.faults.items())),
            "figures": dict(sorted(self.figures.items())),
            "failures": sorted(self.failures, key=lambda failure: int(failure["seed"])),
        }  # fmt: skip


def simulate(
    profile: str, first: int, seeds: int, *, processes: int, seconds: float | None = None, few: bool = False, trace: bool = False,
    tell: Callable[[Summary], None] = lambda summary: None,
) -> Summary:  # fmt: skip
    """Run the seeds from `first` on; no new ones are begun after `seconds`. Raises SetupError when a process cannot run."""
    summary, began = Summary(profile, first, few), time.monotonic()
    processes = max(1, min(processes, seeds))
    options = [name for name, wanted in (("few", few), ("trace", trace)) if wanted]
    with _server() as server, tempfile.TemporaryDirectory(prefix="countbridge-simulation-") as folder:
        _migrate(server, Path(folder))
        lines: Queue[Line | None] = Queue()
        running = [
            _start(server, Path(folder), profile, first + number, processes, share, lines, options)
            for number, share in enumerate(_shares(seeds, processes))
        ]
        left = len(running)
        while left:
            line = lines.get()
            left -= line is None
            if line is not None:
                summary.add(line)
                tell(summary)
            if seconds is not None and time.monotonic() - began > seconds:
                for process in running:
                    process.terminate()
        if seconds is None:
            _must_have_finished(running, Path(folder))
    summary.seconds = time.monotonic() - began
    return summary


def _shares(seeds: int, processes: int) -> list[int]:
    return [seeds // processes + (number < seeds % processes) for number in range(processes)]


@contextmanager
def _server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="countbridge-simulation-db-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder), CARELESS)
        server.start()
        try:
            yield server
        finally:
            server.destroy()


def _environment(url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": url, "COUNTBRIDGE_DATA": str(folder / "data"), "COUNTBRIDGE_POOL_SIZE": "0",
        "COUNTBRIDGE_SECRET_KEY": _KEY, "COUNTBRIDGE_LOG_LEVEL": "ERROR", "PYTHONHASHSEED": "0",
    }  # fmt: skip


_KEY = secrets.token_hex(32)


def _migrate(server: EmbeddedPostgres, folder: Path) -> None:
    _create(server, "template", "template0")
    command = [sys.executable, "-m", "countbridge.cli", "migrate"]
    done = subprocess.run(
        command, env=_environment(server.url("template"), folder), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetupError("simulation.cannot_run", reason=done.stderr.strip()[-500:])


def _create(server: EmbeddedPostgres, name: str, template: str) -> str:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = server.url(name)
    assert urlsplit(url).path[1:] == name
    return url


def _start(
    server: EmbeddedPostgres, folder: Path, profile: str, first: int, step: int, number: int, lines: Queue[Line | None],
    options: Sequence[str],
) -> subprocess.Popen[str]:  # fmt: skip
    url = _create(server, f"seeds_{first}", "template")
    arguments = [profile, str(first), str(step), str(number), *options]
    with (folder / f"{first}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "countbridge.simulation.process", *arguments],
            env=_environment(url, folder), stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    threading.Thread(target=_listen, args=(process, lines), daemon=True).start()
    return process


def _listen(process: subprocess.Popen[str], lines: Queue[Line | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith("\n"):  # one that was stopped may leave half a line
            lines.put(json.loads(line))
    process.wait()
    lines.put(None)


def _must_have_finished(running: list[subprocess.Popen[str]], folder: Path) -> None:
    for process in running:
        if process.returncode:
            logs = "".join(log.read_text(errors="replace")[-500:] for log in sorted(folder.glob("*.log")))
            raise SetupError("simulation.cannot_run", reason=logs.strip() or f"exit {process.returncode}")
