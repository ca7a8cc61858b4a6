"""The ERP's book over the lines of a zone, against the WMS's, both as they were when the count was prepared.

The two were read one after the other. What one reading has and the other lacks by their moments alone is known from the
movements: those the ERP had booked after the WMS was read are put in, those it has booked since are put in, too, and those it
still has not booked are named. Where the ERP booked a movement while the count was being prepared, nobody can say whether its
reading has it: the key is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count as Number
from django.db.models import Max, Min, Q, Sum

from countbridge.domain.decimals import subtract, total
from countbridge.domain.explanation import ErpBook, Paper
from countbridge.domain.keys import GOODS, StockKey
from countbridge.exchange.grain import Parts, common
from countbridge.exchange.models import ErpMovement, Movement
from countbridge.stocktake.breaches import book_name, erp_key
from countbridge.stocktake.models import AdjustmentLine, BookLine, Count, Line

NOT_COUNTED = Number("pk", filter=Q(counted=None))
UNSURE = timedelta(minutes=1)  # around the preparation of the count, in which the ERP's book was read

Window = tuple[datetime, datetime]  # the ERP's book was read between these moments


def books_of(count: Count, lines: Sequence[Line]) -> tuple[list[ErpBook], list[Line]]:
    """The ERP keys of the lines whose two books can be compared, and every counted line of those keys."""
    # Of a location some of whose bins are not counted, the lines are a part only: its book cannot be set against them.
    grain = common(count.link)
    keys = {erp_key(line, grain) for line in lines if line.erp_location not in count.partial}
    places, items = {key.place for key in keys}, {key.item for key in keys}
    if count.started_at is None:
        return [], []
    window = (count.created_at - UNSURE, count.started_at + UNSURE)
    # Every ERP location with a line was read whole: what the book has no line for stands at nothing.
    same = Line.objects.filter(count=count, erp_location__in=places, item__in=items)
    erp = {
        StockKey.of(row.erp_location, row): row.quantity
        for row in BookLine.objects.filter(count=count, erp_location__in=places, item__in=items)
    }
    columns = ["item", *sorted(grain)]
    wms = {
        StockKey(row.pop("erp_location"), **{name: row.pop(name) for name in columns}): row
        for row in same.values("erp_location", *columns).annotate(
            quantity=Sum("snapshot"), first=Min("watermark"), last=Max("watermark"), left=NOT_COUNTED
        )
    }
    moved = _moved(count, places, items, grain)
    alone = _erp_only(count, places, items, window[0], grain)
    books = []
    for key in sorted(keys & wms.keys()):
        here = wms[key]
        gap = subtract(erp.get(key, Decimal(0)), here["quantity"])
        book = _book(book_name(key), gap, (here["first"], here["last"]), moved[key], window)
        if book is not None:
            books.append(replace(book, whole=not here["left"], only=tuple(alone[key])))
    known = {book.id for book in books if book.gap}
    if not known:
        return books, []
    return books, [line for line in same.filter(counted__isnull=False) if book_name(erp_key(line, grain)) in known]


def _moved(count: Count, places: set[str], items: set[str], grain: Parts) -> dict[StockKey, list[Movement]]:
    """Movements that may stand in one of the readings alone: pending ones, and those booked since shortly before."""
    since = (count.snapshot_at or count.created_at) - timedelta(days=1)
    found: dict[StockKey, list[Movement]] = defaultdict(list)
    late = Q(erp_state="pending") | Q(erp_posted__gte=since) | Q(occurred__gte=since)
    for movement in Movement.objects.filter(
        late, link_id=count.link_id, erp_location__in=places, item__in=items
    ).exclude(erp_state="none").order_by("ledger_seq"):  # fmt: skip
        found[StockKey.of(movement.erp_location, movement).coarser(grain)].append(movement)
    return found


def _erp_only(
    count: Count, places: set[str], items: set[str], before: datetime, grain: Parts
) -> dict[StockKey, list[Paper]]:
    """What the ERP had booked by itself before its book was read, and the WMS does not know; never what we posted, nor what was
    in a gap that an earlier count closed."""
    closed = _closed(count, places, items)
    found: dict[StockKey, list[Paper]] = defaultdict(list)
    for one in (
        ErpMovement.objects.filter(
            link_id=count.link_id, erp_location__in=places, item__in=items, known=False, ours=False, posted__lt=before
        )
        .exclude(document="")
        .order_by("-posted", "pk")
    ):
        key = StockKey.of(one.erp_location, one).coarser(grain)
        if key in closed and one.posted <= closed[key]:
            continue
        found[key].append(Paper(one.source_id, one.quantity, one.occurred, one.kind, one.document))
    return found


def _closed(count: Count, places: set[str], items: set[str]) -> dict[StockKey, datetime]:
    """When the gap over a key was last closed by posting."""
    gaps = AdjustmentLine.objects.filter(
        adjustment__side="erp", adjustment__count__link=count.link_id, erp_location__in=places, item__in=items, ok=True
    ).exclude(gap=0)  # fmt: skip
    rows = gaps.values_list("erp_location", *GOODS).annotate(at=Max("adjustment__count__posted_at"))
    return {StockKey(*key): at for *key, at in rows if at is not None}


def _book(name: str, gap: Decimal, marks: tuple[int, int], moved: Sequence[Movement], window: Window) -> ErpBook | None:
    """The gap once the two readings are brought to one moment; None where a movement came too close to one of them."""
    awaited: list[Paper] = []
    missing: list[Decimal] = []  # what the ERP's reading lacks and its book has by now
    extra: list[Decimal] = []  # what only the ERP's reading has
    for movement in moved:
        posted = movement.erp_posted
        if movement.erp_state != "pending" and posted is None:
            return None  # booked, and nobody says when
        if marks[0] < movement.ledger_seq <= marks[1] or (posted is not None and window[0] <= posted <= window[1]):
            return None
        in_wms, in_erp = movement.ledger_seq <= marks[0], posted is not None and posted < window[0]
        if in_wms and not in_erp and movement.erp_state == "pending":
            awaited.append(_paper(movement))
        elif in_wms and not in_erp:
            missing.append(movement.quantity)
        elif in_erp and not in_wms:
            extra.append(movement.quantity)
    return ErpBook(name, subtract(total([gap, *missing]), total(extra)), tuple(awaited))


def _paper(movement: Movement) -> Paper:
    return Paper(
        movement.source_id, movement.quantity, movement.occurred, movement.kind, movement.document, awaited=True
    )
