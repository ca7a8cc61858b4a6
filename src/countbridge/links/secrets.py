"""Credentials at rest: encrypted with a key that is never in the database."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from countbridge.errors import ConfigError
from countbridge.links.models import System


def _cipher() -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"countbridge credentials").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(values: Mapping[str, str]) -> bytes:
    return _cipher().encrypt(json.dumps(dict(values)).encode())


def unseal(sealed: bytes | memoryview, owner: str) -> dict[str, str]:
    """What was sealed. Raises ConfigError naming the owner when the key no longer fits."""
    try:
        opened: dict[str, str] = json.loads(_cipher().decrypt(bytes(sealed)))
    except InvalidToken as error:
        raise ConfigError("links.secrets_unreadable", system=owner) from error
    return opened


def settings_of(system: System) -> dict[str, str]:
    """Everything the connector needs, secrets included. Raises ConfigError when the key no longer fits."""
    return {**system.settings, **(unseal(system.secrets, system.code) if system.secrets else {})}
