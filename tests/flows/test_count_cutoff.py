"""The cut-off list: which documents the snapshot ends with, and which the ERP had not booked then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from countbridge.stocktake import cutoff
from modelled.stage import Stage
from modelled.world import SKUS

pytest_plugins = ["modelled.fixtures"]

MakeStage = Callable[..., Stage]
BOLT = "00123"


def tell(
    stage: Stage, bin: str, document: str, kind: str = "pick", quantity: str = "-1", erp: str = "posted", **more: Any
) -> None:
    """Goods move on a document."""
    stage.world.move(bin, BOLT, quantity, erp=erp, **more)
    row = stage.world.wms.feed[-1]
    row["document"], row["type"] = document, kind
    assert row["sku"] == SKUS[BOLT]


def listed(stage: Stage, number: str, who: str = "sun") -> dict[str, list[tuple[str, ...]]]:
    told = stage.api(who, f"/counts/{number}").json()["cutoff"]
    return {name: [(r["warehouse"], r["kind"], r["document"]) for r in told[name]] for name in ("last", "unbooked")}


def test_the_last_document_of_each_kind_and_what_the_erp_had_not_booked(make_stage: MakeStage) -> None:
    stage = make_stage(people=("chen", "li", "sun", "qian", "feng"))
    tell(stage, "A0101", "P-1")
    tell(stage, "A0101", "P-2", erp="pending")
    tell(stage, "A0101", "R-1", kind="receive", quantity="2")
    tell(stage, "T0101", "P-9")  # another warehouse, not counted
    stage.world.tick()
    count = stage.start("W1-A")
    tell(stage, "A0101", "P-3")  # after the snapshot
    stage.settle()
    assert listed(stage, count.number) == {
        "last": [("W1", "pick", "P-2"), ("W1", "receive", "R-1")],
        "unbooked": [("W1", "pick", "P-2")],
    }
    assert cutoff.taken(count) == count.cutoff, "known by now, and not in the snapshot"


def test_a_document_the_erp_booked_after_the_snapshot_was_not_booked_then(make_stage: MakeStage) -> None:
    stage = make_stage()
    tell(stage, "A0101", "P-1")
    stage.world.wms.feed[-1]["erp_posted_at"] = (stage.world.clock + timedelta(hours=2)).isoformat()
    count = stage.start("W1-A")
    assert listed(stage, count.number)["unbooked"] == [("W1", "pick", "P-1")]


def test_a_reader_of_one_warehouse_sees_its_documents_alone(make_stage: MakeStage) -> None:
    stage = make_stage(people=("chen", "li", "sun", "qian", "feng"))
    tell(stage, "A0101", "P-1")
    tell(stage, "T0101", "P-9", erp="pending")
    count = stage.start("W1-A", "W2-T")
    assert {row[0] for row in listed(stage, count.number)["last"]} == {"W1", "W2"}
    mine = stage.api("feng", f"/counts/{count.number}").json()["cutoff"]
    assert {row["warehouse"] for row in mine["last"]} == {"W1"}
    assert (mine["unbooked"], mine["unbooked_total"]) == ([], 0)
