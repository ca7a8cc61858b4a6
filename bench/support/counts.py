"""A count of any size, written by the database: lines on sheets, goods that moved, and what was scanned so far.

Every number is a function of the line's own number, so that two databases hold the same count. Of a hundred lines 90 are
counted (10 of them in two portions, 15 in boxes of 12, 2 in trays of 10/3), 30 moved, 5 of them while they were counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from bench.large.shape import Shape

if TYPE_CHECKING:
    from countbridge.people.models import User
    from countbridge.stocktake.models import Count

IN_A_SHEET = 40
SNAPSHOT_AT = "2026-11-20 08:00:00+00"
POLICY = {"tolerance": {"percent": "2", "quantity": "1", "value": "100"}, "ambiguity_seconds": 30}

ITEMS = """
INSERT INTO links_item (link_id, code, name_zh, name_en, unit, decimals, price, tracking, sku, barcode)
SELECT %(link)s, lpad(n::text, 7, '0'), '货品', 'Goods', 'u', CASE WHEN n %% 10 = 0 THEN 3 ELSE 0 END,
       CASE WHEN n %% 20 = 0 THEN NULL ELSE (n %% 900 + 10)::numeric / 100 END, 'none', '', ''
FROM generate_series(0, %(items)s - 1) AS n"""
UNITS = """
INSERT INTO links_itemunit (item_id, unit, numerator, denominator)
SELECT i.id, u.unit, u.numerator, u.denominator
FROM links_item i, (VALUES ('u', 1, 1), ('BOX', 12, 1), ('TRAY', 10, 3)) AS u (unit, numerator, denominator)
WHERE i.link_id = %(link)s"""
BINS = """
INSERT INTO links_bin (link_id, warehouse, code, zone, erp_location, walk_order, barcode)
SELECT %(link)s, 'W1', 'B' || lpad(n::text, 7, '0'), 'Z' || n * 20 / %(bins)s, 'L' || n * 20 / %(bins)s, n, ''
FROM generate_series(0, %(bins)s - 1) AS n"""
SHEETS = """
INSERT INTO stocktake_sheet (count_id, number, warehouse, zone, pass_number, counted_with, assignee_id, state, bins)
SELECT %(count)s, %(number)s || '-S' || n, 'W1', 'Z0', 1, 'pda', %(user)s, 'open',
       (SELECT jsonb_agg(DISTINCT 'B' || lpad((line / 10)::text, 7, '0'))
        FROM generate_series(n * 40, least(n * 40 + 39, %(lines)s - 1)) AS line)
FROM generate_series(0, (%(lines)s - 1) / 40) AS n"""
LINES = """
INSERT INTO stocktake_line (
    count_id, sheet_id, warehouse, zone, bin, erp_location, item, item_name_zh, item_name_en, lot, unit, decimals, price,
    state, pass_number, snapshot, watermark, outcome, reasons, counter)
SELECT %(count)s, s.id, 'W1', 'Z0', 'B' || lpad((n / 10)::text, 7, '0'), 'L0', i.code, i.name_zh, i.name_en, '', i.unit,
       i.decimals, i.price, CASE WHEN n %% 100 < 90 THEN 'counted' ELSE 'open' END, 1, n %% 97 + 1, 1000, '', '[]', ''
FROM generate_series(0, %(lines)s - 1) AS n
JOIN stocktake_sheet s ON s.count_id = %(count)s AND s.number = %(number)s || '-S' || n / 40
JOIN links_item i ON i.link_id = %(link)s AND i.code = lpad((n * 7 %% %(items)s)::text, 7, '0')
ORDER BY n"""
# The lines of a count made here have neighbouring numbers: the first one's is subtracted to have n again.
MOVEMENTS = """
INSERT INTO exchange_movement (
    link_id, source_id, ledger_seq, bin, erp_location, item, lot, quantity, kind, document, occurred, recorded, seen, erp_state)
SELECT %(link)s, 'm' || l.n || '-' || k, 990 + (l.n + k) %% 40, l.bin, l.erp_location, l.item, '',
       (l.n + k) %% 11 - 5, 'move', '', timestamptz %(at)s + moment, timestamptz %(at)s + moment, timestamptz %(at)s, 'posted'
