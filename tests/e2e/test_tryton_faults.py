"""The promise against a real ERP: adjustments arrive exactly once while the gateway fails and workers are killed.

A hundred rounds and more: documents are proposed, two `countbridge worker` processes post them to Tryton through a
gateway that loses, cuts, delays and refuses (faulty_proxy.py), and kills the very worker whose request it holds. What
stands afterwards is asked of Tryton itself, line by line. `COUNTBRIDGE_FAULT_SEED` repeats the draws of a run,
`COUNTBRIDGE_FAULT_ROUNDS` changes how many rounds.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import pytest
from fault_plan import PLACES, Plan, Wanted
from pytest_django import DjangoDbBlocker

from countbridge.connectors.registry import folder_of
from countbridge.sandbox.demo.proof import Book, ErpBook, Key
from countbridge.sandbox.world import generate
from faulty_proxy import KILLS, NONE, FaultyProxy
from own_database import django_on
from tryton_server import RunningTryton
from worker_processes import Workers

pytest_plugins = ["tryton_fixtures"]
pytestmark = pytest.mark.tryton

SEED = int(os.environ.get("COUNTBRIDGE_FAULT_SEED") or random.SystemRandom().randrange(10**9))
ROUNDS = int(os.environ.get("COUNTBRIDGE_FAULT_ROUNDS") or 100)
AT_ONCE = 24  # rounds under way
PATIENCE = 2.0  # seconds our connector waits for an answer, here
BETWEEN_KILLS = 5.0  # seconds
LONGEST_PAUSE = 1.5  # seconds between two tries of a document; patience is tested elsewhere
IMPATIENT = (
    """UPDATE procrastinate_jobs SET scheduled_at = now()
        WHERE status = 'todo' AND scheduled_at > now() + make_interval(secs => %s)""",
    """UPDATE exchange_breaker SET retry_at = now() + make_interval(secs => %s)
        WHERE state = 'open' AND retry_at > now() + make_interval(secs => 2)""",
    """UPDATE exchange_breaker SET probe_until = now() WHERE state = 'half_open'
        AND probe_until < now() + make_interval(secs => 50 - %s)""",
)
TOO_LONG = 900.0  # seconds
RESULTS = Path(__file__).parents[2] / "test-results" / "tryton-faults.json"


class Victims:
    """Kills one of the workers, not more often than they come back."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._latest = time.monotonic()
        self._mutex = threading.Lock()
        self.killed = 0

    def kill(self, port: int) -> bool:
        with self._mutex:
            owner = self._owner(port) if time.monotonic() - self._latest >= BETWEEN_KILLS else None
            if owner is None:
                return False
            self._latest = time.monotonic()
            self.killed += 1
            owner.kill()
            owner.wait()
            return True

    def _owner(self, port: int) -> subprocess.Popen[bytes] | None:
        """The worker this local port belongs to."""
        for process in self._workers.alive():
            if any(conn.laddr.port == port for conn in psutil.Process(process.pid).net_connections("tcp")):
                return process
        return None


