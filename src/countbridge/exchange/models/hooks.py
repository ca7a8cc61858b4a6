from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Hook


class HookMessage(models.Model):
    """A signed message that was taken. Its id is kept far longer than a signature is valid, so that it is taken once.
    `ran`: what the flow did on it (exchange.cadence.poke)."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="messages")
    message_id = models.CharField(max_length=200)
    event = models.CharField(max_length=120)
    flow = models.CharField(max_length=40)
    ran = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hook", "message_id"], name="hook_message_once")]
        indexes = [models.Index(fields=["hook", "-id"], name="hook_message_newest")]

    def __str__(self) -> str:
        return self.message_id


class HookRefusal(models.Model):
    """Calls that were refused: one row for each hook, reason and minute however many came, so that nobody fills the disk.
    Without a hook: nothing of ours was called."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, null=True, related_name="refusals")
    code = models.CharField(max_length=40)
    minute = models.DateTimeField()
    times = models.PositiveBigIntegerField(default=1)
    address = models.CharField(max_length=64, blank=True)
    asked = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hook", "code", "minute"], nulls_distinct=False, name="hook_refusal_minute")
        ]

    def __str__(self) -> str:
        return f"{self.code} ×{self.times}"
