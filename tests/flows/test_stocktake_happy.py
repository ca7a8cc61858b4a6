"""One whole stocktake from approval to closed, at both grains."""

from __future__ import annotations

from decimal import Decimal

from modelled.stage import Stage, deliveries

pytest_plugins = ["modelled.fixtures"]


def test_from_approval_to_two_books_that_agree_with_the_floor(stage: Stage) -> None:
    world = stage.world
    world.lie("A0101", "00123", "38")
    world.lie("S0102", "00123", "39")
    world.lie("S0201", "00124", "480")
    count = stage.start("W1", "W2")
    stage.complete(count)
    assert count.state == "closed"
    erp, wms, floor = world.books()
    assert erp == wms == floor
    assert world.erp.posted() == [
        ("W1-A-01", "00123", "", Decimal(-2)), ("W2-S", "00123", "", Decimal(2)), ("W2-S", "00124", "", Decimal(-20)),
    ]  # fmt: skip
    assert world.wms.adjusted() == [
        ("A0101", "S-123", "", Decimal(-2)), ("S0102", "S-123", "", Decimal(2)), ("S0201", "S-124", "", Decimal(-20)),
    ]  # fmt: skip
    assert set(deliveries(count).values()) == {"confirmed"}
