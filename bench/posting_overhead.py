"""1,000 lines to a real Tryton through Countbridge ÷ a bare script making the same calls; one after the other, in turns."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.support.rows import Row, row
from bench.support.servers import Workers, countbridge, output_of, say, wait
from bench.support.tryton import Tryton, tryton
from countbridge.sandbox import world
from countbridge.sandbox.demo.linking import write_link

if TYPE_CHECKING:
    from countbridge.links.models import Link

LINES = 1000
ROUNDS = 5  # of two documents each way, after one that warms up
PLACE = "W2-Z1"
BARE = Path(__file__).parent / "support" / "bare_tryton.py"


@dataclass
class Measured:
    """One round: the same document posted twice each way."""

    ours: float
    bare: float
    cpu: float
    right: bool


class Posting:
    """The same document posted again and again, both ways."""

    def __init__(self, folder: Path, erp: Tryton, workers: Workers) -> None:
        self.erp, self.workers = erp, workers
        self.link = _link(folder / "link", erp)
        lines = [
            {"item": item, "lot": lot, "delta": str(1 + number % 7)}
            for number, (item, lot) in enumerate(erp.keys(LINES))
        ]
        self.document: dict[str, Any] = {
            "location": PLACE,
            "date": datetime.now(UTC).date().isoformat(),
            "lines": lines,
        }
        self.file = folder / "lines.json"
        self.file.write_text(json.dumps(self.document), encoding="utf-8")

    def measure(self, number: int) -> Measured:
        """Each way twice, ours in the middle or at both ends: Tryton slows down a little with every line it ever booked, and
        that must not fall to one of them."""
        cpu = self.workers.cpu_seconds
        order = "bare ours ours bare" if number % 2 else "ours bare bare ours"
        spent = {"ours": 0.0, "bare": 0.0}
        right = True
        for turn, way in enumerate(order.split()):
            self.erp.tidy()
            seconds, inventory = self.bare() if way == "bare" else self.ours(f"bench-{number}-{turn}")
            spent[way] += seconds
            right = right and self.as_wanted(inventory)
        say(f"round {number}: ours {spent['ours']:.2f} s, bare {spent['bare']:.2f} s for two documents")
        return Measured(spent["ours"], spent["bare"], self.workers.cpu_seconds - cpu, right)

    def ours(self, key: str) -> tuple[float, str]:
        """From writing down the intent to the confirmed delivery; seconds and the ERP's number of the document."""
        from django.db import transaction

        from countbridge.connectors.contract import Document
        from countbridge.exchange.deliveries import propose
        from countbridge.exchange.models import Delivery

        fields = {name: self.document[name] for name in ("location", "date")} | {"reference": key}
        document = Document("adjustment", fields, tuple(self.document["lines"]))
        began = time.perf_counter()
        with transaction.atomic():
            delivery = propose(self.link, self.link.erp, document, key, flow="F4", order_key=key)
        settled = Delivery.objects.filter(pk=delivery.pk, settled_at__isnull=False)
        wait(settled.exists, f"{key} is posted", within=300, every=0.005)
        seconds = time.perf_counter() - began
        delivery.refresh_from_db()
        if delivery.state != Delivery.State.CONFIRMED:
            raise RuntimeError(f"{key} is {delivery.state}: {delivery.error}")
        return seconds, delivery.remote_id

    def bare(self) -> tuple[float, str]:
        told = json.loads(output_of([sys.executable, str(BARE), self.erp.url, self.erp.key, str(self.file)]))
        return float(told["seconds"]), str(told["inventory"])

    def as_wanted(self, inventory: str) -> bool:
        """Tryton booked exactly the lines that were asked for."""
        wanted = Counter(((line["item"], line["lot"]), Decimal(line["delta"])) for line in self.document["lines"])
        return self.erp.booked(inventory) == wanted


def run() -> list[Row]:
    with countbridge() as server, tryton(server) as erp:
        workers = Workers(server.folder / "workers.log")
        posting = Posting(server.folder, erp, workers)
        workers.start(1, 4)
        try:
            rounds = [posting.measure(number) for number in range(ROUNDS + 1)][1:]
            peak = workers.peak_mb
        finally:
            workers.stop()
    return [
        row(
            "posting_overhead", [each.ours / each.bare for each in rounds], unit=f"wall time of 2 × {LINES} lines",
            against="a bare httpx script making the same calls", goal=("<=", 1.05),
            cpu_seconds=[each.cpu for each in rounds], peak_mb=peak, checked=all(each.right for each in rounds),
        )
    ]  # fmt: skip


def _link(folder: Path, erp: Tryton) -> Link:
    from countbridge.links.loading import apply_folder

    write_link(folder, world.generate())
    settings = {"ERP_URL": erp.url, "ERP_KEY": erp.key, "WMS_URL": "http://127.0.0.1:1", "WMS_KEY": "none"}
    return apply_folder(folder, settings)[0]
