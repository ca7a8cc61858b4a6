"""Reading a link from a folder: link.yaml, maps/*.yaml, tables/*.csv. The same folder applied twice changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.db import transaction

from countbridge.connectors.registry import definition
from countbridge.errors import ConfigError
from countbridge.links.hooks import read_hooks, store_hooks
from countbridge.links.models import CodeTable, FieldMap, Link, System
from countbridge.links.secrets import seal
from countbridge.links.timing import Timing, read_timing
from countbridge.mapping import RuleSet, Table, read_folder

WORDS = {"code", "name", "time_zone", "currency", "erp", "wms", "policy", "cadence", "hooks"}
NEEDED = {"code", "name", "erp", "wms"}


def apply_folder(folder: Path, environment: Mapping[str, str] = os.environ) -> tuple[Link, dict[str, Timing]]:
    """Store the link and return it with the cadence it asks for, by flow. `${NAME}` in a setting is taken from `environment`.
    Raises ConfigError naming file and word."""
    told = _read(folder / "link.yaml")
    maps = {path.stem: path for path in sorted((folder / "maps").glob("*.yaml"))}
    rules = {name: _rules(path) for name, path in maps.items()}
    tables = read_folder(folder / "tables")
    for name, (loaded, _) in rules.items():
        for needed in loaded.tables:
            if needed not in tables:
                raise ConfigError("links.table_missing", map=name, table=needed, folder=folder / "tables")
    zone = _zone(told.get("time_zone", "Asia/Shanghai"), folder / "link.yaml")
    timings = _timings(told.get("cadence") or {}, folder / "link.yaml", zone)
    hooks = read_hooks(_filled_in(told.get("hooks") or {}, environment), f"{folder / 'link.yaml'}: hooks")
    policy = told.get("policy", {})
    with transaction.atomic():
        known = Link.objects.filter(code=told["code"]).first()
        # What a person changed here stays as long as the folder says what it said before.
        kept = known.policy if known is not None and known.policy_told == policy else policy
        link, _ = Link.objects.update_or_create(
            code=told["code"],
            defaults={
                "name": told["name"],
                "erp": _system(folder, told["erp"], "erp", environment),
                "wms": _system(folder, told["wms"], "wms", environment),
                "time_zone": zone,
                "currency": told.get("currency", "CNY"),
                "policy": kept,
                "policy_told": policy,
            },
        )
        store_hooks(link, hooks)
        for name, (_, listed) in rules.items():
            _store_map(link, name, listed)
        for table in tables.values():
            _store_table(link, table)
    return link, timings


def _read(path: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError("links.unreadable", file=path, reason=error) from error
    if not isinstance(told, dict):
        raise ConfigError("links.unreadable", file=path, reason="not a mapping")
    unknown, missing = set(told) - WORDS, NEEDED - set(told)
    if unknown or missing:
        wrong = ", ".join(sorted(unknown)) or "-"
        raise ConfigError("links.words", file=path, unknown=wrong, missing=", ".join(sorted(missing)) or "-")
    return told


def _zone(told: object, file: Path) -> str:
    try:
        return ZoneInfo(str(told)).key
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError("cadence.zone", where=f"{file}: time_zone", zone=told) from error


def _timings(told: object, file: Path, zone: str) -> dict[str, Timing]:
    if not isinstance(told, dict):
        raise ConfigError("cadence.kind", where=f"{file}: cadence")
    return {str(flow): read_timing(value, f"{file}: cadence.{flow}", zone) for flow, value in told.items()}


def _rules(path: Path) -> tuple[RuleSet, list[dict[str, Any]]]:
    return RuleSet.load(path), yaml.load(path.read_text(encoding="utf-8-sig"), yaml.BaseLoader)


def _system(folder: Path, told: Mapping[str, Any], side: str, environment: Mapping[str, str]) -> System:
    # A path in link.yaml starts at its folder, wherever the command is given and whoever opens the connector later.
    beside = folder / str(told["connector"])
    connector = str(beside.resolve()) if beside.exists() else str(told["connector"])
    manifest = definition(connector).manifest
    settings = {name: _filled(str(value), environment) for name, value in (told.get("settings") or {}).items()}
    secret = {name for name, setting in manifest.settings.items() if setting.secret}
    system, _ = System.objects.update_or_create(
        code=told["code"],
        defaults={
            "name": told.get("name", told["code"]),
            "side": side,
            "connector": connector,
            "settings": {name: value for name, value in settings.items() if name not in secret},
            "secrets": seal({name: value for name, value in settings.items() if name in secret}),
        },
    )
    return system


def _filled(value: str, environment: Mapping[str, str]) -> str:
    def found(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise ConfigError("links.environment_missing", name=name)
        return environment[name]

    return re.sub(r"\$\{(\w+)\}", found, value)


def _filled_in(told: Any, environment: Mapping[str, str]) -> Any:
    """As `_filled`, in every text of a structure."""
    if isinstance(told, dict):
        return {name: _filled_in(value, environment) for name, value in told.items()}
    if isinstance(told, list):
        return [_filled_in(value, environment) for value in told]
    return _filled(told, environment) if isinstance(told, str) else told


def _store_map(link: Link, name: str, listed: list[dict[str, Any]]) -> None:
    newest = FieldMap.objects.filter(link=link, name=name).order_by("-version").first()
    if newest is None or newest.rules != listed:
        FieldMap.objects.create(link=link, name=name, version=newest.version + 1 if newest else 1, rules=listed)


def _store_table(link: Link, table: Table) -> None:
    columns = (*table.keys, *table.values)
    content = {
        "keys": list(table.keys),
        "values": list(table.values),
        "rows": [dict(zip(columns, row, strict=True)) for row in table.rows],
    }
    stored = CodeTable.objects.filter(link=link, name=table.name).first()
    if stored is None or any(getattr(stored, field) != value for field, value in content.items()):
        CodeTable.objects.update_or_create(link=link, name=table.name, defaults=content)
