"""Records that cannot go on wait here, whole and with their reason. Nothing leaves without a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from countbridge.errors import InputError, NotFound
from countbridge.exchange import events
from countbridge.exchange.models import QuarantinedRecord
from countbridge.exchange.queue import follow
from countbridge.links.models import Link

State = QuarantinedRecord.State


def put(
    link: Link, flow: str, source_id: str, record: Mapping[str, object], code: str, params: Mapping[str, object]
) -> None:
    """Keep the record. The same record failing again only renews its reason."""
    texts = {name: str(value) for name, value in params.items()}
    with transaction.atomic():
        _, created = QuarantinedRecord.objects.update_or_create(
            link=link,
            flow=flow,
            source_id=source_id,
            defaults={"record": dict(record), "code": code, "params": texts, "state": State.WAITING},
        )
        if created:
            events.record("quarantine", "exchange.quarantined", flow=flow, record=source_id)


def settle(link: Link, flow: str, source_id: str) -> None:
    """The record went on after all."""
    QuarantinedRecord.objects.filter(link=link, flow=flow, source_id=source_id, state=State.WAITING).update(
        state=State.RESENT
    )


def settle_all(link: Link, flow: str, source_ids: Sequence[str]) -> None:
    """The records went on after all."""
    QuarantinedRecord.objects.filter(link=link, flow=flow, source_id__in=source_ids, state=State.WAITING).update(
        state=State.RESENT
    )


def resend(ids: list[int], user: str) -> int:
    """Feed the records through their flow again; returns how many were queued. Each is taken up once however often asked."""
    with transaction.atomic():
        records = list(QuarantinedRecord.objects.select_for_update().filter(pk__in=ids, state=State.WAITING))
        for record in records:
            follow("stocktake.resend", once=f"resend:{record.pk}", record=record.pk)
            events.record("quarantine", "exchange.resent", actor=user, flow=record.flow, record=record.source_id)
    return len(records)


def discard(record_id: int, user: str, reason: str) -> None:
    """Give the record up, by name and for a reason of at least three characters."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        changed = QuarantinedRecord.objects.filter(pk=record_id, state=State.WAITING).update(
            state=State.DISCARDED, decided_by=user, reason=reason.strip()
        )
        if not changed:
            raise NotFound("exchange.no_such_record", record=record_id)
        events.record("quarantine", "exchange.discarded", actor=user, record=record_id, reason=reason.strip())
