"""What must hold after every run, whatever went wrong in it. Each check returns sentences; none is good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q, QuerySet

from countbridge.exchange.health import needs_people
from countbridge.exchange.models import Delivery, QuarantinedRecord
from countbridge.simulation.linking import SECRET
from countbridge.simulation.places import Key, plain
from countbridge.stocktake.models import Count, Line, Scan

if TYPE_CHECKING:
    from countbridge.simulation.run import Run


def check(run: Run, log: str) -> list[str]:
    """Everything that does not hold, as sentences."""
    found: list[str] = []
    for each in (_closed, _books_tell_the_truth, _posted_once, _carried_once, _no_scan_lost, _failures_seen):
        found += each(run)
    return found + list(_secrets_kept(log))


def _closed(run: Run) -> Iterator[str]:
    """The count is closed. What keeps one open must be seen by somebody, and somebody would have mended it."""
    counts = list(Count.objects.all())
    if len(counts) != 1:
        yield f"{len(counts)} counts were made of one order"
    for count in counts:
        if count.state != Count.State.CLOSED:
            lines = Counter(count.lines.values_list("state", flat=True))
            yield f"count is {count.state}, {count.problem}, lines {dict(lines)}, differences {list(count.differences.values())}"


def _books_tell_the_truth(run: Run) -> Iterator[str]:
    """ERP, WMS and shelf hold the same of every key all of whose lines were counted and posted; both books, where finance
    had to decide what nobody could know."""
    erp, wms, floor = run.company.books()
    for key in sorted(counted_keys()):
        held = [book.get(key, Decimal(0)) for book in (erp, wms, floor)]
        if len(set(held[: 2 if key in run.people.doubtful else 3])) != 1:
            yield f"{'/'.join(key)}: ERP {plain(held[0])}, WMS {plain(held[1])}, shelf {plain(held[2])}"


def counted_keys() -> set[Key]:
    """ERP keys of closed counts of which every line was counted and posted as counted."""
    good: set[Key] = set()
    bad: set[Key] = set()
    for line in Line.objects.filter(count__state=Count.State.CLOSED):
        key = (line.erp_location, line.item, line.lot)
        (good if line.state in Line.POSTABLE else bad).add(key)
    return good - bad


def _posted_once(run: Run) -> Iterator[str]:
    """Every document we hold for posted is in the ERP exactly once, line by line, and nothing else of ours is."""
    wanted = {
        delivery.key: _lines(delivery.payload["lines"], "item", "lot", "delta")
        for delivery in Delivery.objects.filter(kind="adjustment", system__side="erp", state=Delivery.State.CONFIRMED)
    }
    posted = Counter(document.reference for document in run.company.erp.posted)
    for key, times in sorted(posted.items()):
        if times != 1 or key not in wanted:
            yield f"{key} was posted {times} times, {'confirmed' if key in wanted else 'not confirmed'} here"
    for key in sorted(wanted.keys() - posted.keys()):
        yield f"{key} is confirmed here and was never posted"
    for document in run.company.erp.posted:
        if (
            document.reference in wanted
            and _lines(document.lines, "item", "lot", "delta") != wanted[document.reference]
        ):
            yield f"{document.reference} was posted with other lines than were sent"


def _carried_once(run: Run) -> Iterator[str]:
    """The same for the WMS."""
    wanted: Counter[tuple[str, ...]] = Counter()
    for delivery in Delivery.objects.filter(kind="adjustment", system__side="wms", state=Delivery.State.CONFIRMED):
        for line in delivery.payload["lines"]:
            wanted[delivery.key, *_told(line, "bin", "sku", "lot", "delta")] += 1
    taken = Counter((key, *_told(line, "bin", "sku", "lot", "delta")) for key, line in run.company.wms.adjusted)
    for row in sorted((taken - wanted) | (wanted - taken)):
        yield f"the WMS was adjusted {taken[row]} times by {row}, confirmed {wanted[row]} times"


def _lines(lines: Iterable[object], *fields: str) -> Counter[tuple[str, ...]]:
    return Counter(_told(line, *fields) for line in lines)


def _told(line: object, *fields: str) -> tuple[str, ...]:
    assert isinstance(line, dict)
    return tuple(str(line[field] or "") for field in fields)


def _no_scan_lost(run: Run) -> Iterator[str]:
    """Whatever somebody was told is stored is stored, as entered; a result of the WMS is stored or waits in quarantine."""
    stored = dict(Scan.objects.values_list("source_id", "quantity"))
    for name, quantity in run.people.acknowledged.items():
        if stored.get(name) != Decimal(quantity):
            yield f"acknowledged {name} of {quantity} is stored as {stored.get(name)}"
    waiting = set(QuarantinedRecord.objects.filter(flow="results").values_list("source_id", flat=True))
    for row in run.company.wms.results:
        if row["id"] not in stored and row["id"] not in waiting:
            yield f"result {row['id']} of the WMS is nowhere"


def unfinished() -> QuerySet[Delivery]:
    """Deliveries that are still open, or that somebody has to look at."""
    return Delivery.objects.filter(Q(state__in=Delivery.OPEN) | needs_people())


def _failures_seen(run: Run) -> Iterator[str]:
    """A delivery that is not confirmed says why; when all is calm again, nothing is left over."""
    for delivery in Delivery.objects.exclude(state__in=(Delivery.State.CONFIRMED, Delivery.State.INTENT)):
        if not delivery.error:
            yield f"delivery {delivery.key} is {delivery.state} and says nothing"
    for delivery in unfinished():
        yield f"delivery {delivery.key} is still {delivery.state}: {delivery.error}"
    for record in QuarantinedRecord.objects.filter(state__in=QuarantinedRecord.OPEN):
        yield f"{record.flow} {record.source_id} is still in quarantine: {record.code} {record.params}"


def _secrets_kept(log: str) -> Iterator[str]:
    """The systems' key is in no table and in no line of the log."""
    if SECRET in log:
        yield "the log holds a secret"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('SELECT %L, count(*) FROM %I AS t WHERE position(%%(secret)s in t::text) > 0',"
            " tablename, tablename), ' UNION ALL ') FROM pg_tables WHERE schemaname = 'public'"
        )
        cursor.execute(f"SELECT * FROM ({cursor.fetchone()[0]}) AS held WHERE count > 0", {"secret": SECRET})
        for table, number in cursor.fetchall():
            yield f"{table} holds a secret in {number} rows"
