from __future__ import annotations

from django.db import models

from countbridge import clock


class Subscription(models.Model):
    """Somebody's address that is told of every event after its cursor, in order. `kinds` empty: all kinds. `sealed` is
    ciphertext. A paused one says by whom and why; `paused_by` empty: it was given up after days of failure."""

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(max_length=500)
    sealed = models.BinaryField(editable=False)
    kinds = models.JSONField(default=list)
    language = models.CharField(max_length=10, default="zh-hans")
    cursor_xact = models.BigIntegerField()
    cursor_id = models.BigIntegerField()
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    failing_since = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)
    last_sent = models.DateTimeField(null=True)
    sent = models.PositiveBigIntegerField(default=0)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.CharField(max_length=150, blank=True)
    paused_reason = models.TextField(blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class SubscriptionAttempt(models.Model):
    """One message that was sent to a subscription's address: how many events, what came back. The newest are kept."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    message_id = models.CharField(max_length=80)
    events = models.PositiveIntegerField()
    test = models.BooleanField(default=False)
    error = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subscription", "-id"], name="subscription_attempt_newest")]

    def __str__(self) -> str:
        return self.message_id