class Run:
    """Proposes rounds and sees them through."""

    def __init__(self, workers: Workers, proxy: FaultyProxy, plan: Plan, link: Any) -> None:
        self.workers, self.proxy, self.plan, self.link = workers, proxy, plan, link
        self.day = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
        self.documents: dict[str, Wanted] = {}
        self.open: list[list[str]] = []
        self.troubled = self.rounds = 0

    def go(self) -> None:
        """Until `ROUNDS` rounds that met trouble are through, and every other that was begun."""
        began, rounds = time.monotonic(), self.plan.rounds()
        while self.troubled < ROUNDS or self.open:
            assert time.monotonic() - began < TOO_LONG, self._stuck()
            while len(self.workers.alive()) < 2:
                self.workers.start()
            while len(self.open) < AT_ONCE and self.troubled + len(self.open) < ROUNDS:
                self._propose(next(rounds))
            self._look()
            for statement in IMPATIENT:
                self.workers.database.execute(statement, [LONGEST_PAUSE])
            time.sleep(0.25)

    def _propose(self, documents: list[Wanted]) -> None:
        from django.db import transaction

        from countbridge.connectors.contract import Document
        from countbridge.exchange.deliveries import propose

        with transaction.atomic():
            for wanted in documents:
                fields = {"location": wanted.place, "date": self.day, "reference": wanted.key}
                lines = tuple(
                    {"item": item, "lot": lot or None, "delta": format(change, "f")}
                    for (_, item, lot), change in wanted.lines
                )
                propose(
                    self.link, self.link.erp, Document("adjustment", fields, lines), wanted.key,
                    flow="F4", order_key=wanted.place, count="faults",
                )  # fmt: skip
                self.documents[wanted.key] = wanted
        self.open.append([wanted.key for wanted in documents])

    def _look(self) -> None:
        from countbridge.exchange.models import Delivery

        keys = [key for round_ in self.open for key in round_]
        settled = dict(
            Delivery.objects.filter(key__in=keys, settled_at__isnull=False).values_list("key", "tries")
        )  # fmt: skip
        for round_ in [round_ for round_ in self.open if settled.keys() >= set(round_)]:
            self.open.remove(round_)
            self.rounds += 1
            self.troubled += any(settled[key] > 1 for key in round_)

    def _stuck(self) -> str:
        from countbridge.exchange.models import Delivery

        keys = [key for round_ in self.open for key in round_]
        rows = list(Delivery.objects.filter(key__in=keys).values_list("key", "state", "tries", "error"))
        jobs = self.workers.rows(
            "SELECT id, args, status, attempts, scheduled_at - now(), worker_id FROM procrastinate_jobs"
        )
        log = self.workers.log.read_text(encoding="utf-8")[-3000:]
        return f"seed {SEED}: {self.rounds} rounds through, still open: {rows}\n{jobs}\n{log}"


