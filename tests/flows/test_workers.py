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

Row = tuple[object, ...]


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
    made.database.execute("CREATE TABLE beats (second bigint, pid int)")
    made.database.execute("CREATE TABLE turned_away (pid int)")
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


def test_asked_a_second_time_it_stops_at_once_and_another_goes_on(workers: Workers) -> None:
    process = workers.start()
    workers.wait_until_alive(1)
    defer(workers, "test.hold")
    workers.wait(lambda: workers.rows("SELECT 1 FROM held") != [], "the worker holds the job")
    process.send_signal(signal.SIGTERM)
    workers.wait(lambda: "at most 30 s" in workers.log.read_text(), "it says what it does and for how long")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 128 + signal.SIGTERM
    workers.database.execute("INSERT INTO go VALUES ('go')")
    workers.start()
    workers.wait(lambda: workers.rows("SELECT 1 FROM held WHERE finished") != [], "another finished the job")


def test_draining_ends_at_its_limit_and_the_job_goes_on_elsewhere(workers: Workers) -> None:
    process = workers.start("--drain", "1")
    workers.wait_until_alive(1)
    defer(workers, "test.hold")
    workers.wait(lambda: workers.rows("SELECT 1 FROM held") != [], "the worker holds the job")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert workers.rows("SELECT 1 FROM held WHERE finished") == []
    workers.database.execute("INSERT INTO go VALUES ('go')")
    workers.start()
    workers.wait(lambda: workers.rows("SELECT 1 FROM held WHERE finished") != [], "another finished the job")


def beats(workers: Workers, at_least: int) -> list[Row]:
    query = "SELECT second, pid FROM beats ORDER BY second"
    workers.wait(lambda: len(workers.rows(query)) >= at_least, f"{at_least} beats")
    return workers.rows(query)


def test_a_periodic_duty_is_done_once_whatever_the_number_of_workers_and_goes_on_when_one_dies(
    workers: Workers,
) -> None:
    first = workers.start()
    workers.start()
    workers.wait_until_alive(2)
    seconds = [second for second, _ in beats(workers, 8)]
    assert len(seconds) == len(set(seconds)), "done twice"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    ((last,),) = workers.rows("SELECT coalesce(max(second), 0) FROM beats")
    later = f"SELECT 1 FROM beats WHERE second > {last} AND pid <> {first.pid}"
    workers.wait(lambda: len(workers.rows(later)) >= 5, "the other does it alone")
    seconds = [second for second, _ in beats(workers, 8)]
    assert len(seconds) == len(set(seconds)), "done twice"


def test_a_job_to_be_tried_again_makes_way_for_its_like(workers: Workers) -> None:
    """Else it would stay "running" and block everything of its lock for as long as its worker lives."""
    workers.start()
    workers.wait_until_alive(1)
    workers.database.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, lock, queueing_lock)"
        " VALUES ('default', 'test.clash', '{}', 'todo', 'clash', 'clash')"
    )
    workers.wait(lambda: len(workers.rows("SELECT 1 FROM held")) == 2, "the one that waited ran")
    jobs = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'test.clash'"
    workers.wait(lambda: workers.rows(jobs) == [], "and nothing of either is left")


class Flow:
    """A flow that is due every second and takes as long as the test says."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        for code, side in (("e", "erp"), ("w", "wms")):
            workers.database.execute(
                "INSERT INTO links_system (code, name, side, connector, settings, secrets)"
                " VALUES (%s, %s, %s, 'tryton', '{}', '')", [code, code, side],
            )  # fmt: skip
        ((self.link,),) = workers.rows(
            "INSERT INTO links_link (code, name, erp_id, wms_id, time_zone, currency, active, policy)"
            " SELECT 'l', 'l', e.id, w.id, 'UTC', 'CNY', true, '{}' FROM links_system e, links_system w"
            " WHERE e.code = 'e' AND w.code = 'w' RETURNING id"
        )
        workers.database.execute(
            "INSERT INTO exchange_cadence (link_id, flow, task, kind, every_seconds, cron, zone, windows, jitter_seconds,"
            " by_hand, next_due, wanted, paused_by, paused_reason, successes, failures)"
            " VALUES (%s, 'held', 'test.flow', 'interval', 1, '', '', '[]', 0, false, now(), false, '', '', 0, 0)", [self.link],
        )  # fmt: skip

    def holders(self) -> list[int]:
        """Processes inside the flow now, those that were killed left out."""
        alive = [process.pid for process in self.workers.processes if process.poll() is None]
        return [
            int(str(pid)) for (pid,) in self.workers.rows("SELECT pid FROM held WHERE NOT finished") if pid in alive
        ]

    def runs(self, outcome: str) -> int:
        ((number,),) = self.workers.rows(
            f"SELECT coalesce(sum(times), 0)::int FROM exchange_flowrun WHERE outcome = '{outcome}'"
        )
        return int(str(number))


def test_a_flow_is_taken_over_from_a_killed_worker_and_never_overlaps_itself(workers: Workers) -> None:
    flow = Flow(workers)
    workers.start()
    workers.start()
    workers.wait(lambda: len(flow.holders()) == 1, "one worker is inside")
    workers.wait(
        lambda: (
            workers.rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'test.flow' AND status = 'todo'") != []
        ),
        "its next turn waits behind it",
    )
    (victim,) = flow.holders()
    os.kill(victim, signal.SIGKILL)
    next(process for process in workers.processes if process.pid == victim).wait()
    workers.wait(lambda: flow.holders() != [], "the other took over within the minute")
    assert len(flow.holders()) == 1
    assert flow.runs("interrupted") == 1
    workers.database.execute("INSERT INTO go VALUES ('go')")
    workers.wait(lambda: flow.runs("done") >= 3, "and its turns go on")


def test_a_worker_that_only_seems_dead_is_not_overtaken_inside_a_flow(workers: Workers) -> None:
    """Stopped for a while (a suspended machine), its jobs are given to others; but it still holds the flow."""
    flow = Flow(workers)
    workers.start()
    workers.start()
    workers.wait(lambda: len(flow.holders()) == 1, "one worker is inside")
    (sleeper,) = flow.holders()
    os.kill(sleeper, signal.SIGSTOP)
    try:
        workers.wait(lambda: len(workers.rows("SELECT 1 FROM turned_away")) >= 2, "the other tried, more than once")
        assert flow.holders() == [sleeper]
    finally:
        os.kill(sleeper, signal.SIGCONT)
    workers.database.execute("INSERT INTO go VALUES ('go')")
    workers.wait(lambda: flow.runs("done") >= 2, "both go on, one after the other")
