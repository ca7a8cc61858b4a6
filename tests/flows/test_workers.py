"""Workers as real processes on one database: killed, drained, sharing the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

JOBS = Path(__file__).parent / "jobs"
PATIENCE = 60  # seconds until a condition that should come true counts as failed

Row = tuple[object, ...]


class Workers:
    """Starts `countbridge worker` processes on one database and looks into it."""

    def __init__(self, url: str, log: Path) -> None:
        self.log = log
        self.processes: list[subprocess.Popen[bytes]] = []
        self._environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "held_settings",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(JOBS), os.environ.get("PYTHONPATH")])),
        }
        self.database = psycopg.connect(url, autocommit=True)

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "countbridge.cli", "worker", "--concurrency", "2"],
                env=self._environment,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def rows(self, query: str) -> list[Row]:
        return self.database.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]

    def defer(self, task: str) -> None:
        self.database.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('default', %s, '{}', 'todo')",
            [task],
        )

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def wait_until_alive(self, number: int) -> None:
        self.wait(lambda: self.rows("SELECT count(*) FROM procrastinate_workers") == [(number,)], f"{number} workers")

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.database.close()


@pytest.fixture
def workers(migrated_database: str, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(migrated_database, tmp_path / "workers.log")
    made.database.execute("CREATE TABLE held (pid int, finished bool NOT NULL DEFAULT false)")
    made.database.execute("CREATE TABLE go (word text)")
    try:
        yield made
    finally:
        made.close()


def test_the_job_of_a_killed_worker_is_finished_by_another(workers: Workers) -> None:
    workers.start()
    workers.start()
    workers.wait_until_alive(2)
    workers.defer("test.hold")
    workers.wait(lambda: len(workers.rows("SELECT pid FROM held")) == 1, "a worker holds the job")
    ((victim,),) = workers.rows("SELECT pid FROM held")
    assert isinstance(victim, int)
    os.kill(victim, signal.SIGKILL)
    workers.database.execute("INSERT INTO go VALUES ('go')")

    workers.wait(lambda: workers.rows("SELECT 1 FROM held WHERE finished") != [], "the other worker finished it")

    ((survivor,),) = workers.rows("SELECT pid FROM held WHERE finished")
    assert survivor != victim
    assert survivor in {process.pid for process in workers.processes}
    workers.wait(
        lambda: workers.rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'test.hold'") == [], "the job is done"
    )
    assert len(workers.rows("SELECT 1 FROM held")) == 2, "it ran once in each process"


def test_a_worker_asked_to_stop_finishes_its_job_first(workers: Workers) -> None:
    process = workers.start()
    workers.wait_until_alive(1)
    workers.defer("test.hold")
    workers.wait(lambda: workers.rows("SELECT 1 FROM held") != [], "the worker holds the job")
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    workers.database.execute("INSERT INTO go VALUES ('go')")
    assert process.wait(PATIENCE) == 0
    assert workers.rows("SELECT finished FROM held") == [(True,)]
    assert workers.rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'test.hold'") == []


def test_a_job_deferred_in_a_task_commits_or_vanishes_with_its_transaction(workers: Workers) -> None:
    workers.start()
    workers.wait_until_alive(1)
    workers.defer("test.follow")
    workers.wait(lambda: workers.rows("SELECT 1 FROM held WHERE finished") != [], "the task ran")
    assert workers.rows("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = 'must not exist'") == []


def test_a_worker_survives_the_loss_of_its_connections(workers: Workers) -> None:
    workers.start()
    workers.wait_until_alive(1)
    workers.database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    workers.database.execute("INSERT INTO go VALUES ('go')")
    workers.defer("test.hold")
    workers.wait(lambda: workers.rows("SELECT 1 FROM held WHERE finished") != [], "it works again")
