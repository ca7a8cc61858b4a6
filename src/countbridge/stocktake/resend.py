"""A quarantined record goes through its flow again, after someone mended the cause. What went through before is not doubled."""

from __future__ import annotations

from django.db import transaction

from countbridge.errors import InputError
from countbridge.exchange import masters, quarantine
from countbridge.exchange.feeds import store_movements
from countbridge.exchange.maps import translate_or_quarantine
from countbridge.exchange.models import QuarantinedRecord
from countbridge.stocktake import progress, results


def again(record: QuarantinedRecord) -> None:
    """Feed the record in again. It stays in quarantine with its new reason when it fails again."""
    if record.state != QuarantinedRecord.State.WAITING:
        return
    link = record.link
    match record.flow:
        case "movements":
            rows = translate_or_quarantine(link, "wms_movements", [record.record], flow="movements", id_field="id")
            if rows:
                with transaction.atomic():
                    # Settled first: storing puts it back when it fails in another way.
                    quarantine.settle(link, "movements", record.source_id)
                    progress.moved(link, store_movements(link, rows, [record.record]))
        case "results":
            results.take_rows(link, [record.record])
        case "items" | "bins" | "lots" | "stock" | "F1":
            # These are read whole each time: a new reading puts back what still fails.
            quarantine.settle(link, record.flow, record.source_id)
            masters.sync(link)
        case _:
            raise InputError("exchange.cannot_resend", flow=record.flow)
