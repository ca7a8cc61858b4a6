"""The Tryton connector against a real Tryton on PostgreSQL: what is read, and that a correction is posted once."""

from __future__ import annotations

import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from countbridge.connectors.contract import Connector, Document, Receipt, Row
from countbridge.connectors.manifest import Timeouts
from countbridge.connectors.registry import connector_class, definition
from countbridge.errors import (
    AuthError,
    ConfigError,
    ContractSurprise,
    InputError,
    OutcomeUnknown,
    Rejected,
    TryLater,
)
from countbridge.sandbox import world
from countbridge.sandbox.erp import approve
from countbridge.sandbox.world import World
from tryton_server import RunningTryton, Seen, between

pytest_plugins = ["tryton_fixtures"]
pytestmark = pytest.mark.tryton
PLACE = "W2-Z1"


@pytest.fixture(scope="module")
def company() -> World:
    return world.generate()


@pytest.fixture
def connector(tryton: RunningTryton) -> Connector:
    return tryton.connect()


def today() -> str:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()


def rows(connector: Connector, dataset: str, **scope: str) -> list[Row]:
    return [row for page in connector.read(dataset, scope, None) for row in page.rows]


def book(connector: Connector, place: str = PLACE) -> dict[tuple[str | None, str | None], Decimal]:
    return {
        (row["item"], row["lot"]): Decimal(row["quantity"] or "") for row in rows(connector, "stock", location=place)
    }


def correction(*lines: tuple[str, str | None, str], place: str = PLACE, day: str = "") -> Document:
    fields = {"location": place, "date": day or today(), "reference": "count 7"}
    return Document(
        "adjustment", fields, tuple({"item": item, "lot": lot, "delta": delta} for item, lot, delta in lines)
    )


def goods(connector: Connector, count: int, place: str = PLACE) -> list[str]:
    """Codes of items without lots that lie there in a good number."""
    return [str(item) for (item, lot), quantity in book(connector, place).items() if not lot and quantity > 20][:count]


def post(connector: Connector, document: Document, resume: str | None = None) -> tuple[Receipt, list[str]]:
    remembered: list[str] = []
    return connector.write(document, "key", resume=resume, remember=remembered.append), remembered


def moves_of(tryton: RunningTryton, inventory: str) -> list[float]:
    lines = tryton.search("stock.inventory.line", "moves.quantity", "moves.state", inventory=int(inventory))
    return [move["quantity"] for line in lines for move in line["moves"] if move["state"] == "done"]


def inventories(tryton: RunningTryton, document: Document, state: str) -> list[int]:
    found = tryton.search("stock.inventory", "state", location__code=document.fields["location"], state=state)
    return [record["id"] for record in found]


# --- reading


def test_stock_is_the_book_that_was_seeded_with_lots_and_decimals_exact(connector: Connector, company: World) -> None:
    wanted = {(row["location"], row["item"], row["lot"]): row["quantity"] for row in company.erp_stock()}
    read = rows(connector, "stock")
    assert {(row["location"], row["item"], row["lot"] or ""): Decimal(row["quantity"] or "") for row in read} == {
        key: Decimal(quantity) for key, quantity in wanted.items()
    }
    assert not [row["quantity"] for row in read if "." in str(row["quantity"]) and str(row["quantity"]).endswith("0")]
    assert any("." in str(row["quantity"]) for row in read)


def test_items_keep_their_codes_as_text_and_carry_both_names(connector: Connector, company: World) -> None:
    read = {str(row["code"]): row for row in rows(connector, "items")}
    assert set(read) == {item.code for item in company.items}
    assert {"00123", "123", "1E5", "12_3", "1.10", "0E0"} <= set(read)
    for item in company.items:
        row = read[item.code]
        assert (row["name_zh"], row["name_en"], row["barcode"]) == (item.name_zh, item.name_en, item.barcode)
        assert (row["unit"], row["unit_digits"]) == (item.unit, str(item.unit_digits))
        assert Decimal(row["cost_price"] or "") == Decimal(item.cost_price)
        assert row["class"] == item.category
        assert row["lot_required"] == ("true" if item.lot_tracked else "false")
        assert row["pack_quantity"] == (str(item.pack_quantity) if item.pack_quantity else None)


