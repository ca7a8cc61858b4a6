"""How each target of one row came about, change by change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from countbridge.mapping.engine import engine
from countbridge.mapping.mapped import Failure, Row, apply, failures_of
from countbridge.mapping.rules import Rule, RuleSet
from countbridge.mapping.statement import Mode
from countbridge.mapping.tables import Table


@dataclass(frozen=True, slots=True)
class Step:
    """One change: what it found and what it left. `failure` when it could not."""

    change: str
    before: str | None
    after: str | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule at work on a row: the source values, each change, the result (with default), or the failure."""

    rule: int
    target: str
    sources: Mapping[str, str | None]
    steps: tuple[Step, ...]
    result: str | None
    failure: Failure | None


def explain(rules: RuleSet, row: Row, tables: Mapping[str, Table] | None = None) -> list[Explained]:
    """Before and after of every change of every rule, by the same engine that maps: it runs each rule cut short
    after its first change, its second, and so on. An endless number between two changes is shown as a fraction."""
    tables = tables or {}
    refused = {failure.rule: failure for reject in apply(rules, [row], tables).rejects for failure in reject.failures}
    cuts = [(rule, length) for rule in rules.rules for length in range(len(rule.changes) + 1) if _runs(rule, length)]
    short = [_cut(rule, length, place) for place, (rule, length) in enumerate(cuts, 1)]
    left = _run(RuleSet(tuple(short), f"explain {rules.digest}"), row, tables)
    values = {(rule.number, length): found for (rule, length), found in zip(cuts, left, strict=True)}
    return [_explained(rule, row, values, refused, _result(rule, values)) for rule in rules.rules]


def _runs(rule: Rule, length: int) -> bool:
    return length > 0 or len(rule.sources) == 1


def _cut(rule: Rule, length: int, place: int) -> Rule:
    whole = length == len(rule.changes)
    return replace(
        rule, number=place, target=str(place), changes=rule.changes[:length], default=rule.default if whole else None
    )


def _run(rules: RuleSet, row: Row, tables: Mapping[str, Table]) -> list[tuple[str | None, Failure | None]]:
    absent = "".join("01"[field not in row] for field in rules.fields)
    columns: list[list[Any]] = [
        [1],
        [absent if "1" in absent or not absent else None],
        *([row.get(field)] for field in rules.fields),
    ]
    statement, results = engine().execute(rules, tables, columns, Mode(sparse=True, as_fraction=True))
    width = len(rules.rules)
    values, errors = results[0][1 : width + 1], results[0][width + 1 :]
    failures = {failure.rule: failure for failure in failures_of(statement, values, errors, 1)}
    return [(value, failures.get(place)) for place, value in enumerate(values, 1)]


def _result(rule: Rule, values: Mapping[tuple[int, int], tuple[str | None, Failure | None]]) -> str | None:
    return values[rule.number, len(rule.changes)][0]


def _explained(
    rule: Rule,
    row: Row,
    values: Mapping[tuple[int, int], tuple[str | None, Failure | None]],
    refused: Mapping[int, Failure],
    result: str | None,
) -> Explained:
    steps: list[Step] = []
    before = values[rule.number, 0][0] if _runs(rule, 0) else None
    for length, change in enumerate(rule.changes, 1):
        after, failure = values[rule.number, length]
        if failure is not None:
            steps.append(Step(change.written, before, None, replace(failure, rule=rule.number, target=rule.target)))
            break
        steps.append(Step(change.written, before, after, None))
        before = after
    failed = refused.get(rule.number)
    sources = {name: row.get(name) for name in rule.sources}
    return Explained(rule.number, rule.target, sources, tuple(steps), None if failed else result, failed)
