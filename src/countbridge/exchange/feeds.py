"""Reading what happened in a system, from a cursor on: rows and cursor are stored in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from countbridge.connectors.contract import Page, Row
from countbridge.errors import CountbridgeError
from countbridge.exchange import quarantine, runs
from countbridge.exchange.maps import Rows, translate_or_quarantine
from countbridge.exchange.models import FeedCursor, Movement
from countbridge.exchange.rows import moment, needed
from countbridge.exchange.systems import opened
from countbridge.links.models import Link, System

Key = tuple[str, str, str]


def pull(link: Link, dataset: str, system: System, take: Callable[[Page], None]) -> datetime | None:
    """Read on from the stored cursor until nothing is left, giving each page to `take` inside the transaction that moves
    the cursor. Returns the remote moment up to which everything is known now (None: the system does not say)."""
    state, _ = FeedCursor.objects.get_or_create(link=link, dataset=dataset)
    with opened(system) as connector:
        for page in connector.read(dataset, {}, state.cursor or None):
            runs.count_rows(len(page.rows))
            with transaction.atomic():
                held = FeedCursor.objects.select_for_update(no_key=True).get(pk=state.pk)
                take(page)
                held.cursor = page.next or held.cursor
                held.seen_until = page.as_of or held.seen_until
                held.save(update_fields=["cursor", "seen_until"])
                state = held
            if not page.rows:
                break
    return state.seen_until


def pull_movements(link: Link, then: Callable[[set[Key]], None]) -> datetime | None:
    """Take in the WMS movements; returns the moment everything is known up to. `then` is told the keys (bin, item, lot)
    of each page inside the transaction that stores it, so that what follows from a movement is never forgotten."""

    def take(page: Page) -> None:
        rows = translate_or_quarantine(link, "wms_movements", page.rows, flow="movements", id_field="id")
        if rows:
            then(store_movements(link, rows, page.rows))

    return pull(link, "movements", link.wms, take)


def store_movements(link: Link, rows: Rows, came: Sequence[Row]) -> set[Key]:
    """Insert or refresh movements. One that is told again (its ERP state changed) keeps its place in the ledger. `came`: the
    rows before mapping, of which one that cannot be used waits in quarantine."""
    as_told = {str(row.get("id")): row for row in came}
    found: dict[str, Movement] = {}
    for row in rows:
        try:
            movement = _movement(link, row)
        except CountbridgeError as error:
            told = as_told.get(str(row["id"]), row)
            quarantine.put(link, "movements", str(row["id"]), told, error.code, error.params)
            continue
        earlier = found.get(movement.source_id)
        if earlier is not None:
            movement.ledger_seq = min(movement.ledger_seq, earlier.ledger_seq)
        found[movement.source_id] = movement
    Movement.objects.bulk_create(
        found.values(),
        update_conflicts=True,
        unique_fields=["link", "source_id"],
        update_fields=["erp_state", "erp_posted"],
        batch_size=2000,
    )
    return {(m.bin, m.item, m.lot) for m in found.values()}


def _movement(link: Link, row: dict[str, str | None]) -> Movement:
    return Movement(
        link=link,
        source_id=needed(row, "id"),
        ledger_seq=int(needed(row, "sequence")),
        bin=needed(row, "bin"),
        erp_location=needed(row, "erp_location"),
        item=needed(row, "item"),
        lot=row["lot"] or "",
        quantity=Decimal(needed(row, "quantity")),
        kind=needed(row, "kind"),
        document=row["document"] or "",
        occurred=moment(row["occurred"], "occurred"),
        recorded=moment(row["recorded"], "recorded"),
        erp_state=needed(row, "erp_state"),
        erp_posted=moment(row["erp_posted"], "erp_posted") if row["erp_posted"] else None,
    )
