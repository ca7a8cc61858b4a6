"""Splitting a count into sheets and giving them to people. The same input gives the same sheets, whatever its order.

A sheet stays in one zone, follows the walking order, and keeps a bin whole: two people never count one bin in one pass.
A zone of 105 lines with at most 50 a sheet makes three sheets of about 35, not 50, 50 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from countbridge.domain.skills import NOTHING, Demand
from countbridge.errors import InputError


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be counted: where it lies, who must not count it (on a recount: who counted it before), and what it takes."""

    id: str
    warehouse: str
    zone: str
    bin: str
    walk_order: int = 0
    barred: frozenset[str] = field(default_factory=frozenset)
    demand: Demand = NOTHING

    def walk_key(self) -> tuple[int, str, str]:
        return self.walk_order, self.bin, self.id

    def group_key(self) -> tuple[str, str, list[str], Demand]:
        return self.warehouse, self.zone, sorted(self.barred), self.demand


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines one person counts, in walking order. `barred`: people who must not get it. `demand`: what it takes."""

    warehouse: str
    zone: str
    lines: tuple[Line, ...]
    barred: frozenset[str]
    demand: Demand = NOTHING

    @property
    def bins(self) -> tuple[str, ...]:
        """The sheet's bins in walking order, each once."""
        return tuple(dict.fromkeys(line.bin for line in self.lines))


def split_sheets(lines: Iterable[Line], max_lines: int) -> list[Sheet]:
    """Sheets of at most `max_lines` lines by zone; only a bin with more lines than that makes a bigger one.

    Lines with different barred people go on different sheets, so that somebody is left for each; so do lines that take different
    skills, so that one person can have them all.
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
    return Sheet(first.warehouse, first.zone, tuple(lines), first.barred, first.demand)


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


@dataclass(frozen=True, slots=True)
class Load:
    """A sheet that is not handed in: its lines that are still to be counted, who has it, and whether it can be given away (nobody
    began it)."""

    sheet: int
    lines: int
    person: str | None
    movable: bool
    barred: frozenset[str] = field(default_factory=frozenset)


def rebalance(loads: Sequence[Load], people: Iterable[str]) -> list[tuple[int, str]]:
    """(sheet, to whom) of the moves that even out what people still have before them; few of them, and none where nothing is won.

    A sheet that is nobody's goes to whoever has least. Then the biggest sheet that makes the gap between the most and the
    least loaded smaller goes over, until no such sheet is left.
    Worked: a has sheets of 30 (begun), 20 and 10, b nothing. b gets the 20, then the 10: 30 and 30.
    """
    work = dict.fromkeys(sorted(people), 0)
    holder: dict[int, str | None] = {}
    for load in loads:
        holder[load.sheet] = load.person
        if load.person in work:
            work[load.person] += load.lines
    free = sorted((one for one in loads if one.movable), key=lambda one: (-one.lines, one.sheet))
    for load in free:
        allowed = [person for person in work if person not in load.barred]
        if load.person not in work and allowed:
            holder[load.sheet] = min(allowed, key=lambda name: (work[name], name))
            work[holder[load.sheet] or ""] += load.lines
    while (move := _best_move(free, holder, work)) is not None:
        load, giver, taker = move
        holder[load.sheet] = taker
        work[giver] -= load.lines
        work[taker] += load.lines
    return [(one.sheet, to) for one in free if (to := holder[one.sheet]) is not None and to != one.person]


def _best_move(
    free: Sequence[Load], holder: Mapping[int, str | None], work: Mapping[str, int]
) -> tuple[Load, str, str] | None:
    """The biggest sheet of the most loaded that can go to somebody who has less even with it."""
    for giver in sorted(work, key=lambda name: (-work[name], name)):
        for load in free:
            if holder[load.sheet] != giver or not load.lines:
                continue
            takers = [name for name in work if name != giver and name not in load.barred]
            taker = min(takers, key=lambda name: (work[name], name), default=None)
            if taker is not None and work[taker] + load.lines < work[giver]:
                return load, giver, taker
    return None
