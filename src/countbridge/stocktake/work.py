"""How far the preparation of a count is: told as it goes, in its own row, so that people see it move."""

from __future__ import annotations

from typing import Any

from countbridge import clock
from countbridge.errors import CountbridgeError
from countbridge.exchange import events
from countbridge.stocktake.models import Count, Progress

SURE_AFTER = 10.0  # seconds of a step before a rate may be told
TELL_EVERY = 1.0  # seconds between two looks that open pages are told to take

Step = Progress.Step


class GivenUp(CountbridgeError):
    """The count was cancelled while it was being prepared: stop here, and leave nothing behind."""


def begin(count: Count, step: Progress.Step, total: int | None = None, done: int = 0) -> None:
    """The next step starts (or the same goes on after a crash, from `done`)."""
    now = clock.now()
    Progress.objects.update_or_create(
        count=count,
        defaults={"step": step, "part": "", "done": done, "total": total, "rows": 0, "step_started_at": now, "updated_at": now},
        create_defaults={"step": step, "done": done, "total": total},
    )  # fmt: skip
    events.announce("state", count.number)


def report(count: Count, *, part: str, done: int, rows: int) -> None:
    """So much is done. Raises GivenUp when the count was cancelled meanwhile; call it in the transaction of the piece."""
    if not Count.objects.filter(pk=count.pk, state=Count.State.PREPARING).exists():
        raise GivenUp("stocktake.given_up", count=count.number)
    before = Progress.objects.get(count=count)
    now = clock.now()
    Progress.objects.filter(count=count).update(part=part, done=done, rows=rows, updated_at=now)
    if (now - before.updated_at).total_seconds() >= TELL_EVERY or done != before.done:
        events.announce("state", count.number)


def shown(count: Count) -> dict[str, Any] | None:
    """What is being done now and how long it may still take; None where no preparation is under way."""
    found = Progress.objects.filter(count=count).first() if count.state == Count.State.PREPARING else None
    if found is None:
        return None
    return {
        "step": found.step,
        "part": found.part,
        "done": found.done,
        "total": found.total,
        "rows": found.rows,
        "started_at": found.started_at.isoformat(),
        "updated_at": found.updated_at.isoformat(),
        "eta_seconds": _left(found),
    }


def _left(found: Progress) -> int | None:
    """Seconds the running step may still take at its pace so far; None before there is a pace to speak of."""
    took = int((found.updated_at - found.step_started_at).total_seconds())
    if not found.total or found.done < 2 or took < SURE_AFTER:
        return None
    return took * (found.total - found.done) // found.done