def test_places_and_people(connector: Connector, company: World) -> None:
    assert {row["code"] for row in rows(connector, "warehouses")} == {"W1", "W2"}
    read = {row["code"]: row for row in rows(connector, "locations")}
    for place in company.erp_locations:
        parent = place.parent or place.warehouse
        assert (read[place.code]["parent_code"], read[place.code]["warehouse_code"]) == (parent, place.warehouse)
        assert read[place.code]["name"] == place.name_zh
    logins = {row["login"] for row in rows(connector, "users")}
    assert {user.login for user in company.users} | {"countbridge", "wms_interface"} <= logins


def test_changed_items_only(connector: Connector, tryton: RunningTryton) -> None:
    *_, last = connector.read("items", {}, None)
    moment = datetime.now(UTC) - timedelta(seconds=1)
    (template,) = tryton.search("product.template", code="00123")
    tryton.ask(f"product.template/{template['id']}", {"name": "Hex bolt, renamed"}, login="planner", method="PUT")
    assert last.next is not None
    later = [row for page in connector.read("items", {}, last.next) for row in page.rows]
    assert "Hex bolt, renamed" in {row["name_en"] for row in later}
    recent = json.dumps([moment.isoformat(), 0, ""])
    assert [row["code"] for page in connector.read("items", {}, recent) for row in page.rows] == ["00123"]


def test_every_lot_is_known_whether_or_not_it_is_in_stock(connector: Connector, company: World) -> None:
    found = {(row["item"], row["lot"]) for row in rows(connector, "lots")}
    assert found == {(lot.item, lot.number) for lot in company.lots}


def test_a_reading_broken_off_goes_on_where_it_stopped(connector: Connector) -> None:
    pages = list(connector.read("items", {}, None))
    assert len(pages) == 3
    again = [row["code"] for page in connector.read("items", {}, pages[0].next) for row in page.rows]
    assert again == [row["code"] for page in pages[1:] for row in page.rows]


def test_goods_without_lot_beside_goods_in_a_lot_are_not_counted_twice(
    connector: Connector, tryton: RunningTryton
) -> None:
    (item,) = goods(connector, 1)
    before = book(connector)[item, None]
    (product,) = tryton.search("product.product", code=item)
    tryton.ask("stock.lot", {"number": "SINGLE", "product": product["id"]})
    tryton.arrive(item, PLACE, 7, lot="SINGLE")
    after = book(connector)
    assert (after[item, "SINGLE"], after[item, None]) == (7, before)


def test_an_approved_count_is_seen_and_finished_without_booking(connector: Connector, tryton: RunningTryton) -> None:
    (number,) = approve(tryton.url, tryton.key("planner"), ["W1-B"])
    (row,) = [row for row in rows(connector, "count_approvals") if row["number"] == number]
    assert (row["location"], row["warehouse"], row["state"]) == ("W1-B", "W1", "draft")
    assert (row["created_by"], row["date"]) == ("planner", today())
    finish = Document("finish_approval", {"id": row["id"]})
    assert connector.find(finish, "key", remembered=None) is None
    receipt, _ = post(connector, finish)
    assert receipt == connector.find(finish, "key", remembered=None)
    assert receipt.state == "confirmed"
    assert moves_of(tryton, receipt.remote_id) == []
    assert number not in {row["number"] for row in rows(connector, "count_approvals")}


def test_an_approval_with_quantities_typed_in_is_not_confirmed(connector: Connector, tryton: RunningTryton) -> None:
    (item,) = goods(connector, 1)
    (product,) = tryton.search("product.product", code=item)
    (place,) = tryton.search("stock.location", code=PLACE)
    lines = [["create", [{"product": product["id"], "quantity": 1}]]]
    made = tryton.ask("stock.inventory", {"location": place["id"], "company": 1, "lines": lines}, login="planner")
    with pytest.raises(Rejected, match=r"tryton\.approval_has_quantities"):
        post(connector, Document("finish_approval", {"id": str(made["id"])}))
    tryton.ask(f"stock.inventory/{made['id']}/cancel", {}, login="planner")
    with pytest.raises(Rejected, match=r"tryton\.approval_gone"):
        post(connector, Document("finish_approval", {"id": str(made["id"])}))


