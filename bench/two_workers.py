"""Deliveries to a slow system with two workers ÷ with one: how much faster, and never out of order."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.support.rows import Row, row
from bench.support.servers import Workers, countbridge, say, wait
from bench.support.slow_system import FOLDER, SlowSystem

if TYPE_CHECKING:
    from countbridge.links.models import Link

ROUNDS = 5
ORDERS = 20  # documents that follow each other, of each of so many
PAPERS = 4
SECONDS = 0.5  # the system takes for each


@dataclass
class Measured:
    one: float
    two: float
    cpu: float
    peak: float


class Papers:
    """The same papers delivered by so many workers."""

    def __init__(self, folder: Path, system: SlowSystem) -> None:
        self.link, self.system = _link(folder, system.url), system
        self.workers = Workers(folder / "workers.log")

    def measure(self, number: int) -> Measured:
        """One and two take turns in being first."""
        seconds: dict[int, float] = {}
        cpu = peak = 0.0
        for several in ((1, 2), (2, 1))[number % 2]:
            self.workers.start(several, 4)
            try:
                seconds[several] = self.deliver(f"{number}-{several}")
                cpu, peak = self.workers.cpu_seconds, self.workers.peak_mb
            finally:
                self.workers.stop()
        say(f"round {number}: one {seconds[1]:.2f} s, two {seconds[2]:.2f} s")
        return Measured(seconds[1], seconds[2], cpu, peak)

    def deliver(self, batch: str) -> float:
        """Seconds from the commit of all intents until the last delivery is settled."""
        from django.db import transaction

        from countbridge.connectors.contract import Document
        from countbridge.exchange.deliveries import propose
        from countbridge.exchange.models import Delivery

        with transaction.atomic():
            for paper in range(PAPERS):
                for order in range(ORDERS):
                    document = Document("adjustment", {"paper": str(paper)})
                    key = f"{batch}.{order}.{paper}"
                    propose(self.link, self.link.erp, document, key, flow="F4", order_key=f"{batch}.{order}")
        began = time.perf_counter()
        settled = Delivery.objects.filter(key__startswith=f"{batch}.", state=Delivery.State.CONFIRMED)
        wait(lambda: settled.count() == ORDERS * PAPERS, f"{batch} is delivered", within=300, every=0.02)
        return time.perf_counter() - began

    def in_order_and_once(self) -> bool:
        """Each paper arrived once, and only after the one before it was answered."""
        told: dict[str, list[int]] = defaultdict(list)
        for key in self.system.received:
            order, _, paper = key.rpartition(".")
            told[order].append(int(paper))
        return self._only_after() and all(papers == list(range(PAPERS)) for papers in told.values())

    def _only_after(self) -> bool:
        return len(self.system.received) == len(set(self.system.received)) == len(self.system.finished)


def run() -> list[Row]:
    with countbridge() as server, SlowSystem(SECONDS).running() as system:
        papers = Papers(server.folder, system)
        rounds = [papers.measure(number) for number in range(ROUNDS)]
        checked = papers.in_order_and_once()
    return [
        row(
            "two_workers", [each.one / each.two for each in rounds],
            unit=f"wall time of {ORDERS * PAPERS} deliveries of {SECONDS} s, one worker ÷ two",
            against="one worker", goal=(">=", 1.6), cpu_seconds=[each.cpu for each in rounds],
            peak_mb=max(each.peak for each in rounds), checked=checked,
        )
    ]  # fmt: skip


def _link(folder: Path, url: str) -> Link:
    from countbridge.links.loading import apply_folder

    place = folder / "slow-link"
    (place / "tables").mkdir(parents=True)
    sides = "\n".join(
        f"{side}: {{code: {side}, connector: {FOLDER}, settings: {{url: {url}}}}}" for side in ("erp", "wms")
    )
    (place / "link.yaml").write_text(f"code: slow\nname: A slow system\n{sides}\n", encoding="utf-8")
    return apply_folder(place)[0]
