"""When flows run. A flow that is due is started once, never while it is still running; people may pause it or run it now."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import transaction

from countbridge import clock
from countbridge.errors import ConfigError, Conflict, InputError, NotFound
from countbridge.exchange import events
from countbridge.exchange.models import Cadence
from countbridge.exchange.queue import follow
from countbridge.links.models import Link
from countbridge.links.timing import INTERVAL, Timing, said, timing_of

LATE = timedelta(seconds=60)  # a flow this late was not waited for: nobody was there to start it
CATCH_UP = 30.0  # seconds over which the flows of all links begin again after that


def ensure(link: Link, flow: str, task: str, when: Timing | int) -> None:
    """Set when a flow of the link runs, as its folder says; the first run is due at once. What a person changed stays."""
    timing = when if isinstance(when, Timing) else Timing(INTERVAL, when)
    with transaction.atomic():
        cadence = Cadence.objects.select_for_update().filter(link=link, flow=flow).first()
        if cadence is None:
            cadence = Cadence(link=link, flow=flow, next_due=clock.now())
        changed = not cadence.by_hand and cadence.pk is not None and cadence.timing != timing
        cadence.task, cadence.told = task, timing.as_json()
        if not cadence.by_hand:
            cadence.timing = timing
        if changed:
            _begin_anew(cadence)
        cadence.save()


def start_due() -> int:
    """Queue every flow that is due; returns how many. After downtime a flow runs once, not once per missed turn, and the
    flows of many links begin one after another."""
    now = clock.now()
    started = 0
    with transaction.atomic():
        due = (
            Cadence.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
            .select_related("link")
            .filter(next_due__lte=now, link__active=True, paused_at=None)
            .order_by("next_due", "pk")
        )
        moved = []
        for cadence in due:
            delay = _delay(cadence)
            opening = cadence.timing.opens(now - delay, cadence.link.time_zone) + delay
            if opening > now:
                cadence.next_due = opening
            elif now - cadence.next_due > LATE:
                cadence.next_due = now + _spread(cadence, CATCH_UP)
            else:
                started += start(cadence)
                cadence.next_due = _next(cadence, now)
            moved.append(cadence)
        Cadence.objects.bulk_update(moved, ["next_due"])
    return started


def start(cadence: Cadence) -> bool:
    """Queue one run, in the caller's transaction; false when one waits already and will do the same work."""
    name = f"{cadence.flow}:{cadence.link_id}"
    return follow(cadence.task, lock=name, once=name, link=cadence.link_id)


def _next(cadence: Cadence, now: datetime) -> datetime:
    """The next turn. An interval keeps its own beat; a cron of many links is spread by each link's own delay."""
    timing, zone, delay = cadence.timing, cadence.link.time_zone, _delay(cadence)
    beat = cadence.next_due + timedelta(seconds=cadence.every_seconds)
    if cadence.kind != Cadence.Kind.CRON and beat > now:
        return timing.opens(beat - delay, zone) + delay
    return timing.next_after(now - delay, zone) + delay


def _begin_anew(cadence: Cadence) -> None:
    """Count the next turn from now: the cadence has changed."""
    cadence.next_due = clock.now()
    cadence.next_due = _next(cadence, clock.now())


def _delay(cadence: Cadence) -> timedelta:
    """What this flow of this link comes later than a cron's time or a window's opening, so that not all come together."""
    shared = cadence.kind == Cadence.Kind.CRON or cadence.windows
    return _spread(cadence, cadence.jitter_seconds) if shared else timedelta(0)


def _spread(cadence: Cadence, seconds: float) -> timedelta:
    """The same flow of the same link always takes the same place within `seconds`."""
    digest = hashlib.sha256(f"{cadence.link_id}:{cadence.flow}".encode()).digest()
    whole = seconds if cadence.kind == Cadence.Kind.CRON else min(seconds, cadence.every_seconds)
    return timedelta(seconds=whole * (int.from_bytes(digest[:4], "big") / 2**32))


