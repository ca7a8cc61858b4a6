"""Feeds of systems that misbehave: each thing is noticed, told to people, and nothing is lost, doubled or decided on it."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import pytest

from countbridge.connectors.contract import Page
from countbridge.errors import ContractSurprise
from countbridge.exchange.models import Cadence, Event, FeedCursor, Movement, QuarantinedRecord
from countbridge.exchange.pages import steady
from countbridge.stocktake.models import Scan
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]


def follow(stage: Stage) -> str | None:
    """One turn of the movement feed; the code of what went wrong."""
    stage.flow("follow_movements")
    error = Cadence.objects.get(link=stage.link, flow="movements").last_error
    if error:
        sentences(error["code"], error["params"])
    return error["code"] if error else None


def moves(stage: Stage, number: int) -> None:
    for _ in range(number):
        stage.world.move("S0101", "00123", "-1")


def known() -> list[str]:
    return list(Movement.objects.order_by("ledger_seq").values_list("source_id", flat=True))


def events_of(code: str) -> list[Event]:
    return list(Event.objects.filter(code=code))


def test_a_cursor_that_expired_is_read_again_from_the_start_without_doubles(stage: Stage) -> None:
    moves(stage, 4)
    assert follow(stage) is None
    stage.world.wms.expired.add("4")
    moves(stage, 2)
    assert follow(stage) is None
    assert known() == ["M1", "M2", "M3", "M4", "M5", "M6"]
    (event,) = events_of("exchange.cursor_expired")
    sentences(event.code, event.params)


def test_pages_that_overlap_or_repeat_rows_double_nothing(stage: Stage) -> None:
    moves(stage, 3)
    stage.world.wms.shown = lambda page: [*page, *page[-1:]]
    assert follow(stage) is None
    stage.world.wms.shown = lambda page: [*stage.world.wms.feed[1:3], *page] if page else []
    moves(stage, 3)
    assert follow(stage) is None
    assert known() == [f"M{n}" for n in range(1, 7)]


def test_a_hole_that_closes_when_asked_again_is_no_matter(stage: Stage) -> None:
    moves(stage, 3)
    assert follow(stage) is None
    times = iter([True, False])
    stage.world.wms.shown = lambda page: page[1:] if page and next(times, False) else page
    moves(stage, 2)
    assert follow(stage) is None
    assert known() == [f"M{n}" for n in range(1, 6)]


def test_a_hole_that_stays_is_told_and_nothing_behind_it_is_taken_until_somebody_accepts_it(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(people=("chen", "li", "sun", "zhou"))
    moves(stage, 3)
    assert follow(stage) is None
    before = FeedCursor.objects.get(dataset="movements").seen_until
    stage.world.tick()
    moves(stage, 3)
    stage.world.wms.shown = lambda page: [row for row in page if row["seq"] != "5"]
    assert follow(stage) == "exchange.feed_hole"
    assert known() == ["M1", "M2", "M3"]
    assert FeedCursor.objects.get(dataset="movements").seen_until == before, "nothing is decided beyond the hole"
    shown = stage.api("zhou", "/links").json()["rows"][0]["feeds"]
    assert [feed["hole"]["first"] for feed in shown if feed["dataset"] == "movements"] == ["5"]
    path = "/links/modelled/feeds/movements/accept"
    assert stage.api("sun", path, {"reason": "support said so"}).status_code == 403
    assert stage.api("zhou", path, {"reason": ""}).json()["code"] == "stocktake.reason_missing"
    assert stage.api("zhou", path, {"reason": "support: number never given out"}).json() == {"next": 6}
    assert follow(stage) is None
    assert known() == ["M1", "M2", "M3", "M4", "M6"]
    assert stage.api("zhou", path, {"reason": "again, to be sure"}).json()["code"] == "exchange.no_such_hole"


def test_a_feed_that_repeats_its_cursor_for_ever_is_noticed(stage: Stage) -> None:
    moves(stage, 9)
    stage.world.wms.stuck_at = 3
    assert follow(stage) == "exchange.pages_in_circles"


def test_a_feed_that_repeats_its_page_for_ever_is_noticed(stage: Stage) -> None:
    moves(stage, 9)
    first = stage.world.wms.feed[:3]
    stage.world.wms.shown = lambda page: first
    assert follow(stage) == "exchange.page_repeats"
    assert known() == ["M1", "M2", "M3"]


def test_a_feed_without_end_is_noticed(stage: Stage) -> None:
    endless = (Page(({"n": str(n)},), next=str(n)) for n in range(10_000_000))
    pages = steady(endless, stage.link.wms, "movements", most=50)
    assert len(list(islice(pages, 50))) == 50
    with pytest.raises(ContractSurprise, match="pages_without_end"):
        next(pages)


def test_a_movement_with_a_number_that_is_none_waits_in_quarantine(stage: Stage) -> None:
    moves(stage, 2)
    stage.world.wms.feed[0]["qty"] = "many"
    assert follow(stage) is None
    assert known() == ["M2"]
    assert QuarantinedRecord.objects.get().source_id == "M1"


def test_a_sequence_that_is_no_number_stops_the_feed_and_says_so(stage: Stage) -> None:
    moves(stage, 1)
    stage.world.wms.feed[0]["seq"] = "first"
    assert follow(stage) == "exchange.not_a_number"
    assert known() == []


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1), timedelta(seconds=30)])
def test_a_remote_clock_that_is_off_is_measured_and_its_times_corrected(stage: Stage, ahead: timedelta) -> None:
    """What happened before a scan is before it, whatever the WMS's clock says."""
    world = stage.world
    world.wms.clock_ahead = ahead
    count = stage.start("W2-S")
    sheet = count.sheets.get()
    world.tick()
    world.move("S0101", "00123", "-10")
    world.tick()
    answer = stage.scan(sheet, "S0101", "00123", "50")
    assert answer["ok"], answer
    world.tick()
    world.move("S0101", "00123", "-5")
    assert follow(stage) is None
    first = Movement.objects.get(source_id="M1")
    assert abs(first.occurred - (world.clock - timedelta(seconds=120))) <= timedelta(seconds=2)
    assert first.told_occurred is not None
    line = stage.line(count, "S0101", "00123")
    assert (line.expected, line.variance) == (50, 0)
    stage.link.wms.refresh_from_db()
    assert abs(stage.link.wms.clock_offset - ahead) <= timedelta(seconds=2)


