"""Tables of the sandbox WMS: master data, the book, the floor, the movement ledger, counts, and its ERP interface."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


def _code(**options: Any) -> models.CharField[str, str]:
    return models.CharField(max_length=60, **options)


def _quantity() -> models.DecimalField[Decimal, Decimal]:
    return models.DecimalField(max_digits=20, decimal_places=6)


class Bin(models.Model):
    code = _code(primary_key=True)
    zone = _code(db_index=True)
    warehouse = _code()
    walk_order = models.PositiveIntegerField(unique=True)
    barcode = _code()
    erp_location = _code()


class ZoneBlock(models.Model):
    """Nothing moves into or out of the zone while there is one. `count_no` is the count it is for, whose task may come later."""

    zone = _code()
    count_no = _code()
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["zone", "count_no"], name="block_once")]


class Goods(models.Model):
    """An item in the WMS's words. `ext_code` is the ERP's code, which the ERP interface posts with."""

    sku = _code(primary_key=True)
    name_cn = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    uom = models.CharField(max_length=8)
    barcode = _code(blank=True)
    lot_controlled = models.BooleanField()
    pack_uom = models.CharField(max_length=8, blank=True)
    pack_qty = models.PositiveIntegerField(default=0)
    ext_code = _code(blank=True)
    active = models.BooleanField(default=True)


class Lot(models.Model):
    goods = models.ForeignKey(Goods, models.CASCADE, related_name="lots")
    number = _code()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goods", "number"], name="lot_once")]


class Operator(models.Model):
    code = _code(primary_key=True)
    name_cn = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)


PARTS = ("lot", "status", "owner", "package")  # what tells the same goods in one bin apart
STATUSES = ("", "HOLD", "QC")  # free, on hold, waiting for inspection


class Parts(models.Model):
    """The parts, one column each; "" = none: no lot, free stock, our own, loose."""

    lot = _code(blank=True)
    status = _code(blank=True, default="", db_default="")
    owner = _code(blank=True, default="", db_default="")
    package = _code(blank=True, default="", db_default="")

    class Meta:
        abstract = True


class Stock(Parts):
    bin = models.ForeignKey(Bin, models.PROTECT)
    goods = models.ForeignKey(Goods, models.PROTECT)
    qty = _quantity()

    class Meta:
        abstract = True


class Book(Stock):
    """What the WMS believes. May be negative after an adjustment: never clamped."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bin", "goods", *PARTS], name="book_key")]


class Floor(Stock):
    """What really lies there. Only people look at it, through the floor key."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bin", "goods", *PARTS], name="floor_key"),
            models.CheckConstraint(condition=models.Q(qty__gte=0), name="floor_not_negative"),
        ]


class ErpPosting(models.Model):
    """One document to the ERP, sent in order of `id`. `erp_id` is stored before the document is made final."""

    kind = models.CharField(max_length=10)  # pick | receive | move
    document = _code()
    goods = models.ForeignKey(Goods, models.PROTECT)
    lot = _code(blank=True)
    qty = _quantity()
    from_location = _code(blank=True)  # empty: from outside
    to_location = _code(blank=True)  # empty: to the shipping area
    occurred_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    erp_id = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)


class Movement(Parts):
    number = _code(unique=True)
    type = models.CharField(max_length=10)
    bin = models.ForeignKey(Bin, models.PROTECT)
    goods = models.ForeignKey(Goods, models.PROTECT)
    qty = _quantity()
    uom = models.CharField(max_length=8)
    occurred_at = models.DateTimeField()
    document = _code()
    posting = models.ForeignKey(ErpPosting, models.PROTECT, null=True, related_name="movements")


class FeedEntry(models.Model):
    """One line of the movement feed; a change of `erp_state` adds another line for the same movement."""

    seq = models.BigIntegerField(primary_key=True)
    movement = models.ForeignKey(Movement, models.PROTECT)
    first = models.BooleanField()
    erp_state = models.CharField(max_length=10)
    erp_posted_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()


class Ledger(models.Model):
    """The single row (id 1) that every writer holds: counters, the last moment given out, and the warehouse's plan."""

    seq = models.BigIntegerField(default=0)
    result_seq = models.BigIntegerField(default=0)
    document_no = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()
    world = models.CharField(max_length=64)
    seed = models.BigIntegerField()
    work_step = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)  # movements a blocked zone did not let through
    rate_per_minute = models.PositiveIntegerField(default=0)
    delay_seconds = models.PositiveIntegerField(default=5)


class Count(models.Model):
    count_no = _code(primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20)
    blind = models.BooleanField()
    responsible = _code(blank=True)
    planned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)


class BaselineLine(Parts):
    count = models.ForeignKey(Count, models.PROTECT, related_name="baseline")
    location = _code()
    goods = models.ForeignKey(Goods, models.PROTECT)
    qty = _quantity()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "location", "goods", *PARTS], name="baseline_key")]


class Sheet(models.Model):
    sheet_no = _code(primary_key=True)
    count = models.ForeignKey(Count, models.PROTECT, related_name="sheets")
    zone = _code()
    assignee = _code(blank=True)
    counted_with = models.CharField(max_length=8)
    bins = models.JSONField()


class Result(Parts):
    seq = models.BigIntegerField(primary_key=True)
    sheet = models.ForeignKey(Sheet, models.PROTECT)
    bin = models.ForeignKey(Bin, models.PROTECT)
    goods = models.ForeignKey(Goods, models.PROTECT)
    qty = _quantity()
    uom = models.CharField(max_length=8)
    counted_by = _code()
    counted_at = models.DateTimeField()


class Answered(models.Model):
    """An idempotent request that was carried out: the same key gives the same answer, never the same effect twice."""

    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    payload_hash = models.CharField(max_length=64)
    answer = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="answered_once")]
