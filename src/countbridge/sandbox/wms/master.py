"""Goods, bins and the book: what the WMS tells about itself, and the item master it accepts."""

from __future__ import annotations

from django.db.models import F
from django.http import HttpRequest

from countbridge.sandbox.wms import units
from countbridge.sandbox.wms.envelope import INVALID, Data, Refused, api, body
from countbridge.sandbox.wms.fields import Fields
from countbridge.sandbox.wms.ledger import reading, writing
from countbridge.sandbox.wms.models import PARTS, Bin, Book, Floor, Goods
from countbridge.sandbox.wms.once import once
from countbridge.sandbox.wms.paging import iso, listing, only

GOODS_FIELDS = ("sku", "name_cn", "name_en", "uom", "barcode", "lot_controlled", "pack_uom", "pack_qty")


def _ping(request: HttpRequest) -> Data:
    with reading() as read:
        return {"system": "sandbox-wms", "time": iso(read.as_of), "watermark": str(read.watermark)}


def _list_goods(request: HttpRequest) -> Data:
    only(request)
    with reading() as read:
        return listing(request, Goods.objects.all(), "sku", show_goods, read)


def show_goods(goods: Goods) -> Data:
    return {
        "sku": goods.sku,
        "name_cn": goods.name_cn,
        "name_en": goods.name_en,
        "uom": goods.uom,
        "barcode": goods.barcode,
        "lot_controlled": "Y" if goods.lot_controlled else "N",
        "pack_uom": goods.pack_uom,
        "pack_qty": str(goods.pack_qty) if goods.pack_qty else "",
        "ext_code": goods.ext_code,
        "active": "Y" if goods.active else "N",
    }


def _save_goods(request: HttpRequest) -> Data:
    data = Fields(body(request)).allow("key", "rows")
    rows = data.objects("rows", 200)

    def effect() -> Data:
        with writing():
            return {"rows": [_save_line(number, row) for number, row in enumerate(rows, 1)]}

    return once("goods", data.text("key", longest=200), data.data, effect)


def _save_line(number: int, row: Fields) -> Data:
    try:
        _save_one(row)
    except Refused as refusal:
        return {"line": number, "ok": False, "message": refusal.message}
    return {"line": number, "ok": True, "message": ""}


def _save_one(row: Fields) -> None:
    row.allow(*GOODS_FIELDS, "ext_code", "active")
    sku, uom = row.text("sku"), row.one_of("uom", set(units.DECIMALS) - {"CTN"})
    known = Goods.objects.filter(sku=sku).first()
    lot_controlled, pack_uom = row.yes_no("lot_controlled"), row.text("pack_uom", empty=True)
    if pack_uom not in ("", "CTN"):
        row.refuse(f"未知包装单位 unknown pack unit {pack_uom!r}")
    stocked = known is not None and Book.objects.filter(goods=known).exclude(qty=0).exists()
    if known and stocked and (known.uom, known.lot_controlled) != (uom, lot_controlled):
        row.refuse(
            f"货品 {sku} 有库存，不能改单位或批次管理 sku {sku} has stock: its unit and lot control cannot change"
        )
    Goods.objects.update_or_create(
        sku=sku,
        defaults={
            "name_cn": row.text("name_cn", longest=200),
            "name_en": row.text("name_en", longest=200, empty=True),
            "uom": uom,
            "barcode": row.text("barcode", empty=True),
            "lot_controlled": lot_controlled,
            "pack_uom": pack_uom,
            "pack_qty": row.whole("pack_qty", 1, 1_000_000) if pack_uom else 0,
            "active": row.yes_no("active") if "active" in row.data else True,
            "ext_code": row.text("ext_code", empty=True) or (known.ext_code if known else ""),
        },
    )


def _list_bins(request: HttpRequest) -> Data:
    only(request)
    with reading() as read:
        return listing(request, Bin.objects.all(), "walk_order", show_bin, read)


def show_bin(place: Bin) -> Data:
    return {
        "bin": place.code,
        "zone": place.zone,
        "warehouse": place.warehouse,
        "walk_order": place.walk_order,
        "barcode": place.barcode,
    }


def _list_stock(request: HttpRequest) -> Data:
    only(request, "warehouse", "zone", "bin")
    rows = Book.objects.exclude(qty=0).annotate(uom=F("goods__uom"))
    for name, field in (("warehouse", "warehouse"), ("zone", "zone"), ("bin", "code")):
        value = request.GET.get(name)
        if not value:
            continue
        if not Bin.objects.filter(**{field: value}).exists():
            raise Refused(INVALID, f"{name} 未知 unknown {name} {value!r}")
        rows = rows.filter(**{f"bin__{field}": value})
    with reading() as read:
        return listing(request, rows, "id", lambda line: show_stock(line, line.uom), read)


def show_stock(line: Book | Floor, uom: str) -> Data:
    parts = {name: getattr(line, name) for name in PARTS}
    return {"bin": line.bin_id, "sku": line.goods_id, **parts, "qty": units.written(line.qty, uom), "uom": uom}


ping = api(GET=_ping)
goods = api(GET=_list_goods)
goods_batch = api(POST=_save_goods)
bins = api(GET=_list_bins)
stock = api(GET=_list_stock)
