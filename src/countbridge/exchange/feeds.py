"""Reading what happened in a system, from a cursor on: rows and cursor are stored in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from countbridge.connectors.contract import Connector, Page, Row
from countbridge.domain.keys import StockKey
from countbridge.errors import ContractSurprise, CountbridgeError, CursorExpired, InputError, NotFound
from countbridge.exchange import clocks, events, picks, quarantine
from countbridge.exchange.grain import Parts, parts_of
from countbridge.exchange.maps import Rows, translate_or_quarantine
from countbridge.exchange.models import FeedCursor, Movement
from countbridge.exchange.pages import read
from countbridge.exchange.rows import moment, needed, number, whole
from countbridge.exchange.systems import opened
from countbridge.links.models import Link, System

TRIES = 3  # readings of a place where something is missing, before it is told


def pull(
    link: Link, dataset: str, system: System, take: Callable[[Page], None], *, kept_as: str = "",
    first_scope: Mapping[str, str] | None = None,
) -> datetime | None:  # fmt: skip
    """Read on from the stored cursor until nothing is left, giving each page to `take` inside the transaction that moves
    the cursor. Returns the moment up to which everything is known now (None: the system does not say).

    A cursor the system no longer knows: all is read again from the start, and `take` recognises what it had. A number
    missing in a feed that has no holes: the place is read again; while it stays missing nothing behind it is taken.
    `kept_as` names the cursor where both systems have such a dataset; `first_scope` narrows a reading from the start."""
    feed = _Feed(link, dataset, system, take, kept_as or dataset, first_scope or {})
    with opened(system) as connector:
        feed.declare(connector)
        for _ in range(TRIES):
            try:
                return feed.read(connector)
            except CursorExpired as error:
                feed.start_over(error)
            except _Missing:
                continue
        try:
            return feed.read(connector)
        except _Missing as error:
            FeedCursor.objects.filter(link=link, dataset=kept_as or dataset).update(hole=error.params)
            raise


class _Missing(ContractSurprise):
    """The feed skipped a number it must have."""


class _Feed:
    """One feed being read on."""

    def __init__(
        self, link: Link, dataset: str, system: System, take: Callable[[Page], None], kept_as: str,
        first_scope: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.link, self.dataset, self.system, self.take = link, dataset, system, take
        self.kept_as, self.first_scope = kept_as, first_scope
        self.sequence = ""

    def declare(self, connector: Connector) -> None:
        self.sequence = connector.manifest.dataset(self.dataset).sequence

    def read(self, connector: Connector) -> datetime | None:
        state, _ = FeedCursor.objects.get_or_create(link=self.link, dataset=self.kept_as)
        scope = {} if state.cursor else self.first_scope
        for page in read(connector, self.system, self.dataset, scope, state.cursor or None):
            state = self._take(state.pk, page)
            if not page.rows:
                break
        return state.seen_until

    def _take(self, pk: int, page: Page) -> FeedCursor:
        with transaction.atomic():
            held = FeedCursor.objects.select_for_update(no_key=True).get(pk=pk)
            held.sequence = self._unbroken(held.sequence, page)
            self.take(page)
            held.cursor = page.next or held.cursor
            held.seen_until = page.as_of or held.seen_until
            held.hole = None
            held.save(update_fields=["cursor", "seen_until", "sequence", "hole"])
        return held

    def _unbroken(self, last: int | None, page: Page) -> int | None:
        """The last number known with this page. One that is not the next to another is a hole before it: _Missing."""
        if not self.sequence or not page.rows:
            return last
        for place in sorted(whole(row, self.sequence) for row in page.rows):
            if last is not None and place > last + 1:
                raise _Missing(
                    "exchange.feed_hole", system=self.system.name, dataset=self.dataset, first=last + 1, last=place - 1
                )
            last = place if last is None else max(last, place)
        return last

    def start_over(self, error: CursorExpired) -> None:
        with transaction.atomic():
            FeedCursor.objects.filter(link=self.link, dataset=self.kept_as).update(cursor="")
            events.record(
                "link", "exchange.cursor_expired", system=self.system.name, dataset=self.dataset, reason=error.code
            )


def accept_hole(link: Link, dataset: str, reason: str, user: str) -> int:
    """Somebody found out that nothing is missing (or that it is gone for good): reading goes on behind the hole. Returns
    the number expected next."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        held = FeedCursor.objects.select_for_update(no_key=True).filter(link=link, dataset=dataset).first()
        if held is None or held.hole is None:
            raise NotFound("exchange.no_such_hole", dataset=dataset)
        hole, held.sequence, held.hole = held.hole, int(held.hole["last"]), None
        held.save(update_fields=["sequence", "hole"])
        events.record(
            "link", "exchange.hole_accepted", actor=user, dataset=dataset, first=hole["first"], last=hole["last"],
            reason=reason.strip(),
        )  # fmt: skip
    return int(hole["last"]) + 1


def pull_movements(link: Link, then: Callable[[set[StockKey]], None]) -> datetime | None:
    """Take in the WMS movements; returns the moment everything is known up to. `then` is told the keys (by bin)
    of each page inside the transaction that stores it, so that what follows from a movement is never forgotten."""

    def take(page: Page) -> None:
        rows = translate_or_quarantine(link, "wms_movements", page.rows, flow="movements", id_field="id")
        if rows:
            then(store_movements(link, rows, page.rows))

    return pull(link, "movements", link.wms, take)


def store_movements(link: Link, rows: Rows, came: Sequence[Row]) -> set[StockKey]:
    """Insert or refresh movements. One that is told again (its ERP state changed) keeps its place in the ledger. `came`: the
    rows before mapping, of which one that cannot be used waits in quarantine."""
    as_told = {str(row.get("id")): row for row in came}
    found: dict[str, Movement] = {}
    known = parts_of(link, "wms")
    for row in rows:
        try:
            movement = _movement(link, row, known)
        except CountbridgeError as error:
            told = as_told.get(str(row["id"]), row)
            quarantine.put(link, "movements", str(row["id"]), told, error.code, error.params)
            continue
        earlier = found.get(movement.source_id)
        if earlier is not None:
            movement.ledger_seq = min(movement.ledger_seq, earlier.ledger_seq)
        found[movement.source_id] = movement
    settled = picks.settle(link, list(found.values()))
    Movement.objects.bulk_create(
        found.values(),
        update_conflicts=True,
        unique_fields=["link", "source_id"],
        update_fields=["erp_state", "erp_posted"],
        batch_size=2000,
    )
    return settled | {StockKey.of(m.bin, m) for m in found.values()}


def _movement(link: Link, row: dict[str, str | None], known: Parts) -> Movement:
    occurred = moment(row["occurred"], "occurred")
    return Movement(
        link=link,
        source_id=needed(row, "id"),
        ledger_seq=whole(row, "sequence"),
        bin=needed(row, "bin"),
        erp_location=needed(row, "erp_location"),
        **StockKey.read(needed(row, "bin"), row, known).goods(),
        quantity=number(row, "quantity"),
        kind=needed(row, "kind"),
        document=row["document"] or "",
        occurred=clocks.ours(link.wms, occurred),
        recorded=clocks.ours(link.wms, moment(row["recorded"], "recorded")),
        told_occurred=occurred if clocks.is_corrected(link.wms) else None,
        erp_state=needed(row, "erp_state"),
        erp_posted=moment(row["erp_posted"], "erp_posted") if row["erp_posted"] else None,
    )
