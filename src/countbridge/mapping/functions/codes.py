"""Functions on codes: what the other system calls this, found in a code table."""

from __future__ import annotations

from collections.abc import Sequence

from countbridge.mapping.chain import Problem
from countbridge.mapping.functions.catalogue import Call, Example, function
from countbridge.mapping.tables import Table
from countbridge.mapping.words import ARGUMENT, LIST, nearest, split_list, unquote


def key_of(call: Call, table: Table, named: str | None) -> list[str]:
    """SQL of what is looked up: the fields named after `by`, or else the value. Refused if the table has other keys."""
    fields = split_list(named or "")
    key = [call.field(name) for name in fields] if fields else [call.chain.value]
    if len(key) != len(table.keys):
        raise call.wrong("mapping.wrong_keys", table=table.name, keys=", ".join(table.keys))
    return key


def _column(call: Call, table: Table, column: str | None) -> int:
    if column is None and len(table.values) == 1:
        return 0
    if column is None or column not in table.values:
        wanted = nearest(column or "", table.values)
        raise call.wrong("mapping.no_column", table=table.name, column=column or "-", nearest=wanted)
    return table.values.index(column)


def find(call: Call, table: Table, column: str | None, by: str | None, problem: Problem, *, keep: bool = False) -> None:
    chain = call.chain
    chain.plain()
    chain.settle()
    key = key_of(call, table, by)
    alias, join = chain.join(table, key)
    found = f"{alias}.v{_column(call, table, column)}"
    if keep:
        found = f"coalesce({found}, {chain.value})"
    chain.check(found, [("TRUE", problem)], [join], shown(key) if by else "")


def shown(key: Sequence[str]) -> str:
    """SQL of the looked up fields, as a person reads them: `A1, PAL`."""
    return " || ', ' || ".join(f"coalesce({part}, '')" for part in key)


def _problem(table: Table, key: Sequence[str]) -> Problem:
    return Problem("mapping.unknown_code", {"table": table.name, "by": ", ".join(key)})


@function(
    "look up [COLUMN] in TABLE [by FIELD, ...] [backwards] [or keep]",
    "What the code table holds for this code; a code it does not hold is rejected, or kept with `or keep`. `by` looks "
    "up other fields of the row instead of the value, `backwards` reads the table from value to key.",
    rf"look up(?: (?P<column>{ARGUMENT}))? in (?P<table>{ARGUMENT})(?: by (?P<by>{LIST}))?"
    r"(?P<backwards> backwards)?(?P<keep> or keep)?",
    [
        Example("look up in items", "00123", "BOLT-M8"),
        Example("look up in items", "123", fails="mapping.unknown_code"),
        Example("look up in items", "", None),
        Example("look up in items or keep", "X9", "X9"),
        Example("look up in items backwards", "BOLT-M8", "00123"),
        Example("look up location in bins by warehouse, bin", {"warehouse": "W1", "bin": "A-01"}, "W1-A"),
    ],
    words="look up",
)
def look_up(call: Call) -> None:
    table = call.table(unquote(call["table"]))
    if call.get("backwards"):
        table = table.backwards()
    column = call.get("column")
    problem = _problem(table, split_list(call.get("by") or "") or table.keys)
    find(call, table, unquote(column) if column else None, call.get("by"), problem, keep=bool(call.get("keep")))


@function(
    "user name of [TABLE]",
    "The user name of a foreign user id, from the code table `users` (or TABLE); an unknown user is rejected.",
    rf"user name of(?: (?P<table>{ARGUMENT}))?",
    [Example("user name of", "OP7", "wang.li"), Example("user name of", "OP8", fails="mapping.unknown_user")],
)
def user_name(call: Call) -> None:
    table = call.table(unquote(call.get("table") or "users"))
    column = None if len(table.values) == 1 else "user_name"
    find(call, table, column, None, Problem("mapping.unknown_user", {"table": table.name}))


CODES = (look_up, user_name)
