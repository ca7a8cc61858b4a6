"""Exactly once, seen from outside: an intent is written down, looked for before any repetition, settled once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction

from countbridge import clock
from countbridge.connectors.contract import Connector, Document, Receipt, Row
from countbridge.errors import (
    Conflict,
    CountbridgeError,
    InputError,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    SetupError,
    TryLater,
)
from countbridge.exchange import events, refusals
from countbridge.exchange.attempts import Log
from countbridge.exchange.faults import fault_of
from countbridge.exchange.models import Delivery
from countbridge.exchange.queue import follow
from countbridge.exchange.retry import NotYet, pause
from countbridge.exchange.systems import opened
from countbridge.links.models import Link, System

LOCK_SPACE = 0x0D0C
BEHIND_REVIEW = 300.0  # seconds; a decision wakes it at once
State = Delivery.State


@dataclass(frozen=True)
class Then:
    """The job that follows once the delivery is settled."""

    task: str
    args: Mapping[str, object]


def content_hash(payload: object) -> str:
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def propose(
    link: Link,
    system: System,
    document: Document,
    key: str,
    *,
    flow: str,
    order_key: str,
    count: str = "",
    then: Then | None = None,
) -> Delivery:
    """Write the intent down and queue it, in the caller's transaction. The same key with the same content is the same
    delivery; with another content it raises Conflict."""
    payload = {"fields": dict(document.fields), "lines": [dict(line) for line in document.lines]}
    digest = content_hash(payload)
    delivery, created = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "link": link,
            "system": system,
            "flow": flow,
            "kind": document.kind,
            "count": count,
            "order_key": f"{link.code}:{system.code}:{order_key}",
            "payload": payload,
            "payload_hash": digest,
            "then": asdict(then) if then else None,
        },
    )
    if not created and delivery.payload_hash != digest:
        raise Conflict("exchange.key_with_other_content", key=key)
    if created:
        queue(delivery)
    return delivery


def queue(delivery: Delivery) -> None:
    """Put the delivery behind the earlier ones of its document."""
    follow("exchange.deliver", lock=delivery.order_key, delivery=delivery.pk)


def document_of(delivery: Delivery) -> Document:
    lines: Sequence[Row] = delivery.payload["lines"]
    return Document(delivery.kind, delivery.payload["fields"], tuple(lines))


def deliver(delivery_id: int) -> None:
    """Settle the delivery and, before it, whatever is still open of its document, one try each; or raise what the retry
    policy needs to know.

    The queue's lock keeps jobs of one document apart, but a job may be given to a second worker, or a person may ask for an
    earlier delivery again: so it is always the earliest open one of the document that is worked on, whoever holds the job.
    """
    order_key = Delivery.objects.values_list("order_key", flat=True).get(pk=delivery_id)
    while (head := _head(order_key)) is not None and head.pk <= delivery_id:
        if head.state == State.NEEDS_REVIEW:
            if head.pk == delivery_id:
                return
            raise _put_off(delivery_id, NotYet("exchange.behind_review", after=BEHIND_REVIEW, key=head.key))
        with _alone(head.pk):
            _try(head.pk)


def _head(order_key: str) -> Delivery | None:
    return Delivery.objects.filter(order_key=order_key, state__in=Delivery.HOLDS_BACK).order_by("pk").first()


@contextmanager
def _alone(delivery_id: int) -> Iterator[None]:
    """Two workers may hold the same job for a moment (one was believed dead): the advisory lock, which PostgreSQL gives back
    when its holder's connection ends, lets only one of them speak to the other system."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, delivery_id])
        if not cursor.fetchone()[0]:
            raise NotYet("exchange.in_other_hands", after=2.0, delivery=delivery_id)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, delivery_id])


def _try(delivery_id: int) -> None:
    delivery = Delivery.objects.select_related("system", "link").get(pk=delivery_id)
    if delivery.settled:
        return
    may_have_left = delivery.state in (State.SENDING, State.UNKNOWN) or bool(delivery.remote_id)
    log = Log(delivery)
    try:
        with opened(delivery.system, log.listen) as connector:
            _begin(delivery)
            receipt = _find_or_write(connector, delivery, may_have_left, log)
    except Rejected as error:
        _settle(delivery, Receipt("rejected"), error)
    except Unfindable as error:
        _settle(delivery, None, error)
    except NotYet as error:
        raise _put_off(delivery_id, error) from None
    except CountbridgeError as error:
        _leave_open(delivery, error, may_have_left)
        raise
    else:
        _settle(delivery, receipt, None)


def _begin(delivery: Delivery) -> None:
    """From here on something may leave."""
    delivery.state = State.SENDING
    delivery.tries += 1
    delivery.save(update_fields=["state", "tries"])


