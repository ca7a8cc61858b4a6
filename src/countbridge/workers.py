"""Running jobs: a worker comes back after database trouble, drains when asked to stop, and rescues jobs of the dead."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from countbridge.exchange.rescue import HEARTBEAT, SILENT_AFTER, keep_rescuing

logger = logging.getLogger(__name__)

POLL = 1.0  # seconds; new jobs are announced at once, this finds those whose time has come
PAUSE_AFTER_TROUBLE = 1.0  # seconds


class Worker:
    """Runs up to `concurrency` jobs at a time. `run()` blocks until `stop()`; `start()` runs it on its own thread."""

    def __init__(self, concurrency: int = 4, name: str = "worker") -> None:
        self.concurrency = concurrency
        self.name = name
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False
        self._stopping = asyncio.Event()
        self._begun = threading.Event()

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name=self.name, daemon=True)
        self._thread.start()
        self._begun.wait()

    def run(self) -> None:
        asyncio.run(self._main())

    def stop(self) -> None:
        """Take no more jobs and finish those that run. May be called from any thread and from a signal handler."""
        self.stopping = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stopping.set)

    def join(self, seconds: float) -> bool:
        """Wait for the thread; False when jobs still run after `seconds`."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(self.concurrency + 4, thread_name_prefix=self.name))
        self._begun.set()
        rescuing = asyncio.create_task(keep_rescuing())
        try:
            while not self._stopping.is_set():
                await self._work_once()
        finally:
            rescuing.cancel()
            with suppress(asyncio.CancelledError):
                await rescuing

    async def _work_once(self) -> None:
        """Work until asked to stop or until the database fails us."""
        working = asyncio.create_task(self._work())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not working.done():
            working.cancel()  # which drains it
        with suppress(asyncio.CancelledError):
            try:
                await working
            except Exception as error:  # noqa: BLE001  whatever it was, the next try may succeed
                logger.warning("worker interrupted, starting again: %s", error)
        if not self._stopping.is_set():
            await asyncio.sleep(PAUSE_AFTER_TROUBLE)

    async def _work(self) -> None:
        # Turns of flows are put into the queue over Django's connection, which no job cleans up after: one that the
        # database has dropped would fail every further try.
        await sync_to_async(close_old_connections)()
        connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=4)
        async with _on_its_own(connector).open_async() as running:
            await running.run_worker_async(
                concurrency=self.concurrency,
                name=self.name,
                install_signal_handlers=False,
                fetch_job_polling_interval=POLL,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=SILENT_AFTER,
                delete_jobs="successful",
            )


def _on_its_own(connector: PsycopgConnector) -> App:
    """The worker's own view of the same tasks.

    The tasks themselves keep Django's connection, so that a job which a task defers commits with the task's own
    changes. Replacing the application's connector, as Procrastinate's command does, would break that promise.
    """
    defaults = app.worker_defaults
    running = App(connector=connector, import_paths=app.import_paths, worker_defaults=defaults)
    running.tasks = app.tasks
    running.periodic_registry = app.periodic_registry
    running.job_manager = _Jobs(running.connector)
    return running


class _Jobs(JobManager):
    """A job that is to be tried again while its like waits already (under the same queueing lock) makes way for it: that one
    will do the same work. Without this it would stay "running" for ever, and hold its lock against everything behind it."""

    async def retry_job_by_id_async(self, job_id: int, *args: Any, **options: Any) -> None:
        try:
            await super().retry_job_by_id_async(job_id, *args, **options)
        except UniqueViolation:
            logger.info("job %s makes way for its like", job_id)
            await self.finish_job_by_id_async(job_id, Status.ABORTED, delete_job=True)
