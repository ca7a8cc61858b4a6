"""Fixtures of the flow tests; a module takes them in by `pytest_plugins = ["modelled.fixtures"]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelled.stage import Stage


@pytest.fixture
def stage(db: None, tmp_path: Path) -> Stage:
    """The link and its usual people."""
    return Stage(tmp_path)


@pytest.fixture
def make_stage(db: None, tmp_path: Path) -> Callable[..., Stage]:
    """As `stage`, with other people or another policy."""

    def make(**words: object) -> Stage:
        return Stage(tmp_path, **words)  # type: ignore[arg-type]

    return make
