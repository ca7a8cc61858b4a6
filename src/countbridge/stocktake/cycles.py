"""Cycle counting: what moves most money is counted most often, and every bin at least once in so many days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from countbridge import clock
from countbridge.domain import abc
from countbridge.links.models import Link
from countbridge.people.access import WarehouseScope
from countbridge.stocktake import plans
from countbridge.stocktake.models import Count
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.policy_words import Cycle
from countbridge.stocktake.scope import Scope

TURNOVER_DAYS = 90
EVERYWHERE = WarehouseScope(everywhere=True)
# Items without a price cannot be valued; they are left as they are rather than taken for worthless.
MOVED = """
SELECT i.code, coalesce(sum(abs(m.quantity)), 0) * i.price
FROM links_item i LEFT JOIN exchange_movement m ON m.link_id = i.link_id AND m.item = i.code AND m.occurred >= %s
WHERE i.link_id = %s AND i.price IS NOT NULL GROUP BY i.code, i.price"""
STORE = """
UPDATE links_item i SET abc = t.abc FROM unnest(%s::text[], %s::text[]) AS t (code, abc)
WHERE i.link_id = %s AND i.code = t.code AND i.abc <> t.abc"""
# Bins by how long they are overdue: those never counted first, then by the moment they were due. What was last found in a bin
# says how often it is counted: its best class decides. Bins of open counts are being seen to.
DUE = """
WITH seen AS (
    SELECT DISTINCT ON (c.bin) c.bin, c.count_id, c.seen_at FROM stocktake_countedbin c
    JOIN stocktake_count n ON n.id = c.count_id
    WHERE n.link_id = %(link)s AND c.seen_at IS NOT NULL ORDER BY c.bin, c.seen_at DESC
), known AS (
    SELECT s.bin, s.seen_at, min(i.abc) FILTER (WHERE i.abc <> '' AND coalesce(l.counted, l.snapshot) <> 0) AS best
    FROM seen s LEFT JOIN stocktake_line l ON l.count_id = s.count_id AND l.bin = s.bin
    LEFT JOIN links_item i ON i.link_id = %(link)s AND i.code = l.item GROUP BY s.bin, s.seen_at
), due AS (
    SELECT b.code, b.warehouse, b.zone, b.walk_order, k.seen_at, coalesce(k.best, '') AS best, least(%(any_bin)s, CASE k.best
        WHEN 'A' THEN %(a)s WHEN 'B' THEN %(b)s WHEN 'C' THEN %(c)s ELSE %(any_bin)s END) AS days
    FROM links_bin b LEFT JOIN known k ON k.bin = b.code
    WHERE b.link_id = %(link)s AND (%(everywhere)s OR b.warehouse = ANY(%(warehouses)s))
), dated AS (SELECT *, seen_at + make_interval(days => days) AS at FROM due)
SELECT code, warehouse, zone, at, seen_at, best, days, count(*) OVER () FROM dated
WHERE (at IS NULL OR at <= %(now)s) AND NOT EXISTS (
    SELECT FROM stocktake_countedbin c JOIN stocktake_count n ON n.id = c.count_id
    WHERE n.link_id = %(link)s AND c.bin = dated.code AND c.left_out = '' AND n.state = ANY(%(open)s))
ORDER BY at NULLS FIRST, walk_order, code LIMIT %(most)s OFFSET %(offset)s"""


@dataclass(frozen=True)
class Due:
    """A bin that is due. `at`: since when (None: never counted), `seen_at`: when it was last counted. It is counted every `days`
    days, for `best`, the best class of the goods last found there ("" for none: then as any bin)."""

    bin: str
    warehouse: str
    zone: str
    at: datetime | None
    seen_at: datetime | None
    best: str
    days: int


def due(
    link: Link, cycle: Cycle, most: int, offset: int = 0, scope: WarehouseScope = EVERYWHERE
) -> tuple[list[Due], int]:  # fmt: skip
    """Bins of the warehouses that are due now, the longest overdue first, and how many there are in all."""
    days = {letter.lower(): cycle.days.get(letter, cycle.any_bin) for letter in "ABC"}
    asked: dict[str, Any] = {
        "link": link.pk, "any_bin": cycle.any_bin, "now": clock.now(), "open": list(Count.OPEN), "most": most,
        "offset": offset, "everywhere": scope.everywhere, "warehouses": sorted(scope.codes),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(DUE, asked | days)
        rows = cursor.fetchall()
        if not rows and offset:  # past the end nobody tells how many there are
            cursor.execute(DUE, asked | days | {"offset": 0, "most": 1})
            return [], sum(int(row[-1]) for row in cursor.fetchall())
    return [Due(*row[:-1]) for row in rows], int(rows[0][-1]) if rows else 0


def order_due(link: Link) -> Count | None:
    """Order the count of the bins that are due, as many as a day holds; nothing while the policy has no cycle, or the last one
    ordered so is still open: what is not done is not piled up."""
    cycle = policy_of(link.policy).cycles
    if cycle is None or Count.objects.filter(link=link, kind="cycle", responsible="", state__in=Count.OPEN).exists():
        return None
    classify(link, TURNOVER_DAYS)
    bins, _ = due(link, cycle, cycle.most_bins)
    if not bins:
        return None
    scope = Scope(bins=tuple(one.bin for one in bins))
    return plans.create(link, "cycle", cycle.mode, scope, None, EVERYWHERE)


def classify(link: Link, days: int) -> dict[str, int]:
    """Class the link's priced items by the value moved in the last `days`; returns how many are A, B and C."""
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [clock.now() - timedelta(days=days), link.pk])
        classes = abc.classify(dict(cursor.fetchall()))
        cursor.execute(STORE, [list(classes), list(classes.values()), link.pk])
    found = Counter(classes.values())
    return {"A": found["A"], "B": found["B"], "C": found["C"]}
