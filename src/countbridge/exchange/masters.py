"""Items and bins: read from where they are kept, stored in the link's own words, carried to the other system (F1)."""

from __future__ import annotations

from collections import defaultdict

from django.db import connection

from countbridge.connectors.contract import Row
from countbridge.connectors.registry import definition
from countbridge.domain.walking import serpentine
from countbridge.errors import InputError
from countbridge.exchange import items, quarantine
from countbridge.exchange.maps import Rows, translate_or_quarantine
from countbridge.exchange.pages import read
from countbridge.exchange.rows import day, needed
from countbridge.exchange.systems import opened
from countbridge.links.models import Bin, FieldMap, Link, Lot, System, Warehouse

ORDER = """
UPDATE links_bin b SET walk_order = t.place FROM unnest(%s::text[], %s::int[]) AS t (code, place)
WHERE b.link_id = %s AND b.code = t.code AND b.walk_order <> t.place"""
PLACE = ["warehouse", "zone", "erp_location", "barcode"]  # what the WMS tells of every bin

Zone = tuple[str, str]  # warehouse, zone


def read_all(system: System, dataset: str, scope: dict[str, str] | None = None) -> list[Row]:
    with opened(system) as connector:
        return [row for page in read(connector, system, dataset, scope or {}, None) for row in page.rows]


def sync(link: Link) -> None:
    """Bring warehouses, bins and items up to date, and send the items that changed to the WMS."""
    sync_places(link)
    items.sync(link)
    sync_lots(link)


def sync_places(link: Link) -> None:
    warehouses = read_all(link.erp, "warehouses")
    Warehouse.objects.bulk_create(
        [Warehouse(link=link, code=needed(row, "code"), name=row["name"] or needed(row, "code")) for row in warehouses],
        update_conflicts=True,
        unique_fields=["link", "code"],
        update_fields=["name"],
    )
    ordered: set[Zone] = set()
    with opened(link.wms) as connector:
        for page in read(connector, link.wms, "bins", {}, None):
            ordered |= store_bins(
                link, translate_or_quarantine(link, "wms_bins", page.rows, flow="bins", id_field="bin")
            )
    walk_as_serpentine(link, ordered)


def store_bins(link: Link, rows: Rows) -> set[Zone]:
    """Store bins as they are told; returns the zones of those whose place on the way is told. The others keep the place that
    was found for them (`walk_as_serpentine`)."""
    told = [row for row in rows if row["walk_order"]]
    _store(link, told, [*PLACE, "walk_order"])
    _store(link, [row for row in rows if not row["walk_order"]], PLACE)
    return {(needed(row, "warehouse"), needed(row, "zone")) for row in told}


def _store(link: Link, rows: Rows, fields: list[str]) -> None:
    Bin.objects.bulk_create(
        [
            Bin(
                link=link,
                code=needed(row, "code"),
                warehouse=needed(row, "warehouse"),
                zone=needed(row, "zone"),
                erp_location=needed(row, "erp_location"),
                walk_order=int(row["walk_order"] or 0),
                barcode=row["barcode"] or "",
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["link", "code"],
        update_fields=fields,
        batch_size=2000,
    )


def walk_as_serpentine(link: Link, ordered: set[Zone]) -> None:
    """Zones none of whose bins has a place on the way are walked up one aisle and down the next."""
    zones: dict[Zone, list[str]] = defaultdict(list)
    for warehouse, zone, code in Bin.objects.filter(link=link).values_list("warehouse", "zone", "code"):
        if (warehouse, zone) not in ordered:
            zones[warehouse, zone].append(code)
    order = {code: number for codes in zones.values() for number, code in enumerate(serpentine(codes), 1)}
    if order:
        with connection.cursor() as cursor:
            cursor.execute(ORDER, [list(order), list(order.values()), link.pk])


def sync_lots(link: Link) -> None:
    """Know the lots of the ERP, where its connector lists them and the link says how (map `erp_lots`)."""
    listed = "lots" in definition(link.erp.connector).manifest.datasets
    if not listed or not FieldMap.objects.filter(link=link, name="erp_lots").exists():
        return
    with opened(link.erp) as connector:
        for page in read(connector, link.erp, "lots", {}, None):
            rows = translate_or_quarantine(link, "erp_lots", page.rows, flow="lots", id_field="id")
            store_lots(link, rows)


def store_lots(link: Link, rows: Rows) -> None:
    """Lots as they are told, each once, the last telling of it; `expires` (YYYY-MM-DD) where the map has it. One whose day is
    no day waits in quarantine by name; a map that tells no day leaves the one that is known."""
    lots: dict[tuple[str, str], Lot] = {}
    for row in rows:
        item, lot = needed(row, "item"), needed(row, "lot")
        try:
            lots[item, lot] = Lot(link=link, item=item, lot=lot, expires=day(row, "expires"))
        except InputError as error:
            quarantine.put(link, "lots", f"{item}/{lot}", dict(row), error.code, error.params)
    quarantine.settle_many(link, "lots", [f"{item}/{lot}" for item, lot in lots])
    dated = any("expires" in row for row in rows)
    Lot.objects.bulk_create(
        lots.values(),
        ignore_conflicts=not dated,
        update_conflicts=dated,
        unique_fields=["link", "item", "lot"] if dated else None,
        update_fields=["expires"] if dated else None,
        batch_size=2000,
    )
