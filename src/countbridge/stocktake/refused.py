"""Lines of an adjustment that a system refused: each waits in quarantine (`reposting` sends it again or gives it up).

One rule, whether the document was taken but for some lines or refused as a whole: what was refused waits line by line, what
was taken stands, and the document itself is history. A line is known by what it says (count, system, place and goods), so
that one refused again is the same record with its newest reason.
"""

from __future__ import annotations

from countbridge.domain.keys import GOODS, StockKey
from countbridge.exchange import quarantine
from countbridge.exchange.models import Delivery
from countbridge.exchange.quarantine import Refused
from countbridge.exchange.refusals import said
from countbridge.stocktake.models import Adjustment, AdjustmentLine, Count

FLOWS = {"erp": "F4", "wms": "F5"}
SIDES = {flow: side for side, flow in FLOWS.items()}
Fate = AdjustmentLine.Fate


def note(adjustment: Adjustment, delivery: Delivery) -> None:
    """Write each line's outcome down; what was refused goes into quarantine, in the transaction that learned of it."""
    if delivery.given_up:
        adjustment.lines.filter(fate="").update(ok=False, message=said(delivery), fate=Fate.GIVEN_UP)
        return
    confirmed = delivery.state == Delivery.State.CONFIRMED
    adjustment.lines.filter(fate="").update(ok=confirmed, message="" if confirmed else said(delivery))
    words = {each["line"]: each["message"] for each in delivery.outcomes if not each["ok"]}
    named = list(adjustment.lines.filter(position__in=words, fate=""))
    for line in named:
        line.ok, line.message = False, words[line.position]
    AdjustmentLine.objects.bulk_update(named, ["ok", "message"], batch_size=500)
    if delivery.state == Delivery.State.NEEDS_REVIEW:
        return
    flow = FLOWS[adjustment.side]
    waiting = adjustment.lines.filter(ok=False, fate="").order_by("position")
    taken = adjustment.lines.filter(ok=True).order_by("position")
    quarantine.settle_many(adjustment.count.link, flow, [source_id(adjustment.count, line) for line in taken])
    quarantine.put_refused(delivery, flow, [_refused(adjustment, line) for line in waiting])


def source_id(count: Count, line: AdjustmentLine) -> str:
    return source_name(count, StockKey.of(line.bin or line.erp_location, line))


def source_name(count: Count, key: StockKey) -> str:
    """Count, place, item and lot, and behind them the further parts there are."""
    named = [f"{name}={value}" for name, value in zip(GOODS[2:], key[3:], strict=True) if value]
    return "/".join([count.number, *key[:3], *named])


def _refused(adjustment: Adjustment, line: AdjustmentLine) -> Refused:
    record = {
        "count": adjustment.count.number,
        "document": adjustment.number,
        "line": str(line.position),
        "bin": line.bin,
        "location": line.erp_location,
        **{name: getattr(line, name) for name in GOODS if name in ("item", "lot") or getattr(line, name)},
        "quantity": format(line.quantity.normalize(), "f"),
    }
    return Refused(source_id(adjustment.count, line), record, line.message)


def overtaken(count: Count) -> None:
    """The count closes with both books equal: a WMS line that still waits was set right there by hand. Sent now, it would
    be there twice."""
    lines = AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side="wms", ok=False, fate="")
    ids = [source_id(count, line) for line in lines]
    quarantine.settle_many(count.link, FLOWS["wms"], ids)
