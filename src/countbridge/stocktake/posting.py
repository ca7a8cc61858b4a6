"""From decided lines to gain and loss documents, posted once: the ERP first, then the WMS, then both read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from countbridge import clock
from countbridge.connectors.contract import Document
from countbridge.connectors.registry import definition
from countbridge.domain.books import split
from countbridge.domain.rollforward import Movement as DomainMovement
from countbridge.domain.rollforward import closure_residue
from countbridge.errors import ConfigError
from countbridge.exchange import events
from countbridge.exchange.deliveries import Then, propose
from countbridge.exchange.maps import translate
from countbridge.exchange.models import Delivery, Movement
from countbridge.exchange.queue import follow
from countbridge.exchange.retry import NotYet
from countbridge.links.models import System
from countbridge.stocktake.books import Books, read_both
from countbridge.stocktake.judge import key_of, movements_of
from countbridge.stocktake.models import Adjustment, AdjustmentLine, Count, Line, Repair
from countbridge.stocktake.progress import in_portions, judge_again

Key = tuple[str, str, str]
UNTIL_CLOSED = (Count.State.POSTING, Count.State.VERIFYING, Count.State.DIFFERENCES)


def post(count_id: int) -> None:
    """Check the ledger, then write down everything that will be posted and queue the ERP's documents."""
    count = Count.objects.select_related("link__erp", "link__wms").get(pk=count_id)
    if count.state != Count.State.POSTING or count.adjustments.exists():
        return
    _papers_taken(count)
    _no_repair_under_way(count)
    lines = list(count.lines.exclude(state=Line.State.UNCOUNTED))
    counted = {(line.erp_location, line.item, line.lot) for line in lines}
    books = read_both(count.link, sorted({line.erp_location for line in lines}), counted)
    with transaction.atomic():
        held = Count.objects.select_for_update(no_key=True).get(pk=count.pk)
        if held.state != Count.State.POSTING or held.adjustments.exists():
            return
        if _reopen_changed(count):
            return
        if _hold_unexplained(count, [line for line in lines if line.state in Line.POSTABLE], books):
            return
        _write_erp(count, books)
        _carry_on(count)


def _reopen_changed(count: Count) -> bool:
    """Movements that came in since the lines were decided, for moments before their scans: nobody agreed to what the
    variances are now, so the count goes back to its people instead of posting the old ones."""
    counted = count.lines.select_for_update(no_key=True).filter(counted__isnull=False)
    if not sum(len(judge_again(count, lines)) for lines in in_portions(counted)):
        return False
    count.state = Count.State.COUNTING
    count.save(update_fields=["state"])
    events.announce("state", count.number)
    follow("stocktake.advance", once=f"advance:{count.pk}", count=count.pk)
    return True


def _papers_taken(count: Count) -> None:
    """A WMS that refused the count's task would refuse its adjustment, too, after the ERP was posted: post nothing yet."""
    papers = Delivery.objects.filter(count=count.number, flow__in=("F2", "F3"))
    refused = papers.filter(state__in=(Delivery.State.REJECTED, Delivery.State.NEEDS_REVIEW)).first()
    if refused is not None:
        system = count.link.wms.name
        raise NotYet("stocktake.papers_refused", after=15.0, document=refused.kind, system=system, key=refused.key)


def _no_repair_under_way(count: Count) -> None:
    """A repair that was sent before the count began may still take effect: its gap must not be closed a second time."""
    here = count.lines.values("erp_location")
    open_one = Repair.objects.filter(link=count.link, location__in=here, delivery__isnull=False)
    first = open_one.exclude(delivery__state__in=Delivery.SETTLED).first()
    if first is not None:
        raise NotYet("stocktake.repair_under_way", after=15.0, location=first.location)


