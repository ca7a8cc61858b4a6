"""The cut-off list of a count: where each kind of movement stood when the snapshot was taken.

An auditor asks two things of a count that does not stop the warehouse: which document was the last of its kind that is in the
snapshot, and which documents the floor had carried out while the ERP had not booked them yet (goods on the dock, on a truck).
Both are written down once, as the count begins."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from countbridge.stocktake.models import Count

MOST = 500  # documents listed by name; the rest as a number
# The movements that are in the snapshot: each zone was read at a ledger position of its own.
IN_SNAPSHOT = """
WITH marks AS (
    SELECT key AS zone, value::bigint AS mark FROM jsonb_each_text(%(watermarks)s::jsonb)
), taken AS (
    SELECT b.warehouse, m.kind, coalesce(nullif(m.document, ''), m.source_id) AS document, m.occurred, m.ledger_seq,
           m.erp_state = 'pending' OR (m.erp_state = 'posted' AND m.erp_posted > %(at)s) AS unbooked
    FROM exchange_movement m
    JOIN links_bin b ON b.link_id = m.link_id AND b.code = m.bin
    JOIN marks ON marks.zone = b.zone
    WHERE m.link_id = %(link)s AND m.ledger_seq <= marks.mark AND b.warehouse = ANY(%(warehouses)s)
)"""
LAST = f"""{IN_SNAPSHOT}
SELECT DISTINCT ON (warehouse, kind) warehouse, kind, document, occurred FROM taken ORDER BY warehouse, kind, ledger_seq DESC"""
UNBOOKED = f"""{IN_SNAPSHOT}
SELECT warehouse, kind, document, min(occurred), count(*), count(*) OVER ()
FROM taken WHERE unbooked GROUP BY warehouse, kind, document ORDER BY min(occurred), document LIMIT {MOST}"""


def taken(count: Count) -> dict[str, Any]:
    """{last: [{warehouse, kind, document, occurred}], unbooked: [… and lines], unbooked_total}. Called when the count's
    watermarks, warehouses and snapshot moment are known; two queries."""
    asked = {
        "link": count.link_id, "watermarks": json.dumps(count.watermarks), "warehouses": count.warehouses,
        "at": count.snapshot_at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LAST, asked)
        last = [_document(row) for row in cursor.fetchall()]
        cursor.execute(UNBOOKED, asked)
        rows = cursor.fetchall()
    unbooked = [{**_document(row), "lines": row[4]} for row in rows]
    return {"last": last, "unbooked": unbooked, "unbooked_total": rows[0][5] if rows else 0}


def _document(row: tuple[Any, ...]) -> dict[str, Any]:
    warehouse, kind, document, occurred = row[:4]
    return {"warehouse": warehouse, "kind": kind, "document": document, "occurred": occurred.isoformat()}
