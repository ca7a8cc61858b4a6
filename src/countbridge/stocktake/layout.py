"""From the staged books to lines, book lines and sheets: zone by zone, by the database itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from countbridge.domain.assignment import portions, share_out
from countbridge.domain.keys import GOODS
from countbridge.domain.skills import Demand, Work, demand_of
from countbridge.domain.walking import aisle_of
from countbridge.exchange.grain import common
from countbridge.links.models import Link
from countbridge.people.models import User
from countbridge.stocktake import sheets, twins, work
from countbridge.stocktake.models import BookLine, Count, Progress, Reading, Sheet
from countbridge.stocktake.policy import CountPolicy, policy_of
from countbridge.stocktake.scope import Scope

PLACES_LOCK = 0x0F11


def of(table: str) -> str:
    """The columns of `table` that tell goods apart."""
    return ", ".join(f"{table}.{name}" for name in GOODS)


# The bins of a zone whose ERP location is one that is counted.
PLACES = """
CREATE TEMP TABLE zone_places AS
SELECT b.code, b.warehouse, b.zone, b.erp_location, b.walk_order
FROM links_bin b
JOIN stocktake_reading l ON l.count_id = %(count)s AND l.side = 'erp' AND l.part = b.erp_location
WHERE b.link_id = %(link)s AND b.zone = %(zone)s
  AND (NOT %(chosen)s OR EXISTS (SELECT FROM stocktake_countedbin c WHERE c.count_id = %(count)s AND c.bin = b.code))"""
# A bin is counted by one count at a time. Which one has it is asked under the link's lock, so that two never both get it.
TAKEN = """
INSERT INTO stocktake_countedbin (count_id, bin, left_out, seen_by, empty)
SELECT %(count)s, p.code, coalesce(other.number, ''), '', false
FROM zone_places p LEFT JOIN LATERAL (
    SELECT n.number FROM stocktake_countedbin c JOIN stocktake_count n ON n.id = c.count_id
    WHERE c.bin = p.code AND c.left_out = '' AND n.link_id = %(link)s AND n.id <> %(count)s AND n.state = ANY(%(open)s)
    ORDER BY n.id LIMIT 1
) AS other ON true
ON CONFLICT (count_id, bin) DO UPDATE SET left_out = excluded.left_out"""
NOT_HERE = """
DELETE FROM zone_places p USING stocktake_countedbin c
WHERE c.count_id = %(count)s AND c.bin = p.code AND c.left_out <> ''"""
# Of a check whether empty bins are empty, those that are booked to hold something are no part.
NOT_EMPTY = """
DELETE FROM stocktake_countedbin c USING zone_places p
WHERE c.count_id = %(count)s AND c.bin = p.code AND NOT EXISTS (SELECT FROM zone_walks w WHERE w.code = p.code)"""
# What has to be counted in them: what the WMS has there, and what the ERP alone has where its location is one bin.
# (In a location of many bins nobody can say where to look; the gap between the books shows it.) A key that no page showed
# though it moved while the zone was read was empty at one moment of the reading: where its running sum is lowest.
# Of what the ERP's book has, only what no key of the WMS's, however fine, belongs to (SAME stands for the
# parts both know).
PARTS = ", ".join(GOODS)
KEYS = f"""
CREATE TEMP TABLE zone_keys AS
WITH known AS (
    SELECT s.place, {of("s")}, sum(s.quantity) AS quantity, min(s.watermark) AS watermark
    FROM stocktake_stagedstock s JOIN zone_places p ON p.code = s.place
    WHERE s.reading_id = %(reading)s GROUP BY s.place, {of("s")}
), moved AS (
    SELECT m.bin AS place, {of("m")}, m.ledger_seq,
           sum(m.quantity) OVER (PARTITION BY m.bin, {of("m")} ORDER BY m.ledger_seq) AS running,
           sum(m.quantity) OVER (PARTITION BY m.bin, {of("m")}) AS at_end
    FROM exchange_movement m JOIN zone_places p ON p.code = m.bin
    WHERE m.link_id = %(link)s AND m.ledger_seq > %(first)s AND m.ledger_seq <= %(last)s
), appeared AS (
    SELECT place, {PARTS}, 0::numeric AS quantity,
           CASE WHEN min(running) >= 0 THEN %(first)s
                ELSE (array_agg(ledger_seq ORDER BY running, ledger_seq DESC))[1] END AS watermark
    FROM moved WHERE at_end > 0 GROUP BY place, {PARTS}
), single AS (
    SELECT b.erp_location, min(b.code) AS code FROM links_bin b
    WHERE b.link_id = %(link)s AND b.erp_location IN (SELECT erp_location FROM zone_places)
    GROUP BY b.erp_location HAVING count(*) = 1
), standing AS (
    SELECT place, {PARTS} FROM known UNION ALL SELECT place, {PARTS} FROM appeared
), alone AS (
    SELECT o.code AS place, {of("s")}, 0::numeric AS quantity, %(last)s::bigint AS watermark
    FROM single o
    JOIN stocktake_reading r ON r.count_id = %(count)s AND r.side = 'erp'
    JOIN stocktake_stagedstock s ON s.reading_id = r.id AND s.place = o.erp_location
    WHERE NOT EXISTS (SELECT FROM standing k WHERE k.place = o.code AND (SAME))
    GROUP BY o.code, {of("s")}
)
SELECT DISTINCT ON (place, {PARTS}) place, {PARTS}, quantity, watermark
FROM (SELECT *, 1 AS rank FROM known UNION ALL SELECT *, 2 FROM appeared UNION ALL SELECT *, 3 FROM alone) AS every
WHERE NOT %(narrowed)s OR EXISTS (
    SELECT FROM links_item i WHERE i.link_id = %(link)s AND i.code = every.item
    AND (cardinality(%(classes)s::text[]) = 0 OR i.item_class = ANY(%(classes)s))
    AND (cardinality(%(abc)s::text[]) = 0 OR i.abc = ANY(%(abc)s))
    AND (cardinality(%(items)s::text[]) = 0 OR i.code = ANY(%(items)s)))
