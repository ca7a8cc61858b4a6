"""kill -9 in the middle of counting and posting: the job goes on by itself, nothing is posted twice, no scan is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import psycopg
import pytest
from demo_server import PASSWORD, Demo, wait

from countbridge.sandbox.demo.faces import Console, Floor
from countbridge.sandbox.demo.linking import write_link
from countbridge.sandbox.demo.people import Crew
from countbridge.sandbox.demo.proof import ErpBook, Key, compare
from countbridge.sandbox.erp import approve
from countbridge.sandbox.world_model import User, World
from sandbox_wms_server import Wms
from tryton_server import RunningTryton, Seen, between

pytest_plugins = ["tryton_fixtures", "sandbox_wms_fixtures"]
pytestmark = pytest.mark.tryton

BINS = [f"W1-B-{number}" for number in (101, 102, 103, 104, 201, 202)]  # each an ERP location of its own
ZONE = "W2-Z1"  # one ERP location of eight bins
PATIENCE = 180.0


@contextlib.contextmanager
def at_work(crew: Crew, count: str) -> Iterator[Crew]:
    crew.start(count)
    try:
        yield crew
    finally:
        crew.stop()


def counting(console: Console) -> dict[str, Any]:
    """The count that is given out."""
    rows = wait(lambda: console.get("/counts", state="counting")["rows"], "a count is given out", 90)
    return dict(rows[0])


def reaches(console: Console, crew: Crew, count: str, *states: str) -> None:
    def there() -> bool:
        if crew.trouble:
            raise crew.trouble[0]
        return console.get(f"/counts/{count}")["state"] in states

    wait(there, f"{count} is {' or '.join(states)}", PATIENCE)


def to_erp(console: Console, count: str) -> list[dict[str, Any]]:
    """The deliveries of the count's gains and losses to the ERP."""
    rows: list[dict[str, Any]] = console.get("/deliveries", count=count, flow="F4", limit=500)["rows"]
    return rows


def under_way(rows: list[dict[str, Any]]) -> bool:
    """Somebody speaks to the ERP right now, or some documents stand there and others do not."""
    states = {row["state"] for row in rows}
    return "sending" in states or ("confirmed" in states and states != {"confirmed"})


def intended(console: Console, count: str) -> Counter[tuple[str, Key, Fraction]]:
    """Document of the ERP, key and signed change of each line Countbridge says it posted."""
    wanted: Counter[tuple[str, Key, Fraction]] = Counter()
    for row in to_erp(console, count):
        assert row["state"] == "confirmed", row
        payload = console.get(f"/deliveries/{row['id']}")["payload"]
        for line in payload["lines"]:
            key = (payload["fields"]["location"], line["item"], line["lot"] or "")
            wanted[row["remote_id"], key, Fraction(line["delta"])] += 1
    return wanted


def posted(book: ErpBook) -> Counter[tuple[str, Key, Fraction]]:
    """The same as the ERP tells it; nothing of ours may be half done there."""
    moves = book.posted("countbridge")
    assert {move.states for move in moves} <= {("done", "done")}
    return Counter((move.document, move.key, move.quantity) for move in moves)


def closes(console: Console, count: str) -> None:
    """The count closes. Books read while a movement was between them are read again now, not in a minute."""

    def told() -> dict[str, Any]:
        return dict(console.get(f"/counts/{count}"))

    wait(lambda: told()["state"] in ("closed", "differences"), f"{count} is posted", PATIENCE)
    if told()["state"] == "differences":
        console.post(f"/counts/{count}/verify", {})
        wait(lambda: told()["state"] == "closed", f"{count} closes, in spite of {told()['differences']}")


def no_scan_lost(console: Console, acknowledged: dict[str, int]) -> None:
    assert len(acknowledged) > 5
    stored: dict[str, int] = {}
    for line in set(acknowledged.values()):
        stored |= {scan["id"]: line for scan in console.get(f"/lines/{line}")["scans"]}
    assert acknowledged.items() <= stored.items()


