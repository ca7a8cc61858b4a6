"""Measures the explainer on generated histories and writes the figures into docs/explainer.md; a test says when they are old.

python tools/explain_confusion.py        # takes half a minute
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from countbridge.domain.explanation import Cause  # noqa: E402
from unit.domain.confusion import COLUMNS, NONE, ROWS, SEVERAL, Confusion, measure  # noqa: E402

PAGE = ROOT / "docs" / "explainer.md"
BEGIN, END = "<!-- figures: python tools/explain_confusion.py -->\n", "<!-- /figures -->\n"
SEEDS = range(10_000, 10_600)  # none of these was looked at while the rules were made


def table(found: Confusion) -> str:
    """Precision and recall of each cause, and what was said instead."""
    lines = sum(found.counts.values())
    rows = [
        f"{len(SEEDS)} histories with {lines} lines out of tolerance and gaps between the books.",
        "",
        "| cause | it was so | said so | of these right | precision | recall | undecided, it named |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for cause in Cause:
        figures = [found.truly(cause), found.said(cause), found.right(cause)]
        shares = [found.precision(cause), found.recall(cause), found.named[cause]]
        rows.append(f"| `{cause}` | " + " | ".join(map(str, [*figures, *shares])) + " |")
    blamed = found.blamed.total()
    rows += ["", f"Where the cause was right, the suspect was right {found.blamed[True]} times of {blamed}.", ""]
    return "\n".join([*rows, *_matrix(found)]) + "\n"


def _matrix(found: Confusion) -> list[str]:
    """Every true cause (row) against what was said of it (column, by the row's number)."""
    numbers = {cause: str(number) for number, cause in enumerate(ROWS, 1)}
    heads = [numbers.get(column, {SEVERAL: "two said", NONE: "nothing"}.get(column, column)) for column in COLUMNS]
    rows = ["| true cause | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(heads)]
    for truth in ROWS:
        said = " | ".join(_cell(found.counts[truth, column], right=truth == column) for column in COLUMNS)
        rows.append(f"| {numbers[truth]} {truth} | {said} |")
    return rows


def _cell(number: int, *, right: bool) -> str:
    return f"**{number}**" if right else str(number or "·")


def written(page: str, found: Confusion) -> str:
    """The page with the figures as they should be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table(found) + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), measure(SEEDS)), encoding="utf-8")
