"""What a count says, from recorded facts alone: every line of a history judged by the code that judges a live count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from countbridge.domain.accuracy import Accuracy, accuracy
from countbridge.domain.assessment import Assessment, LineFacts, assess
from countbridge.domain.decimals import ZERO, decimal_text
from countbridge.domain.history import History
from countbridge.domain.keys import Key
from countbridge.domain.rollforward import Movement, closure_residue, existing
from countbridge.domain.scans import Scan
from countbridge.domain.units import BASE_DECIMALS


@dataclass(frozen=True, slots=True)
class Result:
    """The lines of a history by key, in the order of `Key.sort_key`, and their accuracy."""

    lines: tuple[tuple[Key, Assessment], ...]
    accuracy: Accuracy


def replay(history: History) -> Result:
    """Judge every key the history knows: of the snapshot, a scan, a movement, or goods only the closing book has."""
    movements: dict[Key, list[Movement]] = {}
    for key, movement in history.movements:
        # One not seen yet does not exist: it makes no line either.
        if existing((movement,), history.policy.seen_until):
            movements.setdefault(key, []).append(movement)
    scans: dict[Key, list[Scan]] = {}
    for key, scan in history.scans:
        scans.setdefault(key, []).append(scan)
    appeared = {key for key, quantity in history.end.quantities.items() if quantity} if history.end else set()
    keys = history.snapshot.quantities.keys() | movements.keys() | scans.keys() | appeared
    uncounted_at = _uncounted_at(history)
    lines = tuple(
        (key, assess(_facts(history, key, movements.get(key, []), scans.get(key, []), uncounted_at)))
        for key in sorted(keys, key=Key.sort_key)
    )
    return Result(lines, accuracy(assessment for _, assessment in lines))


def _facts(
    history: History, key: Key, movements: list[Movement], scans: list[Scan], uncounted_at: datetime
) -> LineFacts:
    snapshot = history.snapshot.quantities.get(key, ZERO)
    residue = None
    if history.end:
        residue = closure_residue(snapshot, history.end.quantities.get(key, ZERO), movements, history.end.at)
    return LineFacts(
        snapshot=snapshot,
        snapshot_at=history.snapshot.at,
        movements=movements,
        scans=scans,
        policy=history.policy,
        uncounted_at=uncounted_at,
        base_decimals=history.base_decimals.get(key.item, BASE_DECIMALS),
        price=history.prices.get(key.item),
        residue=residue,
    )


def _uncounted_at(history: History) -> datetime:
    """The moment an uncounted line is judged at. Where uncounted is zero and nobody scanned anything, as if ignored."""
    if history.policy.uncounted == "zero" and history.scans:
        return max(scan.counted_at for _, scan in history.scans)
    return history.policy.seen_until or history.latest


def result_json(result: Result) -> dict[str, object]:
    """The result as plain data: every number decimal text in its canonical form, null where there is none."""
    return {
        "lines": [_line_json(key, line) for key, line in result.lines],
        "accuracy": {"lines": _text(result.accuracy.lines), "quantity": _text(result.accuracy.quantity)},
        "errors": [
            {"scan": fault.scan, "key": key.parts(), "code": fault.code}
            for key, line in result.lines
            for fault in line.faults
        ],
    }


def _line_json(key: Key, line: Assessment) -> dict[str, object]:
    return {
        "key": key.parts(),
        "expected": _text(line.expected),
        "counted": _text(line.counted),
        "variance": _text(line.variance),
        "interval": None if line.interval is None else [_text(line.interval.low), _text(line.interval.high)],
        "value": _text(line.value),
        "outcome": line.outcome.value,
        "reasons": list(line.reasons),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)
