"""`countbridge serve` as a real process: pages, API, live pages, jobs, and a clean stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import httpx
import psycopg
import pytest

PASSWORD = "correct horse 9"
POOL = 4  # connections the server may use


class Served:
    """A server on a port the system chose, with a supervisor named chen."""

    def __init__(self, url: str, log: Path) -> None:
        self.database = url
        self.environment = {**os.environ, "DATABASE_URL": url, "COUNTBRIDGE_POOL_SIZE": str(POOL)}
        command = [sys.executable, "-m", "countbridge.cli", "serve", "--port", "0", "--with-worker", "--migrate"]
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        output: IO[str] = self.process.stdout
        said = output.readline()
        assert said.startswith("Countbridge: http"), log.read_text()
        self.address = said.split()[1]

    def add_user(self) -> None:
        add = [sys.executable, "-m", "countbridge.cli", "user", "add", "chen", "--role", "supervisor"]
        done = subprocess.run([*add, "--json"], env=self.environment, input=PASSWORD + "\n", text=True, check=True,
                              stdout=subprocess.PIPE)  # fmt: skip
        assert '"supervisor"' in done.stdout

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            client.headers["X-CSRFToken"] = client.get("/api/session").json()["csrf"]
            answer = client.post("/api/session", json={"username": "chen", "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRFToken"] = answer.json()["csrf"]
            yield client

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def served(migrated_database: str, tmp_path: Path) -> Iterator[Served]:
    made = Served(migrated_database, tmp_path / "serve.log")
    try:
        yield made
    finally:
        made.close()


def test_it_serves_pages_files_and_api_and_stops_cleanly(served: Served) -> None:
    served.add_user()
    with served.browser() as browser:
        assert browser.get("/healthz").text == "ok\n"
        assert browser.get("/readyz").json()["ready"] is True
        assert browser.get("/api/session").json()["user"]["username"] == "chen"
        assert browser.get("/static/ninja/swagger-ui.css").headers["content-type"].startswith("text/css")
        assert browser.get("/static/%2e%2e/%2e%2e/settings.py").status_code == 404
        assert browser.get("/counts/PD1", headers={"Accept": "text/html"}).status_code in (200, 503)
        assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    with psycopg.connect(served.database) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (1,)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(60) == 0
    with psycopg.connect(served.database) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,), "it signed off"


def test_many_live_pages_leave_connections_for_everybody_else(served: Served) -> None:
    served.add_user()
    with served.browser() as browser, ExitStack() as pages:
        kept = []
        for _ in range(POOL * 3):
            stream = pages.enter_context(browser.stream("GET", "/api/events"))
            assert stream.status_code == 200
            reading = stream.iter_lines()
            assert next(reading) == "event: ping"
            kept.append(reading)  # an iterator nobody holds would close its page
        assert browser.get("/readyz").json()["ready"] is True


def test_a_port_that_is_taken_is_named(served: Served) -> None:
    port = served.address.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "countbridge.cli", "serve", "--port", port],
        env={**served.environment, "LANG": "en_US.UTF-8", "LC_ALL": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert second.returncode == 2
    assert f"Cannot listen on 127.0.0.1:{port}" in second.stderr
