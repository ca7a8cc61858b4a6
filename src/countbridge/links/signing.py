"""Secrets that sign messages: made here, several valid at a time while one is rotated, sealed at rest, shown once."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from countbridge import clock
from countbridge.errors import ConfigError
from countbridge.links.secrets import seal, unseal

PREFIX = "whsec_"
SHORTEST = 24  # characters
KEPT = timedelta(days=1)  # how long the former secret is valid beside a new one


def new_secret() -> str:
    """256 random bits, written as the Standard Webhooks scheme writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sealed_secrets(texts: Sequence[str]) -> bytes:
    """Seal secrets that are valid until somebody replaces them."""
    return _seal([(text, None) for text in texts])


def valid_secrets(sealed: bytes | memoryview, owner: str) -> list[str]:
    """The secrets that are valid now, the newest first."""
    now = clock.now()
    return [text for text, until in _entries(sealed, owner) if until is None or until > now]


def rotated(sealed: bytes | memoryview, owner: str, secret: str, keep: timedelta = KEPT) -> bytes:
    """Put `secret` first; those valid until now stay so for `keep` and no longer."""
    last = clock.now() + keep
    former = [(text, min(until or last, last)) for text, until in _entries(sealed, owner) if text != secret]
    return _seal([(secret, None), *((text, until) for text, until in former if until > clock.now())])


def ends_of_former(sealed: bytes | memoryview, owner: str) -> datetime | None:
    """Until when a former secret is still taken; None when only the newest is."""
    now = clock.now()
    return max((until for _, until in _entries(sealed, owner) if until and until > now), default=None)


def checked_secret(text: object, where: str) -> str:
    """A secret somebody chose; ConfigError when it is too short to be one, or what follows whsec_ is no base64."""
    secret = str(text or "").strip()
    if len(secret) < SHORTEST:
        raise ConfigError("hooks.short_secret", where=where, least=SHORTEST)
    if secret.startswith(PREFIX):
        try:
            base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except ValueError as error:
            raise ConfigError("hooks.secret_not_base64", where=where) from error
    return secret


def _seal(entries: Sequence[tuple[str, datetime | None]]) -> bytes:
    return seal({"secrets": json.dumps([[text, until.isoformat() if until else None] for text, until in entries])})


def _entries(sealed: bytes | memoryview, owner: str) -> list[tuple[str, datetime | None]]:
    stored = json.loads(unseal(sealed, owner)["secrets"])
    return [(text, datetime.fromisoformat(until) if until else None) for text, until in stored]
