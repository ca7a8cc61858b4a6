"""Tokens of devices and programs: 256 random bits, shown once, kept as a hash, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from countbridge.people.models import Token, User

NOTE_USE_EVERY = timedelta(minutes=1)


def issue(user: User, scope: str, name: str = "") -> str:
    """A new token of `scope` ("pda" or "api") for `user`; the text exists nowhere else afterwards."""
    text = secrets.token_urlsafe(32)
    Token.objects.create(user=user, scope=scope, name=name[:100], digest=_digest(text))
    return text


def owner(text: str, scope: str) -> User | None:
    """Whose token this is, if it is valid for `scope` and its owner active."""
    found = Token.objects.select_related("user").filter(digest=_digest(text), scope=scope, revoked_at=None).first()
    if found is None or not found.user.is_active:
        return None
    now = timezone.now()
    if found.last_used_at is None or now - found.last_used_at > NOTE_USE_EVERY:
        Token.objects.filter(pk=found.pk).update(last_used_at=now)
    return found.user


def revoke(text: str) -> None:
    """The token opens nothing any more."""
    Token.objects.filter(digest=_digest(text), revoked_at=None).update(revoked_at=timezone.now())


def _digest(text: str) -> str:
    # 256 random bits cannot be guessed, so a fast hash is enough; salt and rounds are for passwords.
    return hashlib.sha256(text.encode()).hexdigest()
