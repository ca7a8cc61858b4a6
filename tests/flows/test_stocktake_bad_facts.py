"""Facts that should not be: each has the outcome docs/bad-input.md tells."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from countbridge.exchange.models import Movement, QuarantinedRecord
from countbridge.links.models import Item, ItemUnit
from countbridge.stocktake.models import Count, Sheet
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

BOLT = ("A0101", "00123")


def started(stage: Stage) -> tuple[Count, Sheet]:
    count = stage.start("W1-A")
    stage.world.tick(600)
    return count, count.sheets.get()


def test_a_scan_from_before_the_snapshot_is_compared_with_the_snapshot_and_says_so(stage: Stage) -> None:
    """A handheld that was offline since before the count was prepared: its scan is no scan of another book."""
    count, sheet = started(stage)
    assert count.snapshot_at is not None
    stage.world.move(*BOLT, "-3", occurred=count.snapshot_at + timedelta(seconds=200))
    assert stage.scan(sheet, *BOLT, "40", at=count.snapshot_at - timedelta(seconds=200))["ok"]
    stage.flow("follow_movements")
    line = stage.line(count, *BOLT)
    assert (line.expected, line.counted, line.variance, line.outcome) == (40, 40, 0, "match")
    assert line.reasons == ["scan_before_snapshot"]
    sentences("domain.scan_before_snapshot", {})


@pytest.mark.parametrize("place", ["", "Z9999"])
def test_a_movement_without_a_location_waits_by_name_and_holds_up_no_other(stage: Stage, place: str) -> None:
    count, sheet = started(stage)
    stage.scan(sheet, *BOLT, "40")
    stage.world.move(*BOLT, "-3", id="NOWHERE")
    stage.world.wms.feed[-1]["bin"] = place
    stage.world.move("A0102", "LOT-1", "-1", lot="L7", id="GOOD")
    stage.flow("follow_movements")
    waiting = QuarantinedRecord.objects.get()
    assert waiting.source_id == "NOWHERE"
    sentences(waiting.code, waiting.params)
    assert list(Movement.objects.values_list("source_id", flat=True)) == ["GOOD"]
    assert stage.line(count, *BOLT).expected == 40


@pytest.mark.parametrize("quantity", ["9" * 30, "-" + "9" * 30, "1." + "0" * 29 + "1"])
def test_a_movement_of_thirty_digits_waits_and_is_never_cut(stage: Stage, quantity: str) -> None:
    started(stage)
    stage.world.move(*BOLT, "-3", id="HUGE")
    stage.world.wms.feed[-1]["qty"] = quantity
    stage.flow("follow_movements")
    waiting = QuarantinedRecord.objects.get()
    assert waiting.source_id == "HUGE"
    sentences(waiting.code, waiting.params)
    assert Movement.objects.count() == 0


def test_a_scan_of_thirty_digits_is_refused_and_the_longest_one_taken_is_exact(stage: Stage) -> None:
    count, sheet = started(stage)
    for text in ("9" * 30, "1." + "0" * 29 + "1"):
        assert stage.scan(sheet, *BOLT, text)["code"] == "stocktake.malformed_quantity"
    assert stage.scan(sheet, *BOLT, "9" * 15)["ok"]
    line = stage.line(count, *BOLT)
    assert (line.counted, line.variance, line.value) == (
        Decimal("9" * 15), Decimal("999999999999959"), Decimal("8499999999999651.5"),
    )  # fmt: skip


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (-6, 1), (6, 0), (6, -1)])
def test_no_unit_of_nothing_or_less_can_be_stored(stage: Stage, numerator: int, denominator: int) -> None:
    started(stage)
    item = Item.objects.get(code="00123")
    with pytest.raises(IntegrityError, match="item_unit_positive"), transaction.atomic():
        ItemUnit.objects.create(item=item, unit="bad", numerator=numerator, denominator=denominator)


def test_zero_against_zero_is_a_match_and_zero_on_a_booked_line_a_loss(stage: Stage) -> None:
    count, sheet = started(stage)
    stage.world.move(*BOLT, "-40")
    stage.world.tick()
    stage.flow("follow_movements")
    stage.scan(sheet, *BOLT, "0")
    line = stage.line(count, *BOLT)
    assert (line.expected, line.counted, line.variance, line.outcome) == (0, 0, 0, "match")
    stage.scan(sheet, "A0102", "LOT-1", "0", lot="L7")
    loss = stage.line(count, "A0102", "LOT-1", "L7")
    assert (loss.expected, loss.variance) == (loss.snapshot, -loss.snapshot)
    assert loss.snapshot > 0
    assert loss.outcome == "breach"
