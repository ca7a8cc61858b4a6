"""A rule list as one SQL statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countbridge.mapping.chain import Chain, Problem, Stage
from countbridge.mapping.functions import Call
from countbridge.mapping.quoting import literal
from countbridge.mapping.rules import Rule, RuleSet
from countbridge.mapping.tables import Table


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL over a source with the columns `row`, `absent` and one per field (`f0`, `f1`, …, all text).

    Brief, its result has `row`, then per rule a value column `v0`, …, then `failed`; `failures` are then empty.
    Else it has `row`, the value columns, then per rule a failure column `e0`, …: NULL, or the place of the problem in
    that rule's `failures`; the rule's value is then the offending one.
    `tables` gives the name each code table has inside the statement.
    """

    rules: RuleSet
    body: str
    failures: tuple[tuple[Problem, ...], ...]
    tables: Mapping[str, Table]

    def over(self, source: str) -> str:
        """The statement reading from `source`, a table or a query in parentheses."""
        return self.body.replace("\0source\0", source)


@dataclass(frozen=True, slots=True)
class Mode:
    """`brief`: tell only that a row failed. `sparse`: rows may lack fields; the rules that need them then fail.

    `as_fraction`: show endless numbers as fractions instead of failing them.
    """

    brief: bool = False
    sparse: bool = False
    as_fraction: bool = False


def compile_rules(rules: RuleSet, tables: Mapping[str, Table], is_zone: Callable[[str], bool], mode: Mode) -> Statement:
    """Make the statement. Raises ConfigError where a table, a column or a field is missing."""
    used: dict[str, Table] = {}

    def use(table: Table) -> str:
        used[name := f"t_{table.digest}"] = table
        return name

    fields = {name: f"f{place}" for place, name in enumerate(rules.fields)}
    chains = [Chain(f"r{rule.number}", "", fields, use, brief=mode.brief) for rule in rules.rules]
    for rule, chain in zip(rules.rules, chains, strict=True):
        _begin(rule, chain, sparse=mode.sparse)
        for place, change in enumerate(rule.changes):
            call = Call(change.written, rule.number, change.arguments, chain, tables, rule.sources, place == 0, is_zone)
            change.function.build(call)
        chain.plain(as_fraction=mode.as_fraction)
    ends = [_end(place, *pair) for place, pair in enumerate(zip(rules.rules, chains, strict=True))]
    flags = [flag for chain in chains for flag in chain.flags]
    told = (
        [f"coalesce({' OR '.join(flags) or 'FALSE'}, FALSE) AS failed"] if mode.brief else [error for _, error in ends]
    )
    columns = ["row", *(value for value, _ in ends), *told]
    body = f"SELECT {', '.join(columns)} FROM {_layers(chains, _source(fields))} AS p"
    return Statement(rules, body, tuple(tuple(chain.failures) for chain in chains), used)


def _begin(rule: Rule, chain: Chain, *, sparse: bool) -> None:
    chain.applies = " AND ".join(condition.sql(chain.fields) for condition in rule.when)
    if len(rule.sources) == 1:
        source = chain.fields[rule.sources[0]]
        chain.value = f"CASE WHEN {chain.applies} THEN {source} END" if chain.applies else source
    needs = rule.sources if rule.default is None and not _makes_own(rule) else ()
    if sparse and needs:
        lacking = {name: f"absent[{list(chain.fields).index(name) + 1}] = '1'" for name in needs}
        reasons = [(sql, Problem("mapping.field_missing", {"field": name})) for name, sql in lacking.items()]
        failed = f"({' OR '.join(lacking.values())}) AND {chain.applies or 'TRUE'}"
        chain.settle_failure(failed, reasons)


def _makes_own(rule: Rule) -> bool:
    return bool(rule.changes) and rule.changes[0].function.words == "constant"


def _end(place: int, rule: Rule, chain: Chain) -> tuple[str, str]:
    value = chain.value
    if rule.default is not None:
        filled = f"coalesce({value}, {literal(rule.default)})"
        value = f"CASE WHEN {chain.error} IS NULL THEN {filled} ELSE {value} END" if chain.error else filled
    return f"{value} AS v{place}", f"{chain.error or 'NULL::INTEGER'} AS e{place}"


def _source(fields: Mapping[str, str]) -> str:
    columns = ["row", "absent", *(f"NULLIF({column}, '') AS {column}" for column in fields.values())]
    return f"(SELECT {', '.join(columns)} FROM \0source\0 AS s)"


def _layers(chains: Sequence[Chain], inner: str) -> str:
    """Nest the stages: each selects all columns of the one before and adds its own."""
    for level in range(max(len(chain.stages) for chain in chains)):
        stages: list[Stage] = [chain.stages[level] for chain in chains if level < len(chain.stages)]
        added = [f"{sql} AS {name}" for stage in stages for name, sql in stage.columns]
        joins = [join for stage in stages for join in stage.joins]
        inner = f"(SELECT p.*, {', '.join(added)} FROM {inner} AS p {' '.join(joins)})"
    return inner
