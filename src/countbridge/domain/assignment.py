"""Splitting a count into sheets and giving them to people. The same input gives the same sheets, whatever its order.

A sheet stays in one zone, follows the walking order, and keeps a bin whole: two people never count one bin in one pass.
A zone of 105 lines with at most 50 a sheet makes three sheets of about 35, not 50, 50 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from countbridge.errors import InputError


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be counted: where it lies and who must not count it (on a recount: who counted it before)."""

    id: str
    warehouse: str
    zone: str
    bin: str
    walk_order: int = 0
    barred: frozenset[str] = field(default_factory=frozenset)

    def walk_key(self) -> tuple[int, str, str]:
        return self.walk_order, self.bin, self.id

    def group_key(self) -> tuple[str, str, list[str]]:
        return self.warehouse, self.zone, sorted(self.barred)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines one person counts, in walking order. `barred`: people who must not get it."""

    warehouse: str
    zone: str
    lines: tuple[Line, ...]
    barred: frozenset[str]

    @property
    def bins(self) -> tuple[str, ...]:
        """The sheet's bins in walking order, each once."""
        return tuple(dict.fromkeys(line.bin for line in self.lines))


def split_sheets(lines: Iterable[Line], max_lines: int) -> list[Sheet]:
    """Sheets of at most `max_lines` lines by zone; only a bin with more lines than that makes a bigger one.

    Lines with different barred people go on different sheets, so that somebody is left for each.
    InputError domain.sheet_size for a maximum below 1.
    """
    if max_lines < 1:
        raise InputError("domain.sheet_size", size=max_lines)
    sheets: list[Sheet] = []
    ordered = sorted(lines, key=lambda line: (line.group_key(), line.walk_key()))
    for _, group in groupby(ordered, key=Line.group_key):
        bins = [list(part) for _, part in groupby(group, key=lambda line: (line.walk_order, line.bin))]
        for start, end in portions([len(part) for part in bins], max_lines):
            sheets.append(_sheet([line for part in bins[start:end] for line in part]))
    return sheets


def portions(sizes: Sequence[int], max_lines: int) -> list[tuple[int, int]]:
    """Neighbouring bins of so many lines put together, as (from, to) positions, so that the portions are about equal and
    none is above the maximum: [40, 40, 25] with at most 50 is (0, 1), (1, 2), (2, 3). InputError for a maximum below 1."""
    if max_lines < 1:
        raise InputError("domain.sheet_size", size=max_lines)
    left = sum(sizes)
    found: list[tuple[int, int]] = []
    start = current = 0
    target = _share(left, max_lines)
    for place, lines in enumerate(sizes):
        # Closing early is right where the bin would carry the sheet further past its share than it now falls short.
        overshoot = current + lines - target
        if place > start and (current + lines > max_lines or overshoot > target - current):
            found.append((start, place))
            left -= current
            start, current, target = place, 0, _share(left, max_lines)
        current += lines
    return [*found, (start, len(sizes))] if sizes else found


def _share(lines: int, max_lines: int) -> int:
    """Lines per sheet when so many are spread evenly over as few sheets as possible, rounded up."""
    sheets = -(-lines // max_lines)
    return -(-lines // max(sheets, 1))


def _sheet(lines: list[Line]) -> Sheet:
    first = lines[0]
    return Sheet(first.warehouse, first.zone, tuple(lines), first.barred)


def assign(sheets: Sequence[Sheet], people: Iterable[str], load: Mapping[str, int] | None = None) -> list[str | None]:
    """Who counts each sheet, in the order of `sheets`: the longest first, each to the least loaded person allowed.

    `load` is lines people already have. None where everybody is barred: a supervisor must find someone else.
    """
    return share_out([len(sheet.lines) for sheet in sheets], people, load, [sheet.barred for sheet in sheets])


def share_out(
    sizes: Sequence[int],
    people: Iterable[str],
    load: Mapping[str, int] | None = None,
    barred: Sequence[frozenset[str]] | None = None,
) -> list[str | None]:
    """As `assign`, for sheets of so many lines: [40, 10, 30] for a and b gives a, b, b."""
    work = {person: (load or {}).get(person, 0) for person in people}
    chosen: list[str | None] = [None] * len(sizes)
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        allowed = [person for person in work if not barred or person not in barred[index]]
        if allowed:
            person = min(allowed, key=lambda name: (work[name], name))
            chosen[index] = person
            work[person] += sizes[index]
    return chosen
