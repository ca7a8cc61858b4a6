"""The functions a rule's *change* may use, and how a written change finds its function."""

from __future__ import annotations

from difflib import SequenceMatcher

from countbridge.errors import ConfigError
from countbridge.mapping.functions.catalogue import Call, Example, Function
from countbridge.mapping.functions.codes import CODES
from countbridge.mapping.functions.dates import DATES
from countbridge.mapping.functions.numbers import NUMBERS
from countbridge.mapping.functions.text import TEXT
from countbridge.mapping.words import nearest

FUNCTIONS: tuple[Function, ...] = (*TEXT, *CODES, *NUMBERS, *DATES)

__all__ = ["FUNCTIONS", "Call", "Example", "Function", "function_of"]


def function_of(change: str, rule: int) -> tuple[Function, dict[str, str | None]]:
    """The function a change names, and its arguments. Raises ConfigError naming the rule and the nearest word."""
    named = [f for f in FUNCTIONS if change == f.words or change.startswith(f.words + " ")]
    for candidate in named:
        match = candidate.pattern.fullmatch(change)
        if match:
            return candidate, match.groupdict()
    closest = max(FUNCTIONS, key=lambda f: SequenceMatcher(None, change[: len(f.words)], f.words).ratio())
    if named and (closest in named or len(change.split()) > len(closest.words.split())):
        longest = max(named, key=lambda f: len(f.words))
        raise ConfigError("mapping.bad_arguments", rule=rule, change=change, signature=longest.signature)
    likely = nearest(change[: len(closest.words)], [closest.words]) == closest.words
    known = closest.signature if likely else ", ".join(f.words for f in FUNCTIONS)
    raise ConfigError("mapping.unknown_function", rule=rule, change=change, nearest=known)
