"""The queue, worked off in this process: fetched with Procrastinate's own function, so locks and order are the real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from countbridge import clock
from countbridge.errors import CountbridgeError
from countbridge.exchange.models import Breaker
from countbridge.exchange.rescue import SILENT_AFTER, rescue_jobs
from countbridge.exchange.retry import pause
from modelled.trouble import Died

MOST = 500


class Queue:
    """Runs jobs one after another. `errors` holds what the last `run` could not finish: task name → the error.

    A job in which the process dies is found by its dead worker's silence, as in production, and runs again.
    """

    def __init__(self) -> None:
        self.errors: dict[str, CountbridgeError] = {}
        self.pauses: dict[str, float] = {}
        self.deaths = 0

    def run(self) -> dict[str, CountbridgeError]:
        """Work until nothing is due. A job that fails is put off by its own retry policy, so it is tried once."""
        self.errors, self.pauses = {}, {}
        for _ in range(MOST):
            job = self._fetch()
            if job is None:
                return self.errors
            self._work(job)
        raise AssertionError("the queue does not come to an end")

    def later(self) -> dict[str, CountbridgeError]:
        """Time passes: everything that was put off is due, and a system that was down may be tried again."""
        self._make_due()
        Breaker.objects.exclude(state="closed").update(state="open", retry_at=clock.now())
        return self.run()

    def _make_due(self, which: str = "", values: list[int] | None = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' {which}", values or []
            )

    def waiting(self) -> Iterator[str]:
        return iter(ProcrastinateJob.objects.filter(status="todo").values_list("task_name", flat=True))

    def _fetch(self) -> tuple[int, str, dict[str, object], int] | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s) RETURNING id",
                [timedelta(seconds=SILENT_AFTER * 2)],
            )
            (worker,) = cursor.fetchone()
            cursor.execute(
                "SELECT id, task_name, args::text, attempts FROM procrastinate_fetch_job_v2(NULL, %s)", [worker]
            )
            id_, name, args, attempts = cursor.fetchone()
        return None if id_ is None else (id_, name, json.loads(args), attempts)

    def _work(self, job: tuple[int, str, dict[str, object], int]) -> None:
        id_, name, args, attempts = job
        try:
            app.tasks[name](**args)
        except CountbridgeError as error:
            self.errors[name] = error
            self.pauses[name] = pause(error, attempts)
            retry_at = timezone.now() + timedelta(seconds=max(1.0, self.pauses[name]))
            app.job_manager.retry_job_by_id(id_, retry_at=retry_at)
            return
        except Died:
            self.deaths += 1
            assert rescue_jobs() == [id_]
            self._make_due("AND id = %s", [id_])  # "now" stands still in the test's transaction
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [id_])
