"""Expected and variance while goods keep moving: every scan is compared with the book of its own moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from countbridge.stocktake.models import Count, Line, Scan
from countbridge.stocktake.progress import advance
from modelled.stage import Stage
from modelled.world import plain

pytest_plugins = ["modelled.fixtures"]

BOLT = ("A0101", "00123")


def begun(stage: Stage) -> tuple[Count, Any]:
    count = stage.start("W1-A")
    stage.world.tick(600)
    return count, count.sheets.get()


def figures(line: Line) -> tuple[object, ...]:
    line.refresh_from_db()
    return (line.expected, line.counted, line.variance, line.outcome)


def rest_of(stage: Stage, count: Count, sheet: Any) -> None:
    """The other lines match; the sheet is handed in and everything is decided that can be."""
    for line in sheet.lines.filter(counted=None):
        stage.scan(sheet, line.bin, line.item, plain(line.snapshot), line.unit, line.lot)
    stage.submit(sheet)
    stage.settle()


def test_a_scan_is_compared_at_once(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "38")
    line = stage.line(count, *BOLT)
    assert figures(line) == (40, 38, -2, "breach")
    assert line.value == Decimal("-17")
    assert (line.counter, line.state) == (str(sheet.assignee), "counted")


def test_a_movement_before_the_scan_is_in_the_expectation(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.world.move(*BOLT, "-3")
    stage.world.tick()
    stage.scan(sheet, *BOLT, "37")
    stage.flow("follow_movements")
    assert figures(stage.line(count, *BOLT)) == (37, 37, 0, "match")


def test_a_movement_after_the_scan_changes_nothing(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "40")
    stage.world.tick()
    stage.world.move(*BOLT, "-3")
    stage.flow("follow_movements")
    assert figures(stage.line(count, *BOLT)) == (40, 40, 0, "match")


def test_a_movement_recorded_late_for_a_moment_before_the_scan_computes_the_line_again(stage: Stage) -> None:
    count, sheet = begun(stage)
    before = stage.world.clock - timedelta(seconds=300)
    stage.scan(sheet, *BOLT, "37")
    rest_of(stage, count, sheet)
    line = stage.line(count, *BOLT)
    assert figures(line) == (40, 37, -3, "breach")
    stage.world.move(*BOLT, "-3", occurred=before)
    stage.flow("follow_movements")
    assert figures(line) == (37, 37, 0, "match")


def test_a_settled_variance_that_changed_is_open_again(stage: Stage) -> None:
    count = stage.start("W1-A", "W2-S")
    stage.world.tick(600)
    sheet = count.sheets.get(zone="A")
    before = stage.world.clock - timedelta(seconds=300)
    stage.scan(sheet, *BOLT, "40")
    rest_of(stage, count, sheet)
    line = stage.line(count, *BOLT)
    assert line.state == "settled"
    stage.world.move(*BOLT, "-10", occurred=before)
    stage.flow("follow_movements")
    assert figures(line) == (30, 40, 10, "breach")
    assert line.state == "recount", "nobody agreed to the new variance"


def test_a_movement_between_two_portions_of_a_line_asks_for_a_recount(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "20")
    stage.world.tick()
    stage.world.move(*BOLT, "-5")
    stage.world.tick()
    stage.scan(sheet, *BOLT, "15")
    rest_of(stage, count, sheet)
    line = stage.line(count, *BOLT)
    assert line.outcome == "recount"
    assert "moved_between_scans" in line.reasons
    assert (line.state, line.pass_number) == ("recount", 2)


def test_a_movement_within_the_clocks_uncertainty_is_timing_not_loss(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "35", at=stage.world.clock)
    stage.world.tick(1)
    stage.world.move(*BOLT, "-5")
    rest_of(stage, count, sheet)
    line = stage.line(count, *BOLT)
    assert (line.variance_min, line.variance_max, line.outcome) == (-5, 0, "timing")
    assert line.state == "recount"


def test_portions_in_different_units_add_up_exactly(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "6", "box")
    stage.scan(sheet, *BOLT, "4")
    assert figures(stage.line(count, *BOLT)) == (40, 40, 0, "match")
    stage.scan(sheet, "A0101", "1E5", "12499.6", "g")
    assert figures(stage.line(count, "A0101", "1E5"))[1:3] == (Decimal("12.500"), 0), "rounded once, half up"


def test_nothing_is_decided_before_every_movement_that_could_matter_is_known(stage: Stage) -> None:
    count, sheet = begun(stage)
    for line in sheet.lines.all():
        stage.scan(sheet, line.bin, line.item, plain(line.snapshot), line.unit, line.lot)
    stage.submit(sheet)
    stage.flow("follow_movements")
    stage.queue.run()
    assert set(count.lines.values_list("state", flat=True)) == {"counted"}, "the feed has not passed the scans yet"
    stage.world.tick(2)
    stage.flow("follow_movements")
    count.refresh_from_db()
    assert set(count.lines.values_list("state", flat=True)) == {"settled"}
    assert count.state == "posting"


def test_goods_nobody_expected_make_a_line_with_nothing_booked(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.world.lie("A0102", "00124", "7")
    stage.scan(sheet, "A0102", "S-124", "7")
    line = stage.line(count, "A0102", "00124")
    assert figures(line) == (0, 7, 7, "breach")
    rest_of(stage, count, sheet)
    stage.complete(count)
    assert count.state == "closed"
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor
    assert erp["W1-A-02", "00124", ""] == 7


def test_an_undone_scan_counts_no_more_and_stays_in_the_history(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "4", id="wrong")
    undone = stage.pda(str(sheet.assignee), "/scans/wrong/undo", {})
    assert undone.status_code == 200
    line = stage.line(count, *BOLT)
    assert (line.state, line.counted, line.variance) == ("open", None, None)
    assert Scan.objects.get(source_id="wrong").undone_at is not None
    stage.scan(sheet, *BOLT, "40")
    assert figures(line) == (40, 40, 0, "match")


def test_an_empty_bin_is_zero_for_every_line_not_counted_yet(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "40")
    body = {"id": "empty-1", "bin": "A0101", "counted_at": stage.world.clock.isoformat()}
    answer = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/empty", body)
    assert [each["ok"] for each in answer.json()["results"]] == [True]
    assert figures(stage.line(count, *BOLT))[1] == 40, "what was counted stands"
    assert figures(stage.line(count, "A0101", "1E5"))[1:3] == (0, Decimal("-12.5"))


def test_a_sheet_with_uncounted_goods_is_not_handed_in(stage: Stage) -> None:
    _, sheet = begun(stage)
    stage.scan(sheet, *BOLT, "40")
    refused = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/submit", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.sheet_not_done")
    assert refused.json()["params"] == {"sheet": sheet.number, "lines": "2", "bin": "A0101", "item": "1E5"}


@pytest.mark.parametrize(("policy", "state", "posted"), [("post", "settled", -1), ("keep_book", "kept", None)])
def test_a_variance_inside_tolerance_is_posted_or_kept_as_the_policy_says(
    make_stage: Callable[..., Stage], policy: str, state: str, posted: int | None
) -> None:
    tolerance = {"percent": "5", "quantity": "1", "value": "100"}
    stage = make_stage(within_tolerance=policy, tolerance=tolerance)
    stage.world.lie("A0101", "00123", "39")
    count = stage.start("W1-A")
    stage.count_all(count)
    line = stage.line(count, *BOLT)
    assert (line.outcome, line.state, line.variance) == ("within_tolerance", state, -1)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert [change for *_, change in stage.world.erp.posted()] == ([posted] if posted else [])


def test_a_movement_recorded_after_the_last_decision_is_not_posted_as_a_loss(stage: Stage) -> None:
    """It occurred before the scan, and came in while the count was on its way to posting."""
    count, sheet = begun(stage)
    before = stage.world.clock - timedelta(seconds=300)
    stage.world.lie(*BOLT, "37")
    stage.scan(sheet, *BOLT, "37")
    rest_of(stage, count, sheet)
    stage.count_all(count)
    stage.world.floor["A0101", "00123", ""] += 3  # `move` takes them off again: they left before the scan
    stage.decide(count)
    advance(count.pk)
    count.refresh_from_db()
    assert count.state == "posting"
    stage.world.move(*BOLT, "-3", occurred=before)
    stage.complete(count)
    assert stage.world.erp.posted() == []
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor
    assert count.state == "closed"