# --- posting


def test_a_correction_is_posted_once_however_often_it_is_repeated(connector: Connector, tryton: RunningTryton) -> None:
    up, down = goods(connector, 2)
    before = book(connector)
    document = correction((up, None, "3"), (down, None, "-2"))
    first, remembered = post(connector, document)
    again, more = post(connector, document, resume=remembered[0])
    assert (first.state, again, more) == ("confirmed", first, [])
    assert [line.ok for line in first.lines] == [True, True]
    after = book(connector)
    assert (after[up, None] - before[up, None], after[down, None] - before[down, None]) == (3, -2)
    assert sorted(moves_of(tryton, first.remote_id)) == [2, 3]


def test_decimals_and_lots_are_posted_exactly(connector: Connector, company: World) -> None:
    before = book(connector, "W2-Z3")
    item, lot = next(
        key
        for key, quantity in before.items()
        if key[1] and company.item_by_code[str(key[0])].unit == "kg" and quantity > 1
    )
    receipt, _ = post(connector, correction((str(item), lot, "-0.123"), place="W2-Z3"))
    assert receipt.state == "confirmed"
    assert book(connector, "W2-Z3")[item, lot] == before[item, lot] - Decimal("0.123")


def test_goods_the_book_does_not_have_there_are_found(connector: Connector, company: World) -> None:
    here = book(connector, "W1-A-101")
    item = next(item.code for item in company.items if not item.lot_tracked and (item.code, None) not in here)
    receipt, _ = post(connector, correction((item, None, "4"), place="W1-A-101"))
    assert (receipt.state, book(connector, "W1-A-101")[item, None]) == ("confirmed", 4)


def test_a_lost_answer_to_the_confirmation_is_unknown_then_found_and_booked_once(tryton: RunningTryton) -> None:
    direct = tryton.connect()
    (item,) = goods(direct, 1)
    before = book(direct)[item, None]
    document, remembered = correction((item, None, "5")), list[str]()

    def cut_confirmation(seen: Seen) -> None:
        seen.cut = seen.confirms

    with between(tryton, cut_confirmation) as url, pytest.raises(OutcomeUnknown):
        tryton.connect(url).write(document, "key", resume=None, remember=remembered.append)
    found = direct.find(document, "key", remembered=remembered[0])
    assert found is not None
    assert (found.state, found.remote_id) == ("confirmed", remembered[0])
    assert post(direct, document, resume=remembered[0])[0].state == "confirmed"
    assert book(direct)[item, None] == before + 5
    assert moves_of(tryton, remembered[0]) == [5]


def test_a_lost_answer_to_the_draft_leaves_an_orphan_that_is_adopted(tryton: RunningTryton) -> None:
    direct = tryton.connect()
    item, other = goods(direct, 2)
    before = book(direct)[item, None]
    document = correction((item, None, "-4"))
    drafts = inventories(tryton, document, "draft")

    def cut_creation(seen: Seen) -> None:
        seen.cut = seen.creates

    with between(tryton, cut_creation) as url, pytest.raises(OutcomeUnknown):
        post(tryton.connect(url), document)
    assert direct.find(correction((other, None, "-4")), "key", remembered=None) is None
    orphan = direct.find(document, "key", remembered=None)
    assert orphan is not None
    assert orphan.state == "draft"
    receipt, remembered = post(direct, document, resume=orphan.remote_id)
    assert (receipt.state, receipt.remote_id, remembered) == ("confirmed", orphan.remote_id, [])
    assert inventories(tryton, document, "draft") == drafts
    assert book(direct)[item, None] == before - 4


