"""The figures of docs/explainer.md: they are of this code, and they reach what is promised for each cause."""

from __future__ import annotations

import importlib.util
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from countbridge.domain.explanation import Cause
from unit.domain.caused import NOBODY, history
from unit.domain.confusion import NONE, Confusion, measure

ROOT = Path(__file__).parents[3]
PRECISION, RECALL = Decimal("0.95"), Decimal("0.8")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("explain_confusion", ROOT / "tools" / "explain_confusion.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def figures(tool: ModuleType) -> Confusion:
    return measure(tool.SEEDS)


@pytest.mark.parametrize("cause", list(Cause))
def test_each_cause_is_found_and_seldom_wrongly(figures: Confusion, cause: Cause) -> None:
    assert figures.truly(cause) >= 100, "too few to say anything"
    assert figures.precision(cause) >= PRECISION
    assert figures.recall(cause) >= RECALL


def test_where_nobody_knows_next_to_nothing_is_said(figures: Confusion) -> None:
    assert figures.counts[NOBODY, NONE] >= figures.truly(NOBODY) * Decimal("0.98")


def test_the_suspect_is_the_right_one(figures: Confusion) -> None:
    assert figures.blamed[False] <= figures.blamed.total() * Decimal("0.02")


def test_the_page_has_the_figures_of_this_code(tool: ModuleType, figures: Confusion) -> None:
    page = tool.PAGE.read_text(encoding="utf-8")
    assert tool.written(page, figures) == page, "run: python tools/explain_confusion.py"


def test_a_history_has_causes_and_coincidences_of_many_kinds() -> None:
    truths = {truth for seed in range(40) for truth in history(seed).truth.values()}
    assert truths >= {*map(str, Cause)} - {Cause.INTERFACE_GAP} | {NOBODY}
