"""One rule on its way to SQL: its value, its failure, and the stages they pass through.

All rules advance side by side: stage n of the statement selects from stage n-1 and adds the columns of every rule's
stage n. A rule's text value is NULL when empty. When a change fails, its value stays as it was, so that the reject can
show it, and its failure column holds the number of an entry in `failures`. A brief chain only tells *that* a row
failed, in `flags`: that is quick, and most rows are good; the full one then tells why, for the rows that are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from countbridge.mapping.quoting import identifier
from countbridge.mapping.tables import Table

NUMBER = "'-?[0-9]+(\\.[0-9]+)?'"
"""What counts as a number: digits with at most one point, a minus before them, nothing else."""

_WHOLE = 10**38


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a change cannot be done: `code` with its params; the offending value is added when it happens."""

    code: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Stage:
    columns: list[tuple[str, str]] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)


Reasons = Sequence[tuple[str, Problem]]
"""SQL conditions with the problem each tells of, first match wins; the last one is always `TRUE`."""


class Chain:
    """Builds the stages of one rule. `tables` gives a code table by name; `use` names it inside the statement."""

    def __init__(
        self, prefix: str, value: str, fields: dict[str, str], use: Callable[[Table], str], *, brief: bool
    ) -> None:
        self.prefix, self.value, self.fields, self.use, self.brief = prefix, value, fields, use, brief
        self.flags: list[str] = []
        self.parts: list[str] = []
        self.applies = ""
        self.error = ""
        self.number: tuple[str, str] | None = None
        self.stages: list[Stage] = []
        self.failures: list[Problem] = []
        self._columns = 0

    def text(self, change: Callable[[str], str]) -> None:
        """A change that cannot fail: `change` turns the SQL of the value into the SQL of the new one."""
        self.plain()
        if self.error or "CASE" in self.value:
            self.settle()
        changed = f"NULLIF({change(self.value)}, '')"
        self.value = f"CASE WHEN {self.error} IS NULL THEN {changed} ELSE {self.value} END" if self.error else changed

    def check(self, result: str, reasons: Reasons, joins: Sequence[str] = (), offender: str = "") -> None:
        """A change that gives NULL where it fails; `result` is SQL over the settled value."""
        (found,) = self.stage({"x": result}, joins)
        self.settle_failure(f"{self.value} IS NOT NULL AND {found} IS NULL", reasons, f"NULLIF({found}, '')", offender)

    def settle_failure(self, failed: str, reasons: Reasons, value: str = "", offender: str = "") -> None:
        """Keep the first failure of the rule; where there is none, take the new value.

        `offender` is SQL of what to show as the offending value, where that is not the rule's value itself.
        """
        if self.brief:
            self.flags.append(f"({failed})")
            self.value = value or self.value
            return
        cases = " ".join(f"WHEN {condition} THEN {self._failure(problem)}" for condition, problem in reasons)
        before = f"WHEN {self.error} IS NOT NULL THEN {self.error} " if self.error else ""
        columns = {"e": f"CASE {before}WHEN {failed} THEN CASE {cases} END END"}
        if value or offender:
            still = f"WHEN {self.error} IS NOT NULL THEN {self.value} " if self.error else ""
            shown, taken = offender or self.value, value or self.value
            columns["v"] = f"CASE {still}WHEN {failed} THEN {shown} ELSE {taken} END"
        added = self.stage(columns)
        self.error = added[0]
        self.value = added[1] if len(added) > 1 else self.value

    def stage(self, columns: dict[str, str], joins: Sequence[str] = ()) -> list[str]:
        """Add a stage with these columns; returns their names."""
        self._columns += 1
        named = [(f"{self.prefix}{kind}{self._columns}", sql) for kind, sql in columns.items()]
        self.stages.append(Stage(named, list(joins)))
        return [name for name, _ in named]

    def settle(self) -> None:
        """Give the value a column of its own, so that it is worked out once however often it is used."""
        if not self.value.isidentifier():
            (self.value,) = self.stage({"v": self.value})

    def join(self, table: Table, key: Sequence[str], spare: bool = False) -> tuple[str, str]:
        """A left join on the table's keys; with `spare`, on its rows whose first key is blank ("any")."""
        alias = f"{self.prefix}j{len(self.stages)}{'s' if spare else ''}"
        on = [f"{alias}.k{place} = {'' if spare and place == 0 else part}" for place, part in enumerate(key)]
        if spare:
            on[0] = f"{alias}.k0 = ''"
        return alias, f"LEFT JOIN {identifier(self.use(table))} AS {alias} ON {' AND '.join(on)}"

    def _failure(self, problem: Problem) -> int:
        self.failures.append(problem)
        return len(self.failures) - 1

    # Numbers: an exact fraction of two whole columns, numerator (signed) over denominator (above 0).

    def to_number(self) -> tuple[str, str]:
        """Read the value as an exact fraction, where it is not one already."""
        if self.number is None:
            self.settle()
            v = self.value
            readable = f"regexp_full_match({v}, {NUMBER})"
            point = f"rpad('1', length(split_part({v}, '.', 2))::INTEGER + 1, '0')"
            n, d = self.stage(
                {
                    "n": f"CASE WHEN {readable} THEN TRY_CAST(replace({v}, '.', '') AS HUGEINT) END",
                    "d": f"TRY_CAST({point} AS HUGEINT)",
                }
            )
            failed = f"{v} IS NOT NULL AND ({n} IS NULL OR {d} IS NULL)"
            self.settle_failure(failed, [(f"NOT {readable}", NOT_A_NUMBER), ("TRUE", TOO_LARGE)])
            self.number = n, d
        return self.number

    def decimals(self, places: int, *, half_up: bool) -> None:
        """Write the number with so many decimals: exactly, or rounded half up (0.5 to 1, -0.5 to -1)."""
        n, d = self.to_number()
        ten = f"{10**places}::HUGEINT"
        scaled = f"abs({n}) * {ten} * 2 + {d}" if half_up else f"abs({n}) * {ten}"
        divisor = f"TRY({d} * 2)" if half_up else d
        m, q = self.stage({"m": f"TRY({scaled})", "q": divisor})
        reasons = [(f"{m} IS NULL OR {q} IS NULL", TOO_LARGE)]
        failed = f"{self.value} IS NOT NULL AND ({m} IS NULL OR {q} IS NULL)"
        if not half_up:
            failed = f"{self.value} IS NOT NULL AND ({m} IS NULL OR {m} % {q} <> 0)"
            reasons.append(("TRUE", Problem("mapping.too_many_decimals", {"decimals": str(places)})))
        (digits,) = self.stage({"s": f"({m} // {q})::VARCHAR"})
        self.settle_failure(failed, reasons, _written(n, digits, places))
        self.number = None

    def plain(self, *, as_fraction: bool = False) -> None:
        """Leave numbers and go back to text: all decimals, none lost; what has no end (10/3) fails."""
        if self.number is None:
            return
        n, d = self.number
        self.number = None
        up, down = self.stage({"n": f"TRY(abs({n}) // gcd({n}, {d}))", "d": f"TRY({d} // gcd({n}, {d}))"})
        sign = f"CASE WHEN {n} < 0 THEN '-' ELSE '' END"
        rest = f"lpad((({up} % {down}) * ({_WHOLE}::HUGEINT // {down}))::VARCHAR, 38, '0')"
        text = f"{sign} || rtrim(({up} // {down})::VARCHAR || '.' || {rest}, '0')"
        text = f"rtrim({text}, '.')"
        endless = f"({_WHOLE}::HUGEINT % {down} <> 0)"
        if as_fraction:
            text = f"CASE WHEN {endless} THEN {sign} || {up}::VARCHAR || '/' || {down}::VARCHAR ELSE {text} END"
            endless = "FALSE"
        reasons = [(f"{up} IS NULL OR {down} IS NULL", TOO_LARGE), ("TRUE", Problem("mapping.not_exact"))]
        failed = f"{self.value} IS NOT NULL AND ({up} IS NULL OR {down} IS NULL OR {endless})"
        self.settle_failure(failed, reasons, text)


NOT_A_NUMBER = Problem("mapping.not_a_number")
TOO_LARGE = Problem("mapping.too_large")


def _written(n: str, digits: str, places: int) -> str:
    """SQL of `digits` with the point before the last `places`, and the sign of `n`; zero has no sign."""
    sign = f"CASE WHEN {n} < 0 AND {digits} <> '0' THEN '-' ELSE '' END"
    if places == 0:
        return f"{sign} || {digits}"
    filled = f"CASE WHEN length({digits}) > {places} THEN {digits} ELSE lpad({digits}, {places + 1}, '0') END"
    return f"{sign} || regexp_replace({filled}, '(.{{{places}}})$', '.\\1')"
