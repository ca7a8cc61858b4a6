"""docs/bad-input.md: every outcome it tells has its tests, and its codes are ones we say."""

from __future__ import annotations

import re
from pathlib import Path

from countbridge.messages import catalogue

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]


def test_every_row_names_tests_that_exist() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"def (test_\w+)\(", sources))
    assert len(ROWS) > 10
    for row in ROWS:
        named = re.findall(r"`(test_\w+)`", row[-1])
        assert named, row[0]
        assert set(named) <= there, row[0]


def test_every_code_on_the_page_is_in_the_catalogue() -> None:
    codes = set(re.findall(r"`((?:stocktake|mapping|domain|exchange)\.\w+)`", PAGE))
    assert len(codes) > 8
    assert codes <= catalogue().keys()
