"""Filling the WMS from a world file: tables, then every row in one transaction, or nothing when it is there already."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import make_conninfo

from countbridge.errors import Conflict
from countbridge.sandbox import world_model
from countbridge.sandbox.wms import settings
from countbridge.sandbox.wms.models import Bin, Book, Floor, Goods, Ledger, Lot, Operator
from countbridge.sandbox.world import World, from_json


def prepare_database() -> None:
    """Create the database if it is missing and bring its tables up to date."""
    name = settings.DATABASES["default"]["NAME"]
    with psycopg.connect(
        make_conninfo(settings.SANDBOX_DATABASE_URL, dbname="postgres"), autocommit=True
    ) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    call_command("migrate", verbosity=0, interactive=False)


def load(file: Path, parts: bool = False) -> bool:
    """Load the world in `file`; with `parts` some of its stock on hold, of another owner or on a pallet.
    False when this very world is loaded already; Conflict when another one is."""
    text = file.read_text(encoding="utf-8")
    digest = hashlib.sha256((text + ("+parts" if parts else "")).encode()).hexdigest()
    prepare_database()
    with transaction.atomic():
        loaded = Ledger.objects.filter(pk=1).first()
        if loaded and loaded.world == digest:
            return False
        if loaded:
            raise Conflict("sandbox.other_world", file=file.name)
        _fill(from_json(text), digest, parts)
    return True


def _fill(world: World, digest: str, parts: bool) -> None:
    houses = {house.code: house.wms_code for house in world.warehouses}
    bins = [_bin(place, houses[place.warehouse]) for place in world.bins]
    goods = [_goods(item) for item in world.items]
    sku_of = {item.code: item.sku for item in world.items}
    people = [Operator(code=user.wms_operator, name_cn=user.name_zh, name_en=user.name_en) for user in world.users]
    for rows in (bins, goods, people):
        _insert(rows)
    _insert(Lot(goods_id=sku_of[lot.item], number=lot.number) for lot in world.lots)
    _insert(_stock(Book, row, parts) for row in world.wms_stock())
    _insert(_stock(Floor, row, parts) for row in world.floor())
    Ledger.objects.create(pk=1, last_at=timezone.now(), world=digest, seed=world.seed)


def _bin(place: world_model.Bin, warehouse: str) -> Bin:
    return Bin(
        code=place.code,
        zone=place.zone,
        warehouse=warehouse,
        walk_order=place.walk_order,
        barcode=place.barcode,
        erp_location=place.erp_location,
    )


def _goods(item: world_model.Item) -> Goods:
    return Goods(
        sku=item.sku,
        name_cn=item.name_zh,
        name_en=item.name_en,
        uom=item.wms_unit,
        barcode=item.barcode,
        lot_controlled=item.lot_tracked,
        pack_uom="CTN" if item.pack_quantity else "",
        pack_qty=item.pack_quantity,
        ext_code=item.code,
    )


def _insert(rows: Iterable[Any]) -> None:
    listed = list(rows)
    type(listed[0]).objects.bulk_create(listed, batch_size=1000)


def _stock(table: type[Book] | type[Floor], row: dict[str, str], parts: bool) -> Book | Floor:
    more = _finer(row) if parts else {}
    return table(bin_id=row["bin"], goods_id=row["sku"], lot=row["lot"], qty=Decimal(row["qty"]), **more)


def _finer(row: dict[str, str]) -> dict[str, str]:
    """About three rows in seventeen are on hold, of a customer, or on a pallet: told by the row's key, so that book and floor
    say the same."""
    drawn = zlib.crc32("/".join((row["bin"], row["sku"], row["lot"])).encode())
    return {3: {"status": "HOLD"}, 7: {"owner": "ACME"}, 11: {"package": f"P{drawn:010d}"}}.get(drawn % 17, {})
