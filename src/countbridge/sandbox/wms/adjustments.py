"""Adjustments another system posts: they correct the book, never the floor, and a book below zero stays below zero."""

from __future__ import annotations

from django.http import HttpRequest

from countbridge.sandbox.wms.counts import find_count
from countbridge.sandbox.wms.envelope import INVALID, Data, Refused, api, body
from countbridge.sandbox.wms.fields import Catalogue, Fields
from countbridge.sandbox.wms.ledger import Pen, Portion, writing
from countbridge.sandbox.wms.models import PARTS
from countbridge.sandbox.wms.once import answered, once
from countbridge.sandbox.wms.paging import only


def _post(request: HttpRequest) -> Data:
    data = Fields(body(request)).allow("key", "count_no", "reason", "rows")
    key, count_no = data.text("key", longest=200), data.text("count_no")
    data.text("reason", longest=500, empty=True)
    rows = data.objects("rows", 200)

    def effect() -> Data:
        find_count(count_no)
        with writing() as pen:
            number = pen.next_document("AD")
            known = Catalogue(rows)
            outcomes = [_post_line(pen, known, row, number, at) for at, row in enumerate(rows, 1)]
        return {"adjustment_no": number, "key": key, "rows": outcomes}

    return once("adjustment", key, data.data, effect)


def _post_line(pen: Pen, known: Catalogue, row: Fields, number: str, at: int) -> Data:
    line = row.data.get("line", at)
    try:
        row.allow("line", "bin", "sku", *PARTS, "delta", "uom")
        place, goods = known.bin_of(row), known.goods_of(row)
        parts, uom = known.parts_of(row, goods), known.uom_of(row, goods)
        delta = row.quantity("delta", uom, signed=True)
        if not delta:
            row.refuse("delta 为零，无需调整 is zero: nothing to adjust")
    except Refused as refusal:
        return {"line": line, "ok": False, "message": refusal.message}
    pen.record(f"{number}-{at}", "adjust", Portion(place, goods, parts, delta))
    return {"line": line, "ok": True, "message": ""}


def _find(request: HttpRequest) -> Data:
    only(request, "key")
    key = request.GET.get("key")
    if not key:
        raise Refused(INVALID, "缺少 key name the key to look for: ?key=")
    return answered("adjustment", key)


adjustments = api(POST=_post, GET=_find)
