from __future__ import annotations

from django.db import models

from countbridge import clock


class Event(models.Model):
    """Something that happened, for the timeline, the live pages and other systems. Never changed, never deleted."""

    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=40)
    count = models.CharField(max_length=40, blank=True)
    link = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    delivery = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["count", "id"])]

    def __str__(self) -> str:
        return f"{self.id} {self.code}"
