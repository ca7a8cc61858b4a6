"""Movements of the line that were booked late, twice or with the wrong sign.

Late: V = q of a movement the WMS dates after the scan: it had happened before. Worked: 12 picked, then counted 88 of 100, and
the pick confirmed 14 minutes later: V = −12. Booking that loss would take the twelve away a second time.
Twice: the same document, kind and quantity stand in the ledger twice, V = −q. Worked: a receipt of 24 twice, V = −24.
Wrong sign: q was booked where −q happened, V = −2q. Worked: 15 issued but booked as +15, the book is 30 too high: V = −30.
A kind of movement that else goes one way (picks take away) and here the other is a sign of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal

from countbridge.domain.decimals import multiply
from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach, Paper
from countbridge.domain.explanation.stories import Cause, Story, Suspect

LATE = timedelta(hours=8)  # a shift: how long after a scan a movement may be booked that had happened before it
MINUTE = timedelta(minutes=1)
DOUBLED_BACK = Decimal(-2)
ONE_WAY = 20  # movements of a kind, of which at most one goes the other way, until the kind is said to go one way

Ways = Mapping[str, bool]


def one_way(papers: Iterable[Paper]) -> Ways:
    """Kinds of movements that always take away (True) or always bring (False), but for one in ONE_WAY."""
    found: dict[str, Counter[bool]] = {}
    for paper in papers:
        found.setdefault(paper.kind, Counter())[paper.quantity < 0] += 1
    usual = {kind: ways.most_common(1)[0] for kind, ways in found.items()}
    return {
        kind: way
        for kind, (way, number) in usual.items()
        if kind and number >= ONE_WAY * max(1, found[kind].total() - number)
    }


def stories(breach: Breach, ways: Ways) -> Iterator[Story]:
    """What the ledger of the line explains of its variance."""
    if breach.variance:
        yield from _late(breach)
        yield from _twice(breach)
        yield from _sign(breach, ways)


def possible(breach: Breach) -> Iterator[Story]:
    """What fits too easily to be told alone, but stands beside the other possibility where the WMS is known to be wrong."""
    booked = [paper for paper in breach.papers if paper.applied]
    undone = [paper for paper in booked if paper.quantity == breach.variance.copy_negate()]
    again = [paper for paper in undone if sum(paper.kind == other.kind for other in undone) > 1]
    if again:
        yield _story(breach, Cause.DOCUMENT_POSTED_TWICE, Suspect.WMS, again[-1], None, times=str(len(again)))
    turned = _turned(breach, booked)
    if turned:
        yield _turned_story(breach, turned[-1], None)


def _late(breach: Breach) -> Iterator[Story]:
    after = [
        paper
        for paper in breach.papers
        if not paper.applied and not paper.doubtful and paper.occurred - breach.counted_at <= LATE
    ]
    fitting = [paper for paper in after if paper.quantity == breach.variance]
    one_in = chance.one_in(breach, [paper.quantity for paper in after])
    if fitting and one_in >= chance.TELLING:
        paper = min(fitting, key=lambda paper: (paper.occurred, paper.id))
        minutes = max(1, (paper.occurred - breach.counted_at) // MINUTE)
        yield _story(
            breach, Cause.DOCUMENT_NOT_POSTED, Suspect.TIMING, paper, one_in, form="late", minutes=str(minutes)
        )


def _twice(breach: Breach) -> Iterator[Story]:
    booked = Counter(_same(paper) for paper in breach.papers if paper.applied and paper.document)
    for paper in breach.papers:
        if booked[_same(paper)] > 1 and paper.quantity == breach.variance.copy_negate() and paper.applied:
            times = str(booked[_same(paper)])
            yield _story(breach, Cause.DOCUMENT_POSTED_TWICE, Suspect.WMS, paper, None, times=times)
            return


def _same(paper: Paper) -> tuple[str, str, Decimal]:
    return (paper.document, paper.kind, paper.quantity)


def _sign(breach: Breach, ways: Ways) -> Iterator[Story]:
    booked = [paper for paper in breach.papers if paper.applied]
    fitting = _turned(breach, booked)
    odd = [paper for paper in fitting if ways.get(paper.kind, paper.quantity < 0) != (paper.quantity < 0)]
    if odd:
        yield _turned_story(breach, odd[-1], None)
        return
    one_in = chance.one_in(breach, [multiply(DOUBLED_BACK, paper.quantity) for paper in booked])
    if fitting and one_in >= chance.TELLING:
        yield _turned_story(breach, fitting[-1], one_in)


def _turned(breach: Breach, booked: Iterable[Paper]) -> list[Paper]:
    """Movements with which the other way round the line would match, oldest first."""
    fitting = [paper for paper in booked if multiply(DOUBLED_BACK, paper.quantity) == breach.variance]
    return sorted(fitting, key=lambda paper: (paper.occurred, paper.id))


def _turned_story(breach: Breach, paper: Paper, one_in: int | None) -> Story:
    right = chance.text(paper.quantity.copy_negate(), signed=True)
    return _story(breach, Cause.WRONG_SIGN, Suspect.WMS, paper, one_in, right=right)


def _story(
    breach: Breach, cause: Cause, suspect: Suspect, paper: Paper, one_in: int | None, form: str = "", **more: str
) -> Story:
    evidence = {"document": paper.name, "quantity": chance.text(paper.quantity, signed=True), **more}
    return Story(cause, suspect, ((breach.id, breach.variance),), one_in, form, evidence)
