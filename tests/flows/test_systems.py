"""The door to a system: shut while it is down, one prober at a time, its limits shared, its calls counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from countbridge import clock
from countbridge.connectors.exchanges import Exchange
from countbridge.connectors.manifest import Limits
from countbridge.errors import CountbridgeError, TryLater
from countbridge.exchange import breaker, calls, turns
from countbridge.exchange.breaker import LONGEST_PAUSE, OPENS_AFTER, BreakerOpen
from countbridge.exchange.models import Breaker, CallMinute, Delivery, Event
from countbridge.exchange.retry import NotYet
from countbridge.exchange.systems import opened
from modelled import trouble
from modelled.papers import paper
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]


class Watchmaker:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Iterator[Watchmaker]:
    made = Watchmaker()
    with clock.told_by(made):
        yield made


def call(stage: Stage) -> CountbridgeError | None:
    """One reading of the WMS's bins; the error, if any."""
    try:
        with opened(stage.link.wms) as connector:
            list(connector.read("bins", {}, None))
    except CountbridgeError as error:
        return error
    return None


def seen(stage: Stage) -> int:
    return stage.world.wms.calls.seen["read:bins"]


def break_down(stage: Stage) -> Breaker:
    stage.world.wms.calls.fail("*", trouble.refused)
    for _ in range(OPENS_AFTER):
        assert not isinstance(call(stage), BreakerOpen)
    return Breaker.objects.get(system=stage.link.wms)


def test_it_opens_after_failures_in_a_row_and_then_nothing_is_called(stage: Stage, time: Watchmaker) -> None:
    held = break_down(stage)
    assert held.state == "open"
    before = seen(stage)
    refusal = call(stage)
    assert isinstance(refusal, BreakerOpen)
    assert seen(stage) == before
    assert held.retry_at is not None
    assert refusal.after == pytest.approx((held.retry_at - time.at).total_seconds())
    sentences(refusal.code, refusal.params)
    assert Event.objects.get(code="exchange.breaker_opened").params == {"system": "WMS", "failures": str(OPENS_AFTER)}
    stage.link.wms.refresh_from_db()
    assert stage.link.wms.last_error["code"] == "http.unreachable", "why it is down stays to be read"
    assert call_erp(stage) is None, "the other system is no part of it"


def call_erp(stage: Stage) -> CountbridgeError | None:
    with opened(stage.link.erp) as connector:
        connector.check()
    return None


def test_one_success_between_failures_keeps_it_closed(stage: Stage) -> None:
    for _ in range(3):
        stage.world.wms.calls.fail("*", trouble.slow, times=OPENS_AFTER - 1)
        for _ in range(OPENS_AFTER - 1):
            assert call(stage) is not None
        assert call(stage) is None
    assert Breaker.objects.get().state == "closed"


@pytest.mark.parametrize("problem", [trouble.unauthorized, trouble.html, trouble.too_many, trouble.rejected])
def test_a_system_that_answers_is_not_down(stage: Stage, problem: Any) -> None:
    stage.world.wms.calls.fail("*", problem)
    for _ in range(OPENS_AFTER * 2):
        assert not isinstance(call(stage), BreakerOpen)
    assert not Breaker.objects.exclude(state="closed").exists()


def test_it_closes_by_itself_with_the_first_probe_that_is_answered(stage: Stage, time: Watchmaker) -> None:
    held = break_down(stage)
    stage.world.wms.calls.recover()
    assert held.retry_at is not None
    time.on((held.retry_at - time.at).total_seconds())
    assert call(stage) is None
    held.refresh_from_db()
    assert (held.state, held.failures, held.retry_at) == ("closed", 0, None)
    assert Event.objects.filter(code="exchange.breaker_closed").count() == 1
    assert call(stage) is None


def test_pauses_between_probes_grow_to_minutes(stage: Stage, time: Watchmaker) -> None:
    held = break_down(stage)
    pauses = []
    for _ in range(12):
        assert held.retry_at is not None
        pauses.append((held.retry_at - time.at).total_seconds())
        time.on(pauses[-1])
        assert not isinstance(call(stage), BreakerOpen), "its time has come: one may try"
        held.refresh_from_db()
    assert pauses[0] < 10
    assert pauses[3] > pauses[0]
    assert LONGEST_PAUSE * 0.75 <= pauses[-1] <= LONGEST_PAUSE * 1.25
    assert Event.objects.filter(code="exchange.breaker_opened").count() == 1, "told once, not with every probe"