def test_a_clock_hours_off_is_told_in_the_links_health_and_a_jump_is_told(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(people=("zhou",))
    stage.world.wms.clock_ahead = timedelta(days=1)
    assert follow(stage) is None
    wms = stage.api("zhou", "/links").json()["rows"][0]["wms"]
    assert abs(wms["clock_offset_seconds"] - 86400) <= 2
    assert "clock" in wms["warning"]
    stage.world.wms.clock_ahead = timedelta(0)
    assert follow(stage) is None
    assert stage.api("zhou", "/links").json()["rows"][0]["wms"]["warning"] is None
    (event,) = events_of("exchange.clock_jumped")
    sentences(event.code, event.params)
    assert len(events_of("exchange.clock_off")) == 1


def test_a_clock_that_agrees_corrects_nothing(stage: Stage) -> None:
    stage.world.wms.clock_ahead = timedelta(seconds=1)
    moves(stage, 1)
    assert follow(stage) is None
    movement = Movement.objects.get()
    assert movement.told_occurred is None
    assert movement.occurred == stage.world.clock + timedelta(seconds=1)


def test_results_counted_in_a_wms_whose_clock_is_off_are_of_our_time(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(counted_in_wms=["S"])
    world = stage.world
    world.wms.clock_ahead = timedelta(days=1)
    count = stage.start("W2-S")
    sheet = count.sheets.get()
    world.tick()
    world.wms.results.append({
        "seq": "1", "id": "R1", "count_no": count.number, "sheet_no": sheet.number, "bin": "S0101", "sku": "S-123",
        "lot": "", "qty": "60", "uom": "PCS", "counted_by": "OP01",
        "counted_at": (world.clock + timedelta(days=1)).isoformat(),
    })  # fmt: skip
    world.tick()
    stage.flow("fetch_results")
    scan = Scan.objects.get()
    assert abs(scan.counted_at - (world.clock - timedelta(seconds=60))) <= timedelta(seconds=2)
    assert scan.told_at is not None
