from __future__ import annotations

from django.conf import settings
from django.db import models

from countbridge import clock
from countbridge.domain.keys import GOODS, StockKey
from countbridge.exchange.models import StockParts
from countbridge.stocktake.models.counts import Count
from countbridge.stocktake.models.sheets import Sheet


def exact(**options: object) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(max_digits=30, decimal_places=9, **options)  # type: ignore[arg-type]


class Line(StockParts):
    """One key of the count (bin × item × lot × status × owner × package) and what is known of it. Quantities in the item's
    base unit.

    `watermark` is the WMS ledger position the snapshot quantity is true for; movements after it are rolled forward. `rule` is
    the policy's rule that decided ("" = the policy itself), `cause` what the rules were told of why the line differs ("": no
    rule asks, or nobody knows). `transfer` names the lines whose variances were approved together as goods that only changed
    place, lot or status: they cancel out and are neither gain nor loss. `chosen_pass`: whose count a person took where several
    disagree (none: the newest). `assumed_at`: from when a line nobody counted is held for empty, where the policy says so.
    `tracking`: what the lot is (links Item); `expires`: its last good day by the book, `label_expires` by the label where that
    differs; `elsewhere`: the places a serial's reason is about.
    """

    class State(models.TextChoices):
        OPEN = "open"
        COUNTED = "counted"
        RECOUNT = "recount"
        APPROVE = "approve"
        HOLD = "hold"
        SETTLED = "settled"
        APPROVED = "approved"
        KEPT = "kept"
        UNCOUNTED = "uncounted"

    TO_COUNT = (State.OPEN, State.RECOUNT, State.COUNTED)  # the last: by the other of two who count at once
    FINAL = (State.SETTLED, State.APPROVED, State.KEPT, State.UNCOUNTED)
    POSTABLE = (State.SETTLED, State.APPROVED)

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="lines")
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="lines", null=True)
    warehouse = models.CharField(max_length=60)
    zone = models.CharField(max_length=60)
    bin = models.CharField(max_length=60)
    erp_location = models.CharField(max_length=60)
    item_name_zh = models.CharField(max_length=300)
    item_name_en = models.CharField(max_length=300)
    abc = models.CharField(max_length=1, blank=True, db_default="")
    item_class = models.CharField(max_length=120, blank=True, db_default="")  # as it was when the count began
    tracking = models.CharField(max_length=6, default="none", db_default="none")
    expires = models.DateField(null=True)
    label_expires = models.DateField(null=True)
    elsewhere = models.CharField(max_length=300, blank=True, db_default="")
    unit = models.CharField(max_length=20)
    decimals = models.PositiveSmallIntegerField()
    price = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    pass_number = models.PositiveSmallIntegerField(default=1)
    snapshot = exact()
    watermark = models.BigIntegerField()
    expected = exact(null=True)
    counted = exact(null=True)
    variance = exact(null=True)
    variance_min = exact(null=True)
    variance_max = exact(null=True)
    value = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    outcome = models.CharField(max_length=20, blank=True)
    rule = models.CharField(max_length=60, blank=True, db_default="")
    cause = models.CharField(max_length=40, blank=True, db_default="")
    transfer = models.CharField(max_length=40, blank=True, db_default="")
    chosen_pass = models.PositiveSmallIntegerField(null=True)
    assumed_at = models.DateTimeField(null=True)
    reasons = models.JSONField(default=list)
    counter = models.CharField(max_length=150, blank=True)
    counted_at = models.DateTimeField(null=True)
    explanation = models.JSONField(
        null=True
    )  # the likely stories of the variance (stocktake.explaining), null: none sought

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "bin", *GOODS], name="line_key")]
        indexes = [
            models.Index(fields=["count", "state"]),
            models.Index(fields=["count", "erp_location", *GOODS]),
            models.Index(fields=["count", "item", "lot"], condition=models.Q(tracking="serial"), name="line_serial"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in StockKey.of(self.bin, self) if part)


class Scan(models.Model):
    """One counted portion, exactly as entered. Never changed; an undone one stays, marked.

    `counted_at` is true time (device time + measured offset). `source_id` makes a result arrive once. `expires`: the last
    good day on the label. `set_aside`: why it was kept but never counted (stocktake.scans), "" for one that was.
    """

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="scans")
    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="scans")
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="scans")
    source = models.CharField(max_length=3)
    source_id = models.CharField(max_length=120)
    pass_number = models.PositiveSmallIntegerField()
    quantity = exact()
    unit = models.CharField(max_length=20)
    numerator = models.DecimalField(max_digits=20, decimal_places=0)
    denominator = models.DecimalField(max_digits=20, decimal_places=0)
    counter = models.CharField(max_length=150)
    counted_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # the remote time as it was told, where `counted_at` corrects it
    received_at = models.DateTimeField(default=clock.now)
    note = models.CharField(max_length=500, blank=True)
    expires = models.DateField(null=True)
    set_aside = models.CharField(max_length=20, blank=True, db_default="")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="scan_once")]
        indexes = [models.Index(fields=["line", "pass_number"])]

    def __str__(self) -> str:
        return self.source_id


class Decision(models.Model):
    """Who decided what about a line, and why."""

    line = models.ForeignKey(Line, on_delete=models.CASCADE, related_name="decisions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    decision = models.CharField(max_length=10)
    reason = models.TextField()
    reason_code = models.CharField(max_length=40, blank=True, db_default="")
    taken_pass = models.PositiveSmallIntegerField(null=True)
    variance = exact(null=True)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.line_id} {self.decision}"


class BookLine(StockParts):
    """What the ERP's book said of one of its keys when the count was prepared (the baseline sent to the WMS)."""

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="book")
    erp_location = models.CharField(max_length=60)
    quantity = exact()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "erp_location", *GOODS], name="book_key")]

    def __str__(self) -> str:
        return " ".join(part for part in StockKey.of(self.erp_location, self) if part)