def test_four_at_once_post_once(tryton: RunningTryton) -> None:
    direct = tryton.connect()
    (item,) = goods(direct, 1)
    before = book(direct)[item, None]
    document, remembered = correction((item, None, "6")), list[str]()
    together = threading.Barrier(4)

    def stop_at_confirmation(seen: Seen) -> None:
        if seen.confirms:
            together.wait(20)

    def try_post(connector: Connector) -> str:
        try:
            return connector.write(document, "key", resume=remembered[0], remember=remembered.append).state
        except (TryLater, OutcomeUnknown) as error:
            return error.code

    draft_of(tryton, document, remembered)
    with between(tryton, stop_at_confirmation) as url, ThreadPoolExecutor(4) as workers:
        results = list(workers.map(try_post, [tryton.connect(url) for _ in range(4)]))
    assert "confirmed" in results
    assert direct.find(document, "key", remembered=remembered[0]) is not None
    assert book(direct)[item, None] == before + 6
    assert moves_of(tryton, remembered[0]) == [6]


def draft_of(tryton: RunningTryton, document: Document, remembered: list[str]) -> None:
    """Leave the draft of a correction that got no further, as a process killed there would."""

    class Killed(Exception):
        pass

    def remember_and_die(id_: str) -> None:
        remembered.append(id_)
        raise Killed

    with pytest.raises(Killed):
        tryton.connect().write(document, "key", resume=None, remember=remember_and_die)


def test_stock_that_moves_meanwhile_leaves_the_correction_exact(tryton: RunningTryton) -> None:
    direct = tryton.connect()
    (item,) = goods(direct, 1)
    before = book(direct)[item, None]
    document, remembered, steps = correction((item, None, "-3")), list[str](), list[str]()
    draft_of(tryton, document, remembered)
    tryton.arrive(item, PLACE, 5)

    def arrive_at_each_step(seen: Seen) -> None:
        if seen.method == "PUT" or seen.confirms:
            steps.append(seen.method)
            tryton.arrive(item, PLACE, 1)

    with between(tryton, arrive_at_each_step) as url:
        receipt, _ = post(tryton.connect(url), document, resume=remembered[0])
    assert receipt.state == "confirmed"
    assert steps == ["PUT", "PUT", "POST"]  # all lines, the one that had moved meanwhile, the confirmation
    assert moves_of(tryton, remembered[0]) == [3]
    assert book(direct)[item, None] == before - 3 + 5 + len(steps)


def test_a_client_that_gave_up_waiting_finds_what_became_of_it(tryton: RunningTryton) -> None:
    direct = tryton.connect()
    (item,) = goods(direct, 1)
    before = book(direct)[item, None]
    document, remembered = correction((item, None, "2")), list[str]()

    def slow_confirmation(seen: Seen) -> None:
        seen.delay = 2.0 if seen.confirms else 0

    known = definition("tryton")
    hasty = dataclasses.replace(known.manifest, timeouts=Timeouts(Decimal(5), Decimal(1), Decimal(5)))
    with between(tryton, slow_confirmation) as url:
        settings = {"url": url, "api_key": tryton.key()}
        impatient = connector_class(known)(dataclasses.replace(known, manifest=hasty), settings)
        with closing(impatient), pytest.raises(OutcomeUnknown, match=r"http\.write_timeout"):
            impatient.write(document, "key", resume=None, remember=remembered.append)
    found = direct.find(document, "key", remembered=remembered[0])
    assert found is not None
    assert found.state == "confirmed"
    assert book(direct)[item, None] == before + 2


def test_lines_that_cannot_be_posted_are_named_and_nothing_is_written(connector: Connector, company: World) -> None:
    good, small = goods(connector, 2)
    tracked = next(item.code for item in company.items if item.lot_tracked)
    bad = [
        ("NOPE", None, "1"),
        (tracked, "L0000", "1"),
        (tracked, None, "1"),
        (small, None, "0.5"),
        (good, None, "1e3"),
    ]
    before = book(connector)
    receipt, remembered = post(connector, correction((good, None, "1"), *bad, (good, None, "2")))
    assert (receipt.state, remembered) == ("rejected", [])
    assert [line.ok for line in receipt.lines] == [True, False, False, False, False, False, False]
    words = ["no item", "no lot L0000", "names none", "more decimals", "not a decimal number", "same item and lot"]
    for line, word in zip(receipt.lines[1:], words, strict=True):
        assert word in line.message
    assert book(connector) == before


