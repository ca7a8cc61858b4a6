from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models import Link


class Count(models.Model):
    """A count document. Each state is entered in one transaction with the job that carries it on.

    `scope` is what was asked for (stocktake.scope); with `chosen`, the bins it came to are in `places` before anything is read.
    `given_to`: who gets all of its first sheets, of a count somebody on the floor asked for.
    `post_again`: documents were under way when it was to be posted, so that is still to be done. `partial`: ERP locations of
    which some bins are not counted, so that a gap between the books cannot be told from them.
    """

    class State(models.TextChoices):
        APPROVED = "approved"
        PREPARING = "preparing"
        COUNTING = "counting"
        SIGNING = "signing"
        POSTING = "posting"
        VERIFYING = "verifying"
        DIFFERENCES = "differences"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="counts")
    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, default="full")
    scope = models.JSONField(default=dict, db_default={})
    given_to = models.CharField(max_length=150, blank=True, db_default="")
    chosen = models.BooleanField(default=False, db_default=False)
    post_again = models.BooleanField(default=False, db_default=False)
    partial = models.JSONField(default=list, db_default=[])
    blind = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State, default=State.APPROVED)
    policy = models.JSONField()
    warehouses = models.JSONField(default=list)
    watermarks = models.JSONField(default=dict)  # zone → WMS ledger position the snapshot of the zone is true for
    cutoff = models.JSONField(
        default=dict, db_default={}
    )  # where the documents stood at the snapshot: stocktake.cutoff
    responsible = models.CharField(max_length=150, blank=True)
    planned_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    snapshot_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    problem = models.JSONField(null=True)

    OPEN = (
        State.APPROVED, State.PREPARING, State.COUNTING, State.SIGNING, State.POSTING, State.VERIFYING, State.DIFFERENCES,
    )  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def mode(self) -> str:
        """How it is counted: one of `policy_words.MODES`."""
        return "double_blind" if self.policy.get("double_blind") else "blind" if self.blind else "open"


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


class CountedBin(models.Model):
    """A bin of a count. `left_out`: the open count that counts it already, so that this one does not. `seen_at`: when somebody
    stood before it and handed in what they saw; `empty`: they said that nothing lies in it."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="places")
    bin = models.CharField(max_length=60)
    left_out = models.CharField(max_length=40, blank=True, db_default="")
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=150, blank=True, db_default="")
    empty = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "bin"], name="counted_bin")]
        indexes = [models.Index(fields=["bin", "seen_at"])]

    def __str__(self) -> str:
        return self.bin
