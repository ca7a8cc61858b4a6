"""The one source of chance in exchange and stocktake: a simulation replaces it by a seeded one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

_source = random.Random()


def between(low: float, high: float) -> float:
    return _source.uniform(low, high)


def new_name() -> str:
    """32 hexadecimal digits nobody has had before."""
    return f"{_source.getrandbits(128):032x}"


@contextmanager
def told_by(source: random.Random) -> Iterator[None]:
    """Within the block, `source` decides what is left to chance."""
    global _source  # noqa: PLW0603  one source for the process is the point
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
