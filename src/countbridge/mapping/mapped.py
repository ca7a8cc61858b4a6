"""Mapping rows: what came out, what was refused and why, and how each value came about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from countbridge.mapping.engine import Outcome, engine
from countbridge.mapping.rules import RuleSet
from countbridge.mapping.statement import Statement
from countbridge.mapping.tables import Table

Row = Mapping[str, str | None]
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one rule could not map a row. `code` and `params` make the sentence; `value` is the offending value."""

    rule: int
    target: str
    code: str
    value: str | None
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be mapped: whole, with its number (from 1) and every rule that failed."""

    row_number: int
    row: dict[str, str | None]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapped rows in the order they came, and the rejected ones. `numbers` are the row numbers of `rows`."""

    rows: list[dict[str, str | None]]
    rejects: list[Reject]
    numbers: list[int]


def apply(rules: RuleSet, rows: Iterable[Row], tables: Mapping[str, Table] | None = None) -> Mapped:
    """Map every row; a row that fails is in `rejects`, whole, and the others go on. Empty values leave as None.

    Raises ConfigError when a code table the rules name is not in `tables`, or has not the columns they need.
    """
    mapped: list[dict[str, str | None]] = []
    rejects: list[Reject] = []
    numbers: list[int] = []
    start = 1
    for batch in _batches(rows):
        good, bad = _map(rules, batch, tables or {}, start)
        numbers.extend(number for number, _ in good)
        mapped.extend(row for _, row in good)
        rejects.extend(bad)
        start += len(batch)
    return Mapped(mapped, rejects, numbers)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _map(
    rules: RuleSet, rows: Sequence[Row], tables: Mapping[str, Table], start: int
) -> tuple[list[tuple[int, dict[str, str | None]]], list[Reject]]:
    unfit = {place: failure for place, row in enumerate(rows) if (failure := _not_text(rules, row, start + place))}
    fit = [place for place in range(len(rows)) if place not in unfit]
    outcome = _run(rules, [rows[place] for place in fit], tables)
    width = len(rules.rules)
    good = [
        (start + fit[result[0]], dict(zip(rules.targets, result[1 : width + 1], strict=True)))
        for result in outcome.good
    ]
    bad = [_reject(rows[place], start + place, (failure,)) for place, failure in unfit.items()]
    for result in outcome.bad:
        place = fit[result[0]]
        values, errors = result[1 : width + 1], result[width + 1 :]
        bad.append(_reject(rows[place], start + place, failures_of(outcome.statement, values, errors, start + place)))
    good.sort(key=lambda pair: pair[0])
    bad.sort(key=lambda reject: reject.row_number)
    return good, bad


def _run(rules: RuleSet, rows: Sequence[Row], tables: Mapping[str, Table]) -> Outcome:
    columns = [[row.get(field) for row in rows] for field in rules.fields]
    lacks = [any(field not in row for field in rules.fields) for row in rows]
    absent: list[str | None] = []
    if any(lacks) or not columns:
        absent = ["".join("01"[field not in row] for field in rules.fields) for row in rows]
    return engine().run(rules, tables, columns, absent)


def _not_text(rules: RuleSet, row: Row, number: int) -> Failure | None:
    """A value that is no text at all, or not writable as UTF-8, never reaches the engine."""
    for field in rules.fields:
        value: object = row.get(field)
        if value is None or (type(value) is str and (value.isascii() or _writable(value))):
            continue
        rule = next(rule for rule in rules.rules if field in rule.fields)
        shown = ascii(value)
        params = {"field": field, "value": shown, "row": str(number), "target": rule.target, "rule": str(rule.number)}
        return Failure(rule.number, rule.target, "mapping.not_text", shown, params)
    return None


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def failures_of(
    statement: Statement, values: Sequence[str | None], errors: Sequence[int | None], number: int
) -> tuple[Failure, ...]:
    """The failures of one result row, one per rule that failed."""
    failures = []
    for rule, problems, value, error in zip(statement.rules.rules, statement.failures, values, errors, strict=True):
        if error is None:
            continue
        problem = problems[error]
        place = {"row": str(number), "rule": str(rule.number), "target": rule.target, "from": ", ".join(rule.sources)}
        failures.append(
            Failure(rule.number, rule.target, problem.code, value, {**place, **problem.params, "value": value or ""})
        )
    return tuple(failures)


def _reject(row: Row, number: int, failures: tuple[Failure, ...]) -> Reject:
    return Reject(number, dict(row), failures)
