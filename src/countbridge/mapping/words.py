"""Reading the words of a change or a condition: quoted arguments, lists, and the nearest right word for a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

QUOTED = r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'"
ARGUMENT = rf"(?:{QUOTED}|[^\s,\"']+)"
"""One argument: a bare word, or anything in quotes (a quote inside is doubled)."""
LIST = rf"{ARGUMENT}(?:\s*,\s*{ARGUMENT})*"
REST = rf"(?:{QUOTED}|[^\"'].*)"
"""Everything up to the end of the change, quoted or not."""


def unquote(argument: str) -> str:
    """The text an argument stands for: quotes around it go, a doubled quote inside is one."""
    if len(argument) >= 2 and argument[0] in "\"'" and argument[-1] == argument[0]:
        quote = argument[0]
        return argument[1:-1].replace(quote * 2, quote)
    return argument


def split_list(text: str) -> tuple[str, ...]:
    """The arguments of a comma list, unquoted: `item, "unit of sale"` gives both names."""
    return tuple(unquote(found) for found in re.findall(ARGUMENT, text))


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`; without a likely one, all of them."""
    choices = list(known)
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    return close[0] if close else ", ".join(choices)
