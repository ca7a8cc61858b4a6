"""Records that cannot go on wait here, whole and with their reason. Nothing leaves without a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from countbridge import clock
from countbridge.errors import InputError, NotFound
from countbridge.exchange import events
from countbridge.exchange.models import Delivery, QuarantinedRecord
from countbridge.exchange.queue import follow
from countbridge.links.models import Link

State = QuarantinedRecord.State
LINES = ("F4", "F5")
"""Lines of adjustments: F4 those an ERP refused, F5 those a WMS refused."""

AT_ONCE = 1_000  # records of one job


@dataclass(frozen=True)
class Refused:
    """A line another system did not take, and its words; "" where it named only other lines of the document."""

    source_id: str
    record: Mapping[str, object]
    message: str


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


def put_refused(delivery: Delivery, flow: str, lines: Sequence[Refused]) -> None:
    """Keep the refused lines of a document; a line refused before only renews its reason."""
    if not lines:
        return
    rows = [
        QuarantinedRecord(
            link_id=delivery.link_id,
            flow=flow,
            source_id=line.source_id,
            record=dict(line.record),
            count=delivery.count,
            delivery=delivery,
            code="exchange.line_refused" if line.message else "exchange.line_not_taken",
            params={"system": delivery.system.name, "key": delivery.key, "message": line.message},
            at=clock.now(),
        )
        for line in lines
    ]
    QuarantinedRecord.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["link", "flow", "source_id"],
        update_fields=["record", "count", "delivery", "code", "params", "state", "at", "decided_by", "reason"],
        batch_size=2000,
    )
    events.record(
        "quarantine", "exchange.lines_refused", count=delivery.count, delivery=delivery.pk, number=len(lines),
        system=delivery.system.name, key=delivery.key,
    )  # fmt: skip


def settle(link: Link, flow: str, source_id: str) -> None:
    """The record went on after all."""
    settle_many(link, flow, [source_id])


def settle_many(link: Link, flow: str, source_ids: Sequence[str]) -> None:
    """These records went on after all."""
    if source_ids:
        found = QuarantinedRecord.objects.filter(link=link, flow=flow, source_id__in=source_ids)
        found.filter(state__in=QuarantinedRecord.OPEN).update(state=State.RESENT)


def renew(record: QuarantinedRecord, code: str, params: Mapping[str, object]) -> None:
    """The record failed again, for this reason now."""
    texts = {name: str(value) for name, value in params.items()}
    QuarantinedRecord.objects.filter(pk=record.pk, state__in=QuarantinedRecord.OPEN).update(
        state=State.WAITING, code=code, params=texts
    )


def resend(records: QuerySet[QuarantinedRecord], user: str, reason: str = "") -> int:
    """Feed those of the records that wait through their flow again; returns how many. Whoever asks first has them: a
    record is queued once however many people ask."""
    with transaction.atomic():
        taken = list(_waiting(records).select_for_update().values_list("pk", "link_id", "flow", "count"))
        QuarantinedRecord.objects.filter(pk__in=[pk for pk, *_ in taken]).update(
            state=State.QUEUED, decided_by=user, reason=reason.strip()
        )
        for (flow, count), ids in _batches(taken):
            events.record(
                "quarantine", "exchange.resent", count=count, actor=user, flow=flow, number=len(ids),
                reason=reason.strip() or "-",
            )  # fmt: skip
            follow("stocktake.resend_many", records=ids)
    return len(taken)


def discard(records: QuerySet[QuarantinedRecord], user: str, reason: str) -> int:
    """Give those of the records that wait up, by name and for a reason of at least three characters; returns how many."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        taken = list(_waiting(records).select_for_update().values_list("pk", "link_id", "flow", "count"))
        QuarantinedRecord.objects.filter(pk__in=[pk for pk, *_ in taken]).update(
            state=State.DISCARDED, decided_by=user, reason=reason.strip()
        )
        for (flow, count), ids in _batches(taken):
            events.record(
                "quarantine", "exchange.discarded", count=count, actor=user, flow=flow, number=len(ids),
                reason=reason.strip(),
            )  # fmt: skip
            if flow in LINES:
                follow("stocktake.lines_given_up", records=ids)
    return len(taken)


def discard_one(record_id: int, user: str, reason: str) -> None:
    """As `discard`; raises NotFound when the record does not wait (any more)."""
    if not discard(QuarantinedRecord.objects.filter(pk=record_id), user, reason):
        raise NotFound("exchange.no_such_record", record=record_id)


def _waiting(records: QuerySet[QuarantinedRecord]) -> QuerySet[QuarantinedRecord]:
    return records.filter(state=State.WAITING).order_by("pk")


def _batches(taken: Iterable[tuple[int, int, str, str]]) -> Iterable[tuple[tuple[str, str], list[int]]]:
    """By link, flow and count, at most so many at once: each is one job."""
    groups: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for pk, link, flow, count in taken:
        groups[link, flow, count].append(pk)
    for (_, flow, count), ids in groups.items():
        for start in range(0, len(ids), AT_ONCE):
            yield (flow, count), ids[start : start + AT_ONCE]
