from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.exchange.models import Delivery
from countbridge.links.models import Link
from countbridge.stocktake.models.counts import Count


class Freeze(models.Model):
    """A zone of the WMS in which nothing moves while a count has it.

    asked: the WMS has not answered yet · frozen: it blocks the zone · refused: it would not · lifting: it was asked to let go ·
    lifted: it did, or a person said so · stuck: it would not let go, so that a person must.
    `freezing` and `lifting` are the deliveries that ask for it; `lifted_by` is empty where the end of the count did it.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        FROZEN = "frozen"
        REFUSED = "refused"
        LIFTING = "lifting"
        LIFTED = "lifted"
        STUCK = "stuck"

    IN_EFFECT = (State.ASKED, State.FROZEN, State.LIFTING, State.STUCK)  # the zone may be blocked

    count = models.ForeignKey(Count, on_delete=models.CASCADE, related_name="freezes")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="freezes")
    zone = models.CharField(max_length=60)
    warehouses = models.JSONField(default=list)
    state = models.CharField(max_length=7, choices=State, default=State.ASKED)
    freezing = models.OneToOneField(Delivery, on_delete=models.PROTECT, null=True, related_name="freezes")
    lifting = models.OneToOneField(Delivery, on_delete=models.PROTECT, null=True, related_name="lifts")
    asked_at = models.DateTimeField(default=clock.now)
    frozen_at = models.DateTimeField(null=True)
    lift_asked_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "zone"], name="freeze_once"),
            models.UniqueConstraint(
                fields=["link", "zone"],
                condition=models.Q(state__in=("asked", "frozen", "lifting", "stuck")),
                name="freeze_alone",
            ),
        ]
        indexes = [models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"{self.count_id} {self.zone}"
