"""Passwords and API keys of one sandbox installation: random, made once, readable by their owner only."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

WITH_API_KEY = ("countbridge", "wms_interface", "planner")
INTERFACES = ("countbridge", "wms_interface")


@dataclass(frozen=True)
class Keys:
    """`passwords` and `api_keys` by login; `superuser` is the password of Tryton's own admin at its first start."""

    superuser: str
    passwords: dict[str, str]
    api_keys: dict[str, str]


def load_keys(file: Path, logins: Iterable[str]) -> Keys:
    """The keys in `file`; made and written (mode 600) when it is not there or lacks one of `logins`."""
    old = Keys(**json.loads(file.read_text("utf-8"))) if file.exists() else Keys(_password(), {}, {})
    passwords = {login: old.passwords.get(login) or _password() for login in (*logins, *INTERFACES)}
    api_keys = {login: old.api_keys.get(login) or secrets.token_hex(32) for login in WITH_API_KEY}
    keys = Keys(old.superuser, passwords, api_keys)
    if keys != old:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(asdict(keys), out, indent=1)
        draft.replace(file)
    return keys


def _password() -> str:
    return secrets.token_urlsafe(12)
