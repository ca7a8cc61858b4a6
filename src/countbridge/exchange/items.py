"""Items: read from the ERP, stored in the link's own words, and what changed of them told to the WMS (F1).

A whole reading is laid beside what is known, by the database: changed content travels, whether the item, a map or a table
changed it; an item that is gone is told as inactive. A reading that lacks many items at once is not believed by itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from countbridge import clock
from countbridge.connectors.contract import Document, Page
from countbridge.connectors.registry import definition
from countbridge.errors import CountbridgeError, InputError, NotFound
from countbridge.exchange import events, quarantine
from countbridge.exchange.deliveries import content_hash, propose
from countbridge.exchange.maps import Rows, sorted_out
from countbridge.exchange.models import Delivery, Doubt, SentRecord
from countbridge.exchange.pages import read
from countbridge.exchange.rows import needed, number, whole
from countbridge.exchange.systems import opened
from countbridge.links.models import CodeTable, Item, Link

FLOW = "F1"
LINES = 200  # of an item document whose manifest names no limit
MOST_MISSING = 5  # percent of the known items; more at once is for a person to confirm
CLASS_LENGTH = 120
ALWAYS_BELIEVED = 3  # so many may go at once in a small catalogue
COLUMNS = (
    "code", "name_zh", "name_en", "unit", "decimals", "price", "tracking", "sku", "barcode", "active", "item_class",
    "told", "source", "record", "content", "said",
)  # fmt: skip
KINDS = ("text",) * 4 + ("smallint", "numeric", "text", "text", "text", "boolean") + ("text",) * 6
TABLE = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, KINDS, strict=True))
KEEP = "INSERT INTO seen_items ({}) SELECT * FROM unnest({})".format(
    ", ".join(COLUMNS), ", ".join(f"%s::{kind}[]" for kind in KINDS)
)
TWICE = """
UPDATE seen_items s SET record = NULL FROM seen_items first
WHERE first.record = s.record AND first.at < s.at AND first.code <> s.code RETURNING s.code, first.record, first.code"""
STORED = COLUMNS[1:11]
STORE = """
INSERT INTO links_item AS known (link_id, code, {names}, told, source)
SELECT DISTINCT ON (code) %s, code, {names}, told::jsonb, source FROM seen_items
ON CONFLICT (link_id, code) DO UPDATE SET ({names}, told, source) = ROW({excluded}, excluded.told, excluded.source)
WHERE (known.told, known.active, known.source) IS DISTINCT FROM (excluded.told, excluded.active, excluded.source)""".format(
    names=", ".join(STORED), excluded=", ".join(f"excluded.{name}" for name in STORED)
)
UNITS = """
WITH factors AS (
    SELECT i.id, f.unit, f.numerator, f.denominator
    FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::numeric[]) AS f (item, unit, numerator, denominator)
    JOIN links_item i ON i.link_id = %s AND i.code = f.item
), wanted AS (
    SELECT * FROM factors
    UNION ALL
    SELECT i.id, i.unit, 1, 1 FROM links_item i JOIN (SELECT DISTINCT code FROM seen_items) s ON s.code = i.code
    WHERE i.link_id = %s AND NOT EXISTS (SELECT 1 FROM factors f WHERE (f.id, f.unit) = (i.id, i.unit))
)
INSERT INTO links_itemunit AS known (item_id, unit, numerator, denominator) SELECT * FROM wanted
ON CONFLICT (item_id, unit) DO UPDATE SET numerator = excluded.numerator, denominator = excluded.denominator
WHERE (known.numerator, known.denominator) <> (excluded.numerator, excluded.denominator)"""
MISSING = """
SELECT i.code, i.told::text, i.source FROM links_item i
WHERE i.link_id = %s AND i.active AND i.told IS NOT NULL AND i.source <> ALL(%s)
  AND NOT EXISTS (SELECT 1 FROM seen_items s WHERE s.code = i.code)