def _hold_unexplained(count: Count, lines: Sequence[Line], books: Books) -> bool:
    """Closure test: a book that changed by more than its movements tell is not adjusted; the line waits for a person."""
    movements = movements_of(count, {key_of(line) for line in lines})
    held = []
    for line in lines:
        now, at = books.bins.get(key_of(line), (Decimal(0), books.watermarks[line.zone]))
        since = [m for m in movements[key_of(line)] if line.watermark < m.ledger_seq <= at]
        if residue := _residue(line, now, since):
            line.state, line.outcome = Line.State.HOLD, "hold"
            line.reasons = [*line.reasons, "closure_residue"]
            held.append(line)
            events.record("line", "stocktake.held", count=count.number, line=line, residue=format(residue, "f"))
    if held:
        Line.objects.bulk_update(held, ["state", "outcome", "reasons"], batch_size=500)
        count.state = Count.State.COUNTING
        count.save(update_fields=["state"])
    return bool(held)


def _residue(line: Line, now: Decimal, since: Iterable[Movement]) -> Decimal:
    known = [DomainMovement(m.source_id, m.quantity, m.occurred) for m in since]
    latest = max((m.occurred for m in known), default=clock.now())
    return closure_residue(line.snapshot, now, known, latest)


def _write_erp(count: Count, books: Books) -> None:
    """One document for each ERP location and its line limit: ΣV of the counted bins, less the gap between the books."""
    by_key: dict[Key, list[Line]] = defaultdict(list)
    for line in count.lines.all():
        by_key[line.erp_location, line.item, line.lot].append(line)
    changes: dict[str, list[tuple[Key, Decimal, Decimal]]] = defaultdict(list)
    for key, lines in sorted(by_key.items()):
        variances = [line.variance or Decimal(0) for line in lines if line.state in Line.POSTABLE]
        # A gap is closed only where everything that stands for the key was counted and nothing is kept as it was.
        whole = len(variances) == len(lines)
        gap = books.erp[key] - books.wms[key] if whole and key in books.erp else Decimal(0)
        parts = split(gap, Decimal(0), variances)
        if parts.erp:
            changes[key[0]].append((key, parts.erp, parts.gap))
        if parts.gap:
            location, item, lot = key
            events.record(
                "line", "stocktake.interface_gap", count=count.number,
                location=location, item=item, lot=lot or "-", gap=format(parts.gap, "f"),
            )  # fmt: skip
    most = _line_limit(count.link.erp)
    for location, rows in sorted(changes.items()):
        for part, start in enumerate(range(0, len(rows), most), start=1):
            number = f"{count.number}-E-{location}-{part}"
            adjustment = Adjustment.objects.create(count=count, side="erp", number=number, location=location)
            AdjustmentLine.objects.bulk_create(
                AdjustmentLine(
                    adjustment=adjustment, position=n, erp_location=loc, item=item, lot=lot, quantity=change, gap=-gap
                )
                for n, ((loc, item, lot), change, gap) in enumerate(rows[start : start + most])
            )
            _send(adjustment, count.link.erp, "adjustment_to_erp", _erp_fields(count, adjustment), "F4")


def _erp_fields(count: Count, adjustment: Adjustment) -> dict[str, str]:
    return {
        "location": adjustment.location,
        "date": clock.now().astimezone(ZoneInfo(count.link.time_zone)).date().isoformat(),
        "reference": adjustment.number,
    }


