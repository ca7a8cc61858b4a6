"""What the second book says: the shelf agrees with one of two books that differ, so the other one is wrong.

The ERP agrees with the shelf: the gap equals the line's variance, and a document the ERP has is missing in the WMS. Worked:
ERP 76, WMS 100, counted 76: gap −24, V = −24. The WMS agrees with the shelf: nothing is missing there, the ERP alone differs;
either by movements it had not booked yet, or by a gap of the interface, named where the ERP has a document the WMS does not
know. Worked: ERP 112, WMS 100, counted 100: gap +12.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from countbridge.domain.decimals import total
from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach, ErpBook, Paper
from countbridge.domain.explanation.stories import Cause, Story, Suspect


def agreeing(book: ErpBook, lines: Sequence[Breach]) -> Breach | None:
    """The line whose variance is the gap: counted is what the ERP says. None where no line or several could be meant."""
    fitting = [line for line in lines if book.gap and line.variance == book.gap]
    return fitting[0] if len(fitting) == 1 else None


def missing_in_wms(book: ErpBook, line: Breach) -> Story:
    """The ERP agrees with the shelf about the line: by a document, where one of its own is known that makes the difference."""
    evidence = {"quantity": chance.text(book.gap, signed=True)}
    if papers := _making(book.gap, book.only):
        evidence["documents"] = papers
    return Story(
        Cause.DOCUMENT_NOT_POSTED,
        Suspect.WMS,
        ((line.id, line.variance),),
        form="wms_document" if papers else "wms",
        evidence=evidence,
    )


def erp_alone(book: ErpBook, lines: Collection[Breach]) -> Story | None:
    """The WMS agrees with the shelf over the whole ERP key, and the ERP does not."""
    if not book.gap or not book.whole or total(line.variance for line in lines) != 0:
        return None
    shares = tuple((line.id, Decimal(0)) for line in sorted(lines, key=lambda line: line.key.sort_key()))
    evidence = {"quantity": chance.text(book.gap, signed=True)}
    if waiting := _making(book.gap.copy_negate(), book.awaited):
        return Story(
            Cause.DOCUMENT_NOT_POSTED, Suspect.ERP, shares, form="erp", evidence=evidence | {"documents": waiting}
        )
    if alone := _making(book.gap, book.only):
        return Story(
            Cause.INTERFACE_GAP, Suspect.ERP, shares, form="document", evidence=evidence | {"documents": alone}
        )
    return Story(Cause.INTERFACE_GAP, Suspect.ERP, shares, evidence=evidence)


def _making(quantity: Decimal, papers: Sequence[Paper]) -> str:
    """The names of papers that come to this quantity: one of them, or all; "" where they do not."""
    single = [paper for paper in papers if paper.quantity == quantity]
    chosen = single[:1] or (list(papers) if papers and total(paper.quantity for paper in papers) == quantity else [])
    return ", ".join(paper.name for paper in chosen)