def test_one_probes_the_others_wait_and_a_dead_prober_is_replaced(stage: Stage, time: Watchmaker) -> None:
    held = break_down(stage)
    assert held.retry_at is not None
    time.on((held.retry_at - time.at).total_seconds())
    assert breaker.enter(stage.link.wms).probing
    waiting = call(stage)
    assert isinstance(waiting, BreakerOpen)
    assert waiting.after <= 5
    time.on(breaker.PROBE_LASTS)
    assert breaker.enter(stage.link.wms).probing, "the first one said nothing: it is dead"


def test_what_waited_for_it_goes_on_at_once_when_it_is_back_and_in_order(stage: Stage) -> None:
    """Pauses may have grown to hours; whoever finds the system back wakes them."""
    stage.world.wms.calls.fail("write:*", trouble.refused)
    first, _ = paper(stage, "a1"), paper(stage, "a2")
    stage.queue.run()
    Delivery.objects.filter(pk=first.pk).update(next_try_at=clock.after(6 * 3600))
    stage.world.wms.calls.fail("*", trouble.refused)
    while not isinstance(call(stage), BreakerOpen):
        pass
    Breaker.objects.update(retry_at=clock.now())
    stage.world.wms.calls.recover()
    assert stage.queue.run() == {}
    assert list(stage.world.wms.received) == [], "nothing is due yet"
    assert call(stage) is None
    assert stage.queue.run() == {}
    assert list(stage.world.wms.received) == ["a1", "a2"]


def test_a_delivery_put_off_by_the_breaker_is_as_it_was_and_says_when_it_goes_on(stage: Stage) -> None:
    held = break_down(stage)
    delivery = paper(stage, "a1")
    stage.queue.run()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("intent", 0)
    assert held.retry_at is not None
    assert delivery.next_try_at is not None
    assert abs((delivery.next_try_at - held.retry_at).total_seconds()) < 2


def test_the_link_says_so(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("sun",))
    assert call(stage) is None
    break_down(stage)
    shown = stage.api("sun", "/links").json()["rows"][0]["wms"]
    assert shown["breaker"] == "open"
    assert shown["retry_at"] is not None
    assert shown["calls"] == OPENS_AFTER + 1
    assert shown["failed"] == {"unreachable": OPENS_AFTER}
    assert shown["success_rate"] == "16.6"
    assert shown["p50_ms"] == shown["p95_ms"] == calls.LIMITS[0]


@pytest.fixture
def other(db: None) -> Iterator[psycopg.Connection]:
    """Another process's connection to the same database."""
    known = ("host", "port", "user", "password", "dbname")
    params = {name: value for name, value in connection.get_connection_params().items() if name in known}
    with psycopg.connect(**params, autocommit=True) as made:
        yield made


def test_no_more_pieces_of_work_at_once_than_the_system_takes(
    stage: Stage, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    system = stage.link.wms
    for number in range(2):
        other.execute("SELECT pg_advisory_lock(%s, %s)", [turns.SLOTS + number, system.pk])
    with turns.slot(system, 3):
        taken = other.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", [system.pk]
        ).fetchone()
        assert taken == (3,)
    with pytest.raises(NotYet) as busy, turns.slot(system, 2):
        pass
    assert busy.value.code == "exchange.system_busy"
    sentences(busy.value.code, busy.value.params)
    other.execute("SELECT pg_advisory_unlock_all()")  # as when that process dies
    with turns.slot(system, 2):
        pass


def test_calls_of_all_are_spaced_by_one_rate_and_a_far_off_turn_is_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from decimal import Decimal

    slept: list[float] = []
    monkeypatch.setattr(turns.time, "sleep", slept.append)
    system = stage.link.wms
    limits = Limits(per_second=Decimal(2))
    workers = [turns.SharedPace(system, limits) for _ in range(3)]
    for pace in workers:
        with pace.turn():
            pass
    assert [round(wait, 1) for wait in slept] == [0.5, 1.0]
    for _ in range(3):
        workers[0].turn()
    with pytest.raises(TryLater) as far:
        turns.SharedPace(system, limits).turn()
    assert far.value.code == "exchange.rate_used_up"
    sentences(far.value.code, far.value.params)
    workers[0].turn()  # has begun, so it waits instead
    assert slept[-1] > 2


