"""Sending deliveries again because a person asks for it: one or a thousand, in one statement and few jobs."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from countbridge import clock
from countbridge.errors import CountbridgeError, InputError
from countbridge.exchange import events, quarantine
from countbridge.exchange.deliveries import deliver
from countbridge.exchange.models import Delivery, QuarantinedRecord, ReviewDecision
from countbridge.exchange.queue import follow, hurry
from countbridge.exchange.retry import NotYet

State = Delivery.State
AT_ONCE = 100  # deliveries of one job
MOST = 10_000


def resend(wanted: QuerySet[Delivery], reason: str, user: str) -> int:
    """Try those of the deliveries again, now, that are open or were refused; returns how many.

    A refused one goes back to unknown, so that it is looked for before it is written. A refused document of lines (items,
    adjustments) is never sent again whole: those of its lines that wait in quarantine go, in documents of their own. What is
    confirmed, waits for a decision (`review`) or was given up stays as it is.
    """
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        given_up = ReviewDecision.objects.filter(decision=ReviewDecision.Decision.GIVE_UP).values("delivery")
        found = wanted.filter(state__in=(*Delivery.OPEN, State.REJECTED)).exclude(pk__in=given_up).order_by("pk")
        taken = list(found.select_for_update(of=("self",), no_key=True)[:MOST])
        by_line = [each for each in taken if each.state == State.REJECTED and each.kind in Delivery.BY_LINE]
        whole = [delivery for delivery in taken if delivery not in by_line]
        _try_again(whole, reason.strip(), user)
        lines = QuarantinedRecord.objects.filter(delivery__in=by_line)
        waiting = set(lines.filter(state=QuarantinedRecord.State.WAITING).values_list("delivery_id", flat=True))
        quarantine.resend(lines, user, reason)
    return len(whole) + len(waiting)


def _try_again(taken: Sequence[Delivery], reason: str, user: str) -> None:
    ids = [delivery.pk for delivery in taken]
    again = Delivery.objects.filter(pk__in=ids)
    again.filter(state=State.REJECTED).update(state=State.UNKNOWN, settled_at=None)
    again.update(next_try_at=None, setbacks=0)
    if len(taken) == 1:
        events.record(
            "delivery", "exchange.asked_again", count=taken[0].count, actor=user, delivery=taken[0].pk,
            key=taken[0].key, reason=reason,
        )  # fmt: skip
    elif taken:
        events.record("delivery", "exchange.asked_again_many", actor=user, number=len(taken), reason=reason)
    hurry(sorted({delivery.order_key for delivery in taken}))
    for start in range(0, len(ids), AT_ONCE):
        follow("exchange.deliver_many", deliveries=ids[start : start + AT_ONCE])


def deliver_many(ids: Sequence[int]) -> None:
    """One try of each that is open and due, in order. While some stay open this job goes on with them."""
    for delivery in _open(ids).order_by("pk"):
        if delivery.next_try_at is None or delivery.next_try_at <= clock.now():
            try:
                deliver(delivery.pk)
            except CountbridgeError:
                continue  # kept on the delivery itself, with the moment of its next try
    left = list(_open(ids).order_by("next_try_at"))
    if left:
        due = [delivery.next_try_at for delivery in left if delivery.next_try_at]
        wait = min(((at - clock.now()).total_seconds() for at in due), default=2.0)
        raise NotYet("exchange.some_left", after=max(1.0, wait), number=len(left))


def _open(ids: Sequence[int]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk__in=ids, state__in=Delivery.OPEN)
