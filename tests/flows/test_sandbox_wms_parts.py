"""The sandbox WMS with goods on hold, of a customer and on pallets: it keeps them apart in book, ledger and adjustments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from countbridge.connectors.contract import Connector, Document, Row
from countbridge.connectors.registry import open_connector
from countbridge.sandbox.world import World
from sandbox_wms_server import Wms, by_key

pytest_plugins = ["sandbox_wms_fixtures"]

FINER = ("status", "owner", "package")
KEY = ("bin", "sku", "lot", *FINER)


@pytest.fixture(scope="module")
def wms(start_wms: Callable[..., Wms]) -> Wms:
    return start_wms("--parts")


@pytest.fixture
def connector(wms: Wms) -> Iterator[Connector]:
    opened = open_connector("sandbox_wms", {"url": f"http://127.0.0.1:{wms.port}", "api_key": "api"})
    yield opened
    opened.close()


def rows_of(connector: Connector, dataset: str) -> list[Row]:
    return [row for page in connector.read(dataset, {}, None) for row in page.rows]


def book(connector: Connector) -> dict[tuple[str, ...], Decimal]:
    rows = rows_of(connector, "stock")
    keyed = {tuple(str(row[name] or "") for name in KEY): Decimal(str(row["qty"])) for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def adjust(connector: Connector, key: str, *rows: dict[str, str]) -> list[bool]:
    document = Document("adjustment", {"count_no": "C-PARTS", "reason": "count"}, rows)
    receipt = connector.write(document, key, resume=None, remember=lambda _: None)
    return [line.ok for line in receipt.lines]


@pytest.fixture(scope="module")
def task(wms: Wms) -> None:
    wms.data("POST", "counts", json={"count_no": "C-PARTS", "kind": "zone", "blind": True, "responsible": "zg0101"})


def test_there_are_goods_of_each_kind_and_their_sum_is_the_company_s_book(connector: Connector, company: World) -> None:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for key, quantity in book(connector).items():
        sums[key[:3]] += quantity
    assert sums == by_key(company.wms_stock())
    for at, name in enumerate(FINER, start=3):
        assert any(key[at] for key in book(connector)), name


@pytest.mark.usefixtures("task")
def test_a_change_of_status_is_two_rows_of_the_ledger_and_moves_no_other_goods(connector: Connector) -> None:
    before = book(connector)
    held = next(key for key in before if key[3] == "HOLD")
    line = {**dict(zip(KEY, held, strict=True)), "uom": uom(connector, held)}
    assert adjust(connector, "swap", {**line, "delta": "-1"}, {**line, "status": "", "delta": "1"}) == [True, True]
    changed = {
        key: value - before.get(key, Decimal(0)) for key, value in book(connector).items() if value != before.get(key)
    }
    free = (*held[:3], "", *held[4:])
    assert {held: Decimal(-1), free: Decimal(1)}.items() >= changed.items()
    assert changed[free] == 1
    told = [
        (row["status"], Decimal(str(row["qty"]))) for row in rows_of(connector, "movements") if row["type"] == "adjust"
    ]
    assert told == [("HOLD", Decimal(-1)), ("", Decimal(1))]


def uom(connector: Connector, key: tuple[str, ...]) -> str:
    return next(str(row["uom"]) for row in rows_of(connector, "stock") if tuple(str(row[n] or "") for n in KEY) == key)


@pytest.mark.usefixtures("task")
def test_a_status_it_does_not_have_is_refused_by_its_line(connector: Connector) -> None:
    key = next(iter(book(connector)))
    line = {**dict(zip(KEY, key, strict=True)), "uom": uom(connector, key), "delta": "1"}
    assert adjust(connector, "unknown", {**line, "status": "HLOD"}, line) == [False, True]
