from __future__ import annotations

from django.db import models

from countbridge.links.models import Link


class Cadence(models.Model):
    """When a flow of a link runs: every so many seconds. `task` is the job that runs it, given the link's id."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="cadences")
    flow = models.CharField(max_length=40)
    task = models.CharField(max_length=80)
    every_seconds = models.PositiveIntegerField()
    next_due = models.DateTimeField()
    last_run = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)
    successes = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow"], name="flow_cadence")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.flow}"
