"""Timing: a movement within the clocks' uncertainty of the scan, taken on the other side of it, leaves no variance.

Worked: expected 40, counted 35, and a pick of 5 was booked twelve seconds after the scan. Picked before it: expected 35.
That the interval contains 0 is not enough: 0 must be one of the possibilities, or something else happened, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from countbridge.domain.decimals import subtract, total
from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach, Paper
from countbridge.domain.explanation.stories import Cause, Story, Suspect

MOST_DOUBTFUL = 8  # movements tried in every combination; with more of them nothing is said


def stories(breach: Breach) -> Iterator[Story]:
    """The story of the fewest movements that, taken on the other side of the scan, explain the variance."""
    doubtful = [paper for paper in breach.papers if paper.doubtful]
    if not breach.interval.is_timing or not breach.variance or not 0 < len(doubtful) <= MOST_DOUBTFUL:
        return
    chosen = _fewest(doubtful, breach.variance)
    if chosen:
        yield Story(
            Cause.TIMING,
            Suspect.TIMING,
            ((breach.id, breach.variance),),
            evidence={
                "documents": ", ".join(paper.name for paper in chosen),
                "quantity": chance.text(total(paper.quantity for paper in chosen), signed=True),
            },
        )


def _fewest(doubtful: list[Paper], variance: Decimal) -> list[Paper]:
    """V' = V + q for a movement taken out of the expectation, V − q for one put in; the smallest choice with V' = 0."""
    choices = (
        [paper for index, paper in enumerate(doubtful) if choice >> index & 1]
        for choice in sorted(range(1, 1 << len(doubtful)), key=lambda choice: (choice.bit_count(), choice))
    )
    for chosen in choices:
        put_in = total(paper.quantity for paper in chosen if not paper.applied)
        taken_out = total(paper.quantity for paper in chosen if paper.applied)
        if variance == subtract(put_in, taken_out):
            return chosen
    return []
