"""What is left to chance: spread of retries, new names. A simulation seeds it, so that a run can be had again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random, SystemRandom

_source: Random = SystemRandom()


def spread(low: float, high: float) -> float:
    """A number between `low` and `high`."""
    return _source.uniform(low, high)


def new_name() -> str:
    """32 hexadecimal digits nobody has had before."""
    return f"{_source.getrandbits(128):032x}"


@contextmanager
def seeded(seed: object) -> Iterator[None]:
    """Within the block, everything follows from `seed`."""
    global _source  # noqa: PLW0603  one source for the process is the point
    before, _source = _source, Random(str(seed))
    try:
        yield
    finally:
        _source = before
