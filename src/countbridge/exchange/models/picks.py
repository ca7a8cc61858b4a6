from __future__ import annotations

from django.db import models

from countbridge.domain.keys import GOODS
from countbridge.exchange.models.parts import StockParts
from countbridge.links.models import Link


class Pick(StockParts):
    """Goods somebody took out of a bin while the WMS's book still has them there, in ERP base units.

    `quantity` is what was taken, above 0; `to_bin` where it was put down, "" where no book holds it. `confirmed`: the movement
    that books it is known. `gone_at`: the WMS names it no more; unconfirmed ones went back into the bin then.
    """

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    source_id = models.CharField(max_length=120)
    bin = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=30, decimal_places=9)
    document = models.CharField(max_length=120)
    to_bin = models.CharField(max_length=60, blank=True)
    picked = models.DateTimeField()
    confirmed = models.BooleanField(default=False)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "source_id"], name="pick_once")]
        indexes = [
            models.Index(fields=["link", "bin", *GOODS], condition=models.Q(confirmed=False), name="pick_from"),
            models.Index(fields=["link", "to_bin"], condition=models.Q(confirmed=False), name="pick_to"),
            models.Index(fields=["link", "document"]),
        ]

    def __str__(self) -> str:
        return self.source_id
