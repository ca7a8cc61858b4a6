"""Knowing goods by any code a person may scan: item code, WMS code or barcode; their lots and units."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from countbridge.domain.keys import FINER, StockKey
from countbridge.errors import InputError
from countbridge.exchange.grain import parts_of
from countbridge.exchange.models import Movement
from countbridge.links.models import Bin, Item, ItemUnit, Lot
from countbridge.stocktake.models import BookLine, Count, Line, Sheet
from countbridge.stocktake.pairs import base_of
from countbridge.stocktake.scope import Scope

LONGEST_LOT = LONGEST_PACKAGE = 80


class Goods:
    """The items named by some codes, loaded at once for one count."""

    def __init__(self, count: Count, codes: Collection[str]) -> None:
        self.count = count
        wanted = Q(code__in=codes) | Q(sku__in=codes) | Q(barcode__in=codes)
        items = list(Item.objects.filter(wanted, link_id=count.link_id).prefetch_related("units"))
        # The item's own code wins over another item's WMS code, and that over a barcode.
        self._by_code = {
            **{item.barcode: item for item in items if item.barcode},
            **{item.sku: item for item in items if item.sku},
            **{item.code: item for item in items},
        }

    def item(self, code: str) -> Item:
        found = self._by_code.get(code)
        if found is None:
            raise InputError("stocktake.unknown_item", scanned=code)
        return found

    def lot(self, item: Item, lot: str) -> str:
        """The lot or serial, checked against the item: needed or not. A lot must be known to a book, a line or a movement; a
        serial nobody knows is a find, about which its line says so (stocktake.serials)."""
        if not item.lot_tracked:
            if lot:
                raise InputError("stocktake.lot_not_expected", item=item.code, lot=lot)
            return ""
        if not lot:
            raise InputError("stocktake.serial_missing" if item.is_serial else "stocktake.lot_missing", item=item.code)
        if len(lot) > LONGEST_LOT:
            raise InputError("stocktake.lot_too_long", item=item.code, lot=lot[:LONGEST_LOT], most=LONGEST_LOT)
        if item.is_serial:
            return lot
        key = {"item": item.code, "lot": lot}
        known = (
            Lot.objects.filter(link_id=self.count.link_id, **key).exists()
            or Line.objects.filter(count=self.count, **key).exists()
            or BookLine.objects.filter(count=self.count, **key).exists()
            or Movement.objects.filter(link_id=self.count.link_id, **key).exists()
        )
        if not known:
            raise InputError("stocktake.unknown_lot", **key)
        return lot

    def unit(self, item: Item, unit: str) -> ItemUnit:
        for each in item.units.all():
            if each.unit == unit:
                return each
        known = ", ".join(sorted(each.unit for each in item.units.all()))
        raise InputError("stocktake.unknown_unit", item=item.code, unit=unit, known=known)

    def new_line(self, sheet: Sheet, key: StockKey, item: Item) -> Line:
        """A line for goods that no book has in the bin. Its snapshot is zero as of the zone's ledger position. InputError for
        goods the count is not about."""
        if not Scope.of(self.count).covers(item):
            # What is booked of it was not read: taking it for nothing would make all of it a gain.
            raise InputError("stocktake.not_in_scope", bin=key.place, item=item.code)
        self._known_parts(key)
        place = Bin.objects.get(link_id=self.count.link_id, code=key.place)
        lots = Lot.objects.filter(link_id=self.count.link_id, item=item.code, lot=key.lot)
        known = lots.first() if key.lot else None
        return Line.objects.create(
            count=self.count,
            sheet_id=base_of(sheet),
            pass_number=1 if sheet.beside_id else sheet.pass_number,
            snapshot=0,
            watermark=self.count.watermarks[place.zone],
            expires=known.expires if known else None,
            **line_identity(place, item, key),
        )

    def _known_parts(self, key: StockKey) -> None:
        """A status, owner or package the WMS keeps apart. One that nobody ever heard of is a slip of the finger; packages are new
        each day."""
        kept = parts_of(self.count.link, "wms")
        for name in FINER:
            value = getattr(key, name)
            if not value:
                continue
            if name not in kept:
                raise InputError("stocktake.part_not_kept", part=name, value=value, item=key.item)
            if not self._heard_of(name, value):
                raise InputError("stocktake.unknown_part", part=name, value=value, item=key.item)

    def _heard_of(self, part: str, value: str) -> bool:
        if part == "package":
            return len(value) <= LONGEST_PACKAGE
        here, link = {part: value}, self.count.link_id
        lines = Line.objects.filter(count__link=link, **here)
        return lines.exists() or Movement.objects.filter(link=link, **here).exists()


def line_identity(place: Bin, item: Item, key: StockKey) -> dict[str, object]:
    """The fields of a line that say what is counted where."""
    return {
        "warehouse": place.warehouse,
        "zone": place.zone,
        "bin": place.code,
        "erp_location": place.erp_location,
        **key.goods(),
        "item_name_zh": item.name_zh,
        "item_name_en": item.name_en,
        "item_class": item.item_class,
        "abc": item.abc,
        "tracking": item.tracking,
        "unit": item.unit,
        "decimals": item.decimals,
        "price": item.price,
    }
