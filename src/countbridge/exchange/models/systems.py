from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from countbridge.links.models import System


class Breaker(models.Model):
    """Whether a system is being called at all, shared by every worker.

    `failures` in a row that say it is down; `openings` since it last answered. Open, nobody calls before `retry_at`; then
    one worker at a time tries, until `probe_until` at the latest.
    """

    class State(models.TextChoices):
        CLOSED = "closed"
        OPEN = "open"
        HALF_OPEN = "half_open"

    system = models.OneToOneField(System, on_delete=models.CASCADE, primary_key=True, related_name="breaker")
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED)
    failures = models.PositiveIntegerField(default=0)
    openings = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.system_id} {self.state}"


class NextTurn(models.Model):
    """The next moment, by the database's clock, at which a system's rate allows a call that nobody has taken yet."""

    system = models.OneToOneField(System, on_delete=models.CASCADE, primary_key=True, related_name="next_turn")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.system_id} {self.at}"


class CallMinute(models.Model):
    """The calls of one minute to one system: `fault` is "" for those that went well. `buckets` counts them by duration, its
    limits are in exchange.calls."""

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="call_minutes")
    minute = models.DateTimeField()
    effect = models.CharField(max_length=5)
    fault = models.CharField(max_length=20, blank=True)
    calls = models.PositiveBigIntegerField()
    milliseconds = models.PositiveBigIntegerField()
    buckets = ArrayField(models.PositiveBigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "minute", "effect", "fault"], name="call_minute")]
        indexes = [models.Index(fields=["minute"], name="call_minute_at")]

    def __str__(self) -> str:
        return f"{self.system_id} {self.minute} {self.effect} {self.fault}"
