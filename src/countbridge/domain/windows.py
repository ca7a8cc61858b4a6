"""Hours in which something may run, on a zone's wall clock: "mon-fri 22:00-06:00". Days on which clocks change included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from countbridge.errors import ConfigError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
SECOND = timedelta(seconds=1)
_WINDOW = re.compile(r"(?:([a-z,\- ]+?)\s+)?(\d\d?):(\d\d)\s*[-–]\s*(\d\d?):(\d\d)")


@dataclass(frozen=True)
class Window:
    """From minute `begin` of each of `days` (0 = Monday) to minute `end`, which lies on the next day where it is not later.

    "fri 22:00-06:00" is Friday 22:00 to Saturday 06:00.
    """

    days: frozenset[int]
    begin: int
    end: int

    def span(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The window that begins on `day`, in UTC. Of an hour that comes twice it takes in both."""
        later = self.end if self.end > self.begin else self.end + DAY_MINUTES
        midnight = datetime.combine(day, datetime.min.time())
        begin = instants(midnight + timedelta(minutes=self.begin), zone)[0]
        return begin, instants(midnight + timedelta(minutes=later), zone)[-1]


def read_window(text: str) -> Window:
    """Raises ConfigError with an example.

    >>> read_window("sat,sun 00:00-24:00").end
    1440
    """
    found = _WINDOW.fullmatch(text.strip().lower())
    if found is None:
        raise ConfigError("cadence.window", window=text)
    days, *clock = found.groups()
    hour, minute, last_hour, last_minute = map(int, clock)
    begin, end = hour * 60 + minute, last_hour * 60 + last_minute
    if max(minute, last_minute) > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES or begin == end:
        raise ConfigError("cadence.window", window=text)
    return Window(_days(days or "mon-sun", text), begin, end)


def _days(told: str, text: str) -> frozenset[int]:
    chosen: set[int] = set()
    for part in told.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ConfigError("cadence.window", window=text)
        begin, end = DAYS.index(first), DAYS.index(last or first)
        chosen |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(chosen)


def is_open(windows: Sequence[Window], at: datetime, zone: ZoneInfo) -> bool:
    """Lies `at` in one of the windows? Without any, always."""
    return not windows or any(begin <= at < end for begin, end in _spans(windows, at, zone))


def opens(windows: Sequence[Window], at: datetime, zone: ZoneInfo) -> datetime:
    """`at` itself where it lies in a window, else the next moment one opens."""
    if is_open(windows, at, zone):
        return at
    return min(begin for begin, _ in _spans(windows, at, zone) if begin > at)


def _spans(windows: Sequence[Window], at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    today = at.astimezone(zone).date()
    for day in (today + timedelta(days=ahead) for ahead in range(-2, 9)):
        for window in windows:
            if day.weekday() in window.days:
                yield window.span(day, zone)


def instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments (UTC) at which clocks of `zone` show `wall`: one; two where they are put back over it; where they skip it,
    the moment they do.

    Europe/Berlin, 2026-03-29 02:30 is skipped: 01:00 UTC. 2026-10-25 02:30 comes twice: 00:30 and 01:30 UTC.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    if first < second:
        return first, second
    low, high = second, first
    before = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return (high,)
