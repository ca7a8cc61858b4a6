"""What a count asks of both books, and what its documents have written there already: posting is always the difference."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from countbridge.domain.keys import GOODS, StockKey
from countbridge.exchange.grain import common
from countbridge.stocktake.models import AdjustmentLine, Count, Line


def owes(line: Line, written: Decimal) -> Decimal:
    """The change of the book a line asks for in all. A line that keeps the book asks for no other than was made already."""
    return line.variance or Decimal(0) if line.state in Line.POSTABLE else written


def written_in_wms(count: Count, bins: set[str] | None = None) -> dict[StockKey, Decimal]:
    """What the documents of the count change in the WMS (in some `bins`), by bin key. A refused line that was sent
    again in another document counts once; one that waits or was given up counts, too: it goes its own way."""
    written: dict[StockKey, Decimal] = defaultdict(Decimal)
    lines = AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side="wms").exclude(fate="resent")
    for line in lines if bins is None else lines.filter(bin__in=bins):
        written[StockKey.of(line.bin, line)] += line.quantity
    return written


def written_in_erp(count: Count) -> dict[StockKey, Decimal]:
    """The variances its ERP book was given already, by its key. They are those the WMS was given: what closed a
    gap between the books is no variance, and one that a gap cancelled left no line in the ERP. Only where the ERP refused
    its line the WMS was given nothing, and the line that waits says what it is about."""
    lines = AdjustmentLine.objects.filter(adjustment__count=count).exclude(fate="resent").select_related("adjustment")
    grain = common(count.link)
    written: dict[str, dict[StockKey, Decimal]] = {"erp": defaultdict(Decimal), "wms": defaultdict(Decimal)}
    for line in lines:
        key = StockKey.of(line.erp_location, line).coarser(grain)
        written[line.adjustment.side][key] += line.quantity - line.gap
    waiting = {key: written["erp"][key] for key in refused_in_erp(count)}
    return defaultdict(Decimal, written["wms"] | waiting)


def refused_in_erp(count: Count) -> set[StockKey]:
    """Keys with a line the ERP has not taken, and that was not sent again in another document."""
    lines = AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side="erp").exclude(ok=True)
    return StockKey.many(lines.exclude(fate=AdjustmentLine.Fate.RESENT).values_list("erp_location", *GOODS))
