"""Items and bins: read from where they are kept, stored in the link's own words, carried to the other system (F1)."""

from __future__ import annotations

from countbridge.connectors.contract import Row
from countbridge.connectors.registry import definition
from countbridge.exchange import items
from countbridge.exchange.maps import Rows, translate_or_quarantine
from countbridge.exchange.pages import read
from countbridge.exchange.rows import needed
from countbridge.exchange.systems import opened
from countbridge.links.models import Bin, FieldMap, Link, Lot, System, Warehouse


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
    with opened(link.wms) as connector:
        for page in read(connector, link.wms, "bins", {}, None):
            store_bins(link, translate_or_quarantine(link, "wms_bins", page.rows, flow="bins", id_field="bin"))


def store_bins(link: Link, rows: Rows) -> None:
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
        update_fields=["warehouse", "zone", "erp_location", "walk_order", "barcode"],
        batch_size=2000,
    )


def sync_lots(link: Link) -> None:
    """Know the lots of the ERP, where its connector lists them and the link says how (map `erp_lots`)."""
    listed = "lots" in definition(link.erp.connector).manifest.datasets
    if not listed or not FieldMap.objects.filter(link=link, name="erp_lots").exists():
        return
    with opened(link.erp) as connector:
        for page in read(connector, link.erp, "lots", {}, None):
            rows = translate_or_quarantine(link, "erp_lots", page.rows, flow="lots", id_field="id")
            Lot.objects.bulk_create(
                [Lot(link=link, item=needed(row, "item"), lot=needed(row, "lot")) for row in rows],
                ignore_conflicts=True,
                batch_size=2000,
            )
