from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.domain.keys import GOODS
from countbridge.exchange.models import Delivery, StockParts
from countbridge.links.models import Link
from countbridge.stocktake.models.lines import exact


class Repair(models.Model):
    """A document that carries the WMS's book into the ERP for keys on which the two drifted apart: who wants it and why."""

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="repairs")
    location = models.CharField(max_length=60)
    user = models.CharField(max_length=150, blank=True)  # empty: the policy did it
    reason = models.TextField()
    at = models.DateTimeField(default=clock.now)
    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, null=True, related_name="repair")

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.link.code}-DR-{self.pk}"


class Drift(StockParts):
    """A key on which the two books differ though nobody is counting it and no movement explains it.

    suspected: one compare saw it · open: two did · repairing: a document is under way · repaired: read back, equal ·
    explained: the books agree again by themselves · dismissed: a person says it may stay.
    """

    class State(models.TextChoices):
        SUSPECTED = "suspected"
        OPEN = "open"
        REPAIRING = "repairing"
        REPAIRED = "repaired"
        EXPLAINED = "explained"
        DISMISSED = "dismissed"

    UNDER_WAY = (State.SUSPECTED, State.OPEN, State.REPAIRING)

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="drift")
    warehouse = models.CharField(max_length=60)
    location = models.CharField(max_length=60)
    erp = exact()
    wms = exact()
    state = models.CharField(max_length=10, choices=State, default=State.SUSPECTED)
    first_seen = models.DateTimeField(default=clock.now)
    last_seen = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    message = models.JSONField(null=True)
    repair = models.ForeignKey(Repair, on_delete=models.PROTECT, null=True, related_name="drift")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link", "location", *GOODS],
                condition=models.Q(state__in=["suspected", "open", "repairing"]),
                name="drift_under_way_once",
            )
        ]
        indexes = [models.Index(fields=["link", "state", "location"])]

    def __str__(self) -> str:
        return f"{self.location} {self.item} {self.lot}".strip()
