from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Link, System


class Delivery(models.Model):
    """One write to another system: intended once, found or written, settled once.

    `key` names the intent for ever; `order_key` keeps writes of one document in their order. `then` names the job that
    follows when it settles: {"task", "args"}, deferred in the settling transaction. `remote_id` is stored before a draft
    may take effect.
    """

    class State(models.TextChoices):
        INTENT = "intent"
        SENDING = "sending"
        UNKNOWN = "unknown"
        CONFIRMED = "confirmed"
        REJECTED = "rejected"
        NEEDS_REVIEW = "needs_review"

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="deliveries")
    system = models.ForeignKey(System, on_delete=models.PROTECT)
    flow = models.CharField(max_length=4)
    kind = models.CharField(max_length=40)
    count = models.CharField(max_length=40, blank=True, db_index=True)
    key = models.CharField(max_length=120, unique=True)
    order_key = models.CharField(max_length=120)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.INTENT, db_index=True)
    remote_id = models.CharField(max_length=120, blank=True)
    outcomes = models.JSONField(default=list)
    error = models.JSONField(null=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    then = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    SETTLED = (State.CONFIRMED, State.REJECTED, State.NEEDS_REVIEW)

    def __str__(self) -> str:
        return self.key

    @property
    def settled(self) -> bool:
        return self.state in self.SETTLED


class Attempt(models.Model):
    """One try of a delivery as it went over the wire, secrets masked. Duration in milliseconds."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=60)
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.delivery_id}/{self.number}"
