from __future__ import annotations

from django.db import models

from countbridge.domain.keys import GOODS
from countbridge.exchange.models import Delivery, StockParts
from countbridge.links.models import System
from countbridge.stocktake.models.counts import Count
from countbridge.stocktake.models.lines import exact


class Adjustment(models.Model):
    """A document for one system: its lines are posted together by one delivery. `reason`: "count" (gain or loss) or "transfer"
    (goods that only changed place, lot or status: the lines of all such documents cancel out)."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="adjustments")
    side = models.CharField(max_length=3, choices=System.Side)
    number = models.CharField(max_length=120, unique=True)
    location = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=10, default="count", db_default="count")
    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, null=True, related_name="adjustment")

    def __str__(self) -> str:
        return self.number


class AdjustmentLine(StockParts):
    """One signed change of one key. `gap` is the part that closes an interface gap between the books, not a gain or loss.
    `fate` tells what became of a refused line: nothing yet, sent again in another document, or given up by name."""

    class Fate(models.TextChoices):
        RESENT = "resent"
        GIVEN_UP = "given_up"

    adjustment = models.ForeignKey(Adjustment, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    bin = models.CharField(max_length=60, blank=True)
    erp_location = models.CharField(max_length=60)
    quantity = exact()
    gap = exact(default=0)
    ok = models.BooleanField(null=True)
    message = models.TextField(blank=True)
    fate = models.CharField(max_length=8, choices=Fate, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["adjustment", "position"], name="adjustment_position")]
        indexes = [models.Index(fields=["erp_location", *GOODS])]

    def __str__(self) -> str:
        return f"{self.erp_location} {self.item} {self.quantity}"


class Difference(StockParts):
    """A counted key whose two books were read back unequal, and why. Rewritten by each reading."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="differences")
    erp_location = models.CharField(max_length=60)
    erp = exact()
    wms = exact()
    pending = exact(default=0)
    code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.erp_location} {self.item}"
