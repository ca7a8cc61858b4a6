"""Goods each of which has a number of its own: a serial is in a bin or it is not, so a bin is compared as a set.

missing = S∖C and extra = C∖S (S what the book has in the bin, C what was counted there); a serial missing in one bin and extra in
another changed its place, which is a transfer and not a loss and a gain (algorithm: serials).
Worked: A-01 is booked with S6 and S7, B-02 with S8; counted are S6 in A-01, S7 and S8 in B-02. Missing in A-01: S7, extra in
B-02: S7, so S7 was moved from A-01 to B-02, and the count as a whole neither lost nor gained one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from countbridge.domain.outcome import Outcome

Reason = Literal["serial_twice", "serial_moved", "serial_elsewhere", "serial_unknown"]
TWICE: Reason = "serial_twice"
MOVED: Reason = "serial_moved"
ELSEWHERE: Reason = "serial_elsewhere"
UNKNOWN: Reason = "serial_unknown"
REASONS: tuple[Reason, ...] = (TWICE, MOVED, ELSEWHERE, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Compared:
    """The serials of one item in one bin: booked and there, booked and not there, there and not booked."""

    present: frozenset[str]
    missing: frozenset[str]
    extra: frozenset[str]


@dataclass(frozen=True, slots=True)
class Move:
    """One serial that lies in another bin than the book has it in."""

    serial: str
    source: str
    target: str


def compare(booked: Set[str], counted: Set[str]) -> Compared:
    """The bin's serials laid beside each other: S∩C, S∖C, C∖S."""
    return Compared(frozenset(booked & counted), frozenset(booked - counted), frozenset(counted - booked))


def moves(bins: Mapping[str, Compared]) -> tuple[Move, ...]:
    """Serials of one item that are missing in one bin and extra in one other, in the order of their numbers. One that is missing
    or extra in several bins is no move: nobody can say from where or to where."""
    missing, extra = _places(bins, "missing"), _places(bins, "extra")
    found = sorted(
        serial for serial in missing.keys() & extra.keys() if len(missing[serial]) == len(extra[serial]) == 1
    )
    return tuple(Move(serial, missing[serial][0], extra[serial][0]) for serial in found)


def counted_twice(counted: Mapping[str, Set[str]]) -> dict[str, tuple[str, ...]]:
    """Serial → the bins it was counted in, of those counted in more than one: it cannot lie in both."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, serials in counted.items():
        for serial in serials:
            places[serial].append(place)
    return {serial: tuple(sorted(found)) for serial, found in places.items() if len(found) > 1}


def is_one_or_none(quantity: Decimal, factor: Fraction) -> bool:
    """May a serial be counted so? One of the base unit, or none ("not here"). A box of one is one; two, a half or -1 are not."""
    return Fraction(quantity) * factor in (0, 1)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of a serial beside the bin it was counted in. `counted_in`: other bins of the count where somebody found
    it; `booked_in`: other bins of the count the book has it in; `outside`: places no bin of this count, where a book has it;
    `known`: some book has ever heard of it."""

    counted_in: Collection[str] = ()
    booked_in: Collection[str] = ()
    outside: Collection[str] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd about a serial that was found, and the places it is about."""

    reason: Reason
    places: tuple[str, ...] = ()


def finding(counted: Decimal | None, variance: Decimal | None, where: Whereabouts) -> Finding | None:
    """The first that applies: found in another bin, too · booked in another bin of the count · booked outside the count · in no
    book at all. None of a serial that lies where it is booked, or was not found, or of which a book knows no place now."""
    if not counted:
        return None
    if where.counted_in:
        return Finding(TWICE, tuple(sorted(where.counted_in)))
    if variance is None or variance <= 0:
        return None
    if where.booked_in:
        return Finding(MOVED, tuple(sorted(where.booked_in)))
    if where.outside:
        return Finding(ELSEWHERE, tuple(sorted(where.outside)))
    return None if where.known else Finding(UNKNOWN)


def outcome_of(outcome: Outcome, found: Finding | None) -> Outcome:
    """A serial found twice is counted again whatever it came to; any other finding is never settled by a tolerance, because a
    number that is booked elsewhere, or nowhere, is no small variance."""
    if found is None or outcome in (Outcome.ERROR, Outcome.HOLD):
        return outcome
    if found.reason == TWICE:
        return Outcome.RECOUNT
    return Outcome.BREACH if outcome is Outcome.WITHIN_TOLERANCE else outcome


def _places(bins: Mapping[str, Compared], part: Literal["missing", "extra"]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for place, compared in bins.items():
        for serial in compared.missing if part == "missing" else compared.extra:
            found[serial].append(place)
    return found
