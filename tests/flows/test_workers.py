"""Workers as real processes on one database: killed, drained, sharing the work."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker_processes import PATIENCE, Workers

JOBS = Path(__file__).parent / "jobs"


def defer(workers: Workers, task: str) -> None:
    workers.database.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('default', %s, '{}', 'todo')",
        [task],
    )


@pytest.fixture
def workers(migrated_database: str, tmp_path: Path) -> Iterator[Workers]:
    path = os.pathsep.join(filter(None, [str(JOBS), os.environ.get("PYTHONPATH")]))
    made = Workers(migrated_database, tmp_path / "workers.log", DJANGO_SETTINGS_MODULE="held_settings", PYTHONPATH=path)
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
    defer(workers, "test.hold")
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
    defer(workers, "test.hold")
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
    defer(workers, "test.follow")
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
    defer(workers, "test.hold")
    workers.wait(lambda: workers.rows("SELECT 1 FROM held WHERE finished") != [], "it works again")
