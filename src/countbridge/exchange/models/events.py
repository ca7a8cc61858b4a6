from __future__ import annotations

from django.db import models

from countbridge import clock


class CurrentTransaction(models.Func):
    """The id of the transaction that writes the row; of two that run at once, either may commit first."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Event(models.Model):
    """Something that happened, for the timeline, the live pages and other systems. Never changed, never deleted.
    `xact` is its place in the feed (exchange.feed), beside `id`."""

    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=40)
    count = models.CharField(max_length=40, blank=True)
    link = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    code = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    delivery = models.BigIntegerField(null=True)
    xact = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["count", "id"]), models.Index(fields=["xact", "id"], name="event_feed")]

    def __str__(self) -> str:
        return f"{self.id} {self.code}"


class FeedEpoch(models.Model):
    """Which database the places of the feed belong to: transaction ids of another one mean nothing here. One row."""

    name = models.CharField(max_length=40)
    database = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name
