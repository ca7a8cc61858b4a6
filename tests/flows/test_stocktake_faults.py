"""The process dies, or an answer is lost, at every step: the count still ends with equal books, each adjustment once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.exchange.models import Delivery
from countbridge.links.models import System
from countbridge.stocktake.models import Count, Scan
from modelled import trouble
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

WRITES = ["write:item", "write:count_task", "write:baseline", "write:sheets", "write:adjustment", "write:close_count"]
ERP_WRITES = ["draft:adjustment", "confirm:adjustment", "write:finish_approval"]
READS = [  # side, call, how many go well before
    ("erp", "read:items", 0), ("wms", "read:stock", 0), ("wms", "read:movements", 3), ("erp", "read:stock", 1),
    ("wms", "read:stock", 2),
]  # fmt: skip
MOMENTS = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


def run_through(stage: Stage) -> Count:
    """One count with two small variances and a movement on the way, to its end."""
    stage.world.lie("S0101", "00123", "59")
    stage.world.lie("S0201", "00124", "499")
    stage.approve("W2-S")
    for _ in range(4):
        stage.flow("notice")
        stage.queue.later()
    count = Count.objects.get()
    assert count.state == "counting"
    sheet = count.sheets.get()
    stage.world.tick()
    stage.world.move("S0102", "00123", "-4")
    stage.world.tick()
    stage.count_sheet(sheet)
    for _ in range(4):
        stage.settle()
    count.refresh_from_db()
    return count


def assert_converged(stage: Stage, count: Count) -> None:
    assert count.state == "closed"
    assert count.problem is None
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-1)), ("W2-S", "00124", "", Decimal(-1))]
    assert stage.world.wms.adjusted() == [
        ("S0101", "S-123", "", Decimal(-1)), ("S0201", "S-124", "", Decimal(-1)),
    ]  # fmt: skip
    assert Scan.objects.count() == 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {"confirmed"}
    assert len(stage.world.erp.documents) == 1
    assert list(stage.queue.waiting()) == []


@pytest.mark.parametrize(
    ("call", "after"), [*[(call, True) for call in WRITES], ("write:baseline", False), ("write:adjustment", False)]
)
def test_dying_around_a_write_to_the_wms_doubles_and_loses_nothing(stage: Stage, call: str, after: bool) -> None:
    stage.world.wms.calls.fail(call, trouble.died, after=after, times=1)
    count = run_through(stage)
    assert stage.queue.deaths == 1
    assert_converged(stage, count)


@MOMENTS
@pytest.mark.parametrize("call", ERP_WRITES)
def test_dying_around_a_write_to_the_erp_doubles_and_loses_nothing(stage: Stage, call: str, after: bool) -> None:
    stage.world.erp.calls.fail(call, trouble.died, after=after, times=1)
    count = run_through(stage)
    assert stage.queue.deaths == 1
    assert_converged(stage, count)


@pytest.mark.parametrize(("side", "call", "skip"), READS)
def test_dying_while_reading_starts_the_step_again(stage: Stage, side: str, call: str, skip: int) -> None:
    getattr(stage.world, side).calls.fail(call, trouble.died, after=True, times=1, skip=skip)
    count = run_through(stage)
    assert stage.queue.deaths == 1
    assert_converged(stage, count)


def test_dying_again_and_again_still_posts_once(stage: Stage) -> None:
    for call in ("draft:adjustment", "confirm:adjustment", "find:adjustment"):
        stage.world.erp.calls.fail(call, trouble.died, after=True, times=2)
    stage.world.wms.calls.fail("*:adjustment", trouble.died, after=True, times=3)
    count = run_through(stage)
    assert stage.queue.deaths == 7
    assert_converged(stage, count)


@pytest.mark.parametrize(
    ("side", "call"),
    [("erp", "draft:adjustment"), ("erp", "confirm:adjustment"), ("erp", "write:finish_approval"),
     *[("wms", call) for call in WRITES]],
)  # fmt: skip
def test_a_lost_answer_is_looked_for_before_anything_is_repeated(stage: Stage, side: str, call: str) -> None:
    calls = getattr(stage.world, side).calls
    calls.fail(call, trouble.slow, after=True, times=1)
    count = run_through(stage)
    assert calls.seen[f"find:{call.split(':')[1]}"] == 1
    assert calls.seen[call] == 1, "it had arrived, so it was not written again"
    assert_converged(stage, count)


def test_in_doubt_stays_in_doubt_while_the_system_cannot_be_asked(stage: Stage) -> None:
    """A refused connection on the look-up says nothing about the write before it."""
    stage.world.wms.calls.fail("write:adjustment", trouble.slow, after=True, times=1)
    stage.world.wms.calls.fail("find:adjustment", trouble.refused, times=1)
    stage.queue.later()
    count = run_through(stage)
    assert stage.world.wms.calls.seen["find:adjustment"] == 2
    assert_converged(stage, count)


def test_a_lost_request_is_looked_for_and_then_repeated(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:adjustment", trouble.slow, times=1)
    count = run_through(stage)
    assert (stage.world.wms.calls.seen["find:adjustment"], stage.world.wms.calls.seen["write:adjustment"]) == (1, 2)
    assert_converged(stage, count)


def test_what_went_over_the_wire_is_kept_try_by_try(stage: Stage) -> None:
    stage.world.erp.calls.fail("confirm:adjustment", trouble.slow, after=True, times=1)
    run_through(stage)
    delivery = Delivery.objects.get(flow="F4")
    told = [(each.number, each.action, each.outcome) for each in delivery.attempts.all()]
    assert told == [(1, "write", "200"), (1, "write", "http.write_timeout"), (2, "find", "200")]
    assert delivery.tries == 2
    assert "secret-key" not in str(delivery.attempts.values_list()) + str(System.objects.values_list())


def test_two_workers_on_one_delivery_do_not_both_speak(stage: Stage) -> None:
    """The lock of another connection (a worker believed dead that is not) keeps this one away from the other system."""
    from django.db import connection
    from psycopg import connect

    from countbridge.exchange.deliveries import LOCK_SPACE

    stage.world.wms.calls.fail("write:count_task", trouble.refused)
    stage.approve("W2-S")
    stage.flow("notice")
    stage.queue.run()
    delivery = Delivery.objects.get(kind="count_task")
    before = stage.world.wms.calls.seen["write:count_task"]
    stage.world.wms.calls.recover()
    params = {name: value for name, value in connection.get_connection_params().items() if name in
              ("host", "port", "user", "password", "dbname")}  # fmt: skip
    with connect(**params, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, delivery.pk])
        assert stage.queue.later()["exchange.deliver"].code == "exchange.in_other_hands"
        assert stage.world.wms.calls.seen["write:count_task"] == before
        other.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, delivery.pk])
    stage.queue.later()
    delivery.refresh_from_db()
    assert delivery.state == "confirmed"


def test_nothing_of_a_half_prepared_count_is_left_behind(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    stage.world.erp.calls.fail("read:stock", trouble.refused)
    stage.approve("W2-S")
    stage.flow("notice")
    stage.queue.run()
    count = Count.objects.get()
    assert (count.lines.count(), count.sheets.count(), count.book.count()) == (0, 0, 0)
    assert not Delivery.objects.filter(count=count.number).exists()
