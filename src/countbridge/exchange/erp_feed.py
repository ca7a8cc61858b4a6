"""What the ERP booked, told by itself, beside what the WMS tells: one event is one movement, whoever tells it first.

An ERP that has a feed of its movements (dataset `movements`) is read on from a cursor. Movements of one document that come to the
same change of one ERP key in both systems are the same event: the WMS's movement is booked in the ERP then, since when the
ERP says. What only the ERP has, and we did not post, is why the two books differ.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from countbridge import clock
from countbridge.connectors.contract import Page
from countbridge.connectors.registry import definition
from countbridge.domain.keys import GOODS, StockKey
from countbridge.errors import CountbridgeError
from countbridge.exchange import clocks, quarantine
from countbridge.exchange.feeds import pull
from countbridge.exchange.grain import Parts, parts_of
from countbridge.exchange.maps import sorted_out
from countbridge.exchange.models import ErpMovement
from countbridge.exchange.rows import moment, needed, number
from countbridge.links.models import Link

DATASET = "movements"
CURSOR = "erp_movements"  # the WMS's feed of the same link has a cursor of its own
FIRST = timedelta(days=7)  # how far back the first reading goes
KEPT = timedelta(days=90)
# Sums of one document and key in both feeds; where they are equal it is the same event.
_GOODS = ", ".join(GOODS)
_ON = " AND ".join(f"{{0}}.{name} = {{1}}.{name}" for name in ("document", "erp_location", *GOODS))
SAME = f"""
WITH told AS (
    SELECT document, erp_location, {_GOODS}, sum(quantity) AS quantity, max(posted) AS posted
    FROM exchange_erpmovement WHERE link_id = %(link)s AND NOT known AND NOT ours AND document <> ''
    GROUP BY document, erp_location, {_GOODS}
), same AS (
    SELECT told.* FROM told JOIN LATERAL (
        SELECT sum(m.quantity) AS quantity FROM exchange_movement m
        WHERE m.link_id = %(link)s AND {_ON.format("m", "told")}
    ) AS wms ON wms.quantity = told.quantity
), booked AS (
    UPDATE exchange_movement m SET erp_state = 'posted', erp_posted = same.posted FROM same
    WHERE m.link_id = %(link)s AND {_ON.format("m", "same")} AND m.erp_state <> 'posted'
)
UPDATE exchange_erpmovement e SET known = true FROM same
WHERE e.link_id = %(link)s AND NOT e.known AND NOT e.ours AND {_ON.format("e", "same")}"""


def follow(link: Link) -> None:
    """Read on, and find out what the WMS knows of it. An ERP that tells no movements is not asked."""
    manifest = definition(link.erp.connector).manifest
    if DATASET not in manifest.datasets:
        return
    since = {"since": (clock.now() - FIRST).isoformat()} if "since" in manifest.dataset(DATASET).scope else {}
    unique = manifest.dataset(DATASET).unique
    pull(link, DATASET, link.erp, lambda page: _store(link, page, unique), kept_as=CURSOR, first_scope=since)
    with connection.cursor() as cursor:
        cursor.execute(SAME, {"link": link.pk})
    ErpMovement.objects.filter(link=link, posted__lt=clock.now() - KEPT).delete()


def _store(link: Link, page: Page, unique: tuple[str, ...]) -> None:
    """Insert what is new; a movement that comes again is the same. A row that cannot be used waits in quarantine."""
    found, known = {}, parts_of(link, "erp")
    for raw, row in sorted_out(link, "erp_movements", page.rows, flow=CURSOR, id_field=unique).good:
        try:
            movement = _movement(link, row, known)
        except CountbridgeError as error:
            quarantine.put(link, CURSOR, str(row.get("id")), dict(raw), error.code, error.params)
            continue
        found[movement.source_id] = movement
    ErpMovement.objects.bulk_create(found.values(), ignore_conflicts=True, batch_size=2000)


def _movement(link: Link, row: dict[str, str | None], known: Parts) -> ErpMovement:
    place = needed(row, "location")
    return ErpMovement(
        link=link,
        source_id=needed(row, "id"),
        erp_location=place,
        **StockKey.read(place, row, known).goods(),
        quantity=number(row, "quantity"),
        kind=needed(row, "kind"),
        document=row["document"] or "",
        occurred=clocks.ours(link.erp, moment(row["occurred"], "occurred")),
        posted=clocks.ours(link.erp, moment(row["posted"], "posted")),
        ours=row["ours"] == "true",
    )
