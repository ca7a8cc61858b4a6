"""Putting a job into the queue: always in the caller's transaction, so that a state and what follows it commit together."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from countbridge import clock


def follow(task: str, *, lock: str | None = None, once: str | None = None, delay: float = 0, **args: object) -> bool:
    """Defer `task` (by its name). Jobs of one `lock` run one after another, in order; a job already waiting under the
    same `once` makes this call do nothing. `delay` in seconds. Returns whether a job was added."""
    options: dict[str, object] = {"lock": lock, "queueing_lock": once}
    if delay:
        options["schedule_at"] = clock.after(delay)
    deferrer = app.configure_task(task, **options)  # type: ignore[arg-type]
    try:
        with transaction.atomic():
            deferrer.defer(**args)  # type: ignore[arg-type]
    except AlreadyEnqueued:
        return False
    return True


def hurry(locks: Sequence[str]) -> None:
    """Jobs of these locks that were put off are due now."""
    if locks:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL"
                " WHERE status = 'todo' AND scheduled_at IS NOT NULL AND lock = ANY(%s)",
                [list(locks)],
            )
