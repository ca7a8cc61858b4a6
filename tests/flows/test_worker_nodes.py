"""Countbridge on several nodes: a database server of its own, two workers and one that serves; the server is restarted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from bench.support.slow_system import FOLDER, SlowSystem
from pytest_django import DjangoDbBlocker

from countbridge.postgres import EmbeddedPostgres
from own_database import django_on
from worker_processes import Workers

ORDERS, PAPERS = 10, 8  # so many at a time, each of so many papers that follow each other
SECONDS = 0.4  # the other system takes for each paper, so that some are always under way
SETTLED_WITHIN = 120  # seconds


class Nodes:
    """A PostgreSQL server apart and the processes around it. `down_seconds` adds up how long it did not answer."""

    def __init__(self, folder: Path) -> None:
        self.server = EmbeddedPostgres(folder / "database")
        self.server.start()
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE countbridge")
        self.url = self.server.url("countbridge")
        migrate = [sys.executable, "-m", "countbridge.cli", "migrate"]
        subprocess.run(migrate, env={**os.environ, "DATABASE_URL": self.url}, check=True, stdout=subprocess.DEVNULL)
        self.workers = Workers(self.url, folder / "workers.log", concurrency=4)
        command = [sys.executable, "-m", "countbridge.cli", "serve", "--port", "0"]
        with (folder / "serve.log").open("ab") as log:
            self.serving = subprocess.Popen(
                command, env=self.workers.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.serving.stdout is not None
        self.address = self.serving.stdout.readline().split()[1]

    def restart_database(self) -> None:
        """As after a crash: nobody is asked to finish anything, and what was committed is recovered."""
        self.server._run("pg_ctl", "restart", "-m", "immediate", "-w", "-D", str(self.server.pgdata))
        self.workers.database.close()
        self.workers.reconnect()

    def turns_go_on(self) -> bool:
        """Whether ten seconds of turns were started and both workers of the first moment are still signed on."""
        signed_on = "SELECT array_agg(id ORDER BY id) FROM procrastinate_workers"
        turns = "SELECT max(defer_timestamp) FROM procrastinate_periodic_defers"
        (ids,), ((began,),) = self.workers.rows(signed_on), self.workers.rows(turns)
        self.workers.wait(lambda: self.workers.rows(turns)[0][0] >= began + 10, "ten more seconds of turns")  # type: ignore[operator]
        return len(ids[0]) == 2 and self.workers.rows(signed_on) == [ids]  # type: ignore[arg-type]

    def ready(self) -> bool:
        answer = httpx.get(f"{self.address}/readyz", timeout=30)
        return answer.status_code == 200 and bool(answer.json()["ready"])

    def close(self) -> None:
        self.serving.kill()
        self.serving.communicate()
        self.workers.close()
        self.server.destroy()


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    made = Nodes(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def system() -> Iterator[SlowSystem]:
    with SlowSystem(SECONDS).running() as running:
        yield running


def link_to(system: SlowSystem, folder: Path) -> object:
    from countbridge.links.loading import apply_folder

    (folder / "tables").mkdir(parents=True)
    sides = "\n".join(
        f"{side}: {{code: {side}, connector: {FOLDER}, settings: {{url: {system.url}}}}}" for side in ("erp", "wms")
    )
    (folder / "link.yaml").write_text(f"code: slow\nname: A slow system\n{sides}\n", encoding="utf-8")
    return apply_folder(folder)[0]


def propose(link: object, papers: range) -> None:
    """One transaction, as a count writes down its documents."""
    from django.db import transaction

    from countbridge.connectors.contract import Document
    from countbridge.exchange import deliveries

    with transaction.atomic():
        for paper in papers:
            for order in range(ORDERS):
                document = Document("adjustment", {"paper": str(paper)})
                deliveries.propose(link, link.erp, document, f"{order}.{paper}", flow="F4", order_key=str(order))  # type: ignore[attr-defined]


def test_a_database_restarted_under_load_costs_nobody_anything(
    nodes: Nodes, system: SlowSystem, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    with django_on(nodes.url, django_db_blocker):
        from django.db import connection

        from countbridge.exchange.models import Delivery

        link = link_to(system, tmp_path / "link")
        pids = [nodes.workers.start().pid for _ in range(2)]
        nodes.workers.wait_until_alive(2)
        propose(link, range(PAPERS // 2))
        for restart in (1, 2):
            before = len(system.finished)
            nodes.workers.wait(
                lambda before=before: len(system.finished) > before + 5 and len(system.received) > len(system.finished),
                "papers are under way",
            )
            nodes.restart_database()
            connection.close()
            if restart == 1:
                propose(link, range(PAPERS // 2, PAPERS))
        deadline = time.monotonic() + SETTLED_WITHIN
        while (open_ := Delivery.objects.exclude(state=Delivery.State.CONFIRMED)).exists():
            log = nodes.workers.log.read_text(encoding="utf-8")[-3000:]
            assert time.monotonic() < deadline, f"{list(open_.values_list('key', 'state', 'error'))}\n{log}"
            time.sleep(0.1)
        assert Delivery.objects.filter(tries__gt=1).exists(), "the restart met deliveries under way"

    nodes.workers.wait(
        nodes.turns_go_on, "flows are started when they are due, by both workers, without an interruption"
    )
    assert nodes.workers.alive() == nodes.workers.processes, "no worker needed a hand"
    assert [process.pid for process in nodes.workers.processes] == pids
    assert nodes.serving.poll() is None
    assert nodes.ready()
    arrived: dict[str, list[str]] = defaultdict(list)
    for key in system.received:
        order, _, paper = key.partition(".")
        arrived[order].append(paper)
    assert arrived == {str(order): [str(paper) for paper in range(PAPERS)] for order in range(ORDERS)}, "once, in order"
