"""How often the explainer is right: its stories against the true causes of generated histories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from countbridge.domain.explanation import Cause, Story, explain
from unit.domain.caused import CAUSES, NOBODY, TWO, History, history

NONE, SEVERAL = "nothing", "undecided"
ROWS = [*CAUSES, NOBODY, TWO]
COLUMNS = [*CAUSES, SEVERAL, NONE]


@dataclass
class Confusion:
    """`counts[truth, said]`: lines out of tolerance and gaps between the books. `named`: undecided with the truth among
    them. `blamed`: of the causes said right, whether the suspect was right, too."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    blamed: Counter[bool] = field(default_factory=Counter)

    def truly(self, cause: str) -> int:
        return sum(number for (truth, _), number in self.counts.items() if truth == cause)

    def said(self, cause: str) -> int:
        return sum(number for (_, said), number in self.counts.items() if said == cause)

    def right(self, cause: str) -> int:
        return self.counts[cause, cause]

    def precision(self, cause: str) -> Decimal:
        return share(self.right(cause), self.said(cause))

    def recall(self, cause: str) -> Decimal:
        return share(self.right(cause), self.truly(cause))


def share(part: int, whole: int) -> Decimal:
    """Rounded down, so that a goal just missed is not shown as reached."""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.001"), ROUND_DOWN) if whole else Decimal(0)


def measure(seeds: Iterable[int]) -> Confusion:
    """Explain the histories of these seeds and compare."""
    confusion = Confusion()
    for seed in seeds:
        _count(confusion, history(seed))
    return confusion


def _count(confusion: Confusion, known: History) -> None:
    told = explain(known.breaches, known.books)
    for line, truth in known.truth.items():
        stories = told[line].stories
        _one(confusion, truth, stories, decided=told[line].decided)
        if told[line].cause == truth:
            confusion.blamed[stories[0].suspect == known.suspects[line]] += 1
    of_book = {}
    for breach in known.breaches:
        of_book.setdefault(breach.book, []).append(breach)
    for book in known.books:
        if not book.gap:
            continue
        # What is said of the gap itself, or of the line the gap is about.
        gap = next((told[breach.id].gap for breach in of_book[book.id]), None)
        lines = [told[b.id] for b in of_book[book.id] if b.variance == book.gap and told[b.id].stories]
        if gap is not None:
            _one(confusion, known.gaps[book.id], (gap,), decided=True)
        elif known.gaps[book.id] == Cause.INTERFACE_GAP or (
            known.gaps[book.id] == Cause.DOCUMENT_NOT_POSTED and not lines
        ):
            _one(confusion, known.gaps[book.id], (), decided=False)


def _one(confusion: Confusion, truth: str, stories: tuple[Story, ...], *, decided: bool) -> None:
    said = str(stories[0].cause) if decided else SEVERAL if stories else NONE
    confusion.counts[truth, said] += 1
    if said == SEVERAL and truth in {str(story.cause) for story in stories}:
        confusion.named[truth] += 1
