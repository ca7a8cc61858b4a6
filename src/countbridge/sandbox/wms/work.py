"""The warehouse at work while people count: picks, receipts and moves, each changing book and floor in one transaction.

Only what is on the floor *and* in the book is touched, so neither falls below zero by the warehouse's own work.
"""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from django.db import connection

from countbridge.sandbox.wms import units
from countbridge.sandbox.wms.envelope import Refused
from countbridge.sandbox.wms.ledger import Pen, Portion, writing
from countbridge.sandbox.wms.models import PARTS, Bin, ErpPosting, Goods
from countbridge.sandbox.wms.zones import refuse_blocked

_PARTS = ", ".join(PARTS)
_AVAILABLE = f"""
    SELECT b.bin_id, b.goods_id, LEAST(b.qty, f.qty), {_PARTS}
    FROM sandbox_wms_book b JOIN sandbox_wms_floor f USING (bin_id, goods_id, {_PARTS})
    WHERE b.qty > 0 AND f.qty > 0
    ORDER BY b.bin_id COLLATE "C", b.goods_id COLLATE "C", {", ".join(f'{name} COLLATE "C"' for name in PARTS)}
"""


def work_once() -> bool:
    """One pick, receipt or move, chosen by the world's seed and the number of the step. False when nothing is there."""
    with writing() as pen:
        rng = random.Random(f"{pen.ledger.seed}:{pen.ledger.work_step}")
        pen.ledger.work_step += 1
        with connection.cursor() as cursor:
            cursor.execute(_AVAILABLE)
            available = cursor.fetchall()
        if not available:
            return False
        bin_code, sku, most, *parts = rng.choice(available)
        place, goods = Bin.objects.get(pk=bin_code), Goods.objects.get(pk=sku)
        kind = rng.choices(("pick", "receive", "move"), (5, 2, 3))[0]
        portion = Portion(place, goods, dict(zip(PARTS, parts, strict=True)), _some_of(rng, goods, most))
        target = _somewhere_else(rng, place) if kind == "move" else None
        try:
            carry(pen, kind, portion, target)
        except (
            Refused
        ):  # the zone is blocked: whoever wanted the goods goes without, and the warehouse works on elsewhere
            pen.ledger.refused += 1
        return True


def carry(pen: Pen, kind: str, portion: Portion, target: Bin | None = None) -> str:
    """Pick out of a bin, receive into it, or move to `target`; returns the document's number. Refused (4092), with nothing
    written, where one of the bins lies in a blocked zone."""
    refuse_blocked(portion.place, *([target] if target else []))
    if kind == "move" and target is not None:
        number = _move(pen, portion, target)
    else:
        number = (_pick if kind == "pick" else _receive)(pen, portion)
    pen.ledger.moved += 1
    return number


def _some_of(rng: random.Random, goods: Goods, most: Decimal) -> Decimal:
    """A carton, or up to a tenth of what is there; at least one step of the unit, at most all."""
    if goods.pack_qty and most >= goods.pack_qty and rng.random() < 0.4:
        return Decimal(goods.pack_qty)
    steps = int(most.scaleb(units.DECIMALS[goods.uom]))
    return Decimal(rng.randint(1, max(1, steps // 10))).scaleb(-units.DECIMALS[goods.uom])


def _pick(pen: Pen, portion: Portion) -> str:
    number = pen.next_document("PK")
    posting = _post_later(pen, "pick", number, portion, source=portion.place)
    _book(pen, number, "pick", portion.taken(), posting)
    return number


def _receive(pen: Pen, portion: Portion) -> str:
    number = pen.next_document("RC")
    posting = _post_later(pen, "receive", number, portion, target=portion.place)
    _book(pen, number, "receive", portion, posting)
    return number


def _somewhere_else(rng: random.Random, place: Bin) -> Bin:
    """Where goods of the bin are carried: mostly within the zone."""
    others = Bin.objects.filter(warehouse=place.warehouse).exclude(pk=place.pk).order_by("walk_order")
    near = [other for other in others if other.zone == place.zone]
    return rng.choice(near if rng.random() < 0.7 else list(others))


def _move(pen: Pen, portion: Portion, target: Bin) -> str:
    """Inside one ERP location the ERP has nothing to book."""
    place, number = portion.place, pen.next_document("MV")
    posting = None
    if target.erp_location != place.erp_location:
        posting = _post_later(pen, "move", number, portion, source=place, target=target)
    _book(pen, f"{number}-out", "move", portion.taken(), posting)
    _book(pen, f"{number}-in", "move", replace(portion, place=target), posting)
    return number


def _book(pen: Pen, number: str, kind: str, change: Portion, posting: ErpPosting | None) -> None:
    pen.change_floor(change)
    pen.record(number, kind, change, posting)


def _post_later(
    pen: Pen, kind: str, number: str, portion: Portion, *, source: Bin | None = None, target: Bin | None = None
) -> ErpPosting:
    return ErpPosting.objects.create(
        kind=kind,
        document=number,
        goods=portion.goods,
        lot=portion.lot,
        qty=portion.qty,
        from_location=source.erp_location if source else "",
        to_location=target.erp_location if target else "",
        occurred_at=pen.at,
    )