def test_a_correction_below_zero_names_its_line_and_leaves_no_draft(
    connector: Connector, tryton: RunningTryton
) -> None:
    first, second = goods(connector, 2)
    document = correction((first, None, "1"), (second, None, "-99999"))
    drafts, before = inventories(tryton, document, "draft"), book(connector)
    receipt, _ = post(connector, document)
    assert (receipt.state, [line.ok for line in receipt.lines]) == ("rejected", [True, False])
    assert "below zero" in receipt.lines[1].message
    assert (inventories(tryton, document, "draft"), book(connector)) == (drafts, before)


def test_a_lot_unknown_to_the_erp_is_created_only_when_allowed(tryton: RunningTryton, company: World) -> None:
    tracked = next(item.code for item in company.items if item.lot_tracked and item.unit == "u")
    document = correction((tracked, "NEW-LOT-7", "3"))
    assert post(tryton.connect(), document)[0].state == "rejected"
    connector = tryton.connect(create_lots="true")
    assert post(connector, document)[0].state == "confirmed"
    assert book(connector)[tracked, "NEW-LOT-7"] == 3
    (plain,) = goods(connector, 1)
    assert post(connector, correction((plain, "NEW-LOT-8", "3")))[0].state == "rejected"


def test_a_draft_that_somebody_changed_is_not_posted(tryton: RunningTryton) -> None:
    connector = tryton.connect()
    first, second = goods(connector, 2)
    document, remembered = correction((first, None, "1")), list[str]()
    draft_of(tryton, document, remembered)
    (product,) = tryton.search("product.product", code=second)
    extra = {"lines": [["create", [{"product": product["id"]}]]]}
    tryton.ask(f"stock.inventory/{remembered[0]}", extra, login="planner", method="PUT")
    with pytest.raises(Rejected, match=r"tryton\.draft_changed"):
        post(connector, document, resume=remembered[0])


def test_a_cancelled_draft_never_arrived_and_is_posted_anew(tryton: RunningTryton) -> None:
    connector = tryton.connect()
    (item,) = goods(connector, 1)
    before = book(connector)[item, None]
    document, remembered = correction((item, None, "1")), list[str]()
    draft_of(tryton, document, remembered)
    tryton.ask(f"stock.inventory/{remembered[0]}/cancel", {}, login="planner")
    assert connector.find(document, "key", remembered=remembered[0]) is None
    receipt, _ = post(connector, document)
    assert receipt.remote_id != remembered[0]
    assert book(connector)[item, None] == before + 1


# --- failures


def test_a_wrong_key_is_an_auth_error(tryton: RunningTryton) -> None:
    with pytest.raises(AuthError):
        tryton.connect(api_key="wrong" * 10).check()


def test_a_wrong_database_and_a_wrong_company_are_config_errors(tryton: RunningTryton) -> None:
    with pytest.raises(ConfigError, match=r"tryton\.no_database"):
        tryton.connect(tryton.url + "x").check()
    with pytest.raises(ConfigError, match=r"tryton\.which_company"):
        tryton.connect(company="Nobody Ltd").check()
    with pytest.raises(ConfigError, match=r"tryton\.which_user"):
        tryton.connect(login="nobody").check()


def test_a_server_that_is_not_there_is_tried_later(tryton: RunningTryton) -> None:
    with pytest.raises(TryLater):
        tryton.connect("http://127.0.0.1:9/erp").check()


def test_an_unknown_field_is_a_surprise_and_an_unknown_place_an_input_error(
    connector: Connector, tryton: RunningTryton
) -> None:
    from countbridge.connectors.systems.tryton.connector import TrytonConnector

    assert isinstance(connector, TrytonConnector)
    with pytest.raises(ContractSurprise, match=r"tryton\.failed"):
        list(connector.rest.search("stock.location", ["no_such_field"]))
    with pytest.raises(InputError, match=r"tryton\.unknown_location"):
        rows(connector, "stock", location="W9")
    assert connector.rest.get("stock.location", "999999", ["code"], "nothing") is None


