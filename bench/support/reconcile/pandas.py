"""The same with pandas: columns of Decimals, grouped, merged and compared as columns wherever pandas can."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.support.reconcile.dicts import HUNDRED, JUDGED_AT, LIMITS, SNAPSHOT, STEPS, ZERO
from bench.support.reconcile.facts import AMBIGUITY
from countbridge.domain.keys import GOODS

FIGURES = ["expected", "counted", "variance", "low", "high"]
KEY = ["bin", *GOODS]
AT_ONCE = pd.Timedelta(seconds=AMBIGUITY)
COLUMNS = {
    "lines": ["line", *KEY, "snapshot", "watermark", "decimals", "price", "alone", "residue"],
    "scans": ["line", "pass", "quantity", "base", "numerator", "denominator", "counted_at"],
    "movements": [*KEY, "quantity", "sequence", "occurred"],
}


def read(folder: Path, name: str) -> Any:
    """Codes and numbers as text; whole numbers as such."""
    whole = {column: "int64" for column in ("line", "watermark", "decimals", "sequence") if column in COLUMNS[name]}
    frame = pd.read_csv(
        folder / f"{name}.csv", header=None, names=COLUMNS[name], dtype={**dict.fromkeys(COLUMNS[name], "str"), **whole},
        keep_default_na=False,
    )  # fmt: skip
    for moment in {"counted_at", "occurred"} & {*COLUMNS[name]}:
        frame[moment] = pd.to_datetime(frame[moment], format="%Y-%m-%d %H:%M:%S+00", utc=True)
    for number in {"quantity", "snapshot", "numerator", "denominator"} & {*COLUMNS[name]}:
        frame[number] = frame[number].map(Decimal).astype(object)
    return frame


def compute(folder: Path) -> Any:
    lines, scans, moves = (read(folder, name) for name in COLUMNS)
    scans["portion"] = scans.quantity * scans.numerator / scans.denominator
    counts = scans.groupby("line").agg(
        portion=("portion", "sum"), first=("counted_at", "min"), last=("counted_at", "max")
    )
    lines = lines.merge(counts, how="left", left_on="line", right_index=True)
    scanned = lines["first"].notna()
    lines["first"], lines["last"] = lines["first"].fillna(JUDGED_AT), lines["last"].fillna(JUDGED_AT)
    placed = moves.merge(lines[[*KEY, "line", "watermark", "first", "last"]], on=KEY)
    later = placed.sequence > placed.watermark
    happened = later & (placed.occurred <= placed["last"])
    # Two portions at most here: a movement near a scan is near the first or the last.
    near = ((placed.occurred - placed["first"]).abs() <= AT_ONCE) | (
        (placed.occurred - placed["last"]).abs() <= AT_ONCE
    )
    gone, come = placed.quantity < ZERO, placed.quantity > ZERO
    for name, which in {
        "happened": happened, "sure": happened & ~near, "least": later & near & gone, "most": later & near & come,
    }.items():  # fmt: skip
        sums = placed[which].groupby("line").quantity.sum().rename(name)
        lines = lines.merge(sums, how="left", left_on="line", right_index=True)
        lines[name] = lines[name].where(lines[name].notna(), ZERO)
    between = placed[(placed["first"] < placed.occurred) & (placed.occurred <= placed["last"])].line.unique()
    restated = placed[later & (placed.occurred <= SNAPSHOT)].line.unique()
    lines["expected"] = lines.snapshot + lines.happened
    # A line nobody counted has nothing to compare: its columns stay empty.
    lines["counted"] = [
        portion.quantize(STEPS[digits], ROUND_HALF_UP) if isinstance(portion, Decimal) else None
        for portion, digits in zip(lines.portion, lines.decimals, strict=True)
    ]
    some = lines[scanned]
    for name, figure in {
        "variance": some["counted"] - some.expected,
        "low": some["counted"] - some.snapshot - some.sure - some.most,
        "high": some["counted"] - some.snapshot - some.sure - some.least,
    }.items():
        lines[name] = figure
    lines["value"] = [
        variance * Decimal(price) if price and isinstance(variance, Decimal) else None
        for variance, price in zip(lines.variance, lines.price, strict=True)
    ]
    some = lines[scanned]
    size = some.variance.abs()
    has_percent = (some.expected != ZERO) & (some["counted"] != ZERO)
    reasons = {
        "moved_between_scans": lines.line.isin(between),
        "ambiguous_movements": some.low < some.high,
        "scan_before_snapshot": scanned & (lines["first"] < SNAPSHOT),
        "snapshot_restated": lines.line.isin(restated),
        "negative_book": lines.expected < ZERO,
        "not_counted": ~scanned,
        "exceeds_percent": has_percent & (size * HUNDRED > some.expected.abs() * LIMITS["percent"]),
        "exceeds_quantity": size > LIMITS["quantity"],
        "exceeds_value": some.value.map(lambda value: value is not None and abs(value) > LIMITS["value"]),
        "percent_not_applied": (some.variance != ZERO) & ~has_percent,
    }
    holds = {name: which.reindex(lines.index, fill_value=False).to_numpy(bool) for name, which in reasons.items()}
    text = np.full(len(lines), "", dtype=object)
    for name, which in holds.items():
        text[which] += f"{name} "
    lines["reasons"] = [each[:-1] for each in text]
    zero = ((some.low <= ZERO) & (some.high >= ZERO)).reindex(lines.index, fill_value=False).to_numpy(bool)
    right = (some.variance == ZERO).reindex(lines.index, fill_value=False).to_numpy(bool)
    over = holds["exceeds_percent"] | holds["exceeds_quantity"] | holds["exceeds_value"]
    lines["outcome"] = np.select(
        [holds["moved_between_scans"], holds["ambiguous_movements"] & zero, holds["not_counted"], right, over],
        ["recount", "timing", "uncounted", "match", "breach"],
        "within_tolerance",
    )
    return lines[["line", *FIGURES, "value", "outcome", "reasons"]]


def write(computed: Any, file: Path) -> None:
    """As ours: whole numbers of 10⁻⁹, value of 10⁻¹⁵."""
    frame = computed.copy()
    for name, digits in {**dict.fromkeys(FIGURES, 9), "value": 15}.items():
        frame[name] = [
            int(number.scaleb(digits)) if isinstance(number, Decimal) else "" for number in frame[name].astype(object)
        ]
    frame.to_csv(file, header=False, index=False)
