"""When flows are due: intervals, cron on a wall clock, windows, and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.windows import instants, is_open, opens, read_window
from countbridge.errors import ConfigError
from countbridge.links.timing import Timing, read_timing, said
from countbridge.messages import render

SPRING = st.datetimes(datetime(2026, 3, 27), datetime(2026, 3, 31))  # noqa: DTZ001
AUTUMN = st.datetimes(datetime(2026, 10, 23), datetime(2026, 10, 27))  # noqa: DTZ001
BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def turns(told: Any, begin: datetime, zone: str, number: int = 5) -> list[str]:
    """The next turns as people in the zone read them, with the offset."""
    coming = read_timing(told, "test", zone).coming(begin, zone, number)
    return [turn.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M%z") for turn in coming]


def test_an_interval_outside_its_window_waits_for_it() -> None:
    told = {"every": 3600, "windows": ["mon-fri 22:00-06:00"]}
    assert turns(told, at("2026-11-27 04:30", SHANGHAI), SHANGHAI, 4) == [
        "11-27 05:30+0800", "11-27 22:00+0800", "11-27 23:00+0800", "11-28 00:00+0800",
    ]  # fmt: skip
    saturday = turns(told, at("2026-11-28 05:10", SHANGHAI), SHANGHAI, 1)
    assert saturday == ["11-30 22:00+0800"], "Friday's night ends on Saturday morning; the next one is Monday's"


def test_a_cron_is_read_on_the_zones_clock_not_the_servers() -> None:
    assert turns({"cron": "30 7 * * mon"}, at("2026-11-24 00:00"), SHANGHAI, 2) == [
        "11-30 07:30+0800",
        "12-07 07:30+0800",
    ]
    other = {"cron": "30 7 * * mon", "zone": BERLIN}
    assert turns(other, at("2026-11-24 00:00"), SHANGHAI, 1) == ["11-30 14:30+0800"]


def test_off_peak_as_the_documentation_writes_it() -> None:
    told = {"cron": "*/15 22-23,0-5 * * *", "windows": "mon-fri 22:00-06:00"}
    assert turns(told, at("2026-11-28 05:40", SHANGHAI), SHANGHAI, 3) == [
        "11-28 05:45+0800", "11-30 22:00+0800", "11-30 22:15+0800",
    ]  # fmt: skip


def test_a_time_the_clocks_skip_is_due_the_moment_they_do() -> None:
    """Berlin, 29 March 2026: 02:00 becomes 03:00. A nightly run at 02:30 is not lost."""
    begin = at("2026-03-28 12:00", BERLIN)
    assert turns({"cron": "30 2 * * *"}, begin, BERLIN, 3) == [
        "03-29 03:00+0200",
        "03-30 02:30+0200",
        "03-31 02:30+0200",
    ]
    quarters = turns({"cron": "*/15 * * * *"}, at("2026-03-29 01:40", BERLIN), BERLIN, 3)
    assert quarters == ["03-29 01:45+0100", "03-29 03:00+0200", "03-29 03:15+0200"]


def test_a_time_that_comes_twice_runs_once_unless_it_is_for_every_hour() -> None:
    """Berlin, 25 October 2026: 03:00 becomes 02:00 again."""
    begin = at("2026-10-24 12:00", BERLIN)
    assert turns({"cron": "30 2 * * *"}, begin, BERLIN, 2) == ["10-25 02:30+0200", "10-26 02:30+0100"]
    halves = turns({"cron": "*/30 * * * *"}, at("2026-10-25 01:45", BERLIN), BERLIN, 6)
    assert halves == [
        "10-25 02:00+0200", "10-25 02:30+0200", "10-25 02:00+0100", "10-25 02:30+0100", "10-25 03:00+0100",
        "10-25 03:30+0100",
    ]  # fmt: skip


def test_a_window_over_a_change_of_clocks_lasts_to_its_end_on_the_wall() -> None:
    windows, berlin = [read_window("sat,sun 01:30-02:30")], ZoneInfo(BERLIN)

    def open_minutes(day: str) -> list[int]:
        midnight = at(f"{day} 00:00", BERLIN)
        return [minute for minute in range(300) if is_open(windows, midnight + timedelta(minutes=minute), berlin)]

    spring, autumn = open_minutes("2026-03-29"), open_minutes("2026-10-25")
    assert (len(spring), spring[0]) == (30, 90), "02:00 to 02:30 does not exist that night"
    assert (len(autumn), autumn[0]) == (120, 90), "02:00 to 03:00 comes twice; the window ends with the second 02:30"


def test_a_cron_of_every_minute_finds_its_window_days_away() -> None:
    told = {"cron": "* * * * *", "windows": ["sat 00:00-00:02"]}
    assert turns(told, at("2026-11-23 00:00", SHANGHAI), SHANGHAI, 3) == [
        "11-28 00:00+0800", "11-28 00:01+0800", "12-05 00:00+0800",
    ]  # fmt: skip


def test_shanghai_has_no_such_days() -> None:
    begin = at("2026-01-01 00:00", SHANGHAI)
    coming = read_timing({"cron": "30 2 * * *"}, "x", SHANGHAI).coming(begin, SHANGHAI, 365)
    assert {later - earlier for earlier, later in pairwise(coming)} == {timedelta(days=1)}


@given(
    begin=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    zone=st.sampled_from([BERLIN, SHANGHAI, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    cron=st.sampled_from(["*/15 * * * *", "30 2 * * *", "0 */2 * * *", "5 1,2,3 * * sun", "59 23 28-31 * *"]),
)
def test_turns_only_go_forward_and_fit_the_wall_clock(begin: datetime, zone: str, cron: str) -> None:
    moment = begin.replace(tzinfo=UTC)
    coming = Timing("cron", cron=cron).coming(moment, zone, 8)
    assert [moment, *coming] == sorted({moment, *coming}), "each turn is later than the one before"
    every = 15 if cron.startswith("*/15") else 1
    for turn in coming:
        wall = turn.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert turn in instants(wall, ZoneInfo(zone))
        assert wall.minute % every == 0


@given(
    begin=SPRING | AUTUMN,
    text=st.sampled_from(
        ["mon-fri 22:00-06:00", "sat,sun 01:30-02:30", "00:00-24:00", "sun 02:15-02:45", "fri-mon 23:00-01:00"]
    ),
)
def test_a_window_that_opens_is_open_then_and_closed_before(begin: datetime, text: str) -> None:
    windows, zone, moment = [read_window(text)], ZoneInfo(BERLIN), begin.replace(tzinfo=UTC, second=0, microsecond=0)
    opening = opens(windows, moment, zone)
    assert opening >= moment
    empty = text == "sun 02:15-02:45" and opening.date().isoformat() == "2026-03-29"
    assert empty or is_open(windows, opening, zone)
    assert opening == moment or not is_open(windows, opening - timedelta(seconds=1), zone)


def _each(word: str, *values: Any) -> list[dict[str, Any]]:
    return [({} if word == "cron" else {"every": 5}) | {word: value} for value in values]


NIGHT = ["mon-fri 22:00-06:00"]
WRONG: dict[str, list[Any]] = {
    "cadence.words": [{"every": 5, "evry": 6}],
    "cadence.kind": [{}, {"every": 5, "cron": "* * * * *"}, {"on": "event", "cron": "* * * * *"}, {"on": "tuesday"}],
    "cadence.seconds": ["soon", -5, 0, 2.5, True, {"every": None}, 10**9, *_each("jitter", -1)],
    "cadence.zone": _each("zone", "Mars/Olympus", "../etc/passwd"),
    "cadence.window": _each(
        "windows", "daily", ["mon 25:00-26:00"], ["mon 10:00-10:00"], 5, ["xyz 1:00-2:00"], ["mon 09:60-10:00"]
    ),
    "cadence.cron": _each(
        "cron", "", "* * * *", "61 * * * *", "* * * * * *", "@daily", "a b c d e", "0 0 * * 9", "$(x) * * * *",
        "0 0 30 2 *",
    ),
    "cadence.never": [{"cron": "0 12 * * *", "windows": NIGHT}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "told"),
    [(code, one) for code, told in WRONG.items() for one in (told if isinstance(told, list) else [told])],
)
def test_what_is_wrong_is_said_with_an_example(code: str, told: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        read_timing(told, "link.yaml: cadence.items", SHANGHAI)
    assert refused.value.code == code
    for language in ("en", "zh"):
        sentence = render(refused.value.code, refused.value.params, language)
        assert any(example in sentence for example in ("300", "22:00-06:00", "Asia/Shanghai", "* * *")), sentence


def test_words_of_yaml_and_both_forms_mean_the_same() -> None:
    assert read_timing(300, "x", SHANGHAI) == read_timing({"every": 300}, "x", SHANGHAI) == Timing("interval", 300)
    assert read_timing({True: "event"}, "x", SHANGHAI).kind == "event", "YAML reads a bare `on` as true"
    assert read_timing({"on": "event", "every": 60}, "x", SHANGHAI).every_seconds == 60


def test_it_is_said_in_words() -> None:
    told = read_timing({"cron": "*/15 22-23,0-5 * * *", "windows": ["mon-fri 22:00-06:00"]}, "x", BERLIN)
    assert said(told, BERLIN, "en") == "cron */15 22-23,0-5 * * *, only mon-fri 22:00-06:00 (Europe/Berlin)"
    assert said(Timing("interval", 300), SHANGHAI, "zh") == "每 5 分钟"
    assert said(Timing("event", 900), SHANGHAI, "en") == "on event, looking every 15 min all the same"