def held(link: Link, flow: str) -> Cadence:
    """The flow's cadence, locked until the transaction ends. Raises NotFound naming the flows there are."""
    found = Cadence.objects.select_for_update(of=("self",)).select_related("link").filter(link=link, flow=flow).first()
    if found is None:
        raise NotFound("cadence.no_such_flow", flow=flow, link=link.code, known=flows_of(link))
    return found


def flows_of(link: Link) -> str:
    return ", ".join(Cadence.objects.filter(link=link).order_by("flow").values_list("flow", flat=True))


@transaction.atomic
def poke(link: Link, flow: str) -> str:
    """Something happened that the flow should look at: it runs at once; "waiting" when a run waits already, "paused" (it
    runs when somebody resumes it) or "window" (when one opens) where it may not."""
    cadence = Cadence.objects.select_related("link").filter(link=link, flow=flow).first()
    if cadence is None:
        raise ConfigError("cadence.no_such_flow", flow=flow, link=link.code, known=flows_of(link))
    if not link.active or Cadence.objects.filter(pk=cadence.pk, paused_at__isnull=False).update(wanted=True):
        return "paused"
    opening = cadence.timing.opens(clock.now(), link.time_zone)
    if opening > clock.now():
        Cadence.objects.filter(pk=cadence.pk, next_due__gt=opening).update(next_due=opening + _delay(cadence))
        return "window"
    return "started" if start(cadence) else "waiting"


@transaction.atomic
def run_now(link: Link, flow: str, user: str, reason: str = "") -> bool:
    """One run because a person asks, paused or not, inside its windows or not; false when a run waits already."""
    cadence = held(link, flow)
    if not link.active:
        raise Conflict("cadence.link_inactive", link=link.code)
    queued = start(cadence)
    _tell("cadence.run_now", cadence, user, reason)
    return queued


@transaction.atomic
def pause(link: Link, flow: str, user: str, reason: str) -> None:
    """Nothing starts the flow until somebody resumes it, except that person's own "run now"."""
    cadence = held(link, flow)
    if cadence.paused_at:
        raise Conflict("cadence.paused_already", flow=flow, by=cadence.paused_by, reason=cadence.paused_reason)
    cadence.paused_at, cadence.paused_by, cadence.paused_reason = clock.now(), user, checked(reason)
    cadence.save(update_fields=["paused_at", "paused_by", "paused_reason"])
    _tell("cadence.paused", cadence, user, reason)


@transaction.atomic
def resume(link: Link, flow: str, user: str, reason: str) -> None:
    """The flow goes on; what it missed is caught up by one run."""
    cadence = held(link, flow)
    if not cadence.paused_at:
        raise Conflict("cadence.not_paused", flow=flow)
    now = clock.now()
    cadence.paused_at, cadence.paused_by, cadence.paused_reason = None, "", ""
    if cadence.wanted or cadence.next_due <= now:
        cadence.next_due = cadence.timing.opens(now, link.time_zone)
    cadence.wanted = False
    cadence.save(update_fields=["paused_at", "paused_by", "paused_reason", "next_due", "wanted"])
    _tell("cadence.resumed", cadence, user, checked(reason))


@transaction.atomic
def change(link: Link, flow: str, timing: Timing | None, user: str, reason: str) -> Cadence:
    """Set the cadence by hand; None goes back to what the link's folder says and follows it from then on."""
    cadence = held(link, flow)
    before = cadence.timing
    cadence.by_hand = timing is not None
    if timing is None:
        if cadence.told is None:
            raise Conflict("cadence.no_folder", flow=flow)
        timing = timing_of(cadence.told)
    cadence.timing = timing
    _begin_anew(cadence)
    cadence.save()
    zone = link.time_zone
    _tell(
        "cadence.changed",
        cadence,
        user,
        checked(reason),
        before=said(before, zone, "en"),
        after=said(timing, zone, "en"),
    )
    return cadence


def checked(reason: str) -> str:
    """A reason of at least three characters, trimmed."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    return reason.strip()


def _tell(code: str, cadence: Cadence, user: str, reason: str, *, before: str = "-", after: str = "-") -> None:
    events.record(
        "link", code, actor=user, link=cadence.link.code, flow=cadence.flow, name=cadence.link.name,
        reason=reason.strip() or "-", before=before, after=after,
    )  # fmt: skip
