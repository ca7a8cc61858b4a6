"""What a function of a rule's *change* is: its words, what it does in one sentence, examples that run as tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from countbridge.errors import ConfigError
from countbridge.mapping.chain import Chain
from countbridge.mapping.tables import Table
from countbridge.mapping.words import nearest

Build = Callable[["Call"], None]


@dataclass(frozen=True, slots=True)
class Example:
    """`change` makes `gives` of `given` (a text, or a row where several fields matter), or fails with code `fails`."""

    change: str
    given: str | dict[str, str | None]
    gives: str | None = None
    fails: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `signature` is how it is written, `pattern` reads it, `build` adds it to a rule's chain."""

    words: str
    signature: str
    does: str
    pattern: re.Pattern[str]
    build: Build
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One function in one rule: its arguments as written, the chain it adds to, the tables it may use.

    `sources` are the rule's `from` fields, `first` tells whether this is its first change.
    """

    change: str
    rule: int
    arguments: Mapping[str, str | None]
    chain: Chain
    tables: Mapping[str, Table]
    sources: Sequence[str]
    first: bool
    is_zone: Callable[[str], bool]

    def get(self, name: str) -> str | None:
        return self.arguments[name]

    def __getitem__(self, name: str) -> str:
        return self.arguments[name] or ""

    def wrong(self, code: str, **params: object) -> ConfigError:
        """The error of a call that cannot be compiled, with its rule's number."""
        return ConfigError(code, rule=self.rule, change=self.change, **params)

    def field(self, name: str) -> str:
        """The SQL of a source field named in the arguments."""
        return self.chain.fields[name]

    def table(self, name: str) -> Table:
        found = self.tables.get(name)
        if found is None:
            raise self.wrong("mapping.no_table", table=name, nearest=nearest(name, self.tables) or "-")
        return found


def function(
    signature: str, does: str, pattern: str, examples: Sequence[Example], words: str = ""
) -> Callable[[Build], Function]:
    """Declare a function: the decorated builder adds its SQL to the chain. `words` default to the signature's."""
    plain = words or re.split(r"\s+[^a-z/]|\s+[A-Z]", signature, maxsplit=1)[0]
    compiled = re.compile(pattern)

    def declare(build: Build) -> Function:
        return Function(plain, signature, does, compiled, build, tuple(examples))

    return declare


def whole_number(text: str, lowest: int, highest: int) -> int | None:
    """`text` as a whole number within bounds; None when it is not one."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None
