"""Items, units, warehouses and bins in the link's own words: ERP item and unit codes, WMS bin codes (the finer grain)."""

from __future__ import annotations

from django.db import models

from countbridge.links.models.systems import Link


class Warehouse(models.Model):
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="warehouses")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "code"], name="warehouse_code")]

    def __str__(self) -> str:
        return self.code


class Bin(models.Model):
    """A place goods lie in. `erp_location` is where the ERP books them: the bin itself, or a zone of many bins."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="bins")
    warehouse = models.CharField(max_length=60)
    code = models.CharField(max_length=60)
    zone = models.CharField(max_length=60)
    erp_location = models.CharField(max_length=60)
    walk_order = models.IntegerField(default=0)
    barcode = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "code"], name="bin_code")]
        indexes = [models.Index(fields=["link", "erp_location"])]

    def __str__(self) -> str:
        return self.code


class Item(models.Model):
    """`price` values a variance, per base unit in the link's currency. `decimals` is the precision of the base unit.
    `item_class` is the class the ERP files it under, in the ERP's words; empty where none is told. `abc`: A, B or C by what is
    moved of it in money (stocktake.cycles), empty before that was ever computed. `tracking`: what its `lot` is: nothing, a lot,
    or a serial, of which every key holds 1 or 0."""

    class Tracking(models.TextChoices):
        NONE = "none"
        LOT = "lot"
        SERIAL = "serial"

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300)
    unit = models.CharField(max_length=20)
    decimals = models.PositiveSmallIntegerField(default=3)
    price = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    tracking = models.CharField(max_length=6, choices=Tracking, default=Tracking.NONE, db_default="none")
    sku = models.CharField(max_length=60, blank=True)
    barcode = models.CharField(max_length=60, blank=True)
    item_class = models.CharField(max_length=120, blank=True, db_default="")
    abc = models.CharField(max_length=1, blank=True, db_default="")
    active = models.BooleanField(default=True, db_default=True)
    told = models.JSONField(null=True)  # the whole row in the link's words
    source = models.CharField(max_length=200, blank=True, db_default="")  # what the ERP tells it apart by

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "code"], name="item_code")]

    def __str__(self) -> str:
        return self.code

    @property
    def lot_tracked(self) -> bool:
        """Has each key of it a lot or a serial?"""
        return self.tracking != self.Tracking.NONE

    @property
    def is_serial(self) -> bool:
        return self.tracking == self.Tracking.SERIAL


class Lot(models.Model):
    """A lot or serial some book knows, whether or not anything of it is in stock. `expires`: the last day it is good, where a
    book tells one."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="lots")
    item = models.CharField(max_length=60)
    lot = models.CharField(max_length=80)
    expires = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "item", "lot"], name="lot_code")]

    def __str__(self) -> str:
        return f"{self.item} {self.lot}"


class ItemUnit(models.Model):
    """One `unit` of the item is exactly numerator ÷ denominator base units."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="units")
    unit = models.CharField(max_length=20)
    numerator = models.DecimalField(max_digits=20, decimal_places=0)
    denominator = models.DecimalField(max_digits=20, decimal_places=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="item_unit"),
            models.CheckConstraint(condition=models.Q(numerator__gt=0, denominator__gt=0), name="item_unit_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.unit}"