FROM (SELECT *, id - %(first)s AS n FROM stocktake_line WHERE count_id = %(count)s) AS l,
     generate_series(1, 2) AS k,
     LATERAL (SELECT make_interval(secs => CASE WHEN l.n %% 20 = 0 THEN 3600 + l.n %% 3000 + 15 * k
                                                ELSE (l.n * 13 + k * 977) %% 7200 - 600 END) AS moment) AS at
WHERE l.n %% 100 < 30"""
SCANS = """
INSERT INTO stocktake_scan (
    count_id, line_id, sheet_id, source, source_id, pass_number, quantity, unit, numerator, denominator, counter, counted_at,
    received_at, note)
SELECT %(count)s, l.id, l.sheet_id, 'pda', %(count)s || '-' || l.n || '-' || k, 1,
       CASE WHEN u.unit <> 'u' THEN l.n %% 9
            ELSE (l.snapshot + CASE WHEN l.n %% 7 = 0 THEN l.n %% 5 - 2 ELSE 0 END) / CASE WHEN two THEN 2 ELSE 1 END
            END::bigint,
       u.unit, u.numerator, u.denominator, %(counter)s, timestamptz %(at)s + make_interval(secs => 3600 + l.n %% 3000 + 40 * k),
       timestamptz %(at)s, ''
FROM (SELECT *, id - %(first)s AS n, (id - %(first)s) %% 100 BETWEEN 20 AND 29 AS two
      FROM stocktake_line WHERE count_id = %(count)s) AS l,
     generate_series(0, CASE WHEN two THEN 1 ELSE 0 END) AS k,
     LATERAL (SELECT * FROM (VALUES ('u', 1, 1), ('BOX', 12, 1), ('TRAY', 10, 3)) AS unit (unit, numerator, denominator)
              WHERE unit.unit = CASE WHEN l.n %% 100 BETWEEN 30 AND 44 THEN 'BOX' WHEN l.n %% 100 BETWEEN 45 AND 46 THEN 'TRAY'
                                     ELSE 'u' END) AS u
WHERE l.n %% 100 < 90"""


@dataclass(frozen=True)
class LaidOut:
    """A count that is there. `first`: the number of its first line; the others follow without a gap."""

    count: Count
    lines: int
    first: int


def lay_out(name: str, lines: int, user: User, *, counted: bool) -> LaidOut:
    """A count of so many lines in a link of its own, being counted; `counted`: with its movements and scans."""
    from countbridge.links.models import Link, System, Warehouse
    from countbridge.stocktake.models import Count

    shape = Shape(lines)
    with transaction.atomic(), connection.cursor() as cursor:
        erp, wms = (System.objects.create(code=f"{name}-{side}", name=name, side=side) for side in ("erp", "wms"))
        link = Link.objects.create(code=name, name=name, erp=erp, wms=wms)
        Warehouse.objects.create(link=link, code="W1", name="W1")
        count = Count.objects.create(
            link=link, number=name, name=name, state=Count.State.COUNTING, policy=POLICY, planned_at=SNAPSHOT_AT,
            snapshot_at=SNAPSHOT_AT, warehouses=["W1"],
        )  # fmt: skip
        told = {
            "link": link.pk, "count": count.pk, "number": name, "user": user.pk, "counter": user.username, "lines": lines,
            "items": shape.items, "bins": shape.bins, "at": SNAPSHOT_AT,
        }  # fmt: skip
        for statement in (ITEMS, UNITS, BINS, SHEETS):
            cursor.execute(statement, told)
        cursor.execute("ANALYZE links_item, links_itemunit, stocktake_sheet")  # the joins below need to know
        cursor.execute(LINES, told)
        cursor.execute("SELECT min(id) FROM stocktake_line WHERE count_id = %s", [count.pk])
        first = cursor.fetchone()[0]
        for statement in (MOVEMENTS, SCANS) if counted else ():
            cursor.execute(statement, {**told, "first": first})
        cursor.execute("ANALYZE stocktake_line, stocktake_scan, stocktake_sheet, exchange_movement")
    count.refresh_from_db()
    return LaidOut(count, lines, first)
