"""Gives the jobs of dead workers back to the living: nobody has to notice, nothing is lost.

A worker says every few seconds that it lives. One that was killed falls silent, and its jobs with it; every living
worker looks for such jobs and puts them back into the queue. A job may therefore run again after it ran halfway.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.db import close_old_connections, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.utils import utcnow

logger = logging.getLogger(__name__)

HEARTBEAT = 2.0  # seconds between two signs of life
SILENT_AFTER = 8.0  # seconds without one: four were missed
LOOK_EVERY = 2.0  # seconds


def rescue_jobs(silent_after: float = SILENT_AFTER) -> list[int]:
    """Put the jobs of workers silent for `silent_after` seconds back into the queue; their numbers."""
    with transaction.atomic():
        if not _alone():
            return []
        stalled = async_to_sync(app.job_manager.get_stalled_jobs)(seconds_since_heartbeat=silent_after)
        rescued = [job.id for job in stalled if job.id is not None and put_back(job.id, utcnow())]
        async_to_sync(app.job_manager.prune_stalled_workers)(silent_after)
    if rescued:
        logger.warning("jobs of a dead worker go on elsewhere: %s", rescued)
    return rescued


async def keep_rescuing() -> None:
    """Look for stalled jobs until cancelled. Runs beside a worker, so that busy workers cannot keep it from running."""
    while True:
        try:
            await sync_to_async(_rescue_and_close, thread_sensitive=False)()
        except Exception as error:  # noqa: BLE001  the database may be restarting: look again
            logger.warning("could not look for stalled jobs: %s", error)
        await asyncio.sleep(LOOK_EVERY)


def _rescue_and_close() -> None:
    try:
        rescue_jobs()
    finally:
        close_old_connections()


def _alone() -> bool:
    """One rescuer at a time: a second, looking at an older picture, would restart a job that runs again already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('countbridge.rescue'))")
        row: tuple[Any, ...] = cursor.fetchone()
    return bool(row[0])


def put_back(job_id: int, when: datetime) -> bool:
    """Put a job back into the queue, due at `when`. False when its like waits there already under the same queueing lock and
    will do the same work: this one is then given up."""
    try:
        with transaction.atomic():
            app.job_manager.retry_job_by_id(job_id, retry_at=when)
    except UniqueViolation:
        async_to_sync(app.job_manager.finish_job_by_id_async)(job_id, Status.ABORTED, delete_job=True)
        return False
    return True
