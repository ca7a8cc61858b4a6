"""From decided lines to gain and loss documents, posted once: the ERP first, then the WMS, then both read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import QuerySet

from countbridge import clock
from countbridge.connectors.contract import Document
from countbridge.connectors.registry import definition
from countbridge.domain.books import split
from countbridge.domain.keys import GOODS, StockKey
from countbridge.domain.rollforward import Movement as DomainMovement
from countbridge.domain.rollforward import closure_residue
from countbridge.errors import ConfigError
from countbridge.exchange import events
from countbridge.exchange.deliveries import Then, propose
from countbridge.exchange.grain import common
from countbridge.exchange.maps import translate
from countbridge.exchange.models import Delivery, Movement
from countbridge.exchange.queue import follow
from countbridge.exchange.retry import NotYet
from countbridge.links.models import System
from countbridge.stocktake.books import Books, read_both
from countbridge.stocktake.breaches import erp_key
from countbridge.stocktake.columns import store
from countbridge.stocktake.judge import key_of, movements_of
from countbridge.stocktake.models import Adjustment, AdjustmentLine, Count, Line, Repair
from countbridge.stocktake.progress import in_portions, judge_again
from countbridge.stocktake.recompute.compare import differing
from countbridge.stocktake.refused import note
from countbridge.stocktake.written import owes, refused_in_erp, written_in_erp, written_in_wms

LARGE = 20_000  # counted lines from which looking at them as a set is quicker than one by one
COUNTED, TRANSFER = "count", "transfer"  # why a document changes a book
UNTIL_CLOSED = (Count.State.POSTING, Count.State.VERIFYING, Count.State.DIFFERENCES)


def post(count_id: int) -> None:
    """Check the ledger, then write down everything that will be posted and queue the ERP's documents."""
    with transaction.atomic():
        count = (
            Count.objects.select_for_update(of=("self",), no_key=True)
            .select_related("link__erp", "link__wms")
            .get(pk=count_id)
        )
        if count.state != Count.State.POSTING or _put_off(count):
            return
    _papers_taken(count)
    _no_repair_under_way(count)
    lines = list(count.lines.exclude(state=Line.State.UNCOUNTED))
    grain = common(count.link)
    counted = {erp_key(line, grain) for line in lines}
    books = read_both(count.link, sorted({line.erp_location for line in lines}), counted)
    with transaction.atomic():
        held = Count.objects.select_for_update(no_key=True).get(pk=count.pk)
        if held.state != Count.State.POSTING or _put_off(held):
            return
        if reopen_changed(count):
            return
        if _hold_unexplained(count, [line for line in lines if line.state in Line.POSTABLE], books):
            return
        _write_erp(count, books)
        carry_on(count)


def _put_off(held: Count) -> bool:
    """While documents of the count are under way nothing new is written. When the last of them is answered, posting begins
    anew: what they hold may not be what the lines ask for any more. Called with the count locked."""
    if not _under_way(held):
        return False
    held.post_again = True
    held.save(update_fields=["post_again"])
    return True


def reopen_changed(count: Count, large: int = LARGE) -> bool:
    """Movements that came in since the lines were decided, for moments before their scans: nobody agreed to what the
    variances are now, so the count goes back to its people instead of posting the old ones."""
    counted = count.lines.select_for_update(no_key=True).filter(counted__isnull=False)
    portions = _suspects(count, counted) if _lock(count) >= large else in_portions(counted)
    if not sum(len(judge_again(count, lines)) for lines in portions):
        return False
    count.state = Count.State.COUNTING
    count.save(update_fields=["state"])
    events.announce("state", count.number)
    follow("stocktake.advance", once=f"advance:{count.pk}", count=count.pk)
    return True


def _lock(count: Count) -> int:
    """Nobody else judges the counted lines until this is over; how many they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM stocktake_line WHERE count_id = %s AND counted IS NOT NULL ORDER BY id"
            " FOR NO KEY UPDATE) AS held",
            [count.pk],
        )
        return int(cursor.fetchone()[0])


def _suspects(count: Count, counted: QuerySet[Line]) -> Iterator[list[Line]]:
    """In a large count only the lines on which something else stands than the facts say; the domain judges them all the same."""
    for numbers in differing(count):
        yield from in_portions(counted.filter(pk__in=numbers))


def _papers_taken(count: Count) -> None:
    """A WMS that refused the count's task would refuse its adjustment, too, after the ERP was posted: post nothing yet."""
    papers = Delivery.objects.filter(count=count.number, flow__in=("F2", "F3")).exclude(kind="freeze")
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
        store(held, "state", "outcome", "reasons")
        count.state = Count.State.COUNTING
        count.save(update_fields=["state"])
    return bool(held)


def _residue(line: Line, now: Decimal, since: Iterable[Movement]) -> Decimal:
    known = [DomainMovement(m.source_id, m.quantity, m.occurred) for m in since]
    latest = max((m.occurred for m in known), default=clock.now())
    return closure_residue(line.snapshot, now, known, latest)


def _under_way(count: Count) -> bool:
    return _waiting(count, "erp") or _waiting(count, "wms")


