from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.exchange.models.deliveries import Delivery
from countbridge.links.models import Link


class QuarantinedRecord(models.Model):
    """A record that cannot go on, with its reason, until someone mends the cause and resends it, or discards it by name.

    `queued`: its resending was asked for and is not through yet. A line refused by another system names the count and the
    delivery it was part of.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        QUEUED = "queued"
        RESENT = "resent"
        DISCARDED = "discarded"

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    flow = models.CharField(max_length=40)
    source_id = models.CharField(max_length=300)
    count = models.CharField(max_length=40, blank=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, related_name="quarantined")
    record = models.JSONField()
    code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)

    OPEN = (State.WAITING, State.QUEUED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow", "source_id"], name="quarantined_once")]
        indexes = [models.Index(fields=["state", "flow", "code"], name="quarantined_reason")]

    def __str__(self) -> str:
        return f"{self.flow} {self.source_id}"
