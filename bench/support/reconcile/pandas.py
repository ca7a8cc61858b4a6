"""The same with pandas: columns of Decimals, grouped, merged and compared as columns wherever pandas can."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.support.reconcile.dicts import HUNDRED, JUDGED_AT, LIMITS, STEPS, ZERO
from bench.support.reconcile.facts import AMBIGUITY

KEY = ["bin", "item", "lot"]
AT_ONCE = pd.Timedelta(seconds=AMBIGUITY)
COLUMNS = {
    "lines": ["line", *KEY, "snapshot", "watermark", "decimals", "price", "residue"],
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
    near = ((placed.occurred - placed["first"]).abs() <= AT_ONCE) | ((placed.occurred - placed["last"]).abs() <= AT_ONCE)
    gone, come = placed.quantity < ZERO, placed.quantity > ZERO
    for name, which in {
        "happened": happened, "sure": happened & ~near, "least": later & near & gone, "most": later & near & come,
    }.items():  # fmt: skip
        sums = placed[which].groupby("line").quantity.sum().rename(name)
        lines = lines.merge(sums, how="left", left_on="line", right_index=True)
        lines[name] = lines[name].where(lines[name].notna(), ZERO)
    between = placed[(placed["first"] < placed.occurred) & (placed.occurred <= placed["last"])].line.unique()
    lines["expected"] = lines.snapshot + lines.happened
    counted = lines[scanned].copy()
    counted["counted"] = [
        portion.quantize(STEPS[digits], ROUND_HALF_UP)
        for portion, digits in zip(counted.portion, counted.decimals, strict=True)
    ]
    counted["variance"] = counted["counted"] - counted.expected
    counted["low"] = counted["counted"] - counted.snapshot - counted.sure - counted.most
    counted["high"] = counted["counted"] - counted.snapshot - counted.sure - counted.least
    counted["value"] = [
        variance * Decimal(price) if price else None
        for variance, price in zip(counted.variance, counted.price, strict=True)
    ]
    size = counted.variance.abs()
    over = (
        (size > LIMITS["quantity"])
        | np.array([value is not None and abs(value) > LIMITS["value"] for value in counted.value])
        | (
            (counted.expected != ZERO)
            & (counted["counted"] != ZERO)
            & (size * HUNDRED > counted.expected.abs() * LIMITS["percent"])
        )
    )
    counted["outcome"] = np.select(
        [
            counted.line.isin(between),
            (counted.low < counted.high) & (counted.low <= ZERO) & (counted.high >= ZERO),
            counted.variance == ZERO,
            over,
        ],
        ["recount", "timing", "match", "breach"],
        "within_tolerance",
    )
    columns = ["line", "counted", "variance", "low", "high", "value", "outcome"]
    return lines[["line", "expected"]].merge(counted[columns], how="left", on="line")


def write(computed: Any, file: Path) -> None:
    """As ours: whole numbers of 10⁻⁹, value of 10⁻¹⁵."""
    frame = computed.copy()
    for name, digits in dict.fromkeys(["expected", "counted", "variance", "low", "high"], 9).items() | {("value", 15)}:
        frame[name] = [
            int(number.scaleb(digits)) if isinstance(number, Decimal) else "" for number in frame[name].astype(object)
        ]
    frame["outcome"] = frame.outcome.where(frame.outcome.notna(), "uncounted")
    order = ["line", "expected", "counted", "variance", "low", "high", "value", "outcome"]
    frame[order].to_csv(file, header=False, index=False)