def _write_erp(count: Count, books: Books) -> None:
    """One document for each ERP location and its line limit: what the counted bins owe, less what was written for them
    before, less the gap between the books."""
    by_key: dict[StockKey, list[Line]] = defaultdict(list)
    grain = common(count.link)
    for line in count.lines.all():
        by_key[erp_key(line, grain)].append(line)
    carried, written, refused = written_in_wms(count), written_in_erp(count), refused_in_erp(count)
    changes: dict[str, list[tuple[StockKey, Decimal, Decimal]]] = defaultdict(list)
    for key, lines in sorted(by_key.items()):
        owed = [owes(line, carried[key_of(line)]) for line in lines]
        # A gap is closed only where everything that stands for the key was counted and nothing is kept as it was, and once:
        # a refused line that waits still holds its part.
        whole = (
            key not in refused and key.place not in count.partial and all(line.state in Line.POSTABLE for line in lines)
        )
        gap = books.erp[key] - books.wms[key] if whole and key in books.erp else Decimal(0)
        parts = split(gap, Decimal(0), [*owed, -written[key]])
        if parts.erp:
            changes[key.place].append((key, parts.erp, parts.gap))
        if parts.gap:
            events.record(
                "line", "stocktake.interface_gap", count=count.number,
                location=key.place, item=key.item, lot=key.told, gap=format(parts.gap, "f"),
            )  # fmt: skip
    for location, rows in sorted(changes.items()):
        changed = [
            AdjustmentLine(erp_location=key.place, **key.goods(), quantity=change, gap=-gap)
            for key, change, gap in rows
        ]
        _write_documents(count, "erp", changed, location)


def write_again(count: Count, side: str, lines: Sequence[AdjustmentLine]) -> None:
    """New documents, numbered after those there are, that hold exactly what these refused lines say."""
    by_document: dict[tuple[str, str], list[AdjustmentLine]] = defaultdict(list)
    for line in lines:
        copied = {name: getattr(line, name) for name in ("bin", "erp_location", *GOODS, "quantity", "gap")}
        place = line.erp_location if side == "erp" else ""
        by_document[place, line.adjustment.reason].append(AdjustmentLine(**copied))
    for (location, reason), theirs in sorted(by_document.items()):
        _write_documents(count, side, theirs, location, reason)


def _write_documents(
    count: Count, side: str, lines: Sequence[AdjustmentLine], location: str = "", reason: str = COUNTED
) -> None:
    """Documents of these lines, in order, none longer than the system takes."""
    system = count.link.system(side)
    most = _line_limit(system)
    before = count.adjustments.filter(side=side, location=location).count()
    place = f"E-{location}" if side == "erp" else "W"
    for part, start in enumerate(range(0, len(lines), most), start=before + 1):
        number = f"{count.number}-{place}-{part}"
        adjustment = Adjustment.objects.create(count=count, side=side, number=number, location=location, reason=reason)
        chunk = lines[start : start + most]
        for position, line in enumerate(chunk):
            line.adjustment, line.position = adjustment, position
        AdjustmentLine.objects.bulk_create(chunk, batch_size=2000)
        if side == "erp":
            _send(adjustment, system, "adjustment_to_erp", _erp_fields(count, adjustment), "F4")
        else:
            _send(adjustment, system, "adjustment_to_wms", {"count_no": count.number, "reason": reason}, "F5")


def _erp_fields(count: Count, adjustment: Adjustment) -> dict[str, str]:
    return {
        "location": adjustment.location,
        "date": clock.now().astimezone(ZoneInfo(count.link.time_zone)).date().isoformat(),
        "reference": adjustment.number,
    }


def _write_wms(count: Count) -> None:
    """What each bin owes and was not carried before, for the lines whose ERP posting stands. Transfers go in documents of their
    own: in the WMS's books, too, they are no gain and no loss."""
    carried, refused, grain = written_in_wms(count), refused_in_erp(count), common(count.link)
    lines: dict[str, list[AdjustmentLine]] = {COUNTED: [], TRANSFER: []}
    for line in count.lines.order_by("bin", *GOODS):
        key = key_of(line)
        left = owes(line, carried[key]) - carried[key]
        if left and erp_key(line, grain) not in refused:
            lines[TRANSFER if line.transfer else COUNTED].append(
                AdjustmentLine(bin=line.bin, erp_location=line.erp_location, **key.goods(), quantity=left)
            )
    for reason, theirs in lines.items():
        _write_documents(count, "wms", theirs, reason=reason)


def _send(adjustment: Adjustment, system: System, map_name: str, fields: dict[str, str], flow: str) -> None:
    count = adjustment.count
    rows = [
        {
            "line": str(line.position),
            "bin": line.bin,
            "location": line.erp_location,
            **{name: getattr(line, name) for name in GOODS},
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
        # In the WMS behind the count's own papers; in the ERP behind what was posted to the same place before: two drafts
        # there at a time, of the same items, could be taken for one another after a lost answer.
        order_key=count.number if adjustment.side == "wms" else adjustment.location,
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
        if delivery is None or not delivery.settled:
            return
        adjustment.count = count
        note(adjustment, delivery)
        if count.state not in UNTIL_CLOSED:
            return
        if not count.post_again:
            carry_on(count)
        elif not _under_way(count):
            count.post_again, count.state = False, Count.State.POSTING
            count.save(update_fields=["post_again", "state"])
            follow("stocktake.post", lock=f"count:{count.pk}", count=count.pk)


def carry_on(count: Count) -> None:
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
    """Is an answer outstanding, or one there whose lines are not noted yet?"""
    return AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side=side, ok=None).exists()


def _line_limit(system: System) -> int:
    document = definition(system.connector).manifest.documents["adjustment"]
    return document.max_lines or 1000
