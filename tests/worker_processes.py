"""`countbridge worker` as processes of a test's own, on one database, killed and started as the test likes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from django.conf import settings

PATIENCE = 60  # seconds until a condition that should come true counts as failed

Row = tuple[object, ...]


class Workers:
    """Starts `countbridge worker` processes on one database and looks into it. `more`: their environment beside ours."""

    def __init__(self, url: str, log: Path, concurrency: int = 2, **more: str) -> None:
        self.log = log
        self.processes: list[subprocess.Popen[bytes]] = []
        self.concurrency = concurrency
        key = settings.SECRET_KEY  # what this process seals, they must be able to open
        self.environment = {**os.environ, "DATABASE_URL": url, "COUNTBRIDGE_SECRET_KEY": key, **more}
        self._url = url
        self.reconnect()

    def reconnect(self) -> None:
        """Look into the database over a new connection, after the server was restarted."""
        self.database = psycopg.connect(self._url, autocommit=True)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "countbridge.cli", "worker", "--concurrency", str(self.concurrency), *options],
                env=self.environment,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def alive(self) -> list[subprocess.Popen[bytes]]:
        return [process for process in self.processes if process.poll() is None]

    def rows(self, query: str) -> list[Row]:
        return self.database.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]

    def wait(self, condition: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
        deadline = time.monotonic() + within
        while not condition():
            assert time.monotonic() < deadline, f"not within {within} s: {what}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def wait_until_alive(self, number: int) -> None:
        self.wait(lambda: self.rows("SELECT count(*) FROM procrastinate_workers") == [(number,)], f"{number} workers")

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.database.close()
