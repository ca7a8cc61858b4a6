"""How the exchange does, in figures a monitoring system collects (Prometheus text)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Count as Number
from django.db.models import Min
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from countbridge import clock
from countbridge.exchange import calls
from countbridge.exchange.models import Breaker, Delivery, QuarantinedRecord
from countbridge.links.models import System


class Exchange(Collector):
    """Everything is read from the database, so that it is the same whichever process is asked."""

    def collect(self) -> Iterator[Metric]:
        yield from _calls()
        yield from _deliveries()
        yield _quarantine()
        yield _breakers()
        yield _jobs()


def exposition() -> bytes:
    """All figures as text."""
    registry = CollectorRegistry()
    registry.register(Exchange())
    return generate_latest(registry)


def _calls() -> Iterator[Metric]:
    counted = CounterMetricFamily(
        "countbridge_calls", "Calls to other systems by kind of failure.", labels=["system", "effect", "fault"]
    )
    lasted = HistogramMetricFamily("countbridge_call_seconds", "How long calls took.", labels=["system", "effect"])
    for system, effect, fault, number in calls.totals():
        counted.add_metric([system, effect, fault or "none"], number)
    for system, effect, buckets, milliseconds in calls.durations():
        seen, limits = 0, []
        for limit, number in zip([*(str(each / 1000) for each in calls.LIMITS), "+Inf"], buckets, strict=True):
            seen += number
            limits.append((limit, float(seen)))
        lasted.add_metric([system, effect], limits, sum_value=milliseconds / 1000)
    yield counted
    yield lasted


def _deliveries() -> Iterator[Metric]:
    number = GaugeMetricFamily("countbridge_deliveries", "Deliveries by state.", labels=["system", "state"])
    oldest = GaugeMetricFamily(
        "countbridge_oldest_delivery_seconds", "Age of the oldest delivery that is open.", labels=["system"]
    )
    grouped = Delivery.objects.values_list("system__code", "state").annotate(
        number=Number("pk"), oldest=Min("created_at")
    )
    begun: dict[str, datetime] = {}
    for system, state, many, at in grouped.order_by("system__code", "state"):
        number.add_metric([system, state], many)
        if state in Delivery.OPEN:
            begun[system] = min(at, begun.get(system, at))
    for system, at in begun.items():
        oldest.add_metric([system], (clock.now() - at).total_seconds())
    yield number
    yield oldest


def _quarantine() -> Metric:
    waiting = GaugeMetricFamily("countbridge_quarantine", "Records that wait for a person.", labels=["link", "flow"])
    records = QuarantinedRecord.objects.filter(state=QuarantinedRecord.State.WAITING)
    for link, flow, number in (
        records.values_list("link__code", "flow").annotate(n=Number("pk")).order_by("link", "flow")
    ):
        waiting.add_metric([link, flow], number)
    return waiting


def _breakers() -> Metric:
    state = GaugeMetricFamily(
        "countbridge_breaker_open", "1 while a system is left alone because it is down.", labels=["system"]
    )
    shut = set(Breaker.objects.exclude(state=Breaker.State.CLOSED).values_list("system__code", flat=True))
    for code in System.objects.order_by("code").values_list("code", flat=True):
        state.add_metric([code], float(code in shut))
    return state


def _jobs() -> Metric:
    jobs = GaugeMetricFamily("countbridge_jobs", "Jobs in the queue.", labels=["state"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),"
            " count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()), count(*) FILTER (WHERE status = 'doing')"
            " FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
        )
        row = cursor.fetchone()
    for name, number in zip(("due", "later", "running"), row, strict=True):
        jobs.add_metric([name], number)
    return jobs
