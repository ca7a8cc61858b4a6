"""From approval to work on the floor: masters, snapshot, sheets, and the three documents the WMS needs (F1, F2, F3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from countbridge import clock
from countbridge.errors import ConfigError
from countbridge.exchange import events, masters
from countbridge.exchange.maps import translate_or_quarantine
from countbridge.exchange.systems import opened
from countbridge.links.models import Bin, Item, Link
from countbridge.stocktake import paperwork, progress, sheets
from countbridge.stocktake.goods import line_identity
from countbridge.stocktake.models import BookLine, Count, Line

Key = tuple[str, str, str]


@dataclass(frozen=True)
class WmsBook:
    """The WMS's book of some zones: quantity and ledger position of each key (bin, item, lot), and of each zone read."""

    stock: dict[Key, tuple[Decimal, int]]
    watermarks: dict[str, int]
    as_of: datetime | None


def prepare(count_id: int) -> None:
    """Make the count ready to be counted. Everything is read first; then lines, sheets, documents and the new state are
    stored in one transaction, so a crash anywhere before means starting this step again, never half a count."""
    count = Count.objects.select_related("link__erp", "link__wms").get(pk=count_id)
    if count.state not in (Count.State.APPROVED, Count.State.PREPARING):
        return
    Count.objects.filter(pk=count.pk).update(state=Count.State.PREPARING)
    events.announce("state", count.number)
    link = count.link
    masters.sync(link)
    places = scope(count)
    progress.catch_up(link)
    wms = read_wms(link, sorted({place.zone for place in places.values()}))
    erp = read_erp(link, sorted({place.erp_location for place in places.values()}))
    with transaction.atomic():
        _begin(count, places, wms, erp)


def scope(count: Count) -> dict[str, Bin]:
    """The bins whose ERP location is an approved one or lies beneath it, by bin code."""
    rows = masters.read_all(count.link.erp, "locations")
    parents = {str(row["code"]): row["parent_code"] for row in rows}
    approved = set(count.approvals.values_list("location", flat=True))
    places = {
        place.code: place
        for place in Bin.objects.filter(link=count.link)
        if _beneath(place.erp_location, approved, parents)
    }
    if not places:
        raise ConfigError("stocktake.no_bins", count=count.number, locations=", ".join(sorted(approved)))
    return places


def _beneath(location: str, approved: set[str], parents: dict[str, str | None]) -> bool:
    at: str | None = location
    seen: set[str] = set()
    while at and at not in seen:
        if at in approved:
            return True
        seen.add(at)
        at = parents.get(at)
    return False


def read_wms(link: Link, zones: Iterable[str]) -> WmsBook:
    stock: dict[Key, tuple[Decimal, int]] = {}
    watermarks: dict[str, int] = {}
    as_of = None
    with opened(link.wms) as connector:
        unique = connector.manifest.dataset("stock").unique
        for zone in zones:
            for page in connector.read("stock", {"zone": zone}, None):
                mark = int(page.watermark or 0)
                watermarks[zone] = mark
                as_of = min(as_of, page.as_of) if as_of and page.as_of else as_of or page.as_of
                for row in translate_or_quarantine(link, "wms_stock", page.rows, flow="stock", id_field=unique):
                    stock[str(row["bin"]), str(row["item"]), row["lot"] or ""] = (Decimal(str(row["quantity"])), mark)
    return WmsBook(stock, watermarks, as_of)


def read_erp(link: Link, locations: Iterable[str]) -> dict[Key, Decimal]:
    """The ERP's book of some of its locations, by (location, item, lot)."""
    stock: dict[Key, Decimal] = defaultdict(Decimal)
    with opened(link.erp) as connector:
        unique = connector.manifest.dataset("stock").unique
        for location in locations:
            for page in connector.read("stock", {"location": location}, None):
                for row in translate_or_quarantine(link, "erp_stock", page.rows, flow="stock", id_field=unique):
                    stock[str(row["location"]), str(row["item"]), row["lot"] or ""] += Decimal(str(row["quantity"]))
    return dict(stock)


def _begin(count: Count, places: dict[str, Bin], wms: WmsBook, erp: dict[Key, Decimal]) -> None:
    held = Count.objects.select_for_update(no_key=True).get(pk=count.pk)
    if held.state != Count.State.PREPARING:
        return
    count.watermarks = wms.watermarks
    count.snapshot_at = wms.as_of or clock.now()
    count.warehouses = sorted({place.warehouse for place in places.values()})
    items = _items(count, {item for place, item, _ in wms.stock if place in places} | {item for _, item, _ in erp})
    lines = [_line(count, places[b], items[i], lot, *known) for (b, i, lot), known in wms.stock.items() if b in places]
    lines += _only_in_erp(count, places, items, wms, erp)
    BookLine.objects.bulk_create(
        [BookLine(count=count, erp_location=loc, item=i, lot=lot, quantity=q) for (loc, i, lot), q in erp.items()],
        batch_size=2000,
    )
    sheets.lay_out(count, places, lines)
    Line.objects.bulk_create(lines, batch_size=2000)
    paperwork.send_task(count)
    count.state = Count.State.COUNTING
    count.started_at = clock.now()
    count.save()
    events.record(
        "state",
        "stocktake.prepared",
        count=count.number,
        lines=len(lines),
        bins=len(places),
        sheets=count.sheets.count(),
    )


def _items(count: Count, codes: set[str]) -> dict[str, Item]:
    """The items in either book. One that is no item here (not in the ERP, or in quarantine) stops the step by its name:
    leaving it out would be a count that looks complete."""
    items = {item.code: item for item in Item.objects.filter(link=count.link, code__in=codes)}
    if missing := sorted(codes - items.keys()):
        raise ConfigError("stocktake.item_missing", count=count.number, item=missing[0], number=len(missing))
    return items


def _line(count: Count, place: Bin, item: Item, lot: str, quantity: Decimal, watermark: int) -> Line:
    return Line(count=count, snapshot=quantity, watermark=watermark, **line_identity(place, item, lot))


def _only_in_erp(
    count: Count, places: dict[str, Bin], items: dict[str, Item], wms: WmsBook, erp: dict[Key, Decimal]
) -> list[Line]:
    """Keys the ERP has stock of and the WMS does not know, where the ERP's location is one bin: they must be looked at
    too. (In a zone of many bins nobody can say where to look; the two books' gap shows them.)"""
    bins_of: dict[str, list[Bin]] = defaultdict(list)
    for place in places.values():
        bins_of[place.erp_location].append(place)
    found = []
    for location, item, lot in erp:
        here = bins_of.get(location, [])
        if len(here) == 1 and (here[0].code, item, lot) not in wms.stock:
            found.append(_line(count, here[0], items[item], lot, Decimal(0), wms.watermarks[here[0].zone]))
    return found
