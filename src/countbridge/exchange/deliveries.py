"""Exactly once, seen from outside: an intent is written down, looked for before any repetition, settled once."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import connection, transaction

from countbridge import clock
from countbridge.connectors.contract import Connector, Document, Receipt, Row
from countbridge.connectors.exchanges import Exchange
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
from countbridge.exchange import events
from countbridge.exchange.models import Attempt, Delivery
from countbridge.exchange.queue import follow
from countbridge.exchange.retry import NotYet
from countbridge.exchange.systems import opened
from countbridge.links.models import Link, System

LOCK_SPACE = 0x0D0C
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
            "order_key": f"{system.code}:{order_key}",
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


def resend(delivery_id: int, reason: str, user: str) -> bool:
    """Try a delivery that is not confirmed again, now. A refused one goes back to unknown, so that it is looked for before
    it is written. Returns whether it was queued."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
        if delivery.state == State.CONFIRMED:
            return False
        if delivery.settled:
            delivery.state, delivery.settled_at = State.UNKNOWN, None
            delivery.save(update_fields=["state", "settled_at"])
        events.record(
            "delivery", "exchange.asked_again", count=delivery.count, actor=user, delivery=delivery.pk,
            key=delivery.key, reason=reason.strip(),
        )  # fmt: skip
        follow("exchange.deliver", delivery=delivery.pk)
    return True


def document_of(delivery: Delivery) -> Document:
    lines: Sequence[Row] = delivery.payload["lines"]
    return Document(delivery.kind, delivery.payload["fields"], tuple(lines))


def deliver(delivery_id: int) -> None:
    """One try. Settles the delivery, or raises what the retry policy needs to know.

    Two workers may hold the same job for a moment (one was believed dead): the advisory lock, which PostgreSQL gives back
    when its holder's connection ends, lets only one of them speak to the other system.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, delivery_id])
        if not cursor.fetchone()[0]:
            raise NotYet("exchange.in_other_hands", after=2.0, delivery=delivery_id)
    try:
        _try(delivery_id)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, delivery_id])


def _try(delivery_id: int) -> None:
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update(no_key=True).select_related("system").get(pk=delivery_id)
        if delivery.settled:
            return
        may_have_left = delivery.state in (State.SENDING, State.UNKNOWN) or bool(delivery.remote_id)
        delivery.state = State.SENDING
        delivery.tries += 1
        delivery.save(update_fields=["state", "tries"])
    log = _Log(delivery)
    try:
        with opened(delivery.system, log.listen) as connector:
            receipt = _find_or_write(connector, delivery, may_have_left, log)
    except Rejected as error:
        _settle(delivery, Receipt("rejected"), error)
    except Unfindable as error:
        _settle(delivery, None, error)
    except CountbridgeError as error:
        _leave_open(delivery, error, may_have_left)
        raise
    else:
        _settle(delivery, receipt, None)


def _find_or_write(connector: Connector, delivery: Delivery, may_have_left: bool, log: _Log) -> Receipt:
    document = document_of(delivery)
    resume: str | None = None
    if may_have_left:
        if connector.manifest.document(delivery.kind).idempotency == "none":
            raise Unfindable("exchange.cannot_be_searched", system=delivery.system.name, key=delivery.key)
        log.begin("find")
        found = connector.find(document, delivery.key, remembered=delivery.remote_id or None)
        if found is not None and found.state != "draft":
            return found
        resume = found.remote_id if found else None
        if resume:
            log.remember(resume)
    log.begin("write")
    receipt = connector.write(document, delivery.key, resume=resume, remember=log.remember)
    if receipt.state == "draft":
        raise OutcomeUnknown("exchange.still_draft", key=delivery.key, system=delivery.system.code)
    return receipt


def _settle(delivery: Delivery, receipt: Receipt | None, error: CountbridgeError | None) -> None:
    """Write the answer down, with the job that follows it. Without a receipt a person has to find out what became of it."""
    with transaction.atomic():
        if receipt is None:
            delivery.state = State.NEEDS_REVIEW
        else:
            delivery.state = State.CONFIRMED if receipt.state == "confirmed" else State.REJECTED
            delivery.remote_id = receipt.remote_id or delivery.remote_id
            delivery.outcomes = [asdict(line) for line in receipt.lines]
        delivery.error = {"code": error.code, "params": error.params} if error else None
        delivery.settled_at = clock.now()
        delivery.next_try_at = None
        delivery.save()
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
    delivery.state = State.INTENT if harmless and certain else State.UNKNOWN
    delivery.error = {"code": error.code, "params": error.params}
    delivery.save(update_fields=["state", "error"])
    events.announce("delivery", delivery.count)


class Unfindable(RemoteError):
    """A write may have arrived, and the system can neither be searched nor be given a key: a person must look."""


class _Log:
    """Keeps what went over the wire, and remote ids the moment they are known."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._action = "write"
        self._started = time.monotonic()

    def begin(self, action: str) -> None:
        self._action = action

    def remember(self, remote_id: str) -> None:
        self._delivery.remote_id = remote_id
        Delivery.objects.filter(pk=self._delivery.pk).update(remote_id=remote_id)

    def listen(self, exchange: Exchange) -> None:
        Attempt.objects.create(
            delivery=self._delivery,
            number=self._delivery.tries,
            action=self._action,
            started_at=exchange.started_at,
            milliseconds=int(exchange.seconds * 1000),
            outcome=str(exchange.status) if exchange.status is not None else exchange.failure[:60],
            request=f"{exchange.method} {exchange.url}\n\n{exchange.request_body}",
            response=exchange.answer_body,
        )
