"""Conditions of a rule: `type is pick`, `lot is not empty`, `uom is one of PCS, EA`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from countbridge.errors import ConfigError
from countbridge.mapping.quoting import literal
from countbridge.mapping.words import ARGUMENT, LIST, split_list, unquote

_SHAPE = re.compile(
    rf"(?P<field>{ARGUMENT}) (?:(?P<empty>is empty)|(?P<filled>is not empty)|is one of (?P<among>{LIST})|"
    rf"is not one of (?P<outside>{LIST})|is not (?P<other>{ARGUMENT})|(?:equals|is) (?P<same>{ARGUMENT}))"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What `field` must be: one of `values` (the empty value is None), or none of them when `negated`."""

    field: str
    values: tuple[str | None, ...]
    negated: bool

    @classmethod
    def read(cls, written: str, rule: int) -> Condition:
        """Read a condition as a person writes it. Raises ConfigError with the rule's number."""
        match = _SHAPE.fullmatch(written.strip())
        if match is None:
            raise ConfigError("mapping.bad_condition", rule=rule, when=written)
        found = match.groupdict()
        negated = any(found[word] for word in ("filled", "outside", "other"))
        values: tuple[str | None, ...]
        if found["empty"] or found["filled"]:
            values = (None,)
        else:
            values = split_list(found["among"] or found["outside"] or found["other"] or found["same"])
        return cls(unquote(found["field"]), values, negated)

    def sql(self, fields: Mapping[str, str]) -> str:
        """True or false, never unknown: an empty field is not `pick`."""
        column = fields[self.field]
        parts = [
            f"{column} IS NULL" if v is None else f"{column} IS NOT DISTINCT FROM {literal(v)}" for v in self.values
        ]
        holds = " OR ".join(parts)
        return f"NOT ({holds})" if self.negated else f"({holds})"
