"""When flows run. A flow that is due is started once, never while it is still running."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F

from countbridge import clock
from countbridge.errors import CountbridgeError
from countbridge.exchange.models import Cadence
from countbridge.exchange.queue import follow
from countbridge.links.models import Link


def ensure(link: Link, flow: str, task: str, every_seconds: int) -> None:
    """Set how often a flow of the link runs; the first run is due at once."""
    Cadence.objects.update_or_create(
        link=link,
        flow=flow,
        defaults={"task": task, "every_seconds": every_seconds},
        create_defaults={"task": task, "every_seconds": every_seconds, "next_due": clock.now()},
    )


def start_due() -> int:
    """Queue every flow that is due; returns how many. After downtime a flow runs once, not once per missed turn."""
    now = clock.now()
    started = 0
    with transaction.atomic():
        due = Cadence.objects.select_for_update(skip_locked=True).filter(next_due__lte=now, link__active=True)
        for cadence in due:
            cadence.next_due = now + timedelta(seconds=cadence.every_seconds)
            cadence.save(update_fields=["next_due"])
            started += start(cadence)
    return started


def start(cadence: Cadence) -> bool:
    name = f"{cadence.flow}:{cadence.link_id}"
    return follow(cadence.task, lock=name, once=name, link=cadence.link_id)


def ran(link: Link, flow: str, error: CountbridgeError | None) -> None:
    """Remember how a run ended, for the link's health."""
    told = {"code": error.code, "params": error.params} if error else None
    counter = {"failures": F("failures") + 1} if error else {"successes": F("successes") + 1}
    Cadence.objects.filter(link=link, flow=flow).update(last_run=clock.now(), last_error=told, **counter)