ORDER BY place, {PARTS}, rank"""
BINS = """
SELECT p.warehouse, p.code, greatest(1, count(k.place)),
       array_agg(DISTINCT ARRAY[coalesce(i.item_class, ''), coalesce(k.owner, '')]::text[])
FROM zone_places p LEFT JOIN zone_keys k ON k.place = p.code
LEFT JOIN links_item i ON i.link_id = %(link)s AND i.code = k.item
GROUP BY p.warehouse, p.code, p.walk_order
HAVING CASE %(bins)s WHEN 'holding' THEN count(k.place) > 0
       WHEN 'empty' THEN count(*) FILTER (WHERE k.quantity <> 0) = 0 ELSE true END
ORDER BY p.warehouse, p.walk_order, p.code"""
WALKS = """
CREATE TEMP TABLE zone_walks AS
SELECT s.id, code FROM stocktake_sheet s, jsonb_array_elements_text(s.bins) AS code
WHERE s.count_id = %(count)s AND s.zone = %(zone)s"""
LINES = f"""
INSERT INTO stocktake_line (
    count_id, sheet_id, warehouse, zone, bin, erp_location, {PARTS}, item_name_zh, item_name_en, item_class, tracking, expires,
    unit, decimals, price, abc, state, pass_number, snapshot, watermark, outcome, reasons, counter)
SELECT %(count)s, w.id, p.warehouse, p.zone, p.code, p.erp_location, {of("k")}, i.name_zh, i.name_en, i.item_class,
       i.tracking, l.expires, i.unit, i.decimals, i.price, i.abc, 'open', 1, k.quantity, k.watermark, '', '[]', ''
