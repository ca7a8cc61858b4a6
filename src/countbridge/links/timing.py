"""When a flow is due: every so many seconds, by cron on a zone's wall clock, or on event; within windows where given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter

from countbridge import clock
from countbridge.domain.windows import Window, instants, is_open, opens, read_window
from countbridge.errors import ConfigError
from countbridge.messages import render

INTERVAL, CRON, EVENT = "interval", "cron", "event"
SAFETY_NET = 900  # seconds; a flow that runs on event looks this often all the same, because calls get lost
LONGEST = 31 * 24 * 3600  # seconds
USUAL_JITTER = 10  # seconds
WORDS = {"every", "cron", "on", "zone", "windows", "jitter"}
_FIELD = re.compile(r"[0-9a-zA-Z*,/\-?L#]+")
_CLOCKS_CHANGE_WITHIN = timedelta(hours=3)
_TRIES = 500  # turns of a cron that are looked at for one inside the windows


@dataclass(frozen=True)
class Timing:
    """`every_seconds` is the pause between two runs, or, on event, of the safety net. `zone` empty: the link's."""

    kind: str
    every_seconds: int = 0
    cron: str = ""
    zone: str = ""
    windows: tuple[str, ...] = ()
    jitter_seconds: int = USUAL_JITTER

    @cached_property
    def _windows(self) -> list[Window]:
        return [read_window(text) for text in self.windows]

    def may_run(self, at: datetime, zone: str) -> bool:
        """Is `at` inside the windows? `zone` is the link's."""
        return is_open(self._windows, at, ZoneInfo(self.zone or zone))

    def opens(self, at: datetime, zone: str) -> datetime:
        return opens(self._windows, at, ZoneInfo(self.zone or zone))

    def next_after(self, at: datetime, zone: str) -> datetime:
        """The first moment after `at` this asks for, in UTC; a turn outside the windows waits for them (an interval) or is
        left out (a cron)."""
        place = ZoneInfo(self.zone or zone)
        if self.kind != CRON:
            return opens(self._windows, at + timedelta(seconds=self.every_seconds), place)
        turn = at
        for _ in range(_TRIES):
            turn = _cron_after(self.cron, turn, place)
            opening = opens(self._windows, turn, place)
            if opening == turn:
                return turn
            turn = opening - timedelta(microseconds=1)
        raise ConfigError("cadence.never", cron=self.cron, windows=", ".join(self.windows))

    def coming(self, at: datetime, zone: str, number: int = 5) -> list[datetime]:
        """The next `number` moments after `at`."""
        found: list[datetime] = []
        for _ in range(number):
            at = self.next_after(at, zone)
            found.append(at)
        return found

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "windows": list(self.windows)}


def timing_of(stored: Mapping[str, Any]) -> Timing:
    return Timing(**{**stored, "windows": tuple(stored.get("windows", ()))})


def read_timing(told: object, where: str, zone: str) -> Timing:
    """Seconds, or a mapping {every: 300} | {cron: "*/15 22-23,0-5 * * *"} | {on: event}, each with zone, windows, jitter where
    wanted. `where` says in an error which word is meant; `zone` is the link's. Raises ConfigError with an example."""
    if isinstance(told, Mapping) and True in told:  # YAML reads a bare `on` as true
        told = {("on" if word is True else word): value for word, value in told.items()}
    words: Mapping[str, Any] = told if isinstance(told, Mapping) else {"every": told}
    if unknown := sorted({str(word) for word in words} - WORDS):
        raise ConfigError("cadence.words", where=where, unknown=", ".join(unknown), known=", ".join(sorted(WORDS)))
    if not ({"every", "cron"} & set(words) or words.get("on") == "event") or {"every", "cron"} <= set(words):
        raise ConfigError("cadence.kind", where=where)
    if "on" in words and (words["on"] != "event" or "cron" in words):
        raise ConfigError("cadence.kind", where=where)
    made = Timing(
        kind=CRON if "cron" in words else EVENT if "on" in words else INTERVAL,
        every_seconds=0 if "cron" in words else _seconds(words.get("every", SAFETY_NET), where, 1),
        cron=_cron(words["cron"], where) if "cron" in words else "",
        zone=_zone(words.get("zone", ""), where),
        windows=_window_texts(words.get("windows", []), where),
        jitter_seconds=_seconds(words.get("jitter", USUAL_JITTER), where, 0),
    )
    made.next_after(clock.now(), zone)  # a cron that never falls into its windows is found here
    return made


