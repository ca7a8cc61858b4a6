from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.domain.keys import GOODS
from countbridge.exchange.models.parts import StockParts
from countbridge.links.models import Link


class FeedCursor(models.Model):
    """How far a feed was read. Everything that occurred up to `seen_until` is known to us. `sequence` is the newest number
    taken of a feed that has no holes; null: the next one is taken as it comes. `hole`: numbers missing there now."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    dataset = models.CharField(max_length=40)
    cursor = models.CharField(max_length=200, blank=True)
    seen_until = models.DateTimeField(null=True)
    sequence = models.BigIntegerField(null=True)
    hole = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "dataset"], name="feed")]

    def __str__(self) -> str:
        return self.dataset


class Movement(StockParts):
    """A change of one key's stock in the WMS ledger, in ERP base units.

    `ledger_seq` is its place in the ledger and never changes; `erp_state` tells whether the company's own interface has
    booked it in the ERP: none (never will), pending or posted.
    """

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    source_id = models.CharField(max_length=120)
    ledger_seq = models.BigIntegerField()
    bin = models.CharField(max_length=60)
    erp_location = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=30, decimal_places=9)
    kind = models.CharField(max_length=20)
    document = models.CharField(max_length=120, blank=True)
    occurred = models.DateTimeField()
    recorded = models.DateTimeField()
    told_occurred = models.DateTimeField(
        null=True
    )  # what the WMS said, where its clock is off and `occurred` corrected
    seen = models.DateTimeField(default=clock.now)
    erp_state = models.CharField(max_length=10)
    erp_posted = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "source_id"], name="movement_once")]
        indexes = [
            models.Index(fields=["link", "bin", *GOODS]),
            models.Index(fields=["link", "erp_location", "erp_state"]),
        ]

    def __str__(self) -> str:
        return self.source_id


class ErpMovement(StockParts):
    """A change of one key's stock in the ERP's own book, as it tells it, in base units.

    `ours`: posted by Countbridge. `known`: the WMS tells the same event, so it is one movement and not two.
    """

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    source_id = models.CharField(max_length=120)
    erp_location = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=30, decimal_places=9)
    kind = models.CharField(max_length=20)
    document = models.CharField(max_length=120, blank=True)
    occurred = models.DateTimeField()
    posted = models.DateTimeField()
    seen = models.DateTimeField(default=clock.now)
    ours = models.BooleanField(default=False)
    known = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "source_id"], name="erp_movement_once")]
        indexes = [
            models.Index(fields=["link", "erp_location", *GOODS], condition=models.Q(known=False), name="erp_only"),
        ]

    def __str__(self) -> str:
        return self.source_id