FROM zone_keys k
JOIN zone_places p ON p.code = k.place
JOIN zone_walks w ON w.code = k.place
JOIN links_item i ON i.link_id = %(link)s AND i.code = k.item
LEFT JOIN links_lot l ON l.link_id = %(link)s AND l.item = k.item AND l.lot = k.lot
ORDER BY p.walk_order, p.code, {of("k")}"""
BOOK = f"""
INSERT INTO stocktake_bookline (count_id, erp_location, {PARTS}, quantity)
SELECT r.count_id, s.place, {of("s")}, sum(s.quantity)
FROM stocktake_stagedstock s JOIN stocktake_reading r ON r.id = s.reading_id
WHERE r.id = %s GROUP BY r.count_id, s.place, {of("s")} ORDER BY s.place, {of("s")}
ON CONFLICT (count_id, erp_location, {PARTS}) DO UPDATE SET quantity = stocktake_bookline.quantity + excluded.quantity"""
UNKNOWN = """
WITH strange AS MATERIALIZED (
    SELECT s.item, s.place, r.id, r.side
    FROM stocktake_reading r JOIN stocktake_stagedstock s ON s.reading_id = r.id
    LEFT JOIN links_item i ON i.link_id = %(link)s AND i.code = s.item
    WHERE r.count_id = %(count)s AND i.id IS NULL
)
SELECT s.item, min(s.place), array_agg(DISTINCT s.id)
FROM strange s
LEFT JOIN links_bin b ON b.link_id = %(link)s AND b.code = s.place
LEFT JOIN stocktake_reading l ON l.count_id = %(count)s AND l.side = 'erp' AND l.part = b.erp_location
WHERE s.side = 'erp' OR l.id IS NOT NULL
GROUP BY s.item ORDER BY s.item"""
GIVE = "UPDATE stocktake_sheet SET assignee_id = %s WHERE id = ANY(%s) AND assignee_id IS NULL"


def unknown_items(count: Count) -> list[tuple[str, str, list[int]]]:
    """Items in either book that are none here: code, a place it lies in, the readings it came with."""
    with connection.cursor() as cursor:
        for table in ("stocktake_stagedstock", "stocktake_reading", "links_bin", "links_item"):
            cursor.execute(f"ANALYZE {table}")  # they just grew: the plans below need to know
        cursor.execute(UNKNOWN, {"count": count.pk, "link": count.link_id})
        return list(cursor.fetchall())


def store_book(count: Count) -> None:
    """The ERP's book as it was read, location by location, each in a transaction of its own."""
    for pk in count.readings.filter(side="erp", laid_out=False).order_by("part").values_list("pk", flat=True):
        with transaction.atomic():
            if Reading.objects.select_for_update(no_key=True).get(pk=pk).laid_out:
                continue
            with connection.cursor() as cursor:
                cursor.execute(BOOK, [pk])
            Reading.objects.filter(pk=pk).update(laid_out=True)


def lay_out(count: Count) -> None:
    """Sheets by zone in walking order, of the policy's size, and the lines on them. A bin with nothing booked is on a sheet
    too: somebody must see that it is empty. Each zone is laid out in one transaction."""
    readings = count.readings.filter(side="wms")
    done, rows = readings.filter(laid_out=True).count(), count.lines.count()
    work.begin(count, Progress.Step.LINES, total=readings.count(), done=done)
    for pk in list(readings.filter(laid_out=False).order_by("part").values_list("pk", flat=True)):
        with transaction.atomic():
            reading = Reading.objects.select_for_update(no_key=True).get(pk=pk)
            if reading.laid_out:
                continue
            rows += _zone(count, reading)
            Reading.objects.filter(pk=pk).update(laid_out=True)
            done += 1
            work.report(count, part=reading.part, done=done, rows=rows)
    with transaction.atomic():
        _give_out(count)


def _zone(count: Count, reading: Reading) -> int:
    policy = policy_of(count.policy)
    with connection.cursor() as cursor:
        scope = Scope.of(count)
        asked: dict[str, Any] = {
            "count": count.pk, "link": count.link_id, "zone": reading.part, "reading": reading.pk,
            "first": reading.first_watermark or 0, "last": reading.watermark or 0, "chosen": count.chosen,
            "open": list(Count.OPEN), "narrowed": scope.narrowed, "classes": list(scope.classes), "abc": list(scope.abc),
            "items": list(scope.items), "bins": scope.bins_wanted(count.kind),
        }  # fmt: skip
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PLACES_LOCK, count.link_id])
        _temporary(cursor, {"zone_places": PLACES}, asked)
        cursor.execute(TAKEN, asked)
        cursor.execute(NOT_HERE, asked)
        _temporary(cursor, {"zone_keys": KEYS.replace("SAME", _same(count.link))}, asked)
        cursor.execute(BINS, asked)
        found = walks(reading.part, cursor.fetchall(), policy, owners=sheets.owners_matter())
        made = [
            Sheet(
                count=count, number=f"{count.number}-{reading.part}-{number:02d}", warehouse=warehouse,
                zone=reading.part, bins=bins, counted_with="wms" if reading.part in policy.counted_in_wms else "pda",
                skills=list(demand.skills), owners=list(demand.owners),
            )
            for number, (warehouse, bins, demand) in enumerate(found, start=1)
        ]  # fmt: skip
        Sheet.objects.bulk_create(made, batch_size=1000)
        _temporary(cursor, {"zone_walks": WALKS}, asked)
        cursor.execute(LINES, asked)
        laid = int(cursor.rowcount)
        if count.kind == "zero_check":
            cursor.execute(NOT_EMPTY, asked)
        cursor.execute("DROP TABLE zone_places, zone_keys, zone_walks")
        return laid


