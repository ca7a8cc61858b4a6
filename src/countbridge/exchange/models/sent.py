from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Link


class SentRecord(models.Model):
    """The last content of a record that a flow carried over, so that only changes travel. `turn` counts the changes."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    flow = models.CharField(max_length=40)
    record = models.CharField(max_length=200)
    content = models.CharField(max_length=64)
    turn = models.PositiveIntegerField(default=1)
    resent = models.BooleanField(
        default=False, db_default=False
    )  # this content was told twice: the system held another

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow", "record"], name="sent_record")]
        indexes = [models.Index(fields=["flow", "record"])]

    def __str__(self) -> str:
        return self.record


class Doubt(models.Model):
    """A reading that lacks so many records at once that a person must say whether they are gone."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="doubts")
    flow = models.CharField(max_length=40)
    known = models.PositiveIntegerField()
    missing = models.PositiveIntegerField()
    sample = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)
    confirmed_by = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow"], name="doubt_once")]

    def __str__(self) -> str:
        return f"{self.flow}: {self.missing} of {self.known}"
