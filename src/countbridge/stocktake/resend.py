"""Quarantined records go through their flow again, after someone mended the cause. What went through before is not doubled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from countbridge.errors import InputError
from countbridge.exchange import items, masters, quarantine
from countbridge.exchange.feeds import store_movements
from countbridge.exchange.maps import translate_or_quarantine
from countbridge.exchange.models import QuarantinedRecord, SentRecord
from countbridge.exchange.rows import Row
from countbridge.links.models import Link
from countbridge.stocktake import progress, reposting, results

State = QuarantinedRecord.State
READ_WHOLE = ("items", "bins", "lots", "stock")


def again(ids: Sequence[int]) -> None:
    """Feed the records in again, those of one flow together. One that fails again waits with its new reason."""
    open_ones = QuarantinedRecord.objects.filter(pk__in=ids, state__in=QuarantinedRecord.OPEN).order_by("pk")
    groups: dict[tuple[int, str], list[QuarantinedRecord]] = defaultdict(list)
    for record in open_ones.select_related("link__erp", "link__wms"):
        groups[record.link_id, record.flow].append(record)
    for (_, flow), records in groups.items():
        _again(records[0].link, flow, records)
    # What the flow neither took nor refused anew must not stay out of sight.
    QuarantinedRecord.objects.filter(pk__in=ids, state=State.QUEUED).update(state=State.WAITING)


def _again(link: Link, flow: str, records: Sequence[QuarantinedRecord]) -> None:
    source_ids = [record.source_id for record in records]
    rows: list[Row] = [record.record for record in records]
    match flow:
        case "movements":
            _movements(link, source_ids, rows)
        case "results":
            results.take_rows(link, tuple(rows))
        case "F1":
            # The item as it is today: what was refused may be older than what the WMS was sent since. Settled first: the
            # reading puts back what still cannot go, and what the ERP no longer has stays in sight.
            quarantine.settle_many(link, flow, source_ids)
            sent = SentRecord.objects.filter(link=link, flow=flow, record__in=source_ids)
            sent.update(content="")
            items.sync(link)
            gone = list(sent.filter(content="").values_list("record", flat=True))
            QuarantinedRecord.objects.filter(link=link, flow=flow, source_id__in=gone).update(state=State.WAITING)
        case "F4" | "F5":
            for together in reposting.by_document(records):
                reposting.send_again(together)
        case _ if flow in READ_WHOLE:
            # These are read whole each time: a new reading puts back what still fails.
            quarantine.settle_many(link, flow, source_ids)
            masters.sync(link)
        case _:
            raise InputError("exchange.cannot_resend", flow=flow)


def _movements(link: Link, source_ids: Sequence[str], told: Sequence[Row]) -> None:
    rows = translate_or_quarantine(link, "wms_movements", told, flow="movements", id_field="id")
    good = {str(row["id"]) for row in rows}
    if rows:
        with transaction.atomic():
            # Settled first: storing puts back what fails in another way.
            quarantine.settle_many(link, "movements", [each for each in source_ids if each in good])
            progress.moved(link, store_movements(link, rows, told))
