"""What time it is. Everything that decides by the time asks here, so that a simulation can be the one who says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


def _of_machine() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _of_machine
_sleep: Callable[[float], None] = time.sleep


def now() -> datetime:
    """This moment, in UTC."""
    return _source()


def after(seconds: float) -> datetime:
    """The moment `seconds` from now."""
    return now() + timedelta(seconds=seconds)


def sleep(seconds: float) -> None:
    """Let time pass."""
    _sleep(seconds)


@contextmanager
def told_by(source: Callable[[], datetime]) -> Iterator[None]:
    """Within the block, `source` says what time it is, on every thread."""
    global _source  # noqa: PLW0603  one clock for the process is the point
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


@contextmanager
def slept_by(sleeper: Callable[[float], None]) -> Iterator[None]:
    """Within the block, `sleeper` lets time pass, on every thread."""
    global _sleep  # noqa: PLW0603
    before, _sleep = _sleep, sleeper
    try:
        yield
    finally:
        _sleep = before
