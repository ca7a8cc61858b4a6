"""The result of a benchmark: a ratio, how it was got, and whether what was measured was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

LEAST_ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """`ratio` is the median over rounds of ours ÷ `against`; `cpu_seconds` and `peak_mb` are ours, of one round.

    `goal` says what the ratio should be ("<= 1.05"); `checked` is true only when the results compared equal.
    """

    name: str
    ratio: float
    median: float
    min: float
    max: float
    rounds: int
    unit: str
    against: str
    goal: str
    met: bool
    cpu_seconds: float
    peak_mb: float
    checked: bool

    def told(self) -> dict[str, object]:
        return asdict(self)


def row(
    name: str,
    ratios: Sequence[float],
    *,
    unit: str,
    against: str,
    goal: tuple[Literal["<=", ">="], float],
    cpu_seconds: Sequence[float],
    peak_mb: float,
    checked: bool,
) -> Row:
    """A row of at least five rounds. A goal counts as met only when the results were right."""
    if len(ratios) < LEAST_ROUNDS:
        raise ValueError(f"{name}: {len(ratios)} rounds are too few to tell")
    middle = median(ratios)
    sign, limit = goal
    reached = middle <= limit if sign == "<=" else middle >= limit
    return Row(
        name, round(middle, 4), round(middle, 4), round(min(ratios), 4), round(max(ratios), 4), len(ratios), unit, against,
        f"{sign} {limit:g}", reached and checked, round(median(cpu_seconds), 3), round(peak_mb, 1), checked,
    )  # fmt: skip
