"""The two lists of a policy, read strictly: rules for some lines, and the levels that sign for a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from countbridge.domain.approval import Limit
from countbridge.domain.decimals import parse_decimal
from countbridge.domain.explanation import Cause
from countbridge.domain.policies import Rule
from countbridge.domain.skills import Need
from countbridge.domain.tolerance import Tolerance
from countbridge.errors import ConfigError, InputError

LIMITS = ("percent", "quantity", "value")
SETS = ("warehouses", "zones", "classes", "abc", "kinds", "reasons", "causes")
AMOUNTS = ("price_from", "value_from")
CAUSES = tuple(cause.value for cause in Cause)
RULE = ("name", *SETS, *AMOUNTS, "tolerance", "within", "beyond", "max_passes")
MODES = ("blind", "open", "double_blind")
CYCLE = ("days", "any_bin", "most_bins", "mode")
NEED = ("skill", "warehouses", "zones", "classes", "owners")
LEVEL = ("name", "users", "substitutes", "net", "absolute", "due_hours")


@dataclass(frozen=True)
class Cycle:
    """How often bins are counted: every `days` by the best class of the goods last found in them, every bin at least once in
    `any_bin` days; at most `most_bins` a day, the longest overdue first."""

    days: Mapping[str, int]
    any_bin: int
    most_bins: int
    mode: str


@dataclass(frozen=True)
class Level:
    """Who signs for how much. `users` may sign at once, `substitutes` once `due_hours` have passed; without users everybody who
    may approve in all of the count's warehouses."""

    name: str
    limit: Limit
    users: tuple[str, ...] = ()
    substitutes: tuple[str, ...] = ()
    due_hours: int = 24


def read_rules(told: Sequence[Mapping[str, Any]], base: Rule) -> tuple[Rule, ...]:
    """Rules as {name, warehouses, zones, classes, abc, kinds, reasons, causes, price_from, value_from, tolerance, within, beyond,
    max_passes}; what a rule leaves out is as in the policy itself. ConfigError naming the word that is wrong."""
    rules = [_rule(one, f"rules[{number}]", base) for number, one in enumerate(told, 1)]
    _named_once([rule.name for rule in rules], "rules")
    return tuple(rules)


def read_levels(told: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    """Levels as {name, users, substitutes, net, absolute, due_hours}, the first one signing for the least."""
    levels = [_level(one, f"approval[{number}]") for number, one in enumerate(told, 1)]
    _named_once([level.name for level in levels], "approval")
    return tuple(levels)


def read_needs(told: Sequence[Mapping[str, Any]]) -> tuple[Need, ...]:
    """Skills as {skill, warehouses, zones, classes, owners}: where each is needed. One that names no place, class or owner would
    be needed everywhere, which is what a role is for: ConfigError."""
    needs = []
    for number, one in enumerate(told, 1):
        where = f"skills[{number}]"
        _words(one, NEED, where)
        skill = one.get("skill")
        if not isinstance(skill, str) or not skill.strip() or len(skill) > 60:
            raise ConfigError("stocktake.policy_value", word=f"{where}.skill", value=skill)
        sets = {name: frozenset(_texts(one.get(name), f"{where}.{name}")) for name in NEED[1:]}
        if not any(sets.values()):
            raise ConfigError("stocktake.policy_value", word=where, value=skill)
        needs.append(Need(skill.strip(), **sets))
    return tuple(needs)


def read_cycle(told: Mapping[str, Any]) -> Cycle | None:
    """{days: {A, B, C}, any_bin, most_bins, mode}; None where nothing is told: then the calendar orders nothing."""
    if not told:
        return None
    _words(told, CYCLE, "cycle")
    _one_of(told.get("mode", "blind"), MODES, "cycle.mode")
    days = told.get("days") or {}
    _words(days, ("A", "B", "C"), "cycle.days")
    return Cycle(
        {name: _whole(number, f"cycle.days.{name}", least=1) for name, number in days.items()},
        _whole(told.get("any_bin", 365), "cycle.any_bin", least=1),
        _whole(told.get("most_bins", 50), "cycle.most_bins", least=1),
        told.get("mode", "blind"),
    )


def amount(told: object, word: str) -> Decimal | None:
    """A limit: decimal text that is not negative, None or "" for none. A float is refused: it is not what was written."""
    if told is None or told == "":
        return None
    try:
        value = parse_decimal(told) if isinstance(told, str) else None
    except InputError:
        value = None
    if isinstance(told, int) and not isinstance(told, bool):
        value = Decimal(told)
    if value is None or value < 0:
        raise ConfigError("stocktake.policy_value", word=word, value=told)
    return value


def _rule(told: Mapping[str, Any], where: str, base: Rule) -> Rule:
    _words(told, RULE, where)
    limits = told.get("tolerance")
    if limits is not None:
        _words(limits, LIMITS, f"{where}.tolerance")
    within = told.get("within", base.within)
    beyond = told.get("beyond", base.beyond)
    for cause in _texts(told.get("causes"), f"{where}.causes"):
        _one_of(cause, CAUSES, f"{where}.causes")
    _one_of(within, ("post", "keep_book"), f"{where}.within")
    _one_of(beyond, ("recount", "approve"), f"{where}.beyond")
    return Rule(
        _name(told, where),
        base.tolerance
        if limits is None
        else Tolerance(**{name: amount(limits.get(name), f"{where}.tolerance.{name}") for name in LIMITS}),
        within=within,
        beyond=beyond,
        max_passes=_whole(told.get("max_passes", base.max_passes), f"{where}.max_passes", least=1),
        **{name: frozenset(_texts(told.get(name), f"{where}.{name}")) for name in SETS},  # type: ignore[arg-type]
        **{name: amount(told.get(name), f"{where}.{name}") for name in AMOUNTS},  # type: ignore[arg-type]
    )


def _level(told: Mapping[str, Any], where: str) -> Level:
    _words(told, LEVEL, where)
    return Level(
        _name(told, where),
        Limit(amount(told.get("net"), f"{where}.net"), amount(told.get("absolute"), f"{where}.absolute")),
        users=_texts(told.get("users"), f"{where}.users"),
        substitutes=_texts(told.get("substitutes"), f"{where}.substitutes"),
        due_hours=_whole(told.get("due_hours", 24), f"{where}.due_hours", least=1),
    )


def _words(told: object, known: Sequence[str], where: str) -> None:
    if not isinstance(told, Mapping):
        raise ConfigError("stocktake.policy_value", word=where, value=told)
    for word in told:
        if word not in known:
            raise ConfigError("stocktake.policy_word", word=f"{where}.{word}", known=", ".join(known))


def _name(told: Mapping[str, Any], where: str) -> str:
    name = told.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 60:
        raise ConfigError("stocktake.policy_value", word=f"{where}.name", value=name)
    return name.strip()


def _one_of(told: object, known: Sequence[str], where: str) -> None:
    if told not in known:
        raise ConfigError("stocktake.policy_value", word=where, value=told)


def _texts(told: object, where: str) -> tuple[str, ...]:
    if told is None:
        return ()
    if not isinstance(told, list | tuple) or not all(isinstance(one, str) and one for one in told):
        raise ConfigError("stocktake.policy_value", word=where, value=told)
    return tuple(told)


def _whole(told: object, where: str, least: int) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told < least:
        raise ConfigError("stocktake.policy_value", word=where, value=told)
    return told


def _named_once(names: Sequence[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError("stocktake.policy_twice", word=where, name=name)
