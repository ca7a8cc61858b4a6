"""The two feeds another system follows: movements of the ledger, and results counted in the WMS."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Min
from django.http import HttpRequest

from countbridge.sandbox.wms import units
from countbridge.sandbox.wms.envelope import Data, api
from countbridge.sandbox.wms.ledger import Reading, reading
from countbridge.sandbox.wms.models import PARTS, FeedEntry, Parts, Result
from countbridge.sandbox.wms.paging import iso, limit_of, number_cursor, only, page


def _list_movements(request: HttpRequest) -> Data:
    """`next` is always a cursor: keep it and ask again later."""
    only(request)
    after, limit = number_cursor(request), limit_of(request)
    with reading() as read:
        found = list(FeedEntry.objects.filter(seq__gt=after).select_related("movement").order_by("seq")[:limit])
        last = found[-1].seq if found else after
        return page(map(_show_movement, found), str(last), read, _complete_until(last, read))


def _complete_until(last: int, read: Reading) -> datetime:
    """Everything that occurred up to this moment is on the pages up to `last`: now, unless a page is still to come."""
    rest = FeedEntry.objects.filter(seq__gt=last, first=True)
    waiting: datetime | None = rest.aggregate(first=Min("movement__occurred_at"))["first"]
    return waiting - timedelta(microseconds=1) if waiting else read.as_of


def shown_parts(row: Parts) -> Data:
    """What tells the goods apart; "" = none."""
    return {name: getattr(row, name) for name in PARTS}


def _show_movement(entry: FeedEntry) -> Data:
    movement = entry.movement
    return {
        "seq": entry.seq,
        "id": movement.number,
        "type": movement.type,
        "bin": movement.bin_id,
        "sku": movement.goods_id,
        **shown_parts(movement),
        "qty": units.written(movement.qty, movement.uom),
        "uom": movement.uom,
        "occurred_at": iso(movement.occurred_at),
        "recorded_at": iso(entry.recorded_at),
        "document": movement.document,
        "erp_state": entry.erp_state,
        "erp_posted_at": iso(entry.erp_posted_at),
    }


def _list_results(request: HttpRequest) -> Data:
    only(request)
    after, limit = number_cursor(request), limit_of(request)
    with reading() as read:
        found = list(Result.objects.filter(seq__gt=after).select_related("sheet").order_by("seq")[:limit])
        return page(map(show_result, found), str(found[-1].seq if found else after), read)


def show_result(result: Result) -> Data:
    return {
        "seq": result.seq,
        "id": f"R{result.seq:07d}",
        "count_no": result.sheet.count_id,
        "sheet_no": result.sheet_id,
        "bin": result.bin_id,
        "sku": result.goods_id,
        **shown_parts(result),
        "qty": units.written(result.qty, result.uom),
        "uom": result.uom,
        "counted_by": result.counted_by,
        "counted_at": iso(result.counted_at),
    }


movements = api(GET=_list_movements)
results = api(GET=_list_results)
