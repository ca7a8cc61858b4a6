"""Fixtures of the flow tests; a module takes them in by `pytest_plugins = ["modelled.fixtures"]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from countbridge import clock
from modelled.stage import Stage


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """The link and its usual people."""
    return make_stage()


@pytest.fixture
def make_stage(db: None, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """As `stage`, with other people or another policy. The world's clock is everybody's."""
    with ExitStack() as until_the_end:

        def make(**words: object) -> Stage:
            stage = Stage(tmp_path, **words)  # type: ignore[arg-type]
            until_the_end.enter_context(clock.told_by(lambda: stage.world.clock))
            return stage

        yield make
