"""One run of a flow: alone, remembered with its outcome and the number of records it read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import transaction
from django.db.models import F

from countbridge import clock
from countbridge.errors import CountbridgeError
from countbridge.exchange import events
from countbridge.exchange.alone import alone
from countbridge.exchange.models import Cadence, FlowRun
from countbridge.exchange.retry import NotYet
from countbridge.links.models import Link

LOCK_SPACE = 0x0F10
KEEP = 100  # runs of each flow
Outcome = FlowRun.Outcome
Told = dict[str, object] | None

_rows: ContextVar[list[int] | None] = ContextVar("rows_of_run", default=None)


def count_rows(number: int) -> None:
    """Whoever reads records for a flow says how many; outside a run nobody counts."""
    rows = _rows.get()
    if rows is not None:
        rows[0] += number


@contextmanager
def run(link: Link, flow: str) -> Iterator[None]:
    """Around one run. A failing system is the link's health, not a failed job: its error is kept and the next turn tries
    again. While another process runs the same flow (its worker was believed dead) NotYet puts this one off."""
    cadence = Cadence.objects.select_related("link").filter(link=link, flow=flow).first()
    if cadence is None:  # run by hand, without a schedule
        yield
        return
    # The queue lets no two jobs of a flow run at once; this holds even when one worker was only believed to be dead.
    with alone(LOCK_SPACE, cadence.pk, "cadence.runs_elsewhere", flow=flow):
        began = _begin(cadence)
        counted = [0]
        token = _rows.set(counted)
        error: CountbridgeError | None = None
        try:
            yield
        except NotYet:
            # It waits, and its job with it: neither a failure nor a run that broke off.
            Cadence.objects.filter(pk=cadence.pk).update(running_since=None)
            raise
        except CountbridgeError as raised:
            error = raised
        finally:
            _rows.reset(token)
        _end(cadence, began, counted[0], error)


def _begin(cadence: Cadence) -> datetime:
    """A run that began and never ended died with its process: that is told."""
    now = clock.now()
    if cadence.running_since is not None:
        _store(cadence, cadence.running_since, now, Outcome.INTERRUPTED, 0, None)
    Cadence.objects.filter(pk=cadence.pk).update(running_since=now, wanted=False)
    return now


@transaction.atomic
def _end(cadence: Cadence, began: datetime, rows: int, error: CountbridgeError | None) -> None:
    told: Told = {"code": error.code, "params": error.params} if error else None
    now = clock.now()
    counter = {"failures": F("failures") + 1} if error else {"successes": F("successes") + 1}
    Cadence.objects.filter(pk=cadence.pk).update(last_run=now, last_error=told, running_since=None, **counter)
    _store(cadence, began, now, Outcome.FAILED if error else Outcome.DONE, rows, told)
    _tell_turn(cadence, told)


def _tell_turn(cadence: Cadence, told: Told) -> None:
    """A flow that begins to fail, and one that works again, is told once."""
    link = cadence.link
    if told and not cadence.last_error:
        events.record("link", "cadence.failing", link=link.code, name=link.name, flow=cadence.flow, error=told["code"])
    elif cadence.last_error and not told:
        events.record("link", "cadence.works_again", link=link.code, name=link.name, flow=cadence.flow)


def _store(cadence: Cadence, began: datetime, ended: datetime, outcome: Outcome, rows: int, error: Told) -> None:
    """Runs in a row that are alike and read nothing make one entry; the newest KEEP entries stay."""
    last = FlowRun.objects.filter(cadence=cadence).order_by("-pk").first()
    if last and rows == 0 and last.rows == 0 and last.outcome == outcome and last.error == error:
        FlowRun.objects.filter(pk=last.pk).update(ended_at=ended, times=F("times") + 1)
        return
    FlowRun.objects.create(cadence=cadence, started_at=began, ended_at=ended, outcome=outcome, rows=rows, error=error)
    kept = FlowRun.objects.filter(cadence=cadence).order_by("-pk").values("pk")[:KEEP]
    FlowRun.objects.filter(cadence=cadence).exclude(pk__in=kept).delete()
