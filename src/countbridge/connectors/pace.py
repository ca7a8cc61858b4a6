"""How fast we may call one system: so many requests a second, so many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Protocol


class Turns(Protocol):
    """Who says when a call may be made: `Pace` within one process, the exchange for all workers together."""

    def turn(self) -> AbstractContextManager[None]:
        """Waits until this call may be made; it lasts as long as the context. Raises TryLater when that is too far off."""


class Pace:
    """Spaces requests evenly; safe to share between threads. Waiting happens in the caller's thread.

    `per_second` None: no rate, only so many at once.
    """

    def __init__(
        self,
        per_second: Decimal | None,
        concurrency: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = float(1 / per_second) if per_second else 0.0
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
