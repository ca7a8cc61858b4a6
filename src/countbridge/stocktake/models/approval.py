from __future__ import annotations

from django.conf import settings
from django.db import models

from countbridge import clock
from countbridge.links.models import Link
from countbridge.stocktake.models.counts import Count


class Signoff(models.Model):
    """One level's signature under the sum of a count's variances, asked for or given. `round` grows when the count came back
    and is signed anew; `net` and `absolute` are the money it was asked for, in the link's currency."""

    class Outcome(models.TextChoices):
        WAITING = "waiting"
        SIGNED = "signed"
        RETURNED = "returned"
        VOID = "void"

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="signoffs")
    round = models.PositiveSmallIntegerField(default=1)
    level = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    users = models.JSONField(default=list)
    substitutes = models.JSONField(default=list)
    net = models.DecimalField(max_digits=50, decimal_places=15)  # quantity × price to the last digit: 9 and 6 decimals
    absolute = models.DecimalField(max_digits=50, decimal_places=15)
    unpriced = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "round", "level"], name="signoff_once")]
        indexes = [models.Index(fields=["outcome", "due_at"])]

    def __str__(self) -> str:
        return f"{self.count_id} {self.name}"


class ReasonCode(models.Model):
    """A reason a person may give for a variance. `used_for`: gain, loss or both. One that is no more used stays for what it was
    given for."""

    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    used_for = models.CharField(
        max_length=4, default="both", choices=[("both", "both"), ("gain", "gain"), ("loss", "loss")]
    )
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.code


class ReasonList(models.Model):
    """The one row that says how often the list of reasons was set."""

    number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class PolicyVersion(models.Model):
    """A policy of a link as somebody set it. The newest is the link's; every count keeps the one it began with."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="policy_versions")
    number = models.PositiveIntegerField()
    policy = models.JSONField()
    user = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "number"], name="policy_version")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.number}"
