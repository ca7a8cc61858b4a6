"""Histories with known causes: a zone of a warehouse, what truly happened there, what each book says of it, and how it was
counted. Written from how such mistakes happen on a floor, before and without regard to how they are told apart; see
docs/explainer.md for the figures it is made with.

A history is a zone of some forty bins with a few days of movements. The shelf, the WMS's ledger, the ERP's book and what the
counter types are kept apart; an incident makes one of them differ from the others. Causeless losses and gains of all sizes are
the largest part, and everything may coincide with everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from countbridge.domain.explanation import Breach, Cause, ErpBook, Paper, Portion
from countbridge.domain.interval import variance_interval
from countbridge.domain.rollforward import Movement
from countbridge.domain.tolerance import exceeded
from countbridge.domain.units import base_sum
from unit.domain.caused_floor import AMBIGUITY, TOLERANCE, ZERO, Line
from unit.domain.caused_incidents import NOBODY, TWO, Incidents


@dataclass
class History:
    """What the explainer is given, and what is true. `judged`: lines out of tolerance; `gaps`: truth of each book's gap."""

    breaches: list[Breach]
    books: list[ErpBook]
    truth: dict[int, str]
    suspects: dict[int, str]
    gaps: dict[str, str]


class Told(Incidents):
    """A floor with all that the explainer is told of it."""

    def history(self) -> History:
        breaches = [self._breach(line) for line in self.lines]
        awaited: dict[str, list[Paper]] = {}
        for line, breach in zip(self.lines, breaches, strict=True):
            awaited.setdefault(self.book(line), []).extend(paper for paper in breach.papers if paper.awaited)
        books = [ErpBook(name, self.gaps.get(name, ZERO), tuple(papers)) for name, papers in awaited.items()]
        return History(
            breaches,
            books,
            {
                line.id: truth_of(line.truth)
                for line, breach in zip(self.lines, breaches, strict=True)
                if exceeded(TOLERANCE, breach.expected, breach.counted, breach.variance, None)
            },
            {line.id: line.suspect for line in self.lines},
            {book.id: truth_of(self.gap_truth[book.id]) for book in books if book.gap},
        )

    def _breach(self, line: Line) -> Breach:
        papers = self._ledger(line)
        entered = self.entered(line)
        counted = base_sum([(quantity, Fraction(factor)) for quantity, _, factor in entered], line.item.decimals)
        movements = [Movement(paper.id, paper.quantity, paper.occurred) for paper in papers]
        expected = line.opening + sum((p.quantity for p in papers if p.applied), ZERO)
        return Breach(
            id=line.id,
            key=line.key(),
            zone="A",
            position=line.position,
            expected=expected,
            counted=counted,
            interval=variance_interval(counted, line.opening, movements, [line.scanned], AMBIGUITY),
            counted_at=line.scanned,
            portions=tuple(Portion(quantity, unit, Fraction(factor)) for quantity, unit, factor in entered),
            units=tuple((unit, Fraction(factor)) for unit, factor in line.item.units),
            papers=tuple(papers),
            decimals=line.item.decimals,
            confirmed=self.recounted and self.rng.random() < 0.95,
            book=self.book(line),
        )

    def _ledger(self, line: Line) -> list[Paper]:
        mine = [
            m for other in self.lines for m in other.movements if (m.line or other) is line and m.booked is not None
        ]
        papers = []
        for index, moved in enumerate(mine):
            at = moved.booked_at or moved.at
            for copy, document in enumerate([moved.document, *moved.copies]):
                stamp = at + timedelta(minutes=7 * copy) if copy else at
                stamp = min(stamp, line.scanned - 2 * AMBIGUITY) if copy else stamp
                papers.append(
                    Paper(
                        f"{line.id}-{index}-{copy}",
                        moved.booked or ZERO,
                        stamp,
                        moved.kind,
                        document,
                        stamp <= line.scanned,
                        abs(stamp - line.scanned) <= AMBIGUITY,
                        moved.awaited,
                    )
                )
        return papers


def truth_of(causes: list[str]) -> str:
    return NOBODY if not causes else causes[0] if len(set(causes)) == 1 else TWO


CAUSES = [str(cause) for cause in Cause]
NOTHING_SHARE = 40  # of a hundred incidents; the causes share the rest evenly


def history(seed: int) -> History:
    """One zone with a handful to a crowd of incidents, about two of five of which nobody can explain."""
    floor = Told(seed)
    rng = floor.rng
    weights = [NOTHING_SHARE, *[Fraction(100 - NOTHING_SHARE, len(CAUSES))] * len(CAUSES)]
    for _ in range(rng.randint(2, max(3, len(floor.lines) // 4))):
        cause = rng.choices(["nothing", *CAUSES], [int(weight * 100) for weight in weights])[0]
        for _ in range(20):
            if floor.incident(cause):
                break
    return floor.history()
