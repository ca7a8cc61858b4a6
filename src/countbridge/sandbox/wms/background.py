"""The two loops beside the HTTP server: the warehouse's work and its postings to the ERP.

Each loop runs in one process only, guarded by a session lock of the database that dies with its holder. A loop may be
killed anywhere: what it did is in transactions, what it still has to do is in tables.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection

from countbridge.sandbox.wms.erp import Erp
from countbridge.sandbox.wms.models import Ledger
from countbridge.sandbox.wms.outbox import post_next
from countbridge.sandbox.wms.work import work_once

log = logging.getLogger("sandbox.wms")

TICK = 0.2  # seconds between looks at the plan


class Loops:
    """`start()` both loops, `stop()` waits for the step at hand."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        erp = Erp(settings.SANDBOX_ERP_URL, settings.SANDBOX_ERP_KEY) if settings.SANDBOX_ERP_URL else None
        self._next_work = 0.0
        self._threads = [threading.Thread(target=self._run, args=("work", 0x5742, self._work), daemon=True)]
        if erp is not None:
            post = lambda: post_next(erp)  # noqa: E731
            self._threads.append(threading.Thread(target=self._run, args=("erp", 0x5743, post), daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _run(self, name: str, lock: int, step: Callable[[], bool]) -> None:
        while not self._stop.is_set():
            try:
                if not _take(lock):
                    self._stop.wait(1)
                    continue
                while not self._stop.is_set():
                    if not step():
                        self._stop.wait(TICK)
            except Error:
                log.exception("loop %s lost the database, again in 1 s", name)
                self._stop.wait(1)
            finally:
                connection.close()

    def _work(self) -> bool:
        rate = Ledger.objects.values_list("rate_per_minute", flat=True).get(pk=1)
        now = time.monotonic()
        if not rate:
            self._next_work = now
        if not rate or now < self._next_work:
            return False
        self._next_work = max(self._next_work, now - 1) + 60 / rate  # after a pause catch up one second, not all of it
        return work_once()


def _take(lock: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])
