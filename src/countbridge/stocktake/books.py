"""Reading both books and comparing them at the ERP's grain, while goods keep moving.

The two systems are never read at one instant. What can be in one reading and not in the other is exactly the movements the
company's own interface has not booked in the ERP for certain: keys such a movement touches are read again, only them, until
none is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Max

from countbridge import clock
from countbridge.domain.keys import StockKey
from countbridge.exchange.grain import Parts, common, kept_of
from countbridge.exchange.maps import translate_or_quarantine
from countbridge.exchange.models import Movement
from countbridge.exchange.pages import read
from countbridge.exchange.retry import NotYet
from countbridge.exchange.systems import opened
from countbridge.links.models import Bin, Link
from countbridge.stocktake.progress import catch_up

ROUNDS = 8
PAUSE = 1.0


@dataclass(frozen=True)
class WmsBook:
    """The WMS's book of some zones: quantity and ledger position of each key by bin, and of each zone read."""

    stock: dict[StockKey, tuple[Decimal, int]]
    watermarks: dict[str, int]


@dataclass
class Books:
    """What both systems hold, certain: by ERP key (at the parts both know), and the WMS also by bin key with the ledger
    position each quantity was read at."""

    erp: dict[StockKey, Decimal] = field(default_factory=dict)
    wms: dict[StockKey, Decimal] = field(default_factory=dict)
    bins: dict[StockKey, tuple[Decimal, int]] = field(default_factory=dict)
    watermarks: dict[str, int] = field(default_factory=dict)


def read_both(link: Link, locations: Iterable[str], only: set[StockKey] | None = None) -> Books:
    """Both books of the ERP locations, each key at one moment of its own. `only`: the ERP keys that must be certain (all
    by default). Raises NotYet when the traffic leaves no certain reading for a while."""
    places = {place.code: place for place in Bin.objects.filter(link=link, erp_location__in=set(locations))}
    books = Books()
    waiting = {place.erp_location for place in places.values()}
    unsure: set[StockKey] = set()
    for _ in range(ROUNDS):
        unsure = _round(link, places, waiting, books, unsure if books.watermarks else None)
        if only is not None:
            unsure &= only
        if not unsure:
            return books
        waiting = {key.place for key in unsure}
        clock.sleep(PAUSE)
    first = min(unsure)
    raise NotYet(
        "stocktake.movements_pending",
        after=5.0,
        number=len(unsure),
        location=first.place,
        item=first.item,
        lot=first.told,
    )


def read_wms(link: Link, zones: Iterable[str], bins: Mapping[str, Bin]) -> WmsBook:
    """The WMS's book of `bins` in these zones. Rows of a zone are read in pages, each true at a ledger position of its own."""
    stock: dict[StockKey, tuple[Decimal, int]] = {}
    watermarks: dict[str, int] = {}
    kept = kept_of(link, "wms")
    with opened(link.wms) as connector:
        unique = connector.manifest.dataset("stock").unique
        for zone in zones:
            for page in read(connector, link.wms, "stock", {"zone": zone}, None):
                mark = int(page.watermark or 0)
                watermarks[zone] = mark
                for row in translate_or_quarantine(link, "wms_stock", page.rows, flow="stock", id_field=unique):
                    if row["bin"] in bins:
                        key = StockKey.read(str(row["bin"]), row, kept)
                        # Rows that only a part the link's map leaves out tells apart are one key.
                        before, at = stock.get(key, (Decimal(0), mark))
                        stock[key] = (before + Decimal(str(row["quantity"])), min(at, mark))
    return WmsBook(stock, watermarks)


def read_erp(link: Link, locations: Iterable[str]) -> dict[StockKey, Decimal]:
    """The ERP's book of some of its locations, by location, at the parts both books know."""
    stock: dict[StockKey, Decimal] = defaultdict(Decimal)
    kept = kept_of(link, "erp")
    with opened(link.erp) as connector:
        unique = connector.manifest.dataset("stock").unique
        for location in locations:
            for page in read(connector, link.erp, "stock", {"location": location}, None):
                for row in translate_or_quarantine(link, "erp_stock", page.rows, flow="stock", id_field=unique):
                    stock[StockKey.read(str(row["location"]), row, kept)] += Decimal(str(row["quantity"]))
    return dict(stock)


def _round(
    link: Link, places: Mapping[str, Bin], locations: set[str], books: Books, again: set[StockKey] | None
) -> set[StockKey]:
    """Read once; store the certain keys (of `again`, if given) and return the uncertain ones."""
    catch_up(link)
    newest, grain = _newest(link), common(link)
    pending = _pending(link, locations, grain)
    erp = read_erp(link, sorted(locations))
    zones = sorted({place.zone for place in places.values() if place.erp_location in locations})
    wms = read_wms(link, zones, places)
    catch_up(link)
    fresh = Movement.objects.filter(link=link, ledger_seq__gt=newest, erp_location__in=locations)
    unsure = pending | _pending(link, locations, grain) | {_erp_key(m, grain) for m in fresh.exclude(erp_state="none")}
    at_end = _carried_forward(link, places, locations, wms, grain)
    books.watermarks.update(wms.watermarks)
    wanted = (erp.keys() | at_end.keys() | unsure) if again is None else again
    for key in wanted - unsure:
        books.erp[key] = erp.get(key, Decimal(0))
        books.wms[key] = at_end.get(key, Decimal(0))
    if again is None:
        books.bins.update({key: value for key, value in wms.stock.items() if key.place in places})
    return wanted & unsure


def _newest(link: Link) -> int:
    return Movement.objects.filter(link=link).aggregate(newest=Max("ledger_seq"))["newest"] or 0


def _pending(link: Link, locations: set[str], grain: Parts) -> set[StockKey]:
    waiting = Movement.objects.filter(link=link, erp_location__in=locations, erp_state="pending")
    return {_erp_key(movement, grain) for movement in waiting}


def _erp_key(movement: Movement, grain: Parts) -> StockKey:
    return StockKey.of(movement.erp_location, movement).coarser(grain)


def _carried_forward(
    link: Link, places: Mapping[str, Bin], locations: set[str], wms: WmsBook, grain: Parts
) -> dict[StockKey, Decimal]:
    """The WMS's book at the newest movement known, by ERP key: each quantity read plus what its ledger says came after."""
    sums: dict[StockKey, Decimal] = defaultdict(Decimal)
    for key, (quantity, _) in wms.stock.items():
        place = places.get(key.place)
        if place is not None and place.erp_location in locations:
            sums[key.coarser(grain, place.erp_location)] += quantity
    oldest = min(wms.watermarks.values(), default=0)
    for movement in Movement.objects.filter(link=link, erp_location__in=locations, ledger_seq__gt=oldest):
        key = StockKey.of(movement.bin, movement)
        place = places.get(movement.bin)
        read_at = wms.stock[key][1] if key in wms.stock else wms.watermarks.get(place.zone, 0) if place else 0
        if place is not None and movement.ledger_seq > read_at:
            sums[_erp_key(movement, grain)] += movement.quantity
    return dict(sums)