def _write_wms(count: Count) -> None:
    """The bins' own variances, for the lines whose ERP posting stands and that were not carried before."""
    carried = set(
        AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side="wms").values_list("bin", "item", "lot")
    )
    refused = set(
        AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side="erp", ok=False)
        .values_list("erp_location", "item", "lot")
    )  # fmt: skip
    rows = [
        line
        for line in count.lines.filter(state__in=Line.POSTABLE).order_by("bin", "item", "lot")
        if line.variance and (line.erp_location, line.item, line.lot) not in refused and key_of(line) not in carried
    ]
    most = _line_limit(count.link.wms)
    before = count.adjustments.filter(side="wms").count()
    for part, start in enumerate(range(0, len(rows), most), start=before + 1):
        adjustment = Adjustment.objects.create(count=count, side="wms", number=f"{count.number}-W-{part}")
        AdjustmentLine.objects.bulk_create(
            AdjustmentLine(
                adjustment=adjustment, position=n, bin=line.bin, erp_location=line.erp_location,
                item=line.item, lot=line.lot, quantity=line.variance or Decimal(0),
            )
            for n, line in enumerate(rows[start : start + most])
        )  # fmt: skip
        _send(adjustment, count.link.wms, "adjustment_to_wms", {"count_no": count.number, "reason": "count"}, "F5")


def _send(adjustment: Adjustment, system: System, map_name: str, fields: dict[str, str], flow: str) -> None:
    count = adjustment.count
    rows = [
        {
            "line": str(line.position),
            "bin": line.bin,
            "location": line.erp_location,
            "item": line.item,
            "lot": line.lot,
            "quantity": format(line.quantity.normalize(), "f"),
        }
        for line in adjustment.lines.order_by("position")
    ]
    said, rejects = translate(count.link, map_name, rows)
    if rejects:
        first = rejects[0]
        raise ConfigError("stocktake.cannot_say", map=map_name, record=first.row, reason=first.failures[0].code)
    adjustment.delivery = propose(
        count.link,
        system,
        Document("adjustment", fields, tuple(said)),
        adjustment.number,
        flow=flow,
        # In the WMS behind the count's own papers; in the ERP every document stands for itself.
        order_key=count.number if adjustment.side == "wms" else adjustment.number,
        count=count.number,
        then=Then("stocktake.adjustment_settled", {"adjustment": adjustment.pk}),
    )
    adjustment.save(update_fields=["delivery"])


def settled(adjustment_id: int) -> None:
    """A document was answered for good: note each line's outcome and take the next step when it was the last one. A refused
    document that somebody sent again takes the count back to posting: what follows from it is still to be done."""
    with transaction.atomic():
        adjustment = Adjustment.objects.select_related("delivery").get(pk=adjustment_id)
        count = (
            Count.objects.select_for_update(of=("self",), no_key=True)
            .select_related("link__erp", "link__wms")
            .get(pk=adjustment.count_id)
        )
        delivery = adjustment.delivery
        if delivery is None or not delivery.settled or count.state not in UNTIL_CLOSED:
            return
        confirmed = delivery.state == Delivery.State.CONFIRMED
        adjustment.lines.update(ok=confirmed, message="" if confirmed else _said(delivery))
        for outcome in delivery.outcomes:
            if not outcome["ok"]:
                adjustment.lines.filter(position=outcome["line"]).update(ok=False, message=outcome["message"])
        _carry_on(count)


def _said(delivery: Delivery) -> str:
    """Why a document was refused as a whole: the system's own words, else the code of the error."""
    if not delivery.error:
        return ""
    return str(delivery.error["params"].get("message") or delivery.error["code"])


def _carry_on(count: Count) -> None:
    """ERP documents all answered → the WMS's; those all answered → read both books back."""
    if _waiting(count, "erp"):
        return
    _write_wms(count)
    if _waiting(count, "wms"):
        return
    count.state = Count.State.VERIFYING
    count.posted_at = clock.now()
    count.save(update_fields=["state", "posted_at"])
    events.record("state", "stocktake.posted", count=count.number, documents=count.adjustments.count())
    follow("stocktake.verify", lock=f"count:{count.pk}", once=f"verify:{count.pk}", count=count.pk)


def _waiting(count: Count, side: str) -> bool:
    return count.adjustments.filter(side=side).exclude(delivery__state__in=Delivery.SETTLED).exists()


def _line_limit(system: System) -> int:
    document = definition(system.connector).manifest.documents["adjustment"]
    return document.max_lines or 1000
