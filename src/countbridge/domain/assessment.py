"""One line of a count, judged: the same code for a live count at every scan and feed, and for a recorded history.

Worked: snapshot 12, a pick of 3 at 9:00, 2 boxes of 6 counted at 9:30, price 8.50.
Expected 12 − 3 = 9, counted 12, variance +3, value +25.50; with a tolerance of 1 piece it is a breach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from countbridge.domain.decimals import ZERO, multiply, subtract
from countbridge.domain.interval import Interval, variance_interval
from countbridge.domain.outcome import Outcome, decide
from countbridge.domain.rollforward import Movement, existing, expected, moved_between
from countbridge.domain.scans import Scan, scan_fault
from countbridge.domain.tolerance import Tolerance, exceeded, percent_applies
from countbridge.domain.units import BASE_DECIMALS, base_sum

NO_LIMITS = Tolerance()
NO_AMBIGUITY = timedelta(0)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a count judges its lines. `seen_until`: movements seen later do not exist yet; None = all do."""

    tolerance: Tolerance = NO_LIMITS
    ambiguity: timedelta = NO_AMBIGUITY
    uncounted: Literal["ignore", "zero"] = "ignore"
    seen_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """All that is known of one key. Order of movements and scans is of no consequence.

    `uncounted_at`: the moment an uncounted line is judged at (now, or the count's last scan where uncounted is zero).
    `residue`: of the closure test (`rollforward.closure_residue`), None where none was made.
    `scans`: those that count, so without undone ones and without those a recount replaced.
    """

    snapshot: Decimal
    snapshot_at: datetime
    movements: Sequence[Movement]
    scans: Sequence[Scan]
    policy: Policy
    uncounted_at: datetime
    base_decimals: int = BASE_DECIMALS
    price: Decimal | None = None
    residue: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ScanFault:
    """A scan that makes its line an error: `code` is unknown_unit, negative_count or too_many_decimals."""

    scan: str
    code: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the facts say. None in counted, variance, interval and value: not counted, or a faulty scan.

    `value` is also None without a price. `reasons` are codes; `domain.<code>` in the messages is their sentence.
    """

    expected: Decimal
    counted: Decimal | None
    variance: Decimal | None
    interval: Interval | None
    value: Decimal | None
    outcome: Outcome
    reasons: tuple[str, ...]
    faults: tuple[ScanFault, ...] = ()
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Count:
    """What was counted, and when: the first and last moment are the same for one scan."""

    counted: Decimal | None
    moments: tuple[datetime, ...]
    faults: tuple[ScanFault, ...] = ()
    note: str | None = None

    @property
    def first(self) -> datetime:
        return min(self.moments)

    @property
    def last(self) -> datetime:
        return max(self.moments)


def assess(facts: LineFacts) -> Assessment:
    """Judge one line from its facts; see the module for a worked number. Base units, money in the price's currency."""
    movements = existing(facts.movements, facts.policy.seen_until)
    count = _count(facts)
    book = expected(facts.snapshot, movements, count.last)
    variance = interval = value = None
    over: list[str] = []
    if count.counted is not None:
        variance = subtract(count.counted, book)
        interval = variance_interval(count.counted, facts.snapshot, movements, count.moments, facts.policy.ambiguity)
        value = None if facts.price is None else multiply(variance, facts.price)
        over = exceeded(facts.policy.tolerance, book, count.counted, variance, value)
    moved = moved_between(movements, count.first, count.last)
    outcome = decide(
        faulty=bool(count.faults),
        residue=facts.residue,
        moved_between_scans=moved,
        interval=interval,
        variance=variance,
        exceeded=over,
    )
    reasons = _reasons(facts, movements, count, book, moved=moved, interval=interval, over=over)
    return Assessment(book, count.counted, variance, interval, value, outcome, reasons, count.faults, count.last)


def _count(facts: LineFacts) -> _Count:
    if not facts.scans:
        if facts.policy.uncounted == "zero":
            return _Count(ZERO, (facts.uncounted_at,), note="uncounted_as_zero")
        return _Count(None, (facts.uncounted_at,), note="not_counted")
    moments = tuple(scan.counted_at for scan in facts.scans)
    found = ((scan.id, scan_fault(scan, facts.base_decimals)) for scan in facts.scans)
    faults = tuple(sorted((ScanFault(id_, code) for id_, code in found if code), key=lambda f: (f.code, f.scan)))
    if faults:
        return _Count(None, moments, faults)
    return _Count(base_sum((scan.portion for scan in facts.scans), facts.base_decimals), moments)


def _reasons(
    facts: LineFacts,
    movements: Sequence[Movement],
    count: _Count,
    book: Decimal,
    *,
    moved: bool,
    interval: Interval | None,
    over: Sequence[str],
) -> tuple[str, ...]:
    """Everything worth knowing about the line, in a fixed order, whether or not it decided the outcome."""
    limit = facts.policy.tolerance.percent
    varies = count.counted is not None and count.counted != book
    undefined = varies and limit is not None and not percent_applies(book, count.counted or ZERO)
    said = {
        **dict.fromkeys((fault.code for fault in count.faults), True),
        "closure_residue": bool(facts.residue),
        "moved_between_scans": moved,
        "ambiguous_movements": interval is not None and not interval.is_point,
        "scan_before_snapshot": bool(facts.scans or count.counted is not None) and count.first < facts.snapshot_at,
        "snapshot_restated": any(not m.in_snapshot and m.occurred <= facts.snapshot_at for m in movements),
        "negative_book": book < 0,
        **({count.note: True} if count.note else {}),
        **{f"exceeds_{name}": True for name in over},
        "percent_not_applied": undefined,
    }
    return tuple(code for code, holds in said.items() if holds)