def _same(link: Link) -> str:
    """Do a WMS key `k` and an ERP key `s` belong together? By the item and the parts both books know."""
    return " AND ".join(f"k.{name} = s.{name}" for name in ("item", *sorted(common(link))))


def _temporary(cursor: Any, tables: dict[str, str], asked: dict[str, Any]) -> None:
    """Tables of this zone alone, whose sizes the database knows when it plans what follows."""
    for name, made in tables.items():
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(made, asked)
        cursor.execute(f"ANALYZE {name}")


def walks(
    zone: str, bins: list[tuple[str, str, int, list[tuple[str, str]]]], policy: CountPolicy, *, owners: bool = False
) -> Iterator[tuple[str, list[str], Demand]]:
    """(warehouse, bins, what it takes) of each sheet of a zone, from (warehouse, bin, lines, class and owner of its goods) in
    walking order; a zone's name may stand in several warehouses. A bin stays whole: who counts it needs what all of its goods
    need. `owners`: somebody is limited to some owners' goods."""
    parts: dict[tuple[str, str, Demand], list[tuple[str, int]]] = defaultdict(list)
    for warehouse, code, lines, goods in bins:
        demand = demand_of(
            (Work(warehouse, zone, item_class, owner) for item_class, owner in goods), policy.needs, owners=owners
        )
        parts[warehouse, aisle_of(code) if policy.sheets_by == "aisle" else "", demand].append((code, lines))
    for (warehouse, _, demand), here in parts.items():
        for start, end in portions([lines for _, lines in here], policy.sheet_lines):
            yield warehouse, [code for code, _ in here[start:end]], demand


def _give_out(count: Count) -> None:
    """Give the sheets evenly to the counters of each warehouse, the longest first, each to somebody who has what it takes."""
    if count.given_to:
        asked = User.objects.get(username=count.given_to)
        for sheet in count.sheets.filter(assignee=None):
            if sheets.able_of(asked).may(sheet.demand):
                count.sheets.filter(pk=sheet.pk).update(assignee=asked)
    sized = count.sheets.filter(pass_number=1, assignee=None).annotate(n=sheets.ON_SHEET).order_by("pk")
    for warehouse in sorted(set(count.sheets.values_list("warehouse", flat=True))):
        mine = list(sized.filter(warehouse=warehouse).only("pk", "skills", "owners"))
        people = sheets.operators(warehouse)
        given: dict[str, list[int]] = {name: [] for name in sorted(people)}
        weights = [max(1, sheet.n) for sheet in mine]
        barred = sheets.unable_for(people, [sheet.demand for sheet in mine])
        for sheet, name in zip(mine, share_out(weights, sorted(people), sheets.load(people), barred), strict=True):
            if name:
                given[name].append(sheet.pk)
        with connection.cursor() as cursor:
            cursor.executemany(GIVE, [(people[name].pk, pks) for name, pks in given.items() if pks])
    twins.give_out(count)
    sheets.tell_lacking(count, count.sheets.filter(assignee=None).order_by("pk").iterator())


def forget(count: Count) -> None:
    """What was laid out of a count that nobody ever began."""
    for model in (count.lines.all(), BookLine.objects.filter(count=count), count.sheets.all(), count.places.all()):
        model._raw_delete(model.db)
