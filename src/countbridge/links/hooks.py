"""Webhooks into a link: which system may call, signed with which secret, and which flow runs on which event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from countbridge.errors import ConfigError
from countbridge.links.models import Hook, Link
from countbridge.links.signing import checked_secret, sealed_secrets

WORDS = {"secret", "secrets", "events"}
SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ANY = "*"


def read_hooks(told: object, where: str) -> dict[str, dict[str, Any]]:
    """`hooks:` of link.yaml, checked: source → {secrets, events}. Secrets are filled in already. Raises ConfigError."""
    if not isinstance(told, Mapping):
        raise ConfigError("hooks.words", where=where, problem=str(type(told).__name__))
    return {str(source): _read_hook(str(source), words, f"{where}.{source}") for source, words in told.items()}


def _read_hook(source: str, told: object, where: str) -> dict[str, Any]:
    if not SOURCE.fullmatch(source) or not isinstance(told, Mapping):
        raise ConfigError("hooks.words", where=where, problem=source)
    if unknown := sorted({str(word) for word in told} - WORDS):
        raise ConfigError("hooks.words", where=where, problem=", ".join(unknown))
    listed = told.get("secrets") or [told.get("secret")]
    if not isinstance(listed, list):
        raise ConfigError("hooks.words", where=where, problem="secrets")
    return {
        "secrets": [checked_secret(each, where) for each in listed],
        "events": read_events(told.get("events"), where),
    }


def read_events(told: object, where: str) -> dict[str, str]:
    """Event name → flow, both text. Raises ConfigError with an example."""
    if not isinstance(told, Mapping) or not told:
        raise ConfigError("hooks.events", where=where)
    for event, flow in told.items():
        if not isinstance(event, str) or not isinstance(flow, str) or not event or len(event) > 120:
            raise ConfigError("hooks.events", where=where)
    return {str(event): str(flow) for event, flow in told.items()}


def store_hooks(link: Link, hooks: Mapping[str, dict[str, Any]]) -> None:
    """Bring the link's hooks to what its folder says; those made or changed in the console stay."""
    for source, told in hooks.items():
        hook = Hook.objects.select_for_update().filter(link=link, source=source).first()
        if hook is None:
            hook = Hook(link=link, source=source)
        if not hook.by_hand:
            hook.events, hook.sealed = told["events"], sealed_secrets(told["secrets"])
            hook.save()
    Hook.objects.filter(link=link, by_hand=False).exclude(source__in=list(hooks)).delete()


def flow_of(hook: Hook, event: str) -> str | None:
    """The flow that runs on `event`."""
    named: dict[str, str] = hook.events
    return named.get(event) or named.get(ANY)
