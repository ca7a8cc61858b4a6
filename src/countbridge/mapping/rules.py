"""Rule lists: `target | from | change | when | default | note`, read strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from countbridge.errors import ConfigError
from countbridge.mapping.conditions import Condition
from countbridge.mapping.functions import Function, function_of
from countbridge.mapping.words import nearest, split_list, unquote

KEYS = ("target", "from", "change", "when", "default", "note")


@dataclass(frozen=True, slots=True)
class Change:
    """One function of a rule with its arguments as written."""

    written: str
    function: Function
    arguments: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one target field comes about. `number` counts rules from 1."""

    number: int
    target: str
    sources: tuple[str, ...]
    changes: tuple[Change, ...]
    when: tuple[Condition, ...]
    default: str | None
    note: str

    @property
    def fields(self) -> set[str]:
        """Every source field the rule looks at."""
        by = {name for change in self.changes for name in split_list(change.arguments.get("by") or "")}
        return {*self.sources, *by, *(condition.field for condition in self.when)}


@dataclass(frozen=True, eq=False)
class RuleSet:
    """A rule list, checked. Two sets of equal text behave alike and share what the engine prepared."""

    rules: tuple[Rule, ...]
    digest: str

    @classmethod
    def load(cls, source: Path | str | Sequence[Mapping[str, Any]]) -> RuleSet:
        """Read rules from a file, from YAML text, or from a list of mappings.

        Raises ConfigError naming the rule by number for: an unknown key or function (with the nearest right word), a
        target that stands twice, arguments that do not fit, a value that is not text.
        """
        listed = source if not isinstance(source, str | Path) else _parse(source)
        if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
            raise ConfigError("mapping.not_a_list")
        rules = tuple(_rule(number, entry) for number, entry in enumerate(listed, 1))
        seen: dict[str, int] = {}
        for rule in rules:
            first = seen.setdefault(rule.target.casefold(), rule.number)
            if first != rule.number:
                raise ConfigError("mapping.target_twice", rule=rule.number, target=rule.target, first=first)
        told = json.dumps([dict(entry) for entry in listed], sort_keys=True)
        return cls(rules, hashlib.sha256(told.encode()).hexdigest())

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every source field the rules look at, sorted."""
        return tuple(sorted(set().union(*(rule.fields for rule in self.rules))))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return tuple(rule.target for rule in self.rules)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The code tables the rules need, sorted by name."""
        changes = [change for rule in self.rules for change in rule.changes if "table" in change.arguments]
        named = {(change.arguments["table"], change.function.words) for change in changes}
        wanted = {unquote(table) if table else "users" for table, words in named if table or words == "user name of"}
        return tuple(sorted(wanted))


class _Loader(yaml.SafeLoader):
    """Takes every scalar as written (`0123` and `no` stay text) and refuses a key that stands twice."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise ConfigError("mapping.key_twice", line=node.start_mark.line + 1, key=key)
        return super().construct_mapping(node, deep)


def _parse(source: Path | str) -> Any:
    try:
        text = source.read_text(encoding="utf-8-sig") if isinstance(source, Path) else source
        return yaml.load(text, _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("mapping.rules_unreadable", path=source, reason=error) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError("mapping.not_yaml", line=line, reason=error.problem) from None
    except yaml.YAMLError as error:
        raise ConfigError("mapping.not_yaml", line="?", reason=error) from None


def _rule(number: int, entry: object) -> Rule:
    if not isinstance(entry, Mapping):
        raise ConfigError("mapping.rule_not_a_mapping", rule=number)
    for key in entry:
        if key not in KEYS:
            raise ConfigError("mapping.unknown_key", rule=number, key=key, nearest=nearest(str(key), KEYS))
    texts = {key: _texts(number, key, entry.get(key)) for key in KEYS}
    if len(texts["target"]) != 1 or not texts["target"][0]:
        raise ConfigError("mapping.no_target", rule=number)
    written = [change.strip() for change in texts["change"]]
    changes = tuple(Change(change, *function_of(change, number)) for change in written)
    sources = texts["from"]
    makes_own = bool(changes) and changes[0].function.words == "constant"
    joins = bool(changes) and changes[0].function.words == "join with"
    if not sources and not makes_own:
        raise ConfigError("mapping.no_source", rule=number, target=texts["target"][0])
    if len(sources) > 1 and not joins and not makes_own:
        raise ConfigError("mapping.join_missing", rule=number, target=texts["target"][0])
    when = tuple(Condition.read(condition, number) for condition in texts["when"])
    default = texts["default"][0] if texts["default"] else None
    return Rule(number, texts["target"][0], sources, changes, when, default, " ".join(texts["note"]))


def _texts(number: int, key: str, value: object) -> tuple[str, ...]:
    """One text or several; nothing and "" are none. Lists are for from, change and when alone."""
    if value is None or value == "":
        return ()
    several = isinstance(value, list | tuple) and key in ("from", "change", "when")
    parts = tuple(value) if several and isinstance(value, list | tuple) else (value,)
    for part in parts:
        if not isinstance(part, str) or part == "":
            raise ConfigError("mapping.not_text_in_rule", rule=number, key=key, value=part)
    return parts
