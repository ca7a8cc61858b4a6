from __future__ import annotations

from django.db import models

from countbridge import clock
from countbridge.links.models.systems import Link


class Hook(models.Model):
    """A place where another system calls us: POST /hooks/{link}/{source}. `events` says which flow runs on which event
    ("*": any other). `sealed` is ciphertext; only links.hooks reads it. `by_hand`: made or changed in the console, so the
    link's folder no longer overwrites it."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="hooks")
    source = models.CharField(max_length=40)
    sealed = models.BinaryField(editable=False)
    events = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    by_hand = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "source"], name="hook_source")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.source}"
