"""Strict reading of what callers send: unknown fields, wrong types and impossible values are refused with their row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from countbridge.sandbox.wms import units
from countbridge.sandbox.wms.envelope import INVALID, Data, Refused
from countbridge.sandbox.wms.models import PARTS, STATUSES, Bin, Goods, Lot, Operator


@dataclass(frozen=True)
class Fields:
    """One JSON object of a request; `where` names it in messages: "第 3 行 row 3: "."""

    data: Data
    where: str = ""

    def allow(self, *names: str) -> Fields:
        unknown = sorted(set(self.data) - set(names))
        if unknown:
            self.refuse(f"未知字段 unknown field {unknown[0]!r}")
        return self

    def refuse(self, message: str) -> NoReturn:
        raise Refused(INVALID, self.where + message)

    def text(self, name: str, *, longest: int = 60, empty: bool = False) -> str:
        value = self.data.get(name, "" if empty else None)
        if value is None and empty:
            return ""
        if not isinstance(value, str) or not (value or empty):
            self.refuse(f"{name} 必须是文本 must be text, got {shown(value)}")
        if len(value) > longest or "\x00" in value:
            self.refuse(f"{name} 过长或含非法字符 is longer than {longest} characters or holds a NUL")
        return value

    def yes_no(self, name: str) -> bool:
        value = self.data.get(name)
        if value in (True, "Y", "true"):
            return True
        if value in (False, "N", "false"):
            return False
        self.refuse(f"{name} 必须为 Y 或 N must be Y or N, got {shown(value)}")

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number, as a JSON integer or as text."""
        value = self.data.get(name)
        text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            self.refuse(f"{name} 必须是整数 must be a whole number {least}–{most}, got {shown(value)}")
        return int(text)

    def one_of(self, name: str, known: Collection[str]) -> str:
        value = self.text(name)
        if value not in known:
            self.refuse(f"{name} 未知 unknown {name} {value!r}, known: {', '.join(sorted(known))}")
        return value

    def moment(self, name: str) -> datetime | None:
        """An ISO time with offset; None when left out or empty."""
        value = self.text(name, empty=True)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.refuse(f"{name} 必须是带时区的 ISO 时间 must be an ISO time with offset, got {value!r}")
        return moment

    def operator(self, name: str, *, empty: bool = False) -> str:
        code = self.text(name, empty=empty)
        if code and not Operator.objects.filter(code=code).exists():
            self.refuse(f"未知人员 unknown operator {code!r} in {name}")
        return code

    def objects(self, name: str, most: int) -> list[Fields]:
        """The rows in `name`, each knowing its number; at least one, at most `most`."""
        rows = self.data.get(name)
        if not isinstance(rows, list) or not 0 < len(rows) <= most:
            self.refuse(f"{name} 必须有 1–{most} 行 must be a list of 1–{most} rows")
        return [_row(row, number) for number, row in enumerate(rows, 1)]

    def quantity(self, name: str, uom: str, *, signed: bool = False) -> Decimal:
        """An exact quantity with no more decimals than `uom` allows."""
        quantity = units.parse(self.data.get(name))
        if quantity is None:
            self.refuse(f"{name} 不是数量 is not a quantity in text, got {shown(self.data.get(name))}")
        if quantity < 0 and not signed:
            self.refuse(f"{name} 不能为负 must not be negative, got {quantity}")
        if not units.fits(quantity, uom):
            self.refuse(f"{name} 小数位过多 {quantity} has more than {units.DECIMALS[uom]} decimals of {uom}")
        return quantity


def _row(row: Any, number: int) -> Fields:
    where = f"第 {number} 行 row {number}: "
    if not isinstance(row, dict):
        raise Refused(INVALID, f"{where}必须是对象 must be an object, got {shown(row)}")
    return Fields(row, where)


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Catalogue:
    """Master data that the rows of one request name, looked up together."""

    def __init__(self, rows: list[Fields], place: str = "bin") -> None:
        skus = {row.data.get("sku") for row in rows if isinstance(row.data.get("sku"), str)}
        codes = {row.data.get(place) for row in rows if isinstance(row.data.get(place), str)}
        self.goods = Goods.objects.in_bulk(list(skus))
        self.bins = Bin.objects.in_bulk(list(codes))
        self.zones = set(Bin.objects.values_list("zone", flat=True).distinct())
        self.lots = set(Lot.objects.filter(goods__in=self.goods).values_list("goods_id", "number"))

    def bin_of(self, row: Fields) -> Bin:
        code = row.text("bin")
        if code not in self.bins:
            row.refuse(f"未知库位 unknown bin {code!r}")
        return self.bins[code]

    def location_of(self, row: Fields) -> str:
        """A bin or a zone."""
        code = row.text("location")
        if code not in self.bins and code not in self.zones:
            row.refuse(f"未知库位或库区 unknown bin or zone {code!r}")
        return code

    def goods_of(self, row: Fields) -> Goods:
        sku = row.text("sku")
        if sku not in self.goods:
            row.refuse(f"未知货品 unknown sku {sku!r}")
        return self.goods[sku]

    def lot_of(self, row: Fields, goods: Goods) -> str:
        lot = row.text("lot", empty=True)
        if goods.lot_controlled and not lot:
            row.refuse(f"货品 {goods.sku} 需要批次 sku {goods.sku} needs a lot")
        if lot and not goods.lot_controlled:
            row.refuse(f"货品 {goods.sku} 不管批次 sku {goods.sku} has no lots, got {lot!r}")
        if lot and (goods.sku, lot) not in self.lots:
            row.refuse(f"未知批次 unknown lot {lot!r} of sku {goods.sku}")
        return lot

    def parts_of(self, row: Fields, goods: Goods) -> dict[str, str]:
        """Lot, status, owner and package as the row names them; left out = none."""
        if row.text("status", empty=True) not in STATUSES:
            row.refuse(f"未知库存状态 unknown status {row.data['status']!r}, known: {', '.join(STATUSES[1:])}")
        return {"lot": self.lot_of(row, goods), **{name: row.text(name, empty=True) for name in PARTS if name != "lot"}}

    def uom_of(self, row: Fields, goods: Goods, *, packs: bool = False) -> str:
        uom = row.text("uom")
        if uom == goods.uom or (packs and uom and uom == goods.pack_uom):
            return uom
        if uom not in units.DECIMALS:
            row.refuse(f"未知单位 unknown unit {uom!r}")
        row.refuse(f"货品 {goods.sku} 的单位是 {goods.uom} sku {goods.sku} is kept in {goods.uom}, got {uom!r}")
