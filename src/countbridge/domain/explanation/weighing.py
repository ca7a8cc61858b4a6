"""Which story is told: the better class wins, and what two of one class explain equally well is not decided.

0 timing (the line is counted again anyway) · 1 several lines at once, neighbours or those of one document · 2 one line, and the
ERP's book agrees with the shelf · 3 one line, strong · 4 one line, fair. An ERP that agrees with the shelf rules out that the
shelf was counted wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from countbridge.domain.explanation import books as two_books
from countbridge.domain.explanation import keying, papers, swaps, timing
from countbridge.domain.explanation.facts import Breach, ErpBook
from countbridge.domain.explanation.stories import Cause, Explanation, Story, Sure, Suspect

MOST_TOLD = 2  # equally good stories said side by side; with more nothing is said


def explain(breaches: Collection[Breach], books: Iterable[ErpBook] = ()) -> dict[int, Explanation]:
    """What is said of each line, by its id. `breaches` may hold lines without a variance: they show with which book the shelf
    agrees. Work grows with the lines and their movements, not with their square (swaps)."""
    by_book: dict[str, list[Breach]] = defaultdict(list)
    for breach in breaches:
        by_book[breach.book].append(breach)
    known = {book.id: book for book in books if book.id}
    agreed = {line.id: book for book in known.values() if (line := two_books.agreeing(book, by_book[book.id]))}
    ways = papers.one_way(paper for breach in breaches for paper in breach.papers)
    by_paper = papers.stories(breaches, ways)
    told = {breach.id: _single(breach, by_paper[breach.id], agreed.get(breach.id)) for breach in breaches}
    for story in swaps.stories(breaches):
        for member in story.lines:
            told[member].append(story)
    best = {member: _best(stories) for member, stories in told.items()}
    gaps = _gaps(known, by_book)
    return {breach.id: _explanation(best[breach.id], best, gaps.get(breach.book)) for breach in breaches}


def _single(breach: Breach, by_paper: list[Story], agrees: ErpBook | None) -> list[Story]:
    """Stories of the line without its neighbours."""
    found = [*timing.stories(breach), *by_paper]
    if agrees is None:
        return [*found, *keying.stories(breach)]
    # Of the WMS's own papers one may say what is wrong; where none does for certain, it may as well lack one.
    named = [story for story in found if story.suspect is Suspect.WMS]
    wrong = named or [two_books.missing_in_wms(agrees, breach), *papers.possible(breach)]
    others = [story for story in found if story.suspect is not Suspect.WMS]
    return others + [replace(story, agreed=True) for story in wrong]


def _best(stories: Sequence[Story]) -> list[Story]:
    """Those of the best class, the nearest thing to a decision."""
    best = min((_class(story) for story in stories), default=0)
    return [story for story in stories if _class(story) == best]


def _class(story: Story) -> int:
    if story.cause is Cause.TIMING:
        return 0
    if len(story.shares) > 1:
        return 1
    if story.agreed:
        return 2
    return 3 if story.sure is Sure.STRONG else 4


def _explanation(stories: list[Story], best: Mapping[int, list[Story]], gap: Story | None) -> Explanation:
    if len(stories) > MOST_TOLD:
        return Explanation(gap=gap)
    decided = len(stories) == 1 and all(_only(best[line], stories[0]) for line in stories[0].lines)
    return Explanation(tuple(stories), decided, gap)


def _only(stories: Sequence[Story], story: Story) -> bool:
    """Is this one story, as seen from another of its lines?"""
    return [(each.cause, each.shares) for each in stories] == [(story.cause, story.shares)]


def _gaps(books: Mapping[str, ErpBook], lines: Mapping[str, list[Breach]]) -> dict[str, Story]:
    found = ((name, two_books.erp_alone(book, lines[name])) for name, book in books.items() if lines.get(name))
    return {name: story for name, story in found if story is not None}
