"""One whole stocktake without anybody at the keyboard, then the closing figures."""

from __future__ import annotations

import time
from collections import Counter
from fractions import Fraction
from typing import Any

from countbridge.errors import SetupError
from countbridge.sandbox import erp
from countbridge.sandbox.demo.faces import Console, Floor
from countbridge.sandbox.demo.people import Crew, await_count
from countbridge.sandbox.demo.proof import ErpBook, compare
from countbridge.sandbox.demo.stack import PASSWORD, Say, Stack

BUSY = {"rate_per_minute": 90, "delay_seconds": 3}
WHOLE = ["W1-STO", "W2-STO"]
WITHIN = 600.0
INTEGRATION_USER = "countbridge"


def run_once(stack: Stack, say: Say, approve: list[str] | None = None) -> dict[str, Any]:
    """Approve a count of everything in the ERP, let people count it while goods move, and prove the result. The figures
    are those of contracts.md; `movements` is how many happened during the count."""
    began = time.monotonic()
    floor = floor_of(stack)
    console = Console(stack.url, "supervisor", PASSWORD)
    known = {row["number"] for row in console.get("/counts", limit=200)["rows"]}
    floor.work(**BUSY)
    moved_before = floor.working()["moved"]
    numbers = erp.approve(stack.erp_url, stack.planner_key, approve or WHOLE)
    say(f"The planner approved {', '.join(numbers)} in the ERP")
    count = await_count(console, {"counting"}, 120, known=known)
    say(f"Count {count['number']}: {count['lines']} lines given out; people count while the warehouse works")
    crew = Crew(stack.url, PASSWORD, lambda: floor_of(stack), stack.world)
    crew.start(count["number"])
    try:
        await_count(console, {"posting", "verifying", "closed", "differences"}, WITHIN, crew, known)
        say("Everything is counted and decided; posting")
        moved = floor.working()["moved"] - moved_before
        floor.work(0, BUSY["delay_seconds"])
        closed = await_count(console, {"closed", "differences"}, WITHIN, crew, known)
    finally:
        crew.stop()
        floor.work(0, BUSY["delay_seconds"])
    _quiet(floor)
    book = ErpBook(stack.erp_url, stack.erp_key)
    erp_wms, erp_floor = compare(book, floor, stack.world, _locations(stack, count["number"]))
    for name, keys in (("ERP and WMS", erp_wms), ("ERP and shelves", erp_floor)):
        for key in keys[:5]:
            say(f"{name} differ at {' '.join(part or '-' for part in key)}")
    return {
        **_figures(count["number"]),
        "movements": moved,
        "posted_once": _posted_once(book, count["number"]),
        "erp_equals_wms": not erp_wms and closed["state"] == "closed",
        "erp_equals_floor": not erp_floor,
        "seconds": round(time.monotonic() - began, 1),
    }


def floor_of(stack: Stack) -> Floor:
    keys = stack.places.keys()
    return Floor(stack.wms_url, keys["floor"], keys["api"])


def _quiet(floor: Floor, within: float = 120.0) -> None:
    """Until the WMS's interface has booked every movement in the ERP."""
    deadline = time.monotonic() + within
    while floor.working()["pending_erp"]:
        if time.monotonic() > deadline:
            raise SetupError("sandbox.too_slow", what="WMS → ERP", seconds=int(within))
        time.sleep(0.5)


def _locations(stack: Stack, number: str) -> set[str]:
    from countbridge.stocktake.models import Line

    return set(Line.objects.filter(count__number=number).values_list("erp_location", flat=True))


def _posted_once(book: ErpBook, number: str) -> bool:
    """Does the ERP, asked itself, hold exactly the moves of this count's documents: each line once, none more?"""
    from countbridge.stocktake.models import AdjustmentLine

    lines = AdjustmentLine.objects.filter(adjustment__count__number=number, adjustment__side="erp")
    meant = Counter(
        (line.adjustment.delivery.remote_id, (line.erp_location, line.item, line.lot), Fraction(line.quantity))
        for line in lines.select_related("adjustment__delivery")
        if line.adjustment.delivery
    )
    documents = {document for document, _, _ in meant}
    moves = [move for move in book.posted(INTEGRATION_USER) if str(move.document) in documents]
    return meant == Counter((str(move.document), move.key, move.quantity) for move in moves)


def _figures(number: str) -> dict[str, Any]:
    from countbridge.stocktake.models import AdjustmentLine, Count

    count = Count.objects.get(number=number)
    lines = count.lines.filter(counted__isnull=False)
    return {
        "count": number,
        "lines": lines.count(),
        "scans": count.scans.count(),
        "recounts": count.lines.filter(pass_number__gt=1).count(),
        "variances": lines.exclude(variance=0).count(),
        "posted_lines": AdjustmentLine.objects.filter(adjustment__count=count, adjustment__side="erp", ok=True).count(),
        "postings": count.adjustments.filter(side="erp", delivery__state="confirmed").count(),
    }