def test_a_system_without_a_rate_costs_no_statement(stage: Stage, django_assert_num_queries: Any) -> None:
    pace = turns.SharedPace(stage.link.wms, Limits(per_second=None))
    with django_assert_num_queries(0), pace.turn():
        pass
    from decimal import Decimal

    with django_assert_num_queries(1), turns.SharedPace(stage.link.wms, Limits(per_second=Decimal(1000))).turn():
        pass


def told(failure: str = "", seconds: float = 0.02, effect: Any = "read") -> Exchange:
    return Exchange("wms", "x", "GET", "http://w", {}, "", None, {}, "", failure, clock.now(), seconds, effect)


def test_calls_are_counted_by_minute_kind_and_duration(stage: Stage, time: Watchmaker) -> None:
    for _ in range(2):
        watch = calls.Watch()
        for seconds in (0.004, 0.02, 0.02, 40.0):
            watch.listen(told(seconds=seconds))
        watch.listen(told("http.read_timeout", 5.0))
        watch.listen(told(effect="write"))
        watch.store(stage.link.wms)
    rows = {(row.effect, row.fault): row for row in CallMinute.objects.all()}
    assert set(rows) == {("read", ""), ("read", "silent"), ("write", "")}
    good = rows["read", ""]
    assert (good.calls, good.milliseconds) == (8, 2 * 40_044)
    assert good.buckets == [2, 0, 4, *[0] * 9, 2]
    figures = calls.figures([stage.link.wms])[stage.link.wms.pk]
    assert (figures.calls, figures.good, dict(figures.failures)) == (12, 10, {"silent": 2})
    assert (figures.p50, figures.p95) == (25, None)
    time.on(3700)
    assert calls.figures([stage.link.wms]) == {}


def test_minutes_of_long_ago_become_one_row_and_no_total_shrinks(stage: Stage, time: Watchmaker) -> None:
    for _ in range(3):
        watch = calls.Watch()
        watch.listen(told())
        watch.listen(told("http.unreachable"))
        watch.store(stage.link.wms)
        time.on(60)
    before, lasted = calls.totals(), calls.durations()
    time.on(15 * 86400)
    calls.roll_up()
    assert (calls.totals(), calls.durations()) == (before, lasted)
    assert CallMinute.objects.count() == 2
    calls.roll_up()
    assert (calls.totals(), calls.durations()) == (before, lasted)


def test_quantiles_are_limits_that_so_many_do_not_exceed() -> None:
    buckets = [0] * (len(calls.LIMITS) + 1)
    assert calls.quantile(buckets, 50) is None
    buckets[1], buckets[5] = 19, 1
    assert (calls.quantile(buckets, 50), calls.quantile(buckets, 95), calls.quantile(buckets, 96)) == (10, 10, 250)


def test_metrics_are_for_auditors_and_administrators(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("sun", "wu", "root"))
    assert call(stage) is None
    break_down(stage)
    paper(stage, "a1")
    assert stage.client("sun", "api").get("/metrics").status_code == 403
    assert stage.client("wu", "pda").get("/metrics").status_code == 401
    for name in ("wu", "root"):
        answer = stage.client(name, "api").get("/metrics")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert 'countbridge_calls_total{effect="read",fault="none",system="wms"} 1.0' in lines
    assert f'countbridge_calls_total{{effect="read",fault="unreachable",system="wms"}} {OPENS_AFTER}.0' in lines
    assert f'countbridge_call_seconds_count{{effect="read",system="wms"}} {OPENS_AFTER + 1}.0' in lines
    assert 'countbridge_breaker_open{system="wms"} 1.0' in lines
    assert 'countbridge_deliveries{state="intent",system="wms"} 1.0' in lines
    assert any(line.startswith('countbridge_oldest_delivery_seconds{system="wms"}') for line in lines)
    assert 'countbridge_jobs{state="due"} 1.0' in lines
    assert "secret-key" not in answer.content.decode()


def test_a_thread_of_its_own_holds_a_slot_of_its_own(stage: Stage) -> None:
    """Session locks are of a connection: two threads of one process do not share one."""
    numbers: list[int] = []
    both = threading.Barrier(2, timeout=30)

    def work() -> None:
        try:
            numbers.append(turns._take_slot(stage.link.wms, 2))
            both.wait()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [0, 1]