ORDER BY i.code"""
# The first link that told a record to a WMS owns it there; another one may repeat it, not change it.
CHANGED = """
CREATE TEMP TABLE changed_items AS
SELECT s.at, s.record, s.content, s.said, o.code AS owner, o.content AS theirs
FROM seen_items s
LEFT JOIN exchange_sentrecord r ON r.link_id = %(link)s AND r.flow = 'F1' AND r.record = s.record
LEFT JOIN LATERAL (
    SELECT l.code, x.content FROM exchange_sentrecord x JOIN links_link l ON l.id = x.link_id
    WHERE %(shared)s AND x.flow = 'F1' AND x.record = s.record AND l.wms_id = %(wms)s AND l.id <> %(link)s AND l.active
      AND (r.id IS NULL OR x.id < r.id)
    ORDER BY x.id LIMIT 1) o ON true
WHERE s.record IS NOT NULL AND (r.content IS DISTINCT FROM s.content OR o.content <> s.content)"""
NEXT = """
SELECT at, record, content, said, owner, theirs FROM changed_items WHERE at > %s ORDER BY at LIMIT %s"""


def sync(link: Link) -> int:
    """Bring the items up to date and tell the WMS what changed; returns how many rows travel."""
    _run("DROP TABLE IF EXISTS seen_items, changed_items", f"CREATE TEMP TABLE seen_items (at bigserial, {TABLE})")
    held = _read(link)
    _run("CREATE INDEX ON seen_items (code)", "CREATE INDEX ON seen_items (record)", "ANALYZE seen_items")
    with transaction.atomic():
        _take_away(link, held)
        _one_each(link)
        _store(link)
    travelled = _send_changed(link)
    _run("DROP TABLE seen_items, changed_items")
    return travelled


def compare(link: Link) -> int:
    """Where the WMS lists its items: read them back, and tell it again what it no longer holds as it was told. What stays
    different though it was told again is told to people instead. Returns how many differ."""
    open_ones = Delivery.objects.filter(link=link, flow=FLOW).exclude(state__in=Delivery.SETTLED)
    if "items" not in definition(link.wms.connector).manifest.datasets or open_ones.exists():
        return 0
    _run("DROP TABLE IF EXISTS seen_items, changed_items", f"CREATE TEMP TABLE seen_items (at bigserial, {TABLE})")
    _read(link)
    _run("CREATE INDEX ON seen_items (record)", "DROP TABLE IF EXISTS held_items",
         "CREATE TEMP TABLE held_items (record text, same boolean)")  # fmt: skip
    with opened(link.wms) as connector:
        unique = connector.manifest.dataset("items").unique
        for page in read(connector, link.wms, "items", {}, None):
            _lay_beside(page, unique)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DRIFTED, [link.pk])
        drifted = cursor.fetchall()
        again = [record for record, resent in drifted if not resent]
        if drifted:
            code = "exchange.items_drifted" if again else "exchange.items_stay_different"
            events.record("drift", code, number=len(again or drifted), first=(again or drifted[0])[0], link=link.code)
        SentRecord.objects.filter(link=link, flow=FLOW, record__in=again).update(content="", resent=True)
    _run("DROP TABLE seen_items, held_items")
    if again:
        sync(link)
    return len(drifted)


def _lay_beside(page: Page, unique: Sequence[str]) -> None:
    """Does the WMS hold each of its records as it was told? Only fields it was told, and tells, are looked at."""
    theirs = {"/".join(row.get(name) or "" for name in unique): row for row in page.rows}
    with connection.cursor() as cursor:
        cursor.execute("SELECT record, said FROM seen_items WHERE record = ANY(%s)", [list(theirs)])
        rows = []
        for record, said in cursor.fetchall():
            held = theirs[record]
            told = json.loads(said)
            rows.append(
                (record, all((held[name] or "") == (value or "") for name, value in told.items() if name in held))
            )
        cursor.executemany("INSERT INTO held_items VALUES (%s, %s)", rows)


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _one_each(link: Link) -> None:
    """Two items that are one record in the WMS would overwrite each other there for ever: the second one waits."""
    with connection.cursor() as cursor:
        cursor.execute(TWICE)
        for code, record, first in cursor.fetchall():
            quarantine.put(
                link, "items", code, {"code": code}, "exchange.record_twice", {"record": record, "first": first}
            )


def _read(link: Link) -> list[str]:
    """Every item the ERP lists into the table of what was seen; the names of those held in quarantine."""
    held: list[str] = []
    with opened(link.erp) as connector:
        for page in read(connector, link.erp, "items", {}, None):
            held += _page(link, page, connector.manifest.dataset("items").unique)
    return held


def _page(link: Link, page: Page, unique: Sequence[str]) -> list[str]:
    found = sorted_out(link, "erp_items", page.rows, flow="items", id_field=unique or "code")
    rows, held = [], list(found.quarantined)
    for raw, row in found.good:
        source = "/".join(raw.get(name) or "" for name in unique or ("code",))
        try:
            rows.append(_columns(row, source))
        except CountbridgeError as error:
            quarantine.put(link, "items", source, raw, error.code, error.params)
            held.append(source)
    _see(link, rows)
    return held


def _columns(row: dict[str, str | None], source: str) -> dict[str, Any]:
    code = needed(row, "code")
    return {
        "code": code,
        "name_zh": row["name_zh"] or code,
        "name_en": row["name_en"] or row["name_zh"] or code,
        "unit": needed(row, "unit"),
        "decimals": whole(row, "decimals") if row["decimals"] else 0,
        "price": number(row, "price") if row["price"] else None,
        "tracking": _tracking(row),
        "sku": row["sku"] or "",
        "barcode": row["barcode"] or "",
        "active": row.get("active") != "no",
        "item_class": _class(row),
        "told": json.dumps(row, ensure_ascii=False, sort_keys=True),
        "source": source,
    }


def _tracking(row: dict[str, str | None]) -> str:
    """none, lot or serial, as `tracking` tells; of a map that has none, `lot_tracked` says lot or none."""
    told = row.get("tracking")
    if not told:
        return Item.Tracking.LOT if row.get("lot_tracked") == "yes" else Item.Tracking.NONE
    if told not in Item.Tracking.values:
        known = ", ".join(Item.Tracking.values)
        raise InputError("exchange.unknown_tracking", value=told, known=known)
    return told


def _class(row: dict[str, str | None]) -> str:
    """A map may leave the class out. One that is longer than can be kept is no class but a text put in the wrong place."""
    told = row.get("item_class") or ""
    if len(told) > CLASS_LENGTH:
        raise InputError("exchange.too_long", field="item_class", value=told[:60], most=CLASS_LENGTH)
    return told


def _see(link: Link, rows: list[dict[str, Any]]) -> None:
    """Keep rows as seen, beside what the WMS would be told of each."""
    if not rows:
        return
    told: Rows = [{"active": "yes", **json.loads(row["told"])} for row in rows]
    said = sorted_out(link, "items_to_wms", told, flow="items", id_field="code")
    out = {str(row["code"]): outbound for row, outbound in said.good}
    for row in rows:
        outbound = out.get(row["code"])
        row["record"] = needed(outbound, "sku") if outbound else None
        row["content"] = content_hash(outbound) if outbound else None
        row["said"] = json.dumps(outbound, ensure_ascii=False) if outbound else None
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [[row[name] for row in rows] for name in COLUMNS])


def _take_away(link: Link, held: list[str]) -> None:
    """Items that are not listed any more are inactive from now on. When many are missing at once, a person must say so."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [link.pk, held])
        missing = cursor.fetchall()
    if not _believed(link, [code for code, _, _ in missing]):
        return
    for start in range(0, len(missing), 5000):
        told = [(json.loads(text) | {"active": "no"}, source) for _, text, source in missing[start : start + 5000]]
        _see(link, [_columns(row, source) for row, source in told])
    if missing:
        events.record("link", "exchange.items_gone", number=len(missing), first=missing[0][0])


