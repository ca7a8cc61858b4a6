"""The people's side, behind the floor key: looking at a shelf, counting in the WMS, and how busy the warehouse is."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpRequest

from countbridge.sandbox.wms import units
from countbridge.sandbox.wms.counts import open_count
from countbridge.sandbox.wms.envelope import NOT_FOUND, Data, Refused, body, floor_api
from countbridge.sandbox.wms.feeds import show_result, shown_parts
from countbridge.sandbox.wms.fields import Catalogue, Fields
from countbridge.sandbox.wms.ledger import Portion, reading, writing
from countbridge.sandbox.wms.master import show_goods, show_stock
from countbridge.sandbox.wms.models import PARTS, Bin, Book, ErpPosting, Floor, Ledger, Result, Sheet
from countbridge.sandbox.wms.paging import iso
from countbridge.sandbox.wms.work import carry

SEEN = ("sku", "ext_code", "name_cn", "name_en", "barcode", "pack_uom", "pack_qty")


def look_at(code: str) -> Data:
    """What lies in a bin at `seen_at`: a change of the floor is wholly before or wholly after it."""
    with reading() as read:
        if not Bin.objects.filter(code=code).exists():
            raise Refused(NOT_FOUND, f"没有库位 {code} there is no bin {code!r}")
        lines = Floor.objects.filter(bin=code).exclude(qty=0).select_related("goods").order_by("goods_id", *PARTS)
        return {"bin": code, "seen_at": iso(read.as_of), "goods": [_see(line) for line in lines]}


def _see(line: Floor) -> Data:
    shown = show_goods(line.goods)
    what = {name: shown[name] for name in SEEN}
    return {**what, **shown_parts(line), "qty": units.written(line.qty, line.goods.uom), "uom": line.goods.uom}


def _look(request: HttpRequest, code: str) -> Data:
    return look_at(code)


def _look_everywhere(request: HttpRequest) -> Data:
    with reading() as read:
        lines = Floor.objects.exclude(qty=0).annotate(uom=F("goods__uom")).order_by("bin_id", "goods_id", *PARTS)
        return {"rows": [show_stock(line, line.uom) for line in lines], "as_of": iso(read.as_of)}


def _my_sheets(request: HttpRequest) -> Data:
    """The sheets of a count as the WMS's own screens list them."""
    rows = Sheet.objects.filter(count=request.GET.get("count_no", "")).order_by("sheet_no")
    return {"rows": list(rows.values("sheet_no", "zone", "assignee", "counted_with", "bins"))}


def _count(request: HttpRequest) -> Data:
    """A WMS user counts one portion; whole cartons may be entered as CTN."""
    row = Fields(body(request))
    row.allow("sheet_no", "bin", "sku", *PARTS, "qty", "uom", "counted_by", "counted_at")
    known = Catalogue([row])
    sheet_no = row.text("sheet_no")
    with writing() as pen:
        sheet = Sheet.objects.filter(sheet_no=sheet_no).first()
        if sheet is None:
            raise Refused(NOT_FOUND, f"没有盘点表 {sheet_no} there is no count sheet {sheet_no!r}")
        open_count(sheet.count_id)
        place, goods = known.bin_of(row), known.goods_of(row)
        if place.code not in sheet.bins:
            row.refuse(f"库位 {place.code} 不在盘点表上 bin {place.code} is not on sheet {sheet_no}")
        uom = known.uom_of(row, goods, packs=True)
        pen.ledger.result_seq += 1
        result = Result.objects.create(
            seq=pen.ledger.result_seq, sheet=sheet, bin=place, goods=goods, **known.parts_of(row, goods),
            qty=row.quantity("qty", uom), uom=uom, counted_by=row.operator("counted_by"),
            counted_at=row.moment("counted_at") or pen.at,
        )  # fmt: skip
        return show_result(result)


def _carry(request: HttpRequest) -> Data:
    """Somebody picks, receives or moves goods. Refused where the zone is blocked, or where less lies there than is taken."""
    row = Fields(body(request))
    row.allow("type", "bin", "to_bin", "sku", *PARTS, "qty", "uom")
    kind = row.one_of("type", {"pick", "receive", "move"})
    known = Catalogue([row])
    with writing() as pen:
        place, goods = known.bin_of(row), known.goods_of(row)
        target = Bin.objects.filter(pk=row.text("to_bin")).first() if kind == "move" else None
        if kind == "move" and (target is None or target == place):
            row.refuse(f"目标库位无效 to_bin is no other bin: {row.text('to_bin')!r}")
        uom = known.uom_of(row, goods)
        portion = Portion(place, goods, known.parts_of(row, goods), row.quantity("qty", uom))
        here = {"bin": place, "goods": goods, **portion.parts, "qty__gte": portion.qty}
        if not portion.qty or (kind != "receive" and not all(t.objects.filter(**here).exists() for t in (Book, Floor))):
            row.refuse(f"数量不足或为零 there are not {portion.qty} in bin {place.code}, or it is zero")
        return {"document": carry(pen, kind, portion, target), "at": iso(pen.at)}


def _plan_work(request: HttpRequest) -> Data:
    data = Fields(body(request)).allow("rate_per_minute", "delay_seconds")
    with writing() as pen:
        pen.ledger.rate_per_minute = data.whole("rate_per_minute", 0, 6000)
        pen.ledger.delay_seconds = data.whole("delay_seconds", 0, 86_400)
    return _work_now(request)


def _work_now(request: HttpRequest) -> Data:
    """How busy the warehouse is, and what its own interface still owes the ERP."""
    with reading():
        ledger = Ledger.objects.get(pk=1)
        owed = ErpPosting.objects.filter(posted_at=None)
        first = owed.order_by("id").first()
        return {
            "rate_per_minute": ledger.rate_per_minute,
            "delay_seconds": ledger.delay_seconds,
            "moved": ledger.moved,
            "refused": ledger.refused,
            "pending_erp": owed.count(),
            "erp_trouble": first.last_error if first else "",
        }


floor_bin = floor_api(GET=_look)
floor_all = floor_api(GET=_look_everywhere)
results = floor_api(POST=_count)
moves = floor_api(POST=_carry)
work = floor_api(POST=_plan_work, GET=_work_now)
sheets = floor_api(GET=_my_sheets)