def test_a_closed_stock_period_is_a_refusal_and_leaves_no_draft(connector: Connector, tryton: RunningTryton) -> None:
    (item,) = goods(connector, 1)
    closed, before = (date.fromisoformat(today()) - timedelta(days=days) for days in (10, 20))
    day = {"__class__": "date", "year": closed.year, "month": closed.month, "day": closed.day}
    period = tryton.ask("stock.period", {"date": day, "company": 1}, login="planner")
    tryton.ask(f"stock.period/{period['id']}/close", {}, login="planner")
    document = correction((item, None, "1"), day=before.isoformat())
    drafts = inventories(tryton, document, "draft")
    with pytest.raises(Rejected, match=r"tryton\.refused"):
        post(connector, document)
    assert inventories(tryton, document, "draft") == drafts


def test_what_tryton_refuses_comes_back_in_its_own_words(connector: Connector) -> None:
    (item,) = goods(connector, 1)
    with pytest.raises(InputError, match=r"tryton\.bad_date"):
        post(connector, correction((item, None, "1"), day="tomorrow"))
    with pytest.raises(Rejected, match=r"http\.rejected") as refusal:
        connector.rest.change(  # type: ignore[attr-defined]
            "POST", "stock.inventory", {"location": 999999}, ["id"], "x", context={"company": 1}, harmless=True
        )
    assert "999999" in refusal.value.params["message"]


def ship(tryton: RunningTryton, item: str, source: str, target: str, quantity: int, reference: str) -> None:
    """Somebody else moves goods between two places by an internal shipment, as a WMS's interface does."""
    (product,) = tryton.search("product.product", "default_uom", code=item)
    ends = {
        f"{end}_location": tryton.search("stock.location", code=code)[0]["id"]
        for end, code in (("from", source), ("to", target))
    }
    company = tryton.search("company.company")[0]["id"]
    move = {**ends, "product": product["id"], "unit": product["default_uom"], "quantity": quantity, "company": company}
    day = date.fromisoformat(today())
    dated = {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
    dates = dict.fromkeys(("planned_start_date", "planned_date", "effective_start_date", "effective_date"), dated)
    shipment = {**ends, **dates, "company": company, "reference": reference, "moves": [["create", [move]]]}
    made = tryton.ask("stock.shipment.internal", shipment)["id"]
    for action in ("wait", "assign_try", "do"):
        tryton.ask(f"stock.shipment.internal/{made}/{action}?f=state", {})


def test_its_movements_are_told_once_with_their_document_and_who_made_them(
    connector: Connector, tryton: RunningTryton
) -> None:
    before = datetime.now(UTC)
    everything = list(connector.read("movements", {}, None))
    assert sum(len(page.rows) for page in everything) >= 500, "the company's opening stock"
    assert rows(connector, "movements", since=(before + timedelta(hours=1)).isoformat()) == []
    item, other = goods(connector, 2)
    tryton.arrive(item, PLACE, 5)
    ship(tryton, item, PLACE, "W2-Z2", 2, "SO-77")
    post(connector, correction((other, None, "1")))
    pages = list(connector.read("movements", {}, everything[-1].next))
    known = {row["id"] for page in everything for row in page.rows}
    new = [row for page in pages for row in page.rows if row["id"] not in known]
    told = [(row["location"], row["item"], row["quantity"], row["kind"], row["document"], row["ours"]) for row in new]
    assert sorted(told, key=str) == sorted(
        [
            (PLACE, item, "5", "adjust", None, "false"),
            (PLACE, item, "-2", "move", "SO-77", "false"),
            ("W2-Z2", item, "2", "move", "SO-77", "false"),
            (PLACE, other, "1", "adjust", None, "true"),
        ],
        key=str,
    )
    for row in new:
        moment = datetime.fromisoformat(row["posted"] or "")
        assert abs(moment - datetime.now(UTC)) < timedelta(minutes=10)
    again = [row["id"] for page in connector.read("movements", {}, pages[-1].next) for row in page.rows]
    assert {row["id"] for row in new} <= set(again), "a little before the last reading, so that none is lost"
    with pytest.raises(InputError, match=r"tryton\.bad_since"):
        rows(connector, "movements", since="yesterday")
