from __future__ import annotations

from django.db import models

from countbridge.links.models import Link
from countbridge.links.timing import Timing


class Cadence(models.Model):
    """When a flow of a link runs (links.timing). `task` is the job that runs it, given the link's id.

    `told` is what the link's folder says; once a person changed the cadence (`by_hand`), the folder no longer overwrites it.
    `wanted`: something asked for a run while the flow was paused.
    """

    class Kind(models.TextChoices):
        INTERVAL = "interval"
        CRON = "cron"
        EVENT = "event"

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="cadences")
    flow = models.CharField(max_length=40)
    task = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INTERVAL)
    every_seconds = models.PositiveIntegerField(default=0)
    cron = models.CharField(max_length=120, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    windows = models.JSONField(default=list)
    jitter_seconds = models.PositiveIntegerField(default=10)
    told = models.JSONField(null=True)
    by_hand = models.BooleanField(default=False)
    next_due = models.DateTimeField(db_index=True)
    wanted = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=150, blank=True)
    paused_reason = models.TextField(blank=True)
    running_since = models.DateTimeField(null=True)
    last_run = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)
    successes = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow"], name="flow_cadence")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.flow}"

    @property
    def timing(self) -> Timing:
        return Timing(self.kind, self.every_seconds, self.cron, self.zone, tuple(self.windows), self.jitter_seconds)

    @timing.setter
    def timing(self, timing: Timing) -> None:
        for field, value in timing.as_json().items():
            setattr(self, field, value)


class FlowRun(models.Model):
    """One run of a flow, or `times` runs in a row that found nothing. `rows`: records that were read."""

    class Outcome(models.TextChoices):
        DONE = "done"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    cadence = models.ForeignKey(Cadence, on_delete=models.CASCADE, related_name="runs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    rows = models.PositiveBigIntegerField(default=0)
    times = models.PositiveIntegerField(default=1)
    error = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["cadence", "-id"], name="flow_run_newest")]

    def __str__(self) -> str:
        return f"{self.cadence_id} {self.outcome}"
