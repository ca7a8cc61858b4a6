"""Goods that were picked and that the WMS has not booked yet: not in the bin any more, though its book says so.

A WMS that tells its open picks (dataset `picks`) has them read with every look at its movements. The bin is expected to hold
book − picked from the moment of the pick, the place where it was put down that much more. Once the WMS books the pick, its
movement is dated back to when the goods left: what a scan in between saw stays explained. A pick that disappears without a
movement was put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from countbridge import clock
from countbridge.connectors.registry import definition
from countbridge.domain.keys import GOODS, StockKey
from countbridge.errors import CountbridgeError
from countbridge.exchange import clocks, quarantine
from countbridge.exchange.grain import Parts, parts_of
from countbridge.exchange.maps import sorted_out
from countbridge.exchange.models import FeedCursor, Movement, Pick
from countbridge.exchange.pages import read
from countbridge.exchange.rows import moment, needed, number
from countbridge.exchange.systems import opened
from countbridge.links.models import Link

LATEST = 2**63 - 1  # the ledger position of what is in no ledger yet
KEPT = timedelta(days=30)
TOLD = ("bin", *GOODS, "quantity", "document", "to_bin", "picked")


def pull(link: Link, then: Callable[[set[StockKey]], None]) -> None:
    """Take in the picks that are open now; `then` is told the keys concerned, in the same transaction. A WMS
    that tells no picks is not asked."""
    if "picks" not in definition(link.wms.connector).manifest.datasets:
        return
    told = {pick.source_id: pick for pick in _told(link)}
    with transaction.atomic():
        known = {pick.source_id: pick for pick in Pick.objects.select_for_update().filter(link=link, gone_at=None)}
        changed = [pick for name, pick in told.items() if name not in known or _differs(pick, known[name])]
        gone = [pick for name, pick in known.items() if name not in told]
        Pick.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["link", "source_id"], update_fields=[*TOLD, "gone_at"],
            batch_size=2000,
        )  # fmt: skip
        Pick.objects.filter(pk__in=[pick.pk for pick in gone]).update(gone_at=clock.now())
        Pick.objects.filter(link=link, gone_at__lt=clock.now() - KEPT).delete()
        before = [known[pick.source_id] for pick in changed if pick.source_id in known]
        if keys := _keys([*changed, *gone, *before]):
            then(keys)


def settle(link: Link, movements: Sequence[Movement]) -> set[StockKey]:
    """Movements that book a pick: each is dated back to when the goods left, and its pick is confirmed. Returns the keys of picks
    confirmed so. Called before the movements are stored."""
    documents = {movement.document for movement in movements if movement.document}
    if not documents:
        return set()
    picks = list(Pick.objects.select_for_update().filter(link=link, document__in=documents))
    confirmed: list[Pick] = []
    for movement in movements:
        pick = next((pick for pick in picks if _books(movement, pick)), None)
        if pick is None:
            continue
        if pick.picked < movement.occurred:
            movement.told_occurred = movement.told_occurred or movement.occurred
            movement.occurred = pick.picked
        if not pick.confirmed and movement.quantity < 0:
            pick.confirmed = True
            confirmed.append(pick)
    Pick.objects.filter(pk__in=[pick.pk for pick in confirmed]).update(confirmed=True)
    return _keys(confirmed)


def provisional(link_id: int, bins: Iterable[str]) -> list[Movement]:
    """The movements of picks that no book has yet, as the ledger will say them, and those of picks that were put back. Not
    stored; their place is behind everything in the ledger."""
    wanted = set(bins)
    here = Pick.objects.filter(Q(bin__in=wanted) | Q(to_bin__in=wanted), link_id=link_id, confirmed=False)
    open_ones = list(here.order_by("pk"))
    if not open_ones:
        return []
    cursor = FeedCursor.objects.filter(link=link_id, dataset="movements").values_list("seen_until", flat=True).first()
    made = []
    for pick in open_ones:
        back = pick.gone_at if pick.gone_at and cursor and cursor > pick.gone_at else None
        for place, sign in ((pick.bin, -1), (pick.to_bin, 1)):
            if place not in wanted:
                continue
            made.append(_movement(pick, place, sign, pick.picked, "pick"))
            if back is not None:
                made.append(_movement(pick, place, -sign, back, "put_back"))
    return made


# The same in SQL, for counts computed as a whole: (bin, goods, quantity, ledger_seq, occurred) of a link's picks.
PROVISIONAL = f"""
SELECT place, {", ".join(GOODS)}, sign * quantity, {LATEST}::bigint, at
FROM exchange_pick p
LEFT JOIN exchange_feedcursor f ON f.link_id = p.link_id AND f.dataset = 'movements'
CROSS JOIN LATERAL (
    VALUES (bin, -1, picked, true), (to_bin, 1, picked, to_bin <> ''),
           (bin, 1, gone_at, coalesce(f.seen_until > gone_at, false)),
           (to_bin, -1, gone_at, to_bin <> '' AND coalesce(f.seen_until > gone_at, false))
) AS told (place, sign, at, happened)
WHERE p.link_id = %(link)s AND NOT confirmed AND happened"""


def _movement(pick: Pick, place: str, sign: int, at: datetime, kind: str) -> Movement:
    return Movement(
        **StockKey.of(place, pick).goods(), link_id=pick.link_id, source_id=f"{kind}:{pick.source_id}", ledger_seq=LATEST,
        bin=place, quantity=sign * pick.quantity, kind=kind, document=pick.document, occurred=at, recorded=at,
        erp_state="none",
    )  # fmt: skip


def _books(movement: Movement, pick: Pick) -> bool:
    same = all(getattr(movement, name) == getattr(pick, name) for name in ("document", *GOODS))
    return same and (movement.bin, movement.quantity) in ((pick.bin, -pick.quantity), (pick.to_bin, pick.quantity))


def _told(link: Link) -> Iterator[Pick]:
    """The WMS's open picks; a row that cannot be used waits in quarantine, the others go on."""
    known = parts_of(link, "wms")
    with opened(link.wms) as connector:
        came = [row for page in read(connector, link.wms, "picks", {}, None) for row in page.rows]
        unique = connector.manifest.dataset("picks").unique
    for raw, row in sorted_out(link, "wms_picks", came, flow="picks", id_field=unique).good:
        try:
            yield _pick(link, row, known)
        except CountbridgeError as error:
            quarantine.put(link, "picks", str(row.get("id")), dict(raw), error.code, error.params)


def _pick(link: Link, row: dict[str, str | None], known: Parts) -> Pick:
    return Pick(
        link=link,
        source_id=needed(row, "id"),
        bin=needed(row, "bin"),
        **StockKey.read(needed(row, "bin"), row, known).goods(),
        quantity=abs(number(row, "quantity")),
        document=needed(row, "document"),
        to_bin=row.get("to_bin") or "",
        picked=clocks.ours(link.wms, moment(row["picked"], "picked")),
    )


def _differs(one: Pick, other: Pick) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in TOLD)


def _keys(picks: Iterable[Pick]) -> set[StockKey]:
    return {StockKey.of(place, pick) for pick in picks for place in (pick.bin, pick.to_bin) if place}
