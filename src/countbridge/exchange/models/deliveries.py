from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Link, System


class Delivery(models.Model):
    """One write to another system: intended once, found or written, settled once.

    `key` names the intent for ever; `order_key` (link:system:document) keeps writes of one document in their order. `then`
    names the job that follows when it settles: {"task", "args"}, deferred in the settling transaction. `remote_id` is stored
    before a draft may take effect. `fault` is the kind of the last failure, `setbacks` how often it came in a row.
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
    order_key = models.CharField(max_length=250)
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State, default=State.INTENT, db_index=True)
    remote_id = models.CharField(max_length=120, blank=True)
    outcomes = models.JSONField(default=list)
    error = models.JSONField(null=True)
    tries = models.PositiveIntegerField(default=0)
    fault = models.CharField(max_length=20, blank=True)
    setbacks = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # when a request of it last left that has no answer
    then = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    OPEN = (State.INTENT, State.SENDING, State.UNKNOWN)
    SETTLED = (State.CONFIRMED, State.REJECTED, State.NEEDS_REVIEW)
    BY_LINE = ("item", "adjustment")  # kinds whose refused lines wait in quarantine, each for itself
    HOLDS_BACK = (*OPEN, State.NEEDS_REVIEW)  # later ones of the same document wait for it

    class Meta:
        indexes = [
            models.Index(
                fields=["order_key", "id"],
                name="delivery_order",
                condition=models.Q(state__in=("intent", "sending", "unknown", "needs_review")),
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def given_up(self) -> bool:
        """Did a person give it up, rather than the system refuse it?"""
        return self.state == self.State.REJECTED and (self.error or {}).get("code") == "exchange.given_up"

    @property
    def settled(self) -> bool:
        return self.state in self.SETTLED


class Attempt(models.Model):
    """One call of a try as it went over the wire, secrets masked. Duration in milliseconds.

    `sent` and `received` are the bodies, compressed, and None once they were forgotten; the sizes are those on the wire, in
    bytes.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    action = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=60)
    call = models.TextField(blank=True)
    sent = models.BinaryField(null=True)
    received = models.BinaryField(null=True)
    sent_bytes = models.PositiveIntegerField(default=0)
    received_bytes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["started_at"], name="attempt_with_bodies", condition=models.Q(sent__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id}/{self.number}"


class ReviewDecision(models.Model):
    """What a person decided about a write whose fate no system could tell: never changed, never deleted."""

    class Decision(models.TextChoices):
        ARRIVED = "arrived"
        DID_NOT_ARRIVE = "did_not_arrive"
        GIVE_UP = "give_up"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=16, choices=Decision)
    remote_id = models.CharField(max_length=120, blank=True)
    reason = models.TextField()
    user = models.CharField(max_length=150)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.decision}"
