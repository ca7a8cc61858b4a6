from __future__ import annotations

from django.db import models

from countbridge import clock


class System(models.Model):
    """An ERP or a WMS and how to reach it. `secrets` is ciphertext; only `links.secrets` reads it."""

    class Side(models.TextChoices):
        ERP = "erp", "ERP"
        WMS = "wms", "WMS"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    side = models.CharField(max_length=3, choices=Side)
    connector = models.CharField(max_length=300)
    settings = models.JSONField(default=dict)
    secrets = models.BinaryField(default=bytes, editable=False)
    last_seen = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)
    clock_offset = models.DurationField(null=True)  # how far its clock is ahead of ours; null: not measured yet
    clock_measured_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code


class Link(models.Model):
    """One ERP and one WMS that keep the same stock, with the rules that count on both."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    erp = models.ForeignKey(System, on_delete=models.PROTECT, related_name="links_as_erp")
    wms = models.ForeignKey(System, on_delete=models.PROTECT, related_name="links_as_wms")
    time_zone = models.CharField(max_length=60, default="Asia/Shanghai")
    currency = models.CharField(max_length=3, default="CNY")
    active = models.BooleanField(default=True)
    policy = models.JSONField(default=dict)
    policy_told = models.JSONField(null=True)  # what the folder said last; `policy` may have been changed by hand since

    def __str__(self) -> str:
        return self.code

    def system(self, side: str) -> System:
        return self.erp if side == System.Side.ERP else self.wms


class FieldMap(models.Model):
    """A rule list of the link (mapping.RuleSet), by name; the newest version is the one in use."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="maps")
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    rules = models.JSONField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "name", "version"], name="map_version")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class CodeTable(models.Model):
    """What each system calls the same thing: rows of text under named columns."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(max_length=60)
    keys = models.JSONField()
    values = models.JSONField()
    rows = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "name"], name="table_name")]

    def __str__(self) -> str:
        return self.name