def link_folder(folder: Path) -> Path:
    """A link to Tryton whose connector is the real one with little patience, so that a silent answer costs seconds."""
    hasty = folder / "tryton"
    shutil.copytree(folder_of("tryton"), hasty)
    told = (hasty / "connector.yaml").read_text(encoding="utf-8")
    manifest = told.replace("read: 180", f"read: {PATIENCE:g}").replace("  concurrency: 4", "  concurrency: 8")
    assert manifest.count(f"read: {PATIENCE:g}") == manifest.count("concurrency: 8") == 1
    (hasty / "connector.yaml").write_text(manifest, encoding="utf-8")
    (folder / "tables").mkdir()
    (folder / "link.yaml").write_text(
        f"""code: faults
name: Tryton behind a bad gateway
erp: {{code: tryton, name: Tryton, connector: {hasty}, settings: {{url: "${{ERP_URL}}", api_key: "${{ERP_KEY}}"}}}}
wms: {{code: wms, name: WMS, connector: sandbox_wms, settings: {{url: "http://127.0.0.1:1", api_key: none}}}}
""",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def workers(migrated_database: str, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(migrated_database, tmp_path / "workers.log", concurrency=4)
    try:
        yield made
    finally:
        made.close()


def test_everything_arrives_exactly_once_whatever_breaks(
    workers: Workers,
    tryton: RunningTryton,
    migrated_database: str,
    django_db_blocker: DjangoDbBlocker,
    tmp_path: Path,
) -> None:
    print(f"seed {SEED}")  # noqa: T201
    began = time.monotonic()
    world, places = generate(), set(PLACES)
    victims = Victims(workers)
    with (
        django_on(migrated_database, django_db_blocker),
        ErpBook(tryton.url, tryton.key()) as erp,
        FaultyProxy(tryton.url, SEED, PATIENCE, victims) as proxy,
    ):
        from countbridge.links.loading import apply_folder

        before = erp.stock(places)
        assert erp.posted("countbridge") == []
        link, _ = apply_folder(link_folder(tmp_path), {"ERP_URL": proxy.url, "ERP_KEY": tryton.key()})
        run = Run(workers, proxy, Plan(SEED, before, world), link)
        try:
            run.go()
            workers.wait(lambda: proxy.underway == 0, "requests that were held back have arrived")
        finally:
            record(proxy, tmp_path)
        assert proxy.trouble == []
        figures = told(run, proxy, victims, time.monotonic() - began)
        print(json.dumps(figures, indent=1))  # noqa: T201
        judge(run, erp, tryton, before, figures)
        assert figures["writes_with_a_fault"] * 3 >= figures["writes"]
        assert victims.killed >= ROUNDS // 10
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def record(proxy: FaultyProxy, folder: Path) -> None:
    """What went through the gateway and what Countbridge wrote down, for whoever has to find out why a run failed."""
    from countbridge.exchange.models import Attempt

    (folder / "requests.jsonl").write_text("\n".join(json.dumps(passed) for passed in proxy.passed))
    attempts = Attempt.objects.order_by("pk").values_list(
        "delivery__key", "delivery__remote_id", "number", "action", "started_at", "outcome", "call"
    )
    (folder / "attempts.jsonl").write_text("\n".join(json.dumps(row, default=str) for row in attempts))


def judge(run: Run, erp: ErpBook, tryton: RunningTryton, before: Book, figures: dict[str, Any]) -> None:
    """Ask Tryton for every line of every document."""
    from countbridge.exchange.models import Delivery

    about = f"seed {SEED}"
    deliveries = {delivery.key: delivery for delivery in Delivery.objects.filter(count="faults")}
    assert deliveries.keys() == run.documents.keys(), about
    accepted = {key: document for key, document in run.documents.items() if document.accepted}
    lines = Counter((key, Fraction(change)) for document in accepted.values() for key, change in document.lines)
    moves = erp.posted("countbridge")
    stand = Counter((move.key, move.quantity) for move in moves)
    figures |= {"lines": lines.total(), "doubles": (stand - lines).total(), "missing": (lines - stand).total()}
    assert stand - lines == Counter(), f"{about}: posted and never wanted, or twice"
    assert lines - stand == Counter(), f"{about}: wanted and not there"
    assert {move.states for move in moves} == {("done", "done")}, about

    states = {key: (delivery.state, run.documents[key].accepted) for key, delivery in deliveries.items()}
    odd = {key: state for key, state in states.items() if state not in (("confirmed", True), ("rejected", False))}
    assert odd == {}, f"{about}: {[(key, deliveries[key].error) for key in odd]}"
    said = Counter(
        (deliveries[key].remote_id, line, Fraction(change))
        for key, wanted in accepted.items()
        for line, change in wanted.lines
    )
    assert said == Counter((move.document, move.key, move.quantity) for move in moves), f"{about}: another document's"

    confirmed = {deliveries[key].remote_id for key in accepted}
    inventories = tryton.search("stock.inventory", "state", "create_uid.login", create_uid__login="countbridge")
    assert {str(row["id"]) for row in inventories if row["state"] == "done"} == confirmed, about
    drafts = [row["id"] for row in inventories if row["state"] == "draft"]
    figures |= {"drafts_left": len(drafts), "late_drafts": run.proxy.late("POST stock.inventory")}

    after = erp.stock(set(PLACES))
    changed: Counter[Key] = Counter()
    for (key, change), times in lines.items():
        changed[key] += change * times
    expected = {key: before.get(key, Fraction(0)) + changed[key] for key in before.keys() | changed.keys()}
    assert after == {key: quantity for key, quantity in expected.items() if quantity}, about

    # A draft that came into being after it had been looked for can stay: empty, so that it books nothing if confirmed.
    assert len(drafts) <= figures["late_drafts"], about
    filled = [line for id_ in drafts for line in tryton.search("stock.inventory.line", "quantity", inventory=id_)]
    assert [line for line in filled if line["quantity"] is not None] == [], about


def told(run: Run, proxy: FaultyProxy, victims: Victims, seconds: float) -> dict[str, Any]:
    """The figures of a run, for the record."""
    from countbridge.exchange.attempts import unpack
    from countbridge.exchange.models import Attempt

    writes, reads = proxy.faults("write"), proxy.faults("read")
    finds = Attempt.objects.filter(action="find", outcome="200")
    found = Counter(
        state for received in finds.values_list("received", flat=True) for state in states_in(unpack(received))
    )
    return {
        "seed": SEED,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "seconds": round(seconds),
        "rounds": run.rounds,
        "rounds_with_trouble": run.troubled,
        "documents": len(run.documents),
        "refused_as_they_should": sum(not wanted.accepted for wanted in run.documents.values()),
        "requests": len(proxy.passed),
        "writes": writes.total(),
        "writes_with_a_fault": writes.total() - writes[NONE],
        "faults": dict((writes + reads).most_common()),
        "kills": victims.killed,
        "kills_by_moment": {fault: (writes + reads)[fault] for fault in sorted(KILLS)},
        "finds": finds.values("delivery", "number").distinct().count(),
        "found_done": found["done"],
        "found_draft": found["draft"],
    }


def states_in(answer: str | None) -> list[str]:
    """The states of the inventories a look for a document came upon."""
    return re.findall(r'"state": ?"(\w+)"', answer or "")
