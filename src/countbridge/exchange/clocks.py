"""Other systems' clocks against ours: measured where they tell theirs, corrected where they are off, told where it matters.

A system that says 10:07:00 in an answer we asked for at 10:00:00 and had at 10:00:01 is between 6:59 and 7:00 ahead; what
it says happened at 10:05:00 happened at about 9:58:00.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from countbridge import clock
from countbridge.exchange import events
from countbridge.links.models import System

RESOLUTION = timedelta(seconds=1)  # of a clock told in whole seconds
TRUSTED = timedelta(seconds=2)  # a smaller offset is left alone
WARNED = timedelta(minutes=5)  # a larger one is told to people
ZERO = timedelta(0)


@dataclass(frozen=True)
class Offset:
    """How far a remote clock is ahead of ours: at least `low`, at most `high`."""

    low: timedelta
    high: timedelta

    @property
    def certain(self) -> timedelta:
        """The middle where the clock is certainly off by two seconds or more; else nothing."""
        if self.low <= TRUSTED and self.high >= -TRUSTED:
            return ZERO
        return (self.low + self.high) / 2


def measured(told: datetime, asked: datetime, answered: datetime) -> Offset:
    """The clock said `told` at some moment between our asking and the answer."""
    return Offset(told - answered, told - asked + RESOLUTION)


def keep(system: System, found: Offset) -> None:
    """Remember the offset. One that is certainly another than the one known is a clock that jumped, and is told."""
    known = system.clock_offset
    if known is not None and found.low - TRUSTED <= known <= found.high + TRUSTED:
        return  # it agrees with what is known
    offset = found.certain
    if offset == known:
        return
    if known is not None:
        events.record("link", "exchange.clock_jumped", system=system.name, before=seconds(known), after=seconds(offset))
    elif abs(offset) > WARNED:
        events.record("link", "exchange.clock_off", system=system.name, seconds=seconds(offset))
    system.clock_offset, system.clock_measured_at = offset, clock.now()
    System.objects.filter(pk=system.pk).update(clock_offset=offset, clock_measured_at=system.clock_measured_at)


def ours(system: System, told: datetime) -> datetime:
    """A moment of that system, by our clock."""
    return told - (system.clock_offset or ZERO)


def is_corrected(system: System) -> bool:
    return bool(system.clock_offset)


def warning(system: System) -> dict[str, object] | None:
    """What people should know of the system's clock: it is off by more than five minutes."""
    offset = system.clock_offset or ZERO
    if abs(offset) <= WARNED:
        return None
    return {"code": "exchange.clock_off", "params": {"system": system.name, "seconds": seconds(offset)}}


def seconds(offset: timedelta) -> str:
    return f"{round(offset.total_seconds()):+d}"
