"""Items and bins: read from where they are kept, stored in the link's own words, carried to the other system (F1)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction

from countbridge.connectors.contract import Document, Row
from countbridge.connectors.registry import definition
from countbridge.exchange import chance, runs
from countbridge.exchange.deliveries import content_hash, propose
from countbridge.exchange.maps import Rows, translate_or_quarantine
from countbridge.exchange.models import SentRecord
from countbridge.exchange.rows import needed
from countbridge.exchange.systems import opened
from countbridge.links.models import Bin, CodeTable, FieldMap, Item, ItemUnit, Link, Lot, System, Warehouse


def read_all(system: System, dataset: str, scope: dict[str, str] | None = None) -> list[Row]:
    with opened(system) as connector:
        rows = [row for page in connector.read(dataset, scope or {}, None) for row in page.rows]
    runs.count_rows(len(rows))
    return rows


def sync(link: Link) -> None:
    """Bring warehouses, bins and items up to date, and send the items that changed to the WMS."""
    sync_places(link)
    sync_items(link)
    sync_lots(link)


def sync_places(link: Link) -> None:
    warehouses = read_all(link.erp, "warehouses")
    bins = translate_or_quarantine(link, "wms_bins", read_all(link.wms, "bins"), flow="bins", id_field="bin")
    with transaction.atomic():
        Warehouse.objects.bulk_create(
            [
                Warehouse(link=link, code=needed(row, "code"), name=row["name"] or needed(row, "code"))
                for row in warehouses
            ],
            update_conflicts=True,
            unique_fields=["link", "code"],
            update_fields=["name"],
        )
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
                for row in bins
            ],
            update_conflicts=True,
            unique_fields=["link", "code"],
            update_fields=["warehouse", "zone", "erp_location", "walk_order", "barcode"],
            batch_size=2000,
        )


def sync_items(link: Link) -> None:
    rows = translate_or_quarantine(link, "erp_items", read_all(link.erp, "items"), flow="items", id_field="code")
    outbound = translate_or_quarantine(link, "items_to_wms", rows, flow="items", id_field="code")
    with transaction.atomic():
        store_items(link, rows)
        send_changed_items(link, outbound)


def sync_lots(link: Link) -> None:
    """Know the lots of the ERP, where its connector lists them and the link says how (map `erp_lots`)."""
    listed = "lots" in definition(link.erp.connector).manifest.datasets
    if not listed or not FieldMap.objects.filter(link=link, name="erp_lots").exists():
        return
    rows = translate_or_quarantine(link, "erp_lots", read_all(link.erp, "lots"), flow="lots", id_field="id")
    Lot.objects.bulk_create(
        [Lot(link=link, item=needed(row, "item"), lot=needed(row, "lot")) for row in rows],
        ignore_conflicts=True,
        batch_size=2000,
    )


def store_items(link: Link, rows: Rows) -> None:
    Item.objects.bulk_create(
        [
            Item(
                link=link,
                code=needed(row, "code"),
                name_zh=row["name_zh"] or needed(row, "code"),
                name_en=row["name_en"] or row["name_zh"] or needed(row, "code"),
                unit=needed(row, "unit"),
                decimals=int(row["decimals"] or 0),
                price=Decimal(row["price"]) if row["price"] else None,
                lot_tracked=row["lot_tracked"] == "yes",
                sku=row["sku"] or "",
                barcode=row["barcode"] or "",
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["link", "code"],
        update_fields=["name_zh", "name_en", "unit", "decimals", "price", "lot_tracked", "sku", "barcode"],
        batch_size=2000,
    )
    ids = dict(Item.objects.filter(link=link).values_list("code", "pk"))
    units = [
        ItemUnit(item_id=ids[code], unit=unit, numerator=n, denominator=d) for code, unit, n, d in _units(link, rows)
    ]
    ItemUnit.objects.bulk_create(
        units,
        update_conflicts=True,
        unique_fields=["item", "unit"],
        update_fields=["numerator", "denominator"],
        batch_size=2000,
    )


def _units(link: Link, rows: Rows) -> Iterable[tuple[str, str, Decimal, Decimal]]:
    """Every unit an item is counted in: its base unit and what the link's table of unit factors adds."""
    known = {row["code"] for row in rows}
    factors = CodeTable.objects.filter(link=link, name="unit_factors").first()
    found = {(str(row["code"]), str(row["unit"])): (Decimal(1), Decimal(1)) for row in rows}
    for factor in factors.rows if factors else ():
        if factor["item"] in known:
            found[factor["item"], factor["unit"]] = (Decimal(factor["numerator"]), Decimal(factor["denominator"]))
    return ((code, unit, n, d) for (code, unit), (n, d) in found.items())


def send_changed_items(link: Link, rows: Rows) -> int:
    """Propose F1 deliveries for the rows whose content the WMS has not had yet; returns how many rows travel."""
    sent = dict(SentRecord.objects.filter(link=link, flow="F1").values_list("record", "content"))
    hashes = {str(row["sku"]): content_hash(row) for row in rows}
    changed = [row for row in rows if sent.get(str(row["sku"])) != hashes[str(row["sku"])]]
    size = 200
    for start in range(0, len(changed), size):
        chunk = changed[start : start + size]
        # A new key for each change: an item that goes back to an earlier content must travel again.
        key = f"F1-{link.code}-{chance.new_name()}"
        propose(link, link.wms, Document("item", {}, tuple(chunk)), key, flow="F1", order_key="items")
    SentRecord.objects.bulk_create(
        [
            SentRecord(link=link, flow="F1", record=needed(row, "sku"), content=hashes[needed(row, "sku")])
            for row in changed
        ],
        update_conflicts=True,
        unique_fields=["link", "flow", "record"],
        update_fields=["content"],
        batch_size=2000,
    )
    return len(changed)
