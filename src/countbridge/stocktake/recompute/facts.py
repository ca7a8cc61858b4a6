"""A count's facts out of PostgreSQL into a `Recomputation`: what `stocktake.judge` reads of some lines, of all of them."""

from __future__ import annotations

from pathlib import Path

from django.db import connection
from psycopg import Cursor

from countbridge.domain.keys import GOODS
from countbridge.exchange import picks
from countbridge.stocktake.models import Count
from countbridge.stocktake.recompute.engine import Recomputation

# In the order of `engine.COPIED`. A scan in the line's own unit has no factor, whatever is written beside it. The pass a person
# took comes before any other that has scans (`judge.valid_pass`). A line that is assumed to be zero goes by itself.
FACTS = {
    "lines": f"""
SELECT id, bin, {", ".join(GOODS)}, snapshot, watermark, decimals, price, assumed_at IS NOT NULL, false
FROM stocktake_line WHERE count_id = %(count)s""",
    "scans": """
SELECT s.line_id, CASE WHEN s.pass_number = l.chosen_pass THEN 32767 ELSE s.pass_number END, s.quantity,
       s.unit = l.unit, s.numerator, s.denominator, s.counted_at
FROM stocktake_scan s JOIN stocktake_line l ON l.id = s.line_id
WHERE s.count_id = %(count)s AND s.undone_at IS NULL""",
    "movements": f"""
SELECT bin, {", ".join(GOODS)}, quantity, ledger_seq, occurred FROM exchange_movement
WHERE link_id = %(link)s AND bin IN (SELECT DISTINCT bin FROM stocktake_line WHERE count_id = %(count)s)
UNION ALL {picks.PROVISIONAL} AND place IN (SELECT DISTINCT bin FROM stocktake_line WHERE count_id = %(count)s)""",
}


def load_facts(into: Recomputation, count: Count, folder: Path) -> None:
    """Lines, the scans that were not taken back, and every movement of their keys known now. Through files in `folder`, one
    after the other: neither side holds a count in memory."""
    for table, query in FACTS.items():
        file = folder / f"{table}.csv"
        copy_out(query, count, file)
        into.load_copied(table, file)
        file.unlink()


def copy_out(query: str, count: Count, file: Path) -> None:
    """The rows of a query about the count, as PostgreSQL's CSV. Times are written in UTC with their offset."""
    with connection.cursor() as cursor, file.open("wb") as out:
        raw: Cursor[tuple[object, ...]] = cursor.cursor
        with raw.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", {"count": count.pk, "link": count.link_id}) as rows:
            for block in rows:
                out.write(block)