def _find_or_write(connector: Connector, delivery: Delivery, may_have_left: bool, log: Log) -> Receipt:
    document = document_of(delivery)
    spec = connector.manifest.document(delivery.kind)
    resume: str | None = None
    if may_have_left:
        if spec.idempotency == "none":
            raise Unfindable("exchange.cannot_be_searched", system=delivery.system.name, key=delivery.key)
        log.begin("find")
        found = connector.find(document, delivery.key, remembered=delivery.remote_id or None)
        if found is not None and found.state != "draft":
            return found
        if found is None and spec.idempotency == "lookup":
            _must_have_landed(delivery, spec.lands_within)
        resume = found.remote_id if found else None
        if resume:
            log.remember(resume)
    log.begin("write")
    before = delivery.sent_at if may_have_left else None
    delivery.sent_at = clock.now()
    delivery.save(update_fields=["sent_at"])
    try:
        receipt = connector.write(document, delivery.key, resume=resume, remember=log.remember)
    except InputError as error:  # nothing was sent, and sending it unchanged fails again
        _none_under_way(delivery, before, spec.lands_within)
        raise Rejected(error.code, **error.params) from error
    except Rejected:
        _none_under_way(delivery, before, spec.lands_within)
        raise
    if receipt.state == "rejected":
        _none_under_way(delivery, before, spec.lands_within)
    if receipt.state == "draft":
        raise OutcomeUnknown("exchange.still_draft", key=delivery.key, system=delivery.system.code)
    return receipt


def _none_under_way(delivery: Delivery, before: datetime | None, seconds: int) -> None:
    """It was refused; but an earlier request of it, whose answer never came, may still arrive, and be taken once the cause is
    mended. What was refused goes on in another document, so that would be twice: until the earlier one certainly landed,
    nothing is settled. (`before`: when it left. The refused one has its answer.)"""
    delivery.sent_at = before
    _must_have_landed(delivery, seconds)


def _must_have_landed(delivery: Delivery, seconds: int) -> None:
    """A request whose answer never came may still be under way, and take effect after we looked for it and found nothing:
    until it certainly landed, nothing is written again."""
    left = 0.0 if delivery.sent_at is None else seconds - (clock.now() - delivery.sent_at).total_seconds()
    if left > 0:
        delivery.state = State.UNKNOWN
        delivery.save(update_fields=["state", "sent_at"])
        raise NotYet("exchange.may_still_land", after=left, key=delivery.key, system=delivery.system.name)


def _settle(delivery: Delivery, receipt: Receipt | None, error: CountbridgeError | None) -> None:
    """Write the answer down, with what follows it. Without a receipt a person has to find out what became of it."""
    with transaction.atomic():
        Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
        if receipt is None:
            delivery.state = State.NEEDS_REVIEW
        else:
            delivery.state = State.CONFIRMED if receipt.state == "confirmed" else State.REJECTED
            delivery.remote_id = receipt.remote_id or delivery.remote_id
            delivery.outcomes = [asdict(line) for line in receipt.lines]
        delivery.error = {"code": error.code, "params": error.params} if error else None
        settle(delivery)


def settle(delivery: Delivery) -> None:
    """The state is final (for now, where a person must look): keep it and start what follows, in the caller's transaction."""
    delivery.settled_at, delivery.next_try_at = clock.now(), None
    delivery.fault, delivery.setbacks = "", 0
    delivery.save()
    refusals.note(delivery)
    events.record(
        "delivery",
        f"exchange.delivery_{delivery.state}",
        count=delivery.count,
        delivery=delivery.pk,
        document=delivery.kind,
        system=delivery.system.name,
        remote=f" {delivery.remote_id}" if delivery.remote_id else "",
    )
    if delivery.then:
        follow(delivery.then["task"], **delivery.then["args"], delivery=delivery.pk)


def _leave_open(delivery: Delivery, error: CountbridgeError, may_have_left: bool) -> None:
    """A try ended without an answer that settles it. Only a failure that certainly had no effect stays an intent."""
    harmless = not may_have_left and not delivery.remote_id and not isinstance(error, OutcomeUnknown)
    certain = isinstance(error, (TryLater, SetupError))
    fault = str(fault_of(error))
    error.again_after = pause(error, delivery.setbacks if delivery.fault == fault else 0)
    delivery.state = State.INTENT if harmless and certain else State.UNKNOWN
    delivery.setbacks = delivery.setbacks + 1 if delivery.fault == fault else 1
    delivery.fault = fault
    delivery.error = {"code": error.code, "params": error.params}
    delivery.next_try_at = clock.after(error.again_after)
    delivery.save(update_fields=["state", "error", "fault", "setbacks", "next_try_at"])
    events.announce("delivery", delivery.count)


def _put_off(delivery_id: int, error: NotYet) -> NotYet:
    """Nothing was tried: the delivery is as it was, and says when it goes on."""
    Delivery.objects.filter(pk=delivery_id, state__in=Delivery.OPEN).update(next_try_at=clock.after(error.after))
    return error


class Unfindable(RemoteError):
    """A write may have arrived, and the system can neither be searched nor be given a key: a person must look."""
