"""Movements of the line that were booked late, twice or with the wrong sign.

Late: V = q of a movement the WMS dates after the scan: it had happened before. Worked: 12 picked, then counted 88 of 100, and
the pick confirmed 14 minutes later: V = −12. Booking that loss would take the twelve away a second time.
Twice: the same document, kind and quantity stand in the ledger twice, V = −q. Worked: a receipt of 24 twice, V = −24.
Wrong sign: q was booked where −q happened, V = −2q. Worked: 15 issued but booked as +15, the book is 30 too high: V = −30.
A kind of movement that else goes one way (picks take away) and here the other is a sign of its own.

A document of several lines went wrong as a whole: what fits each of them too easily alone does not fit all of them by chance.
Worked: an order of 2, 3 and 5 pieces booked late, and just these are missing: 1 in 2, 1 in 3 and 1 in 5 make 1 in 30; and that
the second and third line differ at all makes it 1 in 480.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from math import comb, prod

from countbridge.domain.decimals import multiply, total
from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach, Paper
from countbridge.domain.explanation.stories import Cause, Story, Suspect

LATE = timedelta(hours=8)  # a shift: how long after a scan a movement may be booked that had happened before it
LATE_FORM = "late"
MINUTE = timedelta(minutes=1)
DOUBLED_BACK = Decimal(-2)
ONE_WAY = 20  # movements of a kind, of which at most one goes the other way, until the kind is said to go one way
DIFFER = 4  # at most one line in so many differs, even in a bad count

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


def stories(breaches: Collection[Breach], ways: Ways) -> dict[int, list[Story]]:
    """What the ledgers of the lines explain of their variances, and chance would seldom: by line."""
    fitting: dict[int, list[Story]] = {breach.id: [] for breach in breaches}
    of_document: dict[tuple[Cause, str, str], list[tuple[int, Story]]] = defaultdict(list)
    for breach in breaches:
        for story, paper in _fitting(breach, ways) if breach.variance else ():
            fitting[breach.id].append(story)
            if paper.document:
                of_document[story.cause, story.form, paper.document].append((breach.id, story))
    lines = _lines_of({document for _, _, document in of_document}, breaches)
    for (_, form, document), found in of_document.items():
        if len({line for line, _ in found}) == len(found) > 1:
            _join(fitting, found, lines[document, form == LATE_FORM])
    return {line: [story for story in told if _tells(story)] for line, told in fitting.items()}


def _tells(story: Story) -> bool:
    return story.one_in is None or story.one_in >= chance.TELLING


def _lines_of(documents: set[str], breaches: Iterable[Breach]) -> Counter[tuple[str, bool]]:
    """On how many lines each document stands, before the scan (False) or after it (True)."""
    return Counter(
        where
        for breach in breaches
        for where in {(p.document, not p.applied) for p in breach.papers if p.document in documents}
    )


def _join(fitting: dict[int, list[Story]], found: list[tuple[int, Story]], lines: int) -> None:
    """One story of all lines of a document that it explains. That further lines of it differ at all speaks for it; that it
    does not explain others counts against it: so many choices of lines there were."""
    shares = tuple(share for _, story in found for share in story.shares)
    chances = [story.one_in for _, story in found]
    differ = DIFFER ** (len(found) - 1)
    together = prod(max(1, each) for each in chances if each is not None) * differ // comb(lines, len(found))
    one_in = None if None in chances else together
    for line, story in found:
        joined = replace(story, shares=shares, one_in=one_in)
        if _tells(joined):
            fitting[line] = [joined if each is story else each for each in fitting[line]]


def _fitting(breach: Breach, ways: Ways) -> Iterator[tuple[Story, Paper]]:
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


def _late(breach: Breach) -> Iterator[tuple[Story, Paper]]:
    after = [
        paper
        for paper in breach.papers
        if not paper.applied and not paper.doubtful and paper.occurred - breach.counted_at <= LATE
    ]
    after = _with_documents(after)
    fitting = [paper for paper in after if paper.quantity == breach.variance]
    one_in = chance.one_in(breach, [paper.quantity for paper in after])
    if fitting:
        paper = min(fitting, key=lambda paper: (paper.occurred, paper.id))
        minutes = str(max(1, (paper.occurred - breach.counted_at) // MINUTE))
        cause, suspect = Cause.DOCUMENT_NOT_POSTED, Suspect.TIMING
        yield _story(breach, cause, suspect, paper, one_in, form=LATE_FORM, minutes=minutes), paper


def _twice(breach: Breach) -> Iterator[tuple[Story, Paper]]:
    booked = Counter(_same(paper) for paper in breach.papers if paper.applied and paper.document)
    for paper in breach.papers:
        if booked[_same(paper)] > 1 and paper.quantity == breach.variance.copy_negate() and paper.applied:
            times = str(booked[_same(paper)])
            yield _story(breach, Cause.DOCUMENT_POSTED_TWICE, Suspect.WMS, paper, None, times=times), paper
            return


def _with_documents(papers: list[Paper]) -> list[Paper]:
    """The movements, and each document with several of the line as one movement of their sum."""
    of_document: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        of_document[paper.document].append(paper)
    whole = [
        replace(parts[0], quantity=total(part.quantity for part in parts))
        for document, parts in of_document.items()
        if document and len(parts) > 1
    ]
    return papers + whole


def _same(paper: Paper) -> tuple[str, str, Decimal]:
    return (paper.document, paper.kind, paper.quantity)


def _sign(breach: Breach, ways: Ways) -> Iterator[tuple[Story, Paper]]:
    booked = _with_documents([paper for paper in breach.papers if paper.applied])
    fitting = _turned(breach, booked)
    odd = [paper for paper in fitting if ways.get(paper.kind, paper.quantity < 0) != (paper.quantity < 0)]
    if odd:
        yield _turned_story(breach, odd[-1], None), odd[-1]
        return
    one_in = chance.one_in(breach, [multiply(DOUBLED_BACK, paper.quantity) for paper in booked])
    if fitting:
        yield _turned_story(breach, fitting[-1], one_in), fitting[-1]


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