def _seconds(told: object, where: str, least: int) -> int:
    text = str(told).strip()
    if isinstance(told, bool) or not text.isascii() or not text.isdigit() or not least <= int(text) <= LONGEST:
        raise ConfigError("cadence.seconds", where=where, value=told, least=least, most=LONGEST)
    return int(text)


def _zone(told: object, where: str) -> str:
    try:
        return ZoneInfo(str(told)).key if told else ""
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError("cadence.zone", where=where, zone=told) from error


def _window_texts(told: object, where: str) -> tuple[str, ...]:
    listed = [told] if isinstance(told, str) else told
    if not isinstance(listed, list | tuple):
        raise ConfigError("cadence.window", window=told)
    for text in listed:
        read_window(str(text))
    return tuple(str(text) for text in listed)


def _cron(told: object, where: str) -> str:
    parts = str(told).split()
    problem = "" if len(parts) == 5 else f"{len(parts)}"
    wrong = next((part for part in parts if not _FIELD.fullmatch(part)), "")
    if problem or wrong:
        raise ConfigError("cadence.cron", where=where, cron=told, problem=wrong or f"{len(parts)} ≠ 5")
    expression = " ".join(parts)
    try:
        croniter(expression, datetime(2026, 1, 1)).get_next(datetime)  # noqa: DTZ001  a wall clock, no moment
    except (ValueError, KeyError) as error:
        raise ConfigError("cadence.cron", where=where, cron=told, problem=error) from error
    return expression


def _cron_after(cron: str, at: datetime, zone: ZoneInfo) -> datetime:
    """The first moment after `at` at which the wall clock of `zone` fits `cron`.

    A time the clocks skip is due the moment they do. Of a time that comes twice, a cron for every hour runs both times, one
    for a certain hour only the first.
    """
    around = [(at + shift).astimezone(zone).utcoffset() for shift in (-_CLOCKS_CHANGE_WITHIN, _CLOCKS_CHANGE_WITHIN)]
    back = timedelta(0) if around[0] == around[1] else _CLOCKS_CHANGE_WITHIN
    wall = at.astimezone(zone).replace(tzinfo=None)
    every_hour = cron.split()[1].startswith("*")
    best: datetime | None = None
    for turn in _walls(cron, wall - back):
        moments = instants(turn, zone)
        for moment in moments if every_hour else moments[:1]:
            if moment > at and (best is None or moment < best):
                best = moment
        if best is not None and turn >= wall + back:
            return best
    raise ConfigError("cadence.never", cron=cron, windows="-")


def _walls(cron: str, wall: datetime) -> Iterator[datetime]:
    turns = croniter(cron, wall, ret_type=datetime)
    try:
        while True:
            yield turns.get_next()
    except ValueError:  # croniter's own error for a date that never comes
        return


def said(timing: Timing, zone: str, language: str) -> str:
    """The timing in words: "every 5 min, mon-fri 22:00-06:00 (Asia/Shanghai)"."""
    params: dict[str, object] = {"cron": timing.cron, "time": _duration(timing.every_seconds, language)}
    text = render(f"cadence.said_{timing.kind}", params, language)
    if timing.windows:
        text += render("cadence.said_windows", {"windows": ", ".join(timing.windows)}, language)
    if timing.windows or timing.kind == CRON:
        text += render("cadence.said_zone", {"zone": timing.zone or zone}, language)
    return text


def _duration(seconds: int, language: str) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds and seconds % unit == 0:
            return render(f"cadence.said_{name}", {"number": seconds // unit}, language)
    return render("cadence.said_seconds", {"number": seconds}, language)
