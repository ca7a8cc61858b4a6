"""People, what they may do and where, and the tokens their devices and programs sign in with."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from countbridge.people.roles import ROLES


class User(AbstractUser):
    """A person. The username is the login of the ERP; rights come from memberships alone, never from Django's flags."""

    language = models.CharField(max_length=10, default="zh-hans", choices=[("zh-hans", "简体中文"), ("en", "English")])
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai")
    skills = models.JSONField(default=list, db_default=[])  # words of the site: "high_bay", "cold", "dangerous"
    owners = models.JSONField(default=list, db_default=[])  # whose goods they may count; empty = everybody's

    @property
    def shown_name(self) -> str:
        """The name to show: first and last name where given, else the username."""
        return self.get_full_name() or self.username


class Membership(models.Model):
    """One role of one person, in one warehouse or (without a warehouse) in all of them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role, role) for role in ROLES])
    warehouse = models.CharField(max_length=64, null=True, blank=True)  # the ERP's warehouse code; null = all

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "role", "warehouse"], nulls_distinct=False, name="people_membership_once"
            ),
            models.CheckConstraint(condition=models.Q(role__in=list(ROLES)), name="people_membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.warehouse or '*'}"


class Token(models.Model):
    """What a handheld (`pda`) or a program (`api`) shows instead of a password. Only its hash is kept."""

    PDA, API = "pda", "api"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    scope = models.CharField(max_length=3, choices=[(PDA, PDA), (API, API)])
    name = models.CharField(max_length=100, blank=True)  # of the device or the program
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.scope} {self.name}"


class FailedSignIn(models.Model):
    """One wrong password, kept for the minutes in which it slows down guessing."""

    username = models.CharField(max_length=150)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="people_failedsignin_at")]

    def __str__(self) -> str:
        return f"{self.username} {self.at}"
