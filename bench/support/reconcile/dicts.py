"""What many would write: dictionaries of Decimals, one pass over each file, then one over the lines."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from bench.support.reconcile.facts import AMBIGUITY, SNAPSHOT_AT, TOLERANCE

ZERO, HUNDRED, AT_ONCE = Decimal(0), Decimal(100), timedelta(seconds=AMBIGUITY)
SNAPSHOT = datetime.fromisoformat(SNAPSHOT_AT)
JUDGED_AT = datetime.fromisoformat("2026-11-21 00:00:00+00")
LIMITS = {name: Decimal(limit) for name, limit in TOLERANCE.items()}
STEPS = {digits: Decimal(1).scaleb(-digits) for digits in range(10)}
Row = tuple[Any, ...]


def compute(folder: Path) -> list[Row]:
    """(line, expected, counted, variance, lowest, highest, value, outcome, reasons) of each line."""
    scans: dict[str, list[tuple[Decimal, datetime]]] = defaultdict(list)
    with (folder / "scans.csv").open(encoding="utf-8", newline="") as file:
        for line, _, quantity, _, numerator, denominator, at in csv.reader(file):
            portion = Decimal(quantity) * Decimal(numerator) / Decimal(denominator)
            scans[line].append((portion, datetime.fromisoformat(at)))
    moves: dict[tuple[str, ...], list[tuple[Decimal, int, datetime]]] = defaultdict(list)
    with (folder / "movements.csv").open(encoding="utf-8", newline="") as file:
        for bin_, *goods, quantity, sequence, at in csv.reader(file):
            moves[bin_, *goods].append((Decimal(quantity), int(sequence), datetime.fromisoformat(at)))
    found: list[Row] = []
    with (folder / "lines.csv").open(encoding="utf-8", newline="") as file:
        for line, bin_, *goods, snapshot, watermark, decimals, price, _, _ in csv.reader(file):
            key = (bin_, *goods)
            moved = moves[key] if key in moves else []  # noqa: SIM401  a defaultdict would grow
            counted_at = scans.get(line)
            found.append(judge(line, Decimal(snapshot), int(watermark), int(decimals), price, counted_at, moved))
    return found


def judge(  # noqa: PLR0912, PLR0915  as somebody would write it
    line: str,
    snapshot: Decimal,
    watermark: int,
    decimals: int,
    price: str,
    scans: list[tuple[Decimal, datetime]] | None,
    moves: list[tuple[Decimal, int, datetime]],
) -> Row:
    first = min(at for _, at in scans) if scans else JUDGED_AT
    last = max(at for _, at in scans) if scans else JUDGED_AT
    expected = sure = snapshot
    least = most = ZERO
    between = restated = False
    for quantity, sequence, at in moves:
        between = between or first < at <= last
        if sequence <= watermark:
            continue
        restated = restated or at <= SNAPSHOT
        if at <= last:
            expected += quantity
        if scans and any(abs(at - moment) <= AT_ONCE for _, moment in scans):
            if quantity < 0:
                least += quantity
            else:
                most += quantity
        elif at <= last:
            sure += quantity
    reasons = []
    if between:
        reasons.append("moved_between_scans")
    if not scans:
        reasons += [
            *(["snapshot_restated"] if restated else ()),
            *(["negative_book"] if expected < 0 else ()),
            "not_counted",
        ]
        return line, expected, None, None, None, None, None, "recount" if between else "uncounted", " ".join(reasons)
    counted = sum((portion for portion, _ in scans), ZERO).quantize(STEPS[decimals], ROUND_HALF_UP)
    variance = counted - expected
    low, high = counted - sure - most, counted - sure - least
    value = variance * Decimal(price) if price else None
    if low < high:
        reasons.append("ambiguous_movements")
    if first < SNAPSHOT:
        reasons.append("scan_before_snapshot")
    if restated:
        reasons.append("snapshot_restated")
    if expected < 0:
        reasons.append("negative_book")
    has_percent = expected != 0 and counted != 0
    over = []
    if has_percent and abs(variance) * HUNDRED > abs(expected) * LIMITS["percent"]:
        over.append("exceeds_percent")
    if abs(variance) > LIMITS["quantity"]:
        over.append("exceeds_quantity")
    if value is not None and abs(value) > LIMITS["value"]:
        over.append("exceeds_value")
    reasons += over
    if variance != 0 and not has_percent:
        reasons.append("percent_not_applied")
    if between:
        outcome = "recount"
    elif low < high and low <= 0 <= high:
        outcome = "timing"
    elif variance == 0:
        outcome = "match"
    else:
        outcome = "breach" if over else "within_tolerance"
    return line, expected, counted, variance, low, high, value, outcome, " ".join(reasons)


def write(computed: list[Row], file: Path) -> None:
    """As ours: whole numbers of 10⁻⁹, value of 10⁻¹⁵."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for line, *figures, value, outcome, reasons in computed:
            whole = [None if figure is None else int(figure.scaleb(9)) for figure in figures]
            writer.writerow([line, *whole, None if value is None else int(value.scaleb(15)), outcome, reasons])
