"""A database, workers and a real ERP for benchmarks, in a folder of their own and gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from countbridge.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
TRYTON = Path(os.environ.get("COUNTBRIDGE_TRYTON_VENV") or ROOT / ".venv-tryton").absolute()
READY = 60.0  # seconds


def say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


@contextmanager
def countbridge() -> Iterator[EmbeddedPostgres]:
    """Countbridge with an empty database of its own, usable in this process: as safe with the disk as in production."""
    with tempfile.TemporaryDirectory(prefix="countbridge-bench-") as name:
        os.environ |= {"COUNTBRIDGE_DATA": name, "COUNTBRIDGE_POOL_SIZE": "0", "COUNTBRIDGE_LOG_LEVEL": "ERROR"}
        os.environ.setdefault("COUNTBRIDGE_SECRET_KEY", "only-for-benchmarks" * 4)
        os.environ.pop("DATABASE_URL", None)
        from countbridge import database, startup

        startup.start()
        startup.migrate()
        server = database.embedded()
        try:
            yield server
        finally:
            from django.db import connections

            connections.close_all()
            server.release()


class Workers:
    """`countbridge worker` processes; what they cost is asked of the system."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.processes: list[psutil.Popen] = []

    def start(self, number: int, concurrency: int) -> None:
        """Start as many and wait until each has signed on."""
        command = [sys.executable, "-m", "countbridge.cli", "worker", "--concurrency", str(concurrency)]
        with self._log.open("ab") as log:
            self.processes = [psutil.Popen(command, stderr=log) for _ in range(number)]
        wait(lambda: signed_on() == number, f"{number} workers, see {self._log}")

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()
        self.processes = []

    @property
    def cpu_seconds(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    @property
    def peak_mb(self) -> float:
        """Of the largest one, since it was started."""
        return max(_peak(process.pid) for process in self.processes)


def signed_on() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        return int(cursor.fetchone()[0])


def wait(condition: Callable[[], bool], what: str, within: float = READY, every: float = 0.01) -> None:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:.0f} s: {what}")
        time.sleep(every)


def output_of(command: Sequence[str]) -> str:
    """What a program prints; when it fails, its complaint is shown and raised."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
