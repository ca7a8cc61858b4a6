"""Several worker processes deliver to one slow system: in order, once each, within its limits, whoever is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_workers import Workers

from rest_server import Remote, remote
from slow_system import SlowSystem, connector, fill


@pytest.fixture
def workers(migrated_database: str, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(migrated_database, tmp_path / "workers.log")
    made.url = migrated_database  # type: ignore[attr-defined]
    try:
        yield made
    finally:
        made.close()


def delivered(workers: Workers) -> int:
    return int(str(workers.rows("SELECT count(*) FROM exchange_delivery WHERE state = 'confirmed'")[0][0]))


def deliver(workers: Workers, system: Remote, folder: Path, documents: int, papers: int) -> None:
    fill(str(workers.url), folder, system.url, documents, papers)  # type: ignore[attr-defined]
    workers.start()
    workers.start()
    workers.wait_until_alive(2)
    workers.wait(lambda: delivered(workers) == documents * papers, "everything is delivered")


def test_two_workers_keep_the_order_of_each_document_and_the_number_at_once(workers: Workers, tmp_path: Path) -> None:
    slow = SlowSystem(0.5)
    with remote(slow.answer) as system:
        deliver(workers, system, connector(tmp_path, "", 3), documents=8, papers=2)
    assert slow.out_of_order() == []
    assert len(slow.begun) == 16
    assert slow.most_at_once <= 3, "four threads in two workers share three slots"
    assert workers.rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'exchange.deliver'") == [(0,)]


def test_two_workers_share_one_rate(workers: Workers, tmp_path: Path) -> None:
    slow = SlowSystem(0.0)
    with remote(slow.answer) as system:
        deliver(workers, system, connector(tmp_path, "4", 8), documents=12, papers=2)
    assert slow.out_of_order() == []
    assert slow.fastest(slack=0.5) <= 4
    ((calls,),) = workers.rows("SELECT sum(calls)::int FROM exchange_callminute WHERE effect = 'write' AND fault = ''")
    assert calls == 24, "every call is in the figures"


def test_a_killed_worker_breaks_neither_order_nor_once(workers: Workers, tmp_path: Path) -> None:
    slow = SlowSystem(0.2)
    with remote(slow.answer) as system:
        fill(str(workers.url), connector(tmp_path, "", 8), system.url, 6, 4)  # type: ignore[attr-defined]
        victim = workers.start()
        workers.wait(lambda: len(slow.begun) >= 3, "it is at work")
        os.kill(victim.pid, signal.SIGKILL)
        workers.start()
        workers.wait(lambda: delivered(workers) == 24, "the other delivers everything")
    assert slow.out_of_order() == []
    assert len({key for _, key in slow.begun}) == len(slow.begun) == 24
