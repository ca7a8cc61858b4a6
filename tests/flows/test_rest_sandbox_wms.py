"""The declared connector against the running sandbox WMS: the conformance suite, every document, every dataset."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from countbridge.connectors.conformance.plan import ConformancePlan, Sample, SeenIn
from countbridge.connectors.conformance.suite import run
from countbridge.connectors.contract import Connector, Document, Row
from countbridge.connectors.registry import open_connector
from countbridge.errors import AuthError, ContractSurprise, InputError, Rejected, TryLater
from countbridge.postgres import EmbeddedPostgres
from countbridge.sandbox.world import generate

COMMAND = [sys.executable, "-m", "countbridge.sandbox.wms"]
SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a sandbox WMS of this module's own."""
    world = tmp_path_factory.mktemp("world") / "world.json"
    world.write_text(generate().to_json(), encoding="utf-8")
    keys = {"SANDBOX_API_KEY": "api-key-1", "SANDBOX_FLOOR_KEY": "floor", "PYTHONPATH": str(SOURCES)}
    environment = {**os.environ, **keys, "SANDBOX_DATABASE_URL": postgres.url("rest_sandbox_wms")}
    subprocess.run([*COMMAND, "load", "--world", str(world)], env=environment, check=True, stdout=subprocess.PIPE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    connector = open_connector("sandbox_wms", {"url": address, "api_key": "api-key-1"})
    deadline = time.monotonic() + 30
    while True:
        try:
            connector.check()
        except TryLater:
            assert time.monotonic() < deadline, "the WMS does not answer"
            assert process.poll() is None, "the WMS ended"
            time.sleep(0.1)
        else:
            connector.close()
            return


@pytest.fixture
def wms(url: str) -> Iterator[Connector]:
    connector = open_connector("sandbox_wms", {"url": url, "api_key": "api-key-1"})
    yield connector
    connector.close()


def rows_of(wms: Connector, dataset: str, **scope: str) -> list[Row]:
    return [row for page in wms.read(dataset, scope, None) for row in page.rows]


def write(wms: Connector, kind: str, key: str, fields: Mapping[str, str], *lines: Mapping[str, str]) -> Document:
    """Writes, then looks for it as after a lost reply."""
    document = Document(kind, fields, lines)
    receipt = wms.write(document, key, resume=None, remember=lambda _: None)
    assert receipt.state == "confirmed"
    assert all(line.ok for line in receipt.lines), receipt.lines
    return document


def task(wms: Connector, number: str) -> None:
    head = {"name": "盘点", "kind": "full", "blind": "true", "planned_at": "2026-03-01T08:00:00+08:00"}
    write(wms, "count_task", f"{number}-task", {"count_no": number, "responsible": "", **head})


def test_conformance_suite_passes(wms: Connector) -> None:
    task(wms, "C-CONF")
    line = dict(rows_of(wms, "stock")[0])
    adjusted = {"bin": line["bin"], "sku": line["sku"], "lot": line["lot"], "uom": line["uom"], "delta": "1"}
    sample = Sample(
        "adjustment",
        {"count_no": "C-CONF", "reason": "conformance"},
        (adjusted,),
        SeenIn("movements", "document"),
    )
    report = run(wms, ConformancePlan(pages=5, writes=(sample,)))
    assert [result for result in report.results if result.status == "failed"] == []
    checks = {(result.subject, result.check) for result in report.results if result.status == "passed"}
    assert {("stock", "resume"), ("stock", "scope"), ("adjustment", "repeat"), ("adjustment", "effect")} <= checks


def test_every_dataset_is_read_whole(wms: Connector) -> None:
    items, bins, stock = rows_of(wms, "items"), rows_of(wms, "bins"), rows_of(wms, "stock")
    assert len(items) >= 400
    assert len(bins) >= 60
    assert len(stock) >= 1000
    assert {row["sku"] for row in stock} <= {row["sku"] for row in items}
    zone = bins[0]["zone"]
    assert zone
    inside = {row["bin"] for row in bins if row["zone"] == zone}
    assert {row["bin"] for row in rows_of(wms, "stock", zone=zone)} <= inside


def test_feed_goes_on_where_it_ended(wms: Connector) -> None:
    *_, last = wms.read("movements", {}, None)
    assert last.rows == ()
    assert last.next is not None
    assert last.as_of is not None
    task(wms, "C-FEED")
    line = dict(rows_of(wms, "stock")[0])
    change = {"bin": line["bin"], "sku": line["sku"], "lot": line["lot"], "uom": line["uom"], "delta": "-1"}
    write(wms, "adjustment", "feed-1", {"count_no": "C-FEED", "reason": "x"}, change)
    later = [row for page in wms.read("movements", {}, last.next) for row in page.rows]
    assert [(row["type"], Decimal(str(row["qty"]))) for row in later] == [("adjust", Decimal(-1))]


def test_every_document_is_written_and_found(wms: Connector) -> None:
    number = "C-DOCS"
    task(wms, number)
    stock = rows_of(wms, "stock")[:3]
    bins = rows_of(wms, "bins")[:2]
    zone = str(bins[0]["zone"])
    baseline = [
        {"location": r["bin"], "sku": r["sku"], "lot": r["lot"], "qty": r["qty"], "uom": r["uom"]} for r in stock
    ]
    sheet = {"sheet_no": "S-1", "zone": zone, "assignee": "", "counted_with": "pda"}
    sheet["bins"] = ",".join(str(row["bin"]) for row in bins)
    item = {name: value for name, value in rows_of(wms, "items")[0].items() if value != ""}
    documents = {
        "item": write(wms, "item", "d-item", {}, item),
        "baseline": write(wms, "baseline", "d-base", {"count_no": number}, *baseline),
        "sheets": write(wms, "sheets", "d-sheet", {"count_no": number}, sheet),
        "close_count": Document("close_count", {"count_no": number}),
    }
    assert wms.find(documents["baseline"], "d-base", remembered=None) is not None
    assert wms.find(documents["baseline"], "never-sent", remembered=None) is None
    assert wms.find(documents["sheets"], "d-sheet", remembered=None) is not None
    assert wms.find(documents["sheets"], "never-sent", remembered=None) is None
    assert wms.find(documents["close_count"], "d-close", remembered=None) is None, "open, so not closed by us"
    write(wms, "close_count", "d-close", {"count_no": number})
    assert wms.find(documents["close_count"], "d-close", remembered=None) is not None
    assert wms.find(Document("count_task", {"count_no": "C-NONE"}), "k", remembered=None) is None


def test_one_bad_line_is_named_and_the_others_stand(wms: Connector) -> None:
    task(wms, "C-BAD")
    line = dict(rows_of(wms, "stock")[0])
    good = {"bin": line["bin"], "sku": line["sku"], "lot": line["lot"], "uom": line["uom"], "delta": "1"}
    document = Document("adjustment", {"count_no": "C-BAD", "reason": "x"}, ({**good, "bin": "NO-SUCH-BIN"}, good))
    receipt = wms.write(document, "bad-1", resume=None, remember=lambda _: None)
    assert [(one.line, one.ok) for one in receipt.lines] == [(0, False), (1, True)]
    assert "NO-SUCH-BIN" in receipt.lines[0].message
    assert wms.find(document, "bad-1", remembered=None) == receipt
    alone = Document("adjustment", {"count_no": "C-BAD", "reason": "x"}, ({**good, "bin": "NO-SUCH-BIN"},))
    assert wms.write(alone, "bad-2", resume=None, remember=lambda _: None).state == "rejected"


def test_same_key_with_other_content_is_refused(wms: Connector) -> None:
    task(wms, "C-KEY")
    line = dict(rows_of(wms, "stock")[0])
    good = {"bin": line["bin"], "sku": line["sku"], "lot": line["lot"], "uom": line["uom"], "delta": "1"}
    write(wms, "adjustment", "key-1", {"count_no": "C-KEY", "reason": "x"}, good)
    with pytest.raises(Rejected) as error:
        write(wms, "adjustment", "key-1", {"count_no": "C-KEY", "reason": "x"}, {**good, "delta": "2"})
    assert (error.value.code, error.value.params["error"]) == ("rest.rejected", "4090")
    assert "key-1" in error.value.params["message"]


def test_mistakes_are_told_apart(url: str, wms: Connector) -> None:
    stranger = open_connector("sandbox_wms", {"url": url, "api_key": "wrong-key"})
    with pytest.raises(AuthError) as refused:
        stranger.check()
    assert "wrong-key" not in str(refused.value)
    stranger.close()
    with pytest.raises(ContractSurprise) as unknown:
        rows_of(wms, "stock", zone="NO-SUCH-ZONE")
    assert unknown.value.params["error"] == "4220"
    with pytest.raises(InputError):
        wms.read("stock", {"aisle": "7"}, None)
    astray = open_connector("sandbox_wms", {"url": url + "/elsewhere", "api_key": "api-key-1"})
    with pytest.raises(ContractSurprise) as lost:
        astray.find(Document("adjustment", {}), "k", remembered=None)
    assert lost.value.code == "http.read_refused", "a wrong address must never look like 'certainly not there'"
    astray.close()
