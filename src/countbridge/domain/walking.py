"""The way through a zone where the WMS tells none: up one aisle and down the next.

A bin's code is read as aisle, position, level: the parts between its separators (W1-03-12-2: aisle W1-03, position 12, level 2),
or where it has none its letters and digits in turn (A12: aisle A, position 12). Codes of two parts have no level.
Worked: A-1, A-2, B-1, B-2, C-1 are walked A-1, A-2, B-2, B-1, C-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

Part = tuple[int, int, str]


def serpentine(codes: Iterable[str]) -> list[str]:
    """The codes in walking order: aisles ascending, positions up in the first, down in the second and so on, levels upwards."""
    ordered = sorted(set(codes), key=lambda code: (_natural(aisle_of(code)), _place(code), code))
    walked: list[str] = []
    for number, (_, aisle) in enumerate(groupby(ordered, key=aisle_of)):
        places = [list(place) for _, place in groupby(aisle, key=_position)]
        walked += [code for place in (places if number % 2 == 0 else reversed(places)) for code in place]
    return walked


def aisle_of(code: str) -> str:
    """What comes before position and level; "" for a code that names no aisle."""
    parts = _parts(code)
    return "-".join(parts[: max(len(parts) - 2, 1)]) if len(parts) > 1 else ""


def _parts(code: str) -> list[str]:
    """Between separators where there are any, else letters and digits in turn."""
    parts = [part for part in re.split(r"[^0-9A-Za-z]+", code) if part]
    return parts if len(parts) > 1 else re.findall(r"[0-9]+|[^0-9]+", code)


def _position(code: str) -> str:
    parts = _parts(code)
    return parts[-2] if len(parts) > 2 else parts[-1] if parts else ""


def _place(code: str) -> tuple[list[Part], list[Part]]:
    parts = _parts(code)
    return _natural(_position(code)), _natural(parts[-1]) if len(parts) > 2 else []


def _natural(text: str) -> list[Part]:
    """9 before 10, digits before letters; parts of equal number by their text ("07" and "7")."""
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in re.findall(r"[0-9]+|[^0-9]+", text)]
