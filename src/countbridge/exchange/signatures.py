"""Signed messages, in and out: the Standard Webhooks scheme, and a plain one for systems that can do no more."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime

from countbridge.errors import NotAllowed
from countbridge.links.signing import PREFIX

TOLERANCE = 300  # seconds a sender's clock may differ from ours
LONGEST_ID = 200

STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
PLAIN = ("x-countbridge-timestamp", "x-countbridge-signature")


def sign(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a message, signed with each of the secrets (Standard Webhooks)."""
    timestamp = str(int(at.timestamp()))
    signed = _standard(message_id, timestamp, body)
    each = " ".join("v1," + base64.b64encode(_digest(_key(secret), signed)).decode() for secret in secrets)
    return dict(zip(STANDARD, (message_id, timestamp, each), strict=True))


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime) -> str:
    """The message's id, once its signature and its time are found good. Header names in lower case.

    Standard: base64 of HMAC-SHA256(secret, id.timestamp.body). Plain: hex of HMAC-SHA256(secret, timestamp.body); its id is
    the signature itself, since nothing else in it could not be exchanged. Raises NotAllowed. An id that could not be kept is
    refused like a wrong signature.
    """
    found = _standard_id(headers, body, secrets) if STANDARD[2] in headers else _plain_id(headers, body, secrets)
    if found is None:
        raise NotAllowed("hooks.not_signed")
    message_id, timestamp = found
    if not timestamp.isascii() or not timestamp.isdigit() or abs(int(now.timestamp()) - int(timestamp)) > TOLERANCE:
        raise NotAllowed("hooks.too_old", seconds=TOLERANCE)
    return message_id


def _standard_id(headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> tuple[str, str] | None:
    message_id, timestamp, sent = (headers.get(name, "") for name in STANDARD)
    signed = _standard(message_id, timestamp, body)
    wanted = [base64.b64encode(_digest(_key(secret), signed)) for secret in secrets]
    given = [part.removeprefix("v1,").encode() for part in sent.split()[:20] if part.startswith("v1,")]
    good = _any_equal(wanted, given) and 0 < len(message_id) <= LONGEST_ID and "\0" not in message_id
    return (message_id, timestamp) if good else None


def _plain_id(headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> tuple[str, str] | None:
    timestamp, sent = (headers.get(name, "") for name in PLAIN)
    signed = timestamp.encode() + b"." + body
    wanted = [_digest(key, signed).hex().encode() for secret in secrets for key in (secret.encode(), _key(secret))]
    given = sent.strip().lower().removeprefix("sha256=")
    return (f"plain:{given}", timestamp) if _any_equal(wanted, [given.encode()]) else None


def _any_equal(wanted: list[bytes], given: list[bytes]) -> bool:
    """Compares every pair in constant time, whichever is equal."""
    return sum([hmac.compare_digest(one, other) for one in wanted for other in given]) > 0


def _standard(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode() + body


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _key(secret: str) -> bytes:
    """What follows whsec_ is base64; any other secret is its own text."""
    return base64.b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else secret.encode()
