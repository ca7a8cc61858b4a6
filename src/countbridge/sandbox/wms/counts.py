"""Counts that another system hands to the WMS: the count itself, its baseline, its sheets, and its end."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from countbridge.sandbox.wms.envelope import CLOSED, CONFLICT, INVALID, NOT_FOUND, Data, Refused, api, body
from countbridge.sandbox.wms.fields import Catalogue, Fields
from countbridge.sandbox.wms.models import PARTS, BaselineLine, Bin, Count, Sheet
from countbridge.sandbox.wms.once import answered, once
from countbridge.sandbox.wms.paging import iso, only

MOST_REFUSALS = 20


def _create(request: HttpRequest) -> Data:
    """Idempotent by `count_no`."""
    data = Fields(body(request)).allow("count_no", "name", "kind", "blind", "responsible", "planned_at")
    count_no = data.text("count_no")

    def effect() -> Data:
        count = Count.objects.create(
            count_no=count_no,
            name=data.text("name", longest=200, empty=True),
            kind=data.text("kind", longest=20),
            blind=data.yes_no("blind"),
            responsible=data.operator("responsible", empty=True),
            planned_at=data.moment("planned_at"),
        )
        return _show(count)

    return once("count", count_no, data.data, effect)


def _read(request: HttpRequest, count_no: str) -> Data:
    return _show(find_count(count_no))


def _show(count: Count) -> Data:
    return {
        "count_no": count.count_no,
        "name": count.name,
        "kind": count.kind,
        "blind": count.blind,
        "responsible": count.responsible,
        "planned_at": iso(count.planned_at),
        "state": "closed" if count.closed_at else "open",
        "baseline_rows": count.baseline.count(),
        "sheets": list(count.sheets.order_by("sheet_no").values_list("sheet_no", flat=True)),
        "created_at": iso(count.created_at),
        "closed_at": iso(count.closed_at),
    }


def find_count(count_no: str) -> Count:
    found = Count.objects.filter(count_no=count_no).first()
    if found is None:
        raise Refused(NOT_FOUND, f"没有盘点单 {count_no} there is no count {count_no!r}")
    return found


def open_count(count_no: str) -> Count:
    count = find_count(count_no)
    if count.closed_at:
        raise Refused(CLOSED, f"盘点单 {count_no} 已关闭 count {count_no!r} is closed")
    return count


def _by_key(part: str, request: HttpRequest, count_no: str) -> Data:
    only(request, "key")
    find_count(count_no)
    key = request.GET.get("key")
    if not key:
        raise Refused(INVALID, "缺少 key name the key to look for: ?key=")
    return answered(f"{part}:{count_no}", key)


def _add_baseline(request: HttpRequest, count_no: str) -> Data:
    """All rows or none: a count must not start on half a snapshot."""
    data = Fields(body(request)).allow("key", "rows")
    rows, key = data.objects("rows", 500), data.text("key", longest=200)

    def effect() -> Data:
        count, known = open_count(count_no), Catalogue(rows, place="location")
        lines, refusals = [], []
        for row in rows:
            try:
                lines.append(_baseline_line(count, known, row))
            except Refused as refusal:
                refusals.append(refusal.message)
        if refusals:
            raise Refused(INVALID, "; ".join(refusals[:MOST_REFUSALS]))
        if len({(line.location, line.goods_id, *(getattr(line, name) for name in PARTS)) for line in lines}) < len(
            lines
        ):
            raise Refused(INVALID, "同一位置的同一货品出现两次 the same goods at the same location appear twice")
        key_fields = ["count", "location", "goods", *PARTS]
        BaselineLine.objects.bulk_create(lines, update_conflicts=True, unique_fields=key_fields, update_fields=["qty"])
        return {"key": key, "rows": len(lines)}

    return once(f"baseline:{count_no}", key, data.data, effect)


def _baseline_line(count: Count, known: Catalogue, row: Fields) -> BaselineLine:
    row.allow("location", "sku", *PARTS, "qty", "uom")
    location, goods = known.location_of(row), known.goods_of(row)
    parts, uom = known.parts_of(row, goods), known.uom_of(row, goods)
    qty = row.quantity("qty", uom, signed=True)  # a book may be negative
    return BaselineLine(count=count, location=location, goods=goods, qty=qty, **parts)


def _add_sheets(request: HttpRequest, count_no: str) -> Data:
    data = Fields(body(request)).allow("key", "sheets")
    sheets, key = data.objects("sheets", 500), data.text("key", longest=200)

    def effect() -> Data:
        count = open_count(count_no)
        zones = set(Bin.objects.values_list("zone", flat=True).distinct())
        bins = set(Bin.objects.values_list("code", flat=True))
        for row in sheets:
            _save_sheet(count, row, zones, bins)
        return {"key": key, "sheets": len(sheets)}

    return once(f"sheets:{count_no}", key, data.data, effect)


def _save_sheet(count: Count, row: Fields, zones: set[str], bins: set[str]) -> None:
    row.allow("sheet_no", "zone", "assignee", "counted_with", "bins")
    sheet_no, listed = row.text("sheet_no"), row.data.get("bins")
    if not isinstance(listed, list) or not listed:
        row.refuse("bins 必须列出库位 must list the bins of the sheet")
    for code in listed:
        if not isinstance(code, str) or code not in bins:
            row.refuse(f"未知库位 unknown bin {code!r}")
    if Sheet.objects.filter(sheet_no=sheet_no).exclude(count=count).exists():
        raise Refused(
            CONFLICT, f"{row.where}盘点表 {sheet_no} 属于其他盘点单 sheet {sheet_no!r} belongs to another count"
        )
    Sheet.objects.update_or_create(
        sheet_no=sheet_no,
        defaults={
            "count": count,
            "zone": row.one_of("zone", zones),
            "assignee": row.operator("assignee", empty=True),
            "counted_with": row.one_of("counted_with", {"pda", "wms"}),
            "bins": listed,
        },
    )


def _close(request: HttpRequest, count_no: str) -> Data:
    data = Fields(body(request)).allow("key")

    def effect() -> Data:
        count = find_count(count_no)
        if count.closed_at is None:
            count.closed_at = timezone.now()
            count.save()
        return _show(count)

    return once(f"close:{count_no}", data.text("key", longest=200), data.data, effect)


def _read_baseline(request: HttpRequest, count_no: str) -> Data:
    return _by_key("baseline", request, count_no)


def _read_sheets(request: HttpRequest, count_no: str) -> Data:
    return _by_key("sheets", request, count_no)


counts = api(POST=_create)
count = api(GET=_read)
baseline = api(POST=_add_baseline, GET=_read_baseline)
sheets = api(POST=_add_sheets, GET=_read_sheets)
close = api(POST=_close)
