from __future__ import annotations

from django.db import models

from countbridge.links.models import Link


class SentRecord(models.Model):
    """The last content of a record that a flow carried over, so that only changes travel."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    flow = models.CharField(max_length=40)
    record = models.CharField(max_length=200)
    content = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "flow", "record"], name="sent_record")]

    def __str__(self) -> str:
        return self.record
