"""The functions a rule's *change* may use, and how a written change finds its function."""

from __future__ import annotations

from difflib import SequenceMatcher

from countbridge.errors import ConfigError
from countbridge.mapping.functions.catalogue import Call, Example, Function
from countbridge.mapping.functions.codes import CODES
from countbridge.mapping.functions.dates import DATES
from countbridge.mapping.functions.numbers import NUMBERS
from countbridge.mapping.functions.text import TEXT

FUNCTIONS: tuple[Function, ...] = (*TEXT, *CODES, *NUMBERS, *DATES)

__all__ = ["FUNCTIONS", "Call", "Example", "Function", "function_of"]


def function_of(change: str, rule: int) -> tuple[Function, dict[str, str | None]]:
    """The function a change names, and its arguments. Raises ConfigError naming the rule and the nearest word."""
    named = [f for f in FUNCTIONS if change == f.words or change.startswith(f.words + " ")]
    for candidate in named:
        match = candidate.pattern.fullmatch(change)
        if match:
            return candidate, match.groupdict()
    closest = _closest(change)
    if named and (closest is None or closest in named):
        longest = max(named, key=lambda f: len(f.words))
        raise ConfigError("mapping.bad_arguments", rule=rule, change=change, signature=longest.signature)
    known = closest.signature if closest else ", ".join(f.words for f in FUNCTIONS)
    raise ConfigError("mapping.unknown_function", rule=rule, change=change, nearest=known)


def _closest(change: str) -> Function | None:
    """The function whose words the change almost begins with; the longest of several."""
    alike = [f for f in FUNCTIONS if SequenceMatcher(None, change[: len(f.words)], f.words).ratio() >= 0.75]
    return max(alike, key=lambda f: len(f.words)) if alike else None
