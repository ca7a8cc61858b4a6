"""How fast we may call one system: so many requests a second, so many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal


class Pace:
    """Spaces requests evenly; safe to share between threads. Waiting happens in the caller's thread."""

    def __init__(
        self,
        per_second: Decimal,
        concurrency: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = float(1 / per_second)
        self._slots = threading.BoundedSemaphore(concurrency)
        self._lock = threading.Lock()
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a free slot and for this request's moment."""
        with self._slots:
            with self._lock:
                now = self._clock()
                start = max(now, self._next)
                self._next = start + self._gap
            if start > now:
                self._sleep(start - now)
            yield
