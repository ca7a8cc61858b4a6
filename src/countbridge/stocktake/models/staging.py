"""Where a large piece of work keeps what it has so far, so that a killed process loses a page and not an hour."""

from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.exchange.models import StockParts
from countbridge.links.models import System
from countbridge.stocktake.models.counts import Count
from countbridge.stocktake.models.lines import exact


class Reading(models.Model):
    """How far one part of a book (a WMS zone, an ERP location) was read for a count. `cursor` is where to go on;
    `watermark` is the ledger position of its last page, `first_watermark` of its first."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="readings")
    side = models.CharField(max_length=3, choices=System.Side)
    part = models.CharField(max_length=60)
    cursor = models.TextField(blank=True)
    pages = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    first_watermark = models.BigIntegerField(null=True)
    watermark = models.BigIntegerField(null=True)
    as_of = models.DateTimeField(null=True)
    quarantined = models.JSONField(default=list)  # names of the rows that wait there
    done = models.BooleanField(default=False)
    laid_out = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "side", "part"], name="reading_part")]

    def __str__(self) -> str:
        return f"{self.side} {self.part}"


class StagedStock(StockParts):
    """One row of a book as it was read, in the link's own words, until the count's lines are made of it. `source` is what
    tells the rows of the other system apart: a row that comes twice is one row."""

    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="stock")
    source = models.CharField(max_length=400)
    place = models.CharField(max_length=60)
    quantity = exact()
    watermark = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reading", "source"], name="staged_once")]

    def __str__(self) -> str:
        return f"{self.place} {self.item} {self.lot}".strip()


class Progress(models.Model):
    """How far the preparation of a count is. `total` is null while nobody can know it; `part` is what it is at."""

    class Step(models.TextChoices):
        MASTERS = "masters"
        FREEZE = "freeze"
        WMS = "wms"
        ERP = "erp"
        CHECK = "check"
        LINES = "lines"
        PAPERS = "papers"

    count = models.OneToOneField(Count, on_delete=models.CASCADE, primary_key=True, related_name="work")
    step = models.CharField(max_length=10, choices=Step)
    part = models.CharField(max_length=60, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)
    rows = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=clock.now)
    step_started_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.count_id} {self.step} {self.done}/{self.total}"