def test_every_server_killed_once_while_a_warehouse_is_counted(demo: Demo) -> None:
    console = demo.console("planner")
    before = posted(demo.book)
    demo.floor.work(60, 2)
    demo.approve(*BINS, ZONE)
    count = counting(console)["number"]
    pids = demo.pids

    with at_work(Crew(demo.url, PASSWORD, demo.visit, demo.world), count) as crew:
        wait(lambda: console.get(f"/counts/{count}")["counted"] > 20, "some of it is counted")
        demo.kill("wms")
        demo.back("wms", pids["wms"])
        reaches(console, crew, count, "posting")
        demo.floor.work(0, 0)
        wait(lambda: under_way(to_erp(console, count)), "a posting is under way")
        demo.kill("erp")
        assert {row["state"] for row in to_erp(console, count)} != {"confirmed"}
        demo.back("erp", pids["erp"])
        wait(lambda: under_way(to_erp(console, count)), "a posting is under way again")
        demo.kill("countbridge")
        demo.back("countbridge", pids["countbridge"])
        demo.quiet()
        closes(console, count)
    assert crew.trouble == []
    assert all(demo.pids[name] != pid for name, pid in pids.items()), "each of them was killed"

    wanted = intended(console, count)
    assert len({document for document, _, _ in wanted}) > 3, "several documents"
    assert max(Counter(key for _, key, _ in wanted).values()) == 1, "each key once"
    assert posted(demo.book) - before == wanted
    assert compare(demo.book, demo.floor, demo.world, {*BINS, ZONE}) == ([], [])
    no_scan_lost(console, crew.acknowledged)


class Apart:
    """Countbridge as a company runs it: one process serves, others work, all on one database."""

    def __init__(self, database: str, log: Path) -> None:
        self.database, self.log = database, log
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.url = ""

    def environment(self, name: str) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": f"{self.database}&application_name={name}"}

    def run(self, name: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
        with self.log.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "countbridge.cli", *arguments],
                env=self.environment(name) | more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        return self.processes[name]

    def prepare(self, world: World, people: Iterable[User], folder: Path, **systems: str) -> None:
        """Link the systems and add the people, all at once."""
        write_link(folder, world)
        jobs = [self.run("link", "link", "apply", str(folder), **systems)]
        for user in people:
            add = ("user", "add", user.login, "--role", user.role)
            jobs.append(self.run(user.login, *add, COUNTBRIDGE_PASSWORD=PASSWORD))
        assert [job.wait(60) for job in jobs] == [0] * len(jobs), self.log.read_text()

    def serve(self) -> None:
        output = self.run("serve", "serve", "--port", "0").stdout
        assert output is not None
        self.url = output.readline().split()[1]

    def holder(self) -> str:
        """The name of the worker that has a delivery in hand, "" while none has."""
        query = """SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.classid = %s AND l.granted AND a.datname = current_database()"""
        with psycopg.connect(self.database) as connection:
            row = connection.execute(query, [0x0D0C]).fetchone()
        return str(row[0]) if row else ""

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.fixture
def apart(migrated_database: str, tmp_path: Path) -> Iterator[Apart]:
    made = Apart(migrated_database, tmp_path / "countbridge.log")
    try:
        yield made
    finally:
        made.close()


class Gate:
    """Between Countbridge and the ERP: the first confirmation waits here until it is let through."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, seen: Seen) -> None:
        if seen.confirms:
            self.reached.set()
            assert self.opened.wait(PATIENCE)


def test_the_other_worker_finishes_what_a_killed_one_was_posting(
    apart: Apart, tryton: RunningTryton, start_wms: Callable[..., Wms], company: World, tmp_path: Path
) -> None:
    places = {"W1-D-103", "W1-D-101"}
    wms = start_wms(SANDBOX_ERP_URL=f"{tryton.url}/rest/model", SANDBOX_ERP_KEY=tryton.key("wms_interface"))
    wms_url = f"http://127.0.0.1:{wms.port}"
    people = tuple(user for user in company.users if user.login in ("op1", "op2", "supervisor", "finance"))
    crew = Crew("", PASSWORD, lambda: Floor(wms_url, "floor", "api"), dataclasses.replace(company, users=people))
    gate = Gate()
    with between(tryton, gate) as erp_url, ErpBook(tryton.url, tryton.key()) as book, crew.floor() as floor:
        apart.prepare(
            company, people, tmp_path / "link", ERP_URL=erp_url, ERP_KEY=tryton.key(), WMS_URL=wms_url, WMS_KEY="api"
        )
        apart.serve()
        crew.url = apart.url
        workers = {name: apart.run(name, "worker", "--concurrency", "2") for name in ("one", "two")}
        approve(tryton.url, tryton.key("planner"), sorted(places))
        with Console(apart.url, "supervisor", PASSWORD) as console:
            count = counting(console)["number"]
            with at_work(crew, count):
                reaches(console, crew, count, "posting")
                assert gate.reached.wait(PATIENCE)
                victim = wait(apart.holder, "a worker has a delivery in hand")
                workers.pop(victim).kill()
                gate.opened.set()
                closes(console, count)
            wanted = intended(console, count)
            no_scan_lost(console, crew.acknowledged)
        (survivor,) = workers.values()
        assert survivor.poll() is None
        assert {key[0] for _, key, _ in wanted} == places
        assert posted(book) == wanted
        assert compare(book, floor, company, places) == ([], [])
