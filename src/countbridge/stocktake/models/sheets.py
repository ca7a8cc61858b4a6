from __future__ import annotations

from django.conf import settings
from django.db import models

from countbridge.domain.skills import Demand
from countbridge.stocktake.models.counts import Count


class Sheet(models.Model):
    """Bins one person counts in one walk. `pass_number` 1 is the first count, above it are recounts. `looked_through`: of
    goods with serials the [bin, item] of which the person said that every one there was scanned. `beside`: the sheet whose
    lines another person counts at the same time with this one (double-blind). `skills`: what it takes to count it; `owners`:
    whose goods are on it."""

    class State(models.TextChoices):
        OPEN = "open"
        COUNTING = "counting"
        SUBMITTED = "submitted"
        CLOSED = "closed"

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="sheets")
    number = models.CharField(max_length=60)
    warehouse = models.CharField(max_length=60)
    zone = models.CharField(max_length=60)
    pass_number = models.PositiveSmallIntegerField(default=1)
    counted_with = models.CharField(max_length=3, default="pda")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="sheets")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    bins = models.JSONField(default=list)
    looked_through = models.JSONField(default=list, db_default=[])
    beside = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="twin")
    skills = models.JSONField(default=list, db_default=[])
    owners = models.JSONField(default=list, db_default=[])
    submitted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "number"], name="sheet_number")]

    @property
    def demand(self) -> Demand:
        return Demand(tuple(self.skills), tuple(self.owners))

    def __str__(self) -> str:
        return self.number
