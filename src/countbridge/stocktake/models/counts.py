from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Link


class Count(models.Model):
    """A count document. Each state is entered in one transaction with the job that carries it on."""

    class State(models.TextChoices):
        APPROVED = "approved"
        PREPARING = "preparing"
        COUNTING = "counting"
        POSTING = "posting"
        VERIFYING = "verifying"
        DIFFERENCES = "differences"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="counts")
    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, default="full")
    blind = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State, default=State.APPROVED)
    policy = models.JSONField()
    warehouses = models.JSONField(default=list)
    watermarks = models.JSONField(default=dict)  # zone → WMS ledger position the snapshot of the zone is true for
    responsible = models.CharField(max_length=150, blank=True)
    planned_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    snapshot_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    problem = models.JSONField(null=True)

    OPEN = (State.APPROVED, State.PREPARING, State.COUNTING, State.POSTING, State.VERIFYING, State.DIFFERENCES)

    def __str__(self) -> str:
        return self.number


class Approval(models.Model):
    """The ERP document that ordered the count, and the location it names. One document orders one count."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="approvals")
    link = models.ForeignKey(Link, on_delete=models.CASCADE)
    document = models.CharField(max_length=80)
    number = models.CharField(max_length=80, blank=True)
    location = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "document"], name="approval_once")]

    def __str__(self) -> str:
        return self.number or self.document
