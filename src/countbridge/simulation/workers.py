"""Two workers on the real queue. A job is fetched with Procrastinate's own function, so locks and order are the real ones.

The second worker has a database connection of its own and runs while the first waits for an answer; never both at once, so
that a run can be repeated. A worker that dies loses its connection; its jobs are found by its silence, as in production.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app

from countbridge import clock
from countbridge.errors import CountbridgeError
from countbridge.exchange.rescue import SILENT_AFTER, put_back, rescue_jobs
from countbridge.exchange.retry import pause_of_job
from countbridge.simulation.agenda import Agenda
from countbridge.simulation.network import Died

Wrapper = Callable[..., object]
ALIVE, SILENT = "1 day", "-1 day"


# What is due by our clock becomes due by the database's, in the same round trip as the fetching itself.
FETCH = """
CREATE OR REPLACE FUNCTION simulation_fetch(moment timestamptz, worker bigint)
RETURNS TABLE (id bigint, task_name varchar, args text, attempts int, next_due timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE procrastinate_jobs AS job SET scheduled_at = NULL WHERE job.status = 'todo' AND job.scheduled_at <= moment;
    RETURN QUERY SELECT job.id, job.task_name, job.args::text, job.attempts,
        CASE WHEN job.id IS NULL THEN
            (SELECT min(later.scheduled_at) FROM procrastinate_jobs AS later WHERE later.status = 'todo')
        END
    FROM procrastinate_fetch_job_v2(NULL, worker) AS job;
END $$
"""
# The tables a run has written to: to empty one that is empty costs as much as to empty a full one.
USED = """
CREATE OR REPLACE FUNCTION simulation_used(kept text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name text;
    written boolean;
    used text[] := '{}';
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (kept)
        AND tablename LIKE ANY (ARRAY['exchange_%', 'stocktake_%', 'procrastinate_%']) ORDER BY tablename
    LOOP
        EXECUTE format('SELECT pg_relation_size(%L) > 0', quote_ident(name)) INTO written;
        IF written THEN used := used || quote_ident(name); END IF;
    END LOOP;
    RETURN array_to_string(used, ', ');
END $$
"""


def prepare_queue() -> None:
    """Give the scratch database what the workers need."""
    with connection.cursor() as cursor:
        cursor.execute(FETCH)
        cursor.execute(USED)


class Worker:
    """One worker of the pool; `wrapper` stands before every statement of its connection."""

    def __init__(self, agenda: Agenda, wrapper: Wrapper, tell: Callable[[str], None]) -> None:
        self._agenda, self._wrapper, self._tell = agenda, wrapper, tell
        self._id: int | None = None
        self.next_due: datetime | None = None  # when a job that was put off is due, as of the last look that found none
        self.deaths = 0

    def work_one(self) -> bool:
        """Run one due job; False when none is due."""
        job = self._fetch()
        if job is None:
            return False
        id_, name, args, attempts = job
        self._tell(f"{name} {args}")
        try:
            with connection.execute_wrapper(self._wrapper):
                app.tasks[name](**args)
                self._finish(id_)
        except CountbridgeError as error:
            self._tell(f"  {error}")
            later = clock.after(max(0.01, pause_of_job(error, attempts)))
            put_back(id_, later)
        except Died:
            self._die()
        return True

    def _finish(self, id_: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [id_])

    def _die(self) -> None:
        """The process is gone: its connection with it; others notice after a while."""
        self.deaths += 1
        self._tell("  died")
        connection.close()
        _heartbeat(self._id, SILENT)
        self._id = None
        self._agenda.after(SILENT_AFTER, _rescue)

    def _fetch(self) -> tuple[int, str, dict[str, Any], int] | None:
        if self._id is None:
            self._id = _heartbeat(None, ALIVE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM simulation_fetch(%s, %s)", [clock.now(), self._id])
            id_, name, args, attempts, self.next_due = cursor.fetchone()
        return None if id_ is None else (id_, name, json.loads(args), attempts)


def _heartbeat(worker: int | None, when: str) -> int:
    with connection.cursor() as cursor:
        if worker is None:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + %s::interval) RETURNING id", [when]
            )
            return int(cursor.fetchone()[0])
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() + %s::interval WHERE id = %s", [when, worker]
        )
        return worker


def _rescue() -> None:
    rescue_jobs()


class Pool:
    """The main worker on this thread, and a second one that is let in while the first waits."""

    def __init__(self, agenda: Agenda, wrapper: Wrapper, tell: Callable[[str], None]) -> None:
        self.first = Worker(agenda, wrapper, tell)
        self._second = Worker(agenda, wrapper, lambda text: tell(f"  | {text}"))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="second")
        self._inside = False

    def work_one(self) -> bool:
        return self.first.work_one()

    def meanwhile(self) -> None:
        """Another worker takes a job now, and the world waits for it."""
        if self._inside:
            return
        self._inside = True
        try:
            self._thread.submit(self._second.work_one).result()
        finally:
            self._inside = False

    @property
    def next_due(self) -> datetime | None:
        """When the next job that was put off is due; asked for when `work_one` has found none."""
        return self.first.next_due

    @property
    def deaths(self) -> int:
        return self.first.deaths + self._second.deaths

    def close(self) -> None:
        with suppress(RuntimeError):
            self._thread.submit(_hang_up).result()
        self._thread.shutdown()


def _hang_up() -> None:
    connection.close()