def _believed(link: Link, missing: list[str]) -> bool:
    doubt = Doubt.objects.filter(link=link, flow="items").first()
    known = Item.objects.filter(link=link, active=True).exclude(told=None).count()
    if len(missing) <= max(ALWAYS_BELIEVED, known * MOST_MISSING // 100) and len(missing) < max(known, 1):
        if doubt:
            doubt.delete()
        return True
    if not missing:
        return True
    if doubt and doubt.confirmed_by and len(missing) <= doubt.missing:
        doubt.delete()
        return True
    told = {"known": known, "missing": len(missing), "sample": missing[:20], "confirmed_by": "", "reason": ""}
    Doubt.objects.update_or_create(link=link, flow="items", defaults=told)
    if doubt is None:
        events.record("link", "exchange.items_missing", missing=len(missing), known=known, first=missing[0])
    return False


def confirm_missing(link: Link, reason: str, user: str) -> int:
    """Somebody says that so many items are really gone; the next reading that lacks no more of them is believed."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        doubt = Doubt.objects.select_for_update().filter(link=link, flow="items").first()
        if doubt is None:
            raise NotFound("exchange.nothing_to_confirm")
        doubt.confirmed_by, doubt.reason, doubt.at = user, reason.strip(), clock.now()
        doubt.save()
        events.record("link", "exchange.missing_confirmed", actor=user, missing=doubt.missing, reason=reason.strip())
    return doubt.missing


def _store(link: Link) -> None:
    factors = CodeTable.objects.filter(link=link, name="unit_factors").first()
    listed = factors.rows if factors else []
    columns = [[row[name] for row in listed] for name in ("item", "unit", "numerator", "denominator")]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [link.pk])
        cursor.execute(UNITS, [*columns, link.pk, link.pk])


def _send_changed(link: Link) -> int:
    """Propose deliveries for the rows whose content the WMS has not had yet, in documents of its size, each in a
    transaction with the note that it was told."""
    after, travelled, size = 0, 0, _line_limit(link)
    shared = Link.objects.filter(wms=link.wms_id, active=True).exclude(pk=link.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"link": link.pk, "wms": link.wms_id, "shared": shared})
        cursor.execute("CREATE INDEX ON changed_items (at)")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [after, size])
            rows = cursor.fetchall()
        if not rows:
            return travelled
        after = rows[-1][0]
        with transaction.atomic():
            travelled += _propose(link, [Changed(*row[1:]) for row in rows])


class Changed(NamedTuple):
    """A record to be told: its content's hash and rows, and who told it to the WMS first, with what."""

    record: str
    content: str
    said: str
    owner: str | None
    theirs: str | None


def _propose(link: Link, found: Sequence[Changed]) -> int:
    mine = [row for row in found if row.owner is None or row.theirs == row.content]
    for row in found:
        if row not in mine:
            told = {"record": row.record, "owner": row.owner}
            quarantine.put(link, FLOW, row.record, json.loads(row.said), "exchange.owned_by_other", told)
    # What another link told the WMS already in the same words need not be told again.
    news = [row for row in mine if row.owner is None]
    records = [row.record for row in mine]
    if news:
        # A key of its own for each change: an item that goes back to an earlier content must travel again.
        earlier = SentRecord.objects.filter(link=link, flow=FLOW, record__in=records)
        turns = [list(pair) for pair in earlier.order_by("record").values_list("record", "turn")]
        key = f"F1-{link.code}-{content_hash([[row.record, row.content] for row in mine] + turns)[:32]}"
        document = Document("item", {}, tuple(json.loads(row.said) for row in news))
        propose(link, link.wms, document, key, flow=FLOW, order_key="items")
    with connection.cursor() as cursor:
        cursor.execute(SENT, [link.pk, records, [row.content for row in mine]])
    quarantine.settle_many(link, FLOW, records)
    return len(news)


# Told as it is now (nothing newer waits to be told), and not held so.
DRIFTED = """
SELECT s.record, r.resent FROM seen_items s
JOIN exchange_sentrecord r ON r.link_id = %s AND r.flow = 'F1' AND r.record = s.record AND r.content = s.content
WHERE NOT EXISTS (SELECT 1 FROM held_items h WHERE h.record = s.record AND h.same)
ORDER BY s.record"""
SENT = """
INSERT INTO exchange_sentrecord AS known (link_id, flow, record, content, turn)
SELECT %s, 'F1', record, content, 1 FROM unnest(%s::text[], %s::text[]) AS t (record, content)
ON CONFLICT (link_id, flow, record)
DO UPDATE SET content = excluded.content, turn = known.turn + 1, resent = known.resent AND known.content = ''"""


def _line_limit(link: Link) -> int:
    declared = definition(link.wms.connector).manifest.documents.get("item")
    return min(declared.max_lines or LINES, LINES) if declared else LINES
