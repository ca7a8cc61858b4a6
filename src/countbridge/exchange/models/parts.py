from __future__ import annotations

from django.db import models


class StockParts(models.Model):
    """What tells stock in one place apart, one column a part (`domain.keys.GOODS`); "" = none."""

    item = models.CharField(max_length=60)
    lot = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=60, blank=True, db_default="", default="")
    owner = models.CharField(max_length=60, blank=True, db_default="", default="")
    package = models.CharField(max_length=80, blank=True, db_default="", default="")

    class Meta:
        abstract = True
