"""Cycle counting: what moves most money is counted most often."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db import connection

from countbridge import clock
from countbridge.domain import abc
from countbridge.links.models import Link

# Items without a price cannot be valued; they are left as they are rather than taken for worthless.
MOVED = """
SELECT i.code, coalesce(sum(abs(m.quantity)), 0) * i.price
FROM links_item i LEFT JOIN exchange_movement m ON m.link_id = i.link_id AND m.item = i.code AND m.occurred >= %s
WHERE i.link_id = %s AND i.price IS NOT NULL GROUP BY i.code, i.price"""
STORE = """
UPDATE links_item i SET abc = t.abc FROM unnest(%s::text[], %s::text[]) AS t (code, abc)
WHERE i.link_id = %s AND i.code = t.code AND i.abc <> t.abc"""


def classify(link: Link, days: int) -> dict[str, int]:
    """Class the link's priced items by the value moved in the last `days`; returns how many are A, B and C."""
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [clock.now() - timedelta(days=days), link.pk])
        classes = abc.classify(dict(cursor.fetchall()))
        cursor.execute(STORE, [list(classes), list(classes.values()), link.pk])
    found = Counter(classes.values())
    return {"A": found["A"], "B": found["B"], "C": found["C"]}
