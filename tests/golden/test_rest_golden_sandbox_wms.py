"""Pages recorded from the sandbox WMS go in, our rows and receipts come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countbridge.connectors.contract import Connector, Document, Page
from countbridge.connectors.registry import SYSTEMS, open_connector
from rest_server import Call, Reply, data, remote

GOLDEN = SYSTEMS / "sandbox_wms" / "golden"
DATASETS = ("items", "bins", "stock", "movements", "results")


def recorded(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def answer(call: Call) -> Reply:
    """What the recorded system answered to such a call."""
    assert call.headers["X-Api-Key"] == "api-key-1"
    path = call.path.removeprefix("/api/v1")
    if path == "/adjustments":
        exchange = recorded("adjustment")
        if call.method == "POST":
            assert call.json() == exchange["request"]
            return data(exchange["answer"])
        return data(exchange["find" if call.params == {"key": "K-1"} else "find_missing"])
    found = next(recorded(name) for name in DATASETS if recorded(name)["path"] == path)
    assert call.params["limit"] == "500"
    return data(next(page["answer"] for page in found["pages"] if page["cursor"] == call.params.get("cursor")))


@pytest.fixture
def wms() -> Iterator[Connector]:
    with remote(answer) as system:
        connector = open_connector("sandbox_wms", {"url": system.url, "api_key": "api-key-1"})
        yield connector
        connector.close()


@pytest.mark.parametrize("dataset", DATASETS)
def test_recorded_pages_become_rows_of_text(dataset: str, wms: Connector) -> None:
    pages: list[Page] = list(wms.read(dataset, {}, None))
    recordings = [page["answer"]["data"] for page in recorded(dataset)["pages"]]
    recordings = recordings[: len(pages)]
    wanted = [
        [{name: None if value is None else str(value) for name, value in row.items()} for row in page["rows"]]
        for page in recordings
    ]
    assert [[dict(row) for row in page.rows] for page in pages] == wanted
    assert [page.next for page in pages] == [page["next"] for page in recordings]
    assert [page.watermark for page in pages] == [page["watermark"] for page in recordings]
    assert [page.as_of.isoformat() if page.as_of else "" for page in pages] == [page["as_of"] for page in recordings]


def test_codes_and_quantities_come_through_as_written(wms: Connector) -> None:
    rows = [row for page in wms.read("stock", {}, None) for row in page.rows]
    none = {"status": "", "owner": "", "package": ""}
    assert rows[0] == {"bin": "SH-A-01-1", "sku": "00131676", "lot": "", **none, "qty": "71", "uom": "PCS"}
    assert len(rows) == 6


def test_recorded_adjustment_becomes_a_receipt(wms: Connector) -> None:
    sent = recorded("adjustment")["request"]
    lines = tuple({name: str(value) for name, value in row.items() if name != "line"} for row in sent["rows"])
    document = Document("adjustment", {"count_no": sent["count_no"], "reason": sent["reason"]}, lines)
    receipt = wms.write(document, "K-1", resume=None, remember=lambda _: None)
    assert (receipt.state, receipt.remote_id) == ("confirmed", "AD0000001")
    assert [line.ok for line in receipt.lines] == [True, False, True]
    assert "NO-SUCH-BIN" in receipt.lines[1].message
    assert wms.find(document, "K-1", remembered=None) == receipt
    assert wms.find(document, "K-2", remembered=None) is None


def test_recordings_hold_no_key() -> None:
    for file in Path(GOLDEN).iterdir():
        assert "api-key" not in file.read_text(encoding="utf-8")
