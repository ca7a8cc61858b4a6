"""A zone the sandbox WMS keeps still: a real process, a real database, and a warehouse at full work."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.connectors.contract import Document
from countbridge.connectors.registry import open_connector
from countbridge.errors import Rejected
from countbridge.sandbox.world import World
from sandbox_wms_server import Row, Wms

pytest_plugins = ["sandbox_wms_fixtures"]


@pytest.fixture(scope="module")
def wms(start_wms: Callable[..., Wms]) -> Wms:
    return start_wms()


def block(wms: Wms, zone: str, count_no: str, key: str, *, on: bool = True) -> Row:
    return wms.data("POST", f"zones/{zone}/block", json={"key": key, "count_no": count_no, "on": on})


def blocked(wms: Wms) -> dict[str, list[str]]:
    rows = wms.data("GET", "zones")["rows"]
    return {row["zone"]: [one["count_no"] for one in row["blocks"]] for row in rows if row["blocked"]}


def some(wms: Wms, zone: str) -> Row:
    return next(row for row in wms.every("stock", zone=zone) if row["uom"] == "PCS" and Decimal(row["qty"]) > 2)


def carry(line: Row, kind: str, **other: str) -> Row:
    return {"type": kind, **{name: line[name] for name in ("bin", "sku", "lot", "uom")}, "qty": "1", **other}


def test_nothing_goes_in_or_out_of_a_blocked_zone_and_all_else_goes_on(wms: Wms, company: World) -> None:
    here, there = some(wms, "SH-A"), some(wms, "SH-B")
    block(wms, "SH-A", "FZ-1", "fz-1-on")
    try:
        assert blocked(wms) == {"SH-A": ["FZ-1"]}
        book, seq = wms.book(), len(wms.feed())
        for move in (
            carry(here, "pick"),
            carry(here, "receive"),
            carry(here, "move", to_bin=there["bin"]),
            carry(there, "move", to_bin=here["bin"]),
        ):
            refused = wms.refused("POST", "people/moves", json=move)
            assert refused["code"] == 4092
            assert "SH-A" in refused["message"]
            assert "FZ-1" in refused["message"]
        assert (wms.book(), len(wms.feed())) == (book, seq), "refused whole: no half of a move was booked"
        assert wms.data("POST", "people/moves", json=carry(there, "pick"))["document"].startswith("PK")
        wms.data("POST", "counts", json={"count_no": "FZ-1", "kind": "zone", "blind": True, "responsible": ""})
        row = {**{name: here[name] for name in ("bin", "sku", "lot", "uom")}, "line": 1, "delta": "-1"}
        body = {"key": "fz-adj", "count_no": "FZ-1", "reason": "盘点差异", "rows": [row]}
        assert wms.data("POST", "adjustments", json=body)["rows"][0]["ok"], "the count's own correction is let through"
    finally:
        block(wms, "SH-A", "FZ-1", "fz-1-off", on=False)
    assert blocked(wms) == {}
    wms.data("POST", "people/moves", json=carry(here, "pick"))


def test_the_warehouse_at_work_leaves_a_blocked_zone_alone(wms: Wms) -> None:
    zones = {row["bin"]: row["zone"] for row in wms.every("bins", limit=500)}
    wms.work(3000)
    try:
        block(wms, "SH-B", "FZ-2", "fz-2-on")
        since = len(wms.feed())
        before = wms.data("GET", "work")["refused"]
        deadline = time.monotonic() + 60
        while wms.data("GET", "work")["refused"] < before + 5:
            assert time.monotonic() < deadline, "nobody wanted anything of the zone"
            time.sleep(0.02)
        feed = wms.feed()[since:]
        assert feed, "elsewhere work went on"
        assert {zones[row["bin"]] for row in feed} & {"SH-B"} == set()
        seqs = [row["seq"] for row in wms.feed()]
        assert seqs == list(range(1, len(seqs) + 1)), "a refused movement leaves no hole"
    finally:
        block(wms, "SH-B", "FZ-2", "fz-2-off", on=False)
        wms.work(0)


def test_a_zone_is_free_when_the_last_count_lets_go(wms: Wms) -> None:
    for number in ("FZ-3", "FZ-4"):
        block(wms, "SH-A", number, f"{number}-on")
    assert block(wms, "SH-A", "FZ-3", "FZ-3-on") == wms.data("GET", "zones/SH-A/block", params={"key": "FZ-3-on"})
    block(wms, "SH-A", "FZ-3", "FZ-3-off", on=False)
    assert blocked(wms) == {"SH-A": ["FZ-4"]}
    block(wms, "SH-A", "FZ-4", "FZ-4-off", on=False)
    assert blocked(wms) == {}
    assert wms.refused("POST", "zones/NO/block", json={"key": "x", "count_no": "C", "on": True})["code"] == 4040
    assert wms.refused("GET", "zones/SH-A/block", params={"key": "never"})["code"] == 4040
    wms.data("POST", "counts", json={"count_no": "FZ-9", "kind": "zone", "blind": True, "responsible": ""})
    wms.data("POST", "counts/FZ-9/close", json={"key": "c"})
    late = wms.refused("POST", "zones/SH-A/block", json={"key": "late", "count_no": "FZ-9", "on": True})
    assert late["code"] == 4091


def test_the_connector_freezes_finds_and_lifts(wms: Wms) -> None:
    connector = open_connector("sandbox_wms", {"url": f"http://127.0.0.1:{wms.port}", "api_key": "api"})
    try:
        on, off = (Document("freeze", {"zone": "SH-A", "on": word, "count_no": "FZ-5"}) for word in ("true", "false"))
        assert connector.find(on, "c-on", remembered=None) is None
        assert connector.write(on, "c-on", resume=None, remember=lambda _: None).state == "confirmed"
        assert connector.find(on, "c-on", remembered=None) is not None
        assert connector.write(on, "c-on", resume=None, remember=lambda _: None).state == "confirmed"
        assert blocked(wms) == {"SH-A": ["FZ-5"]}
        connector.write(off, "c-off", resume=None, remember=lambda _: None)
        assert blocked(wms) == {}
        strange = Document("freeze", {"zone": "NO", "on": "true", "count_no": "FZ-5"})
        with pytest.raises(Rejected):
            connector.write(strange, "c-no", resume=None, remember=lambda _: None)
    finally:
        connector.close()
