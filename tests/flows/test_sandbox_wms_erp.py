"""The sandbox WMS posting to a real Tryton: each movement is posted there once, whatever is lost on the way."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.sandbox.world import World
from sandbox_wms_server import Wms
from tryton_server import RunningTryton, Seen, between

pytest_plugins = ["sandbox_wms_fixtures", "tryton_fixtures"]
pytestmark = pytest.mark.tryton
Place = tuple[str, str, str]  # location, item, lot


def erp_book(tryton: RunningTryton, company: World) -> dict[Place, Decimal]:
    """What the ERP's finished moves add up to where it keeps stock."""
    fields = ("quantity", "product.code", "lot.number", "from_location.code", "to_location.code")
    totals: dict[Place, Decimal] = defaultdict(Decimal)
    for move in tryton.search("stock.move", *fields, state="done"):
        goods = (move["product"]["code"], move["lot"]["number"] if move["lot"] else "")
        quantity = Decimal(repr(move["quantity"]))
        totals[move["from_location"]["code"], *goods] -= quantity
        totals[move["to_location"]["code"], *goods] += quantity
    holders = {place.code for place in company.erp_locations if place.holds_stock}
    return {key: total for key, total in totals.items() if total and key[0] in holders}


def wms_book(wms: Wms, company: World) -> dict[Place, Decimal]:
    """The WMS's book in the ERP's words, at the ERP's grain."""
    items = {item.sku: item for item in company.items}
    totals: dict[Place, Decimal] = defaultdict(Decimal)
    for (place, sku, lot), quantity in wms.book().items():
        item = items[sku]
        totals[company.bin_by_code[place].erp_location, item.code, lot] += quantity / item.wms_per_unit
    return {key: total for key, total in totals.items() if total}


class Thief:
    """Steals the first answer to each kind of change: Tryton has done it, nobody hears of it."""

    def __init__(self) -> None:
        self.stolen: set[str] = set()

    def __call__(self, seen: Seen) -> None:
        kind = seen.path.rpartition("/model/")[2].translate(str.maketrans("", "", "0123456789"))
        if seen.method != "GET" and kind not in self.stolen:
            self.stolen.add(kind)
            seen.cut = True


def test_every_movement_is_posted_once_though_answers_are_lost_and_the_wms_is_killed(
    tryton: RunningTryton,
    company: World,
    start_wms: Callable[..., Wms],
) -> None:
    assert len(erp_book(tryton, company)) == len(company.erp_stock())
    thief = Thief()
    with between(tryton, thief) as url:
        wms = start_wms(SANDBOX_ERP_URL=f"{url}/rest/model", SANDBOX_ERP_KEY=tryton.key("wms_interface"))
        wms.work(1200)
        while wms.data("GET", "work")["moved"] < 20:
            time.sleep(0.05)
        wms.work(0)
        for _ in range(2):
            owed = wms.data("GET", "work")["pending_erp"]
            while wms.data("GET", "work")["pending_erp"] > owed - 3:
                time.sleep(0.01)
            wms.kill()
            wms.start()
        deadline = time.monotonic() + 120
        while (work := wms.data("GET", "work"))["pending_erp"]:
            assert time.monotonic() < deadline, work["erp_trouble"]
            time.sleep(0.2)
    ship = "stock.shipment.internal"
    assert thief.stolen == {"stock.move", "stock.move//do", ship, f"{ship}//wait", f"{ship}//assign_try", f"{ship}//do"}
    assert erp_book(tryton, company) == wms_book(wms, company)
    references = Counter(row["reference"] for row in tryton.search(ship, "reference"))
    feed = wms.feed()
    posted = [row for row in feed if row["erp_state"] == "posted"]
    pending = [row for row in feed if row["erp_state"] == "pending"]
    assert set(references.values()) == {1}
    assert set(references) == {row["document"] for row in pending if row["type"] != "receive"}
    assert sorted(row["id"] for row in posted) == sorted(row["id"] for row in pending)
    assert all(row["erp_posted_at"] > row["occurred_at"] for row in posted)
    assert any(row["erp_state"] == "none" for row in feed), "some moves stay inside one ERP location"
