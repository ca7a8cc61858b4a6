"""Refused lines of adjustments go again in documents of their own, or are given up by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction

from countbridge.domain.keys import GOODS
from countbridge.errors import CountbridgeError, InputError, SetupError
from countbridge.exchange import events, quarantine
from countbridge.exchange.models import QuarantinedRecord
from countbridge.stocktake import posting
from countbridge.stocktake.models import AdjustmentLine, Count
from countbridge.stocktake.refused import SIDES, source_id

Fate = AdjustmentLine.Fate


def send_again(records: Sequence[QuarantinedRecord]) -> None:
    """New documents holding exactly the lines of these records (of one count and one system). A count that is closed or
    whose lines went another way leaves them in quarantine, with the reason."""
    try:
        with transaction.atomic():
            count, side = _held(records)
            if count.state not in posting.UNTIL_CLOSED:
                raise InputError("stocktake.line_of_closed_count", count=count.number, state=count.state)
            lines = _lines(count, side, records)
            posting.write_again(count, side, lines)
            AdjustmentLine.objects.filter(pk__in=[line.pk for line in lines]).update(fate=Fate.RESENT)
            ids = [record.pk for record in records]
            QuarantinedRecord.objects.filter(pk__in=ids, state__in=QuarantinedRecord.OPEN).update(
                state=QuarantinedRecord.State.RESENT
            )
            events.announce("state", count.number)
    except (InputError, SetupError) as error:
        _keep(records, error)


def give_up(records: Sequence[QuarantinedRecord]) -> None:
    """The lines stay unposted for good: of an ERP's line the WMS is never told, so that neither book moves on that key."""
    with transaction.atomic():
        count, side = _held(records)
        lines = _lines(count, side, records)
        AdjustmentLine.objects.filter(pk__in=[line.pk for line in lines]).update(fate=Fate.GIVEN_UP)
        if count.state in posting.UNTIL_CLOSED:
            posting.carry_on(count)


def _held(records: Sequence[QuarantinedRecord]) -> tuple[Count, str]:
    found = Count.objects.select_for_update(of=("self",), no_key=True).select_related("link__erp", "link__wms")
    return found.get(link=records[0].link, number=records[0].count), SIDES[records[0].flow]


def _lines(count: Count, side: str, records: Iterable[QuarantinedRecord]) -> list[AdjustmentLine]:
    """The refused lines these records stand for, those that nothing became of yet."""
    wanted = {record.source_id for record in records}
    refused = AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side=side, ok=False, fate="")
    lines = refused.order_by("erp_location", "bin", *GOODS)
    return [line for line in lines if source_id(count, line) in wanted]


def _keep(records: Sequence[QuarantinedRecord], error: CountbridgeError) -> None:
    for record in records:
        quarantine.renew(record, error.code, error.params)


def by_document(records: Iterable[QuarantinedRecord]) -> list[list[QuarantinedRecord]]:
    """Records that can be dealt with together: of one count and one system."""
    groups: dict[tuple[int, str, str], list[QuarantinedRecord]] = defaultdict(list)
    for record in records:
        groups[record.link_id, record.flow, record.count].append(record)
    return list(groups.values())
