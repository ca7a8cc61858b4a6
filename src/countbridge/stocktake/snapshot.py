"""The two books of a count, read page by page into the staging table. Each page commits with the position behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Sum

from countbridge.connectors.contract import Connector, Page
from countbridge.domain.keys import GOODS, StockKey
from countbridge.errors import Conflict, CursorExpired
from countbridge.exchange import events
from countbridge.exchange.grain import Parts, kept_of
from countbridge.exchange.maps import sorted_out
from countbridge.exchange.pages import read
from countbridge.exchange.rows import needed
from countbridge.exchange.systems import opened
from countbridge.stocktake import work
from countbridge.stocktake.models import Count, Progress, Reading, StagedStock

SCOPE = {"wms": "zone", "erp": "location"}
PLACE = {"wms": "bin", "erp": "location"}
MOST_NAMED = 1000  # rows in quarantine remembered by name; one is enough to stop
PARTS = ", ".join(GOODS)
KEEP = f"""
INSERT INTO stocktake_stagedstock (reading_id, source, place, {PARTS}, quantity, watermark)
SELECT %s, source, place, {PARTS}, quantity, %s
FROM unnest(%s::text[], %s::text[], {"%s::text[], " * len(GOODS)}%s::numeric[]) AS t (source, place, {PARTS}, quantity)
ON CONFLICT (reading_id, source) DO UPDATE SET
    place = excluded.place, {", ".join(f"{name} = excluded.{name}" for name in GOODS)}, quantity = excluded.quantity,
    watermark = excluded.watermark
"""


def take_in(count: Count, side: str) -> None:
    """Read what is not read yet of one side's parts. Resumes inside a part where the system's cursor allows it."""
    readings = count.readings.filter(side=side)
    total, done = readings.count(), readings.filter(done=True).count()
    work.begin(count, Progress.Step(side), total=total, done=done)
    waiting = list(readings.filter(done=False).order_by("part").values_list("pk", flat=True))
    if not waiting:
        return
    with opened(count.link.system(side)) as connector:
        for pk in waiting:
            part = _Part(count, Reading.objects.get(pk=pk), connector, done)
            try:
                part.read()
            except CursorExpired as error:
                events.record(
                    "state", "stocktake.read_again", count=count.number, part=part.reading.part, reason=error.code
                )
                part.start_over()
                part.read()
            done += 1


def start_over(readings: Sequence[int]) -> None:
    """Forget what was read of these parts: they are read again from their beginning."""
    stock = StagedStock.objects.filter(reading__in=readings)
    stock._raw_delete(stock.db)
    Reading.objects.filter(pk__in=readings).update(
        cursor="", pages=0, rows=0, done=False, first_watermark=None, watermark=None, as_of=None, quarantined=[]
    )


def clear(count: Count) -> None:
    """Give the staging back: the lines are made, or the count was given up."""
    stock = StagedStock.objects.filter(reading__count=count)
    stock._raw_delete(stock.db)
    readings = count.readings.all()
    readings._raw_delete(readings.db)
    Progress.objects.filter(count=count).delete()


class _Part:
    """One zone or location being read."""

    def __init__(self, count: Count, reading: Reading, connector: Connector, done: int) -> None:
        self.count = count
        self.reading = reading
        self.connector = connector
        self.done = done
        self.declared = connector.manifest.dataset("stock")
        self.kept = kept_of(count.link, reading.side)
        rows = count.readings.filter(side=reading.side).exclude(pk=reading.pk).aggregate(n=Sum("rows"))["n"]
        self.rows_before = int(rows or 0)

    def start_over(self) -> None:
        with transaction.atomic():
            start_over([self.reading.pk])
        self.reading.refresh_from_db()

    def read(self) -> None:
        if self.reading.pages and not (self.reading.cursor and self.declared.cursor != "none"):
            self.start_over()
        scope = {SCOPE[self.reading.side]: self.reading.part}
        system = self.count.link.system(self.reading.side)
        for page in read(self.connector, system, "stock", scope, self.reading.cursor or None):
            self._keep(page)
        if not self.reading.done:
            Reading.objects.filter(pk=self.reading.pk).update(done=True)

    def _keep(self, page: Page) -> None:
        """Store a page and the position behind it. Another worker that took this one for dead may be here, too: only the
        one whose position is the stored one goes on."""
        with transaction.atomic():
            held = Reading.objects.select_for_update(no_key=True).get(pk=self.reading.pk)
            if (held.cursor, held.pages, held.done) != (self.reading.cursor, self.reading.pages, self.reading.done):
                raise Conflict("stocktake.read_elsewhere", count=self.count.number, part=held.part)
            rows, quarantined = self._staged(page)
            mark = int(page.watermark) if page.watermark else None
            _store(held.side, held.pk, rows, mark or 0, self.kept)
            held.quarantined = [*held.quarantined, *quarantined][:MOST_NAMED]
            held.cursor, held.done = page.next or "", page.next is None
            held.pages += 1
            held.rows += len(rows)
            held.first_watermark = mark if held.first_watermark is None else held.first_watermark
            held.watermark = mark if mark is not None else held.watermark
            held.as_of = min(filter(None, (held.as_of, page.as_of)), default=None)
            held.save()
            # The next page is not asked for when somebody gave the count up.
            work.report(self.count, part=held.part, done=self.done + held.done, rows=self.rows_before + held.rows)
        self.reading = held

    def _staged(self, page: Page) -> tuple[dict[str, Mapping[str, str | None]], list[str]]:
        """Mapped rows by what tells them apart in the other system, and the names of those that wait in quarantine."""
        side, unique = self.reading.side, self.declared.unique
        found = sorted_out(self.count.link, f"{side}_stock", page.rows, flow="stock", id_field=unique)
        rows: dict[str, Mapping[str, str | None]] = {}
        for number, (raw, row) in enumerate(found.good):
            rows["/".join(raw.get(name) or "" for name in unique) or f"{self.reading.pages}.{number}"] = row
        return rows, found.quarantined


def _store(side: str, reading: int, rows: Mapping[str, Mapping[str, str | None]], watermark: int, kept: Parts) -> None:
    if not rows:
        return
    keys = [StockKey.read(needed(row, PLACE[side]), row, kept) for row in rows.values()]
    parts = [list(column) for column in zip(*keys, strict=True)]
    columns = [list(rows), *parts, [needed(row, "quantity") for row in rows.values()]]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [reading, watermark, *columns])
