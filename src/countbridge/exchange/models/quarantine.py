from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Link


class QuarantinedRecord(models.Model):
    """A record that cannot go on, with its reason, until someone mends the cause and resends it, or discards it by name."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RESENT = "resent"
        DISCARDED = "discarded"

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    flow = models.CharField(max_length=40)
    source_id = models.CharField(max_length=200)
    record = models.JSONField()
    code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow", "source_id"], name="quarantined_once")]

    def __str__(self) -> str:
        return f"{self.flow} {self.source_id}"
