"""The circuit breaker of each system, shared by all workers: while a system is down nobody calls it but one prober."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from countbridge import clock
from countbridge.exchange import chance, events
from countbridge.exchange.faults import DOWN
from countbridge.exchange.models import Breaker, Delivery
from countbridge.exchange.queue import hurry
from countbridge.exchange.retry import NotYet
from countbridge.links.models import System

State = Breaker.State

OPENS_AFTER = 5  # failures in a row, whoever met them
FIRST_PAUSE = 5.0  # seconds; doubles with every probe that fails
LONGEST_PAUSE = 300.0
JITTER = 0.25
PROBE_LASTS = 60.0  # seconds, after which a prober that said nothing counts as dead
PROBE_PAUSE = 2.0  # seconds others wait while somebody probes


class BreakerOpen(NotYet):
    """The system is down and is not called for now; nothing left, nothing changed."""


@dataclass
class Pass:
    """Leave to call a system. `probing`: this caller finds out for all others whether it is back. `troubled`: the last calls
    failed, so that success is news."""

    probing: bool = False
    troubled: bool = False


def enter(system: System) -> Pass:
    """Ask to call the system. Raises BreakerOpen while it is down."""
    held = Breaker.objects.filter(pk=system.pk).first()
    if held is None or held.state == State.CLOSED:
        return Pass(troubled=held is not None and held.failures > 0)
    now = clock.now()
    ready = Q(state=State.OPEN, retry_at__lte=now) | Q(state=State.HALF_OPEN, probe_until__lte=now)
    probing = {"state": State.HALF_OPEN, "probe_until": clock.after(PROBE_LASTS)}
    if Breaker.objects.filter(ready, pk=system.pk).update(**probing):
        return Pass(probing=True, troubled=True)
    held = Breaker.objects.get(pk=system.pk)
    if held.state == State.CLOSED:
        return Pass(troubled=True)
    left = (held.retry_at - now).total_seconds() if held.state == State.OPEN and held.retry_at else 0
    raise BreakerOpen("exchange.system_down", after=max(left, PROBE_PAUSE), system=system.name, failures=held.failures)


def went_well(system: System) -> None:
    """The system answered: close its breaker, if it was not, and let what waited for it go on."""
    Breaker.objects.filter(pk=system.pk, state=State.CLOSED).exclude(failures=0).update(failures=0)
    with transaction.atomic():
        changed = (
            Breaker.objects.filter(pk=system.pk)
            .exclude(state=State.CLOSED)
            .update(state=State.CLOSED, failures=0, openings=0, opened_at=None, retry_at=None, probe_until=None)
        )
        if changed:
            events.record("system", "exchange.breaker_closed", system=system.name)
            _let_go_on(system)


def went_down(system: System, failures: int, *, probing: bool, afresh: bool) -> None:
    """The last `failures` calls in a row failed as they do when a system is down; `afresh`: one before them went well."""
    with transaction.atomic():
        Breaker.objects.get_or_create(pk=system.pk)
        held = Breaker.objects.select_for_update(no_key=True).get(pk=system.pk)
        if held.state != State.CLOSED and not probing:
            return  # called before it opened
        held.failures = failures if afresh else held.failures + failures
        if probing or held.failures >= OPENS_AFTER:
            _open(held, system)
        held.save()


def know_nothing(system: System) -> None:
    """The probe ended without a call that tells: the next one may probe."""
    Breaker.objects.filter(pk=system.pk, state=State.HALF_OPEN).update(state=State.OPEN, probe_until=None)


def _open(held: Breaker, system: System) -> None:
    if held.state == State.CLOSED:
        held.openings, held.opened_at = 0, clock.now()
        events.record("system", "exchange.breaker_opened", system=system.name, failures=held.failures)
    length = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(held.openings, 30))
    held.state, held.probe_until = State.OPEN, None
    held.openings += 1
    held.retry_at = clock.after(length * chance.between(1 - JITTER, 1 + JITTER))


def _let_go_on(system: System) -> None:
    """Deliveries that wait out the outage need not wait longer: their pauses may have grown to hours."""
    waiting = Delivery.objects.filter(system=system, state__in=Delivery.OPEN, fault__in=sorted(DOWN))
    locks = list(waiting.order_by("order_key").values_list("order_key", flat=True).distinct())
    waiting.update(next_try_at=None)
    hurry(locks)
