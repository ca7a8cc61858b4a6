"""Live pages: a scan is told to open pages as soon as it is stored, to those who may see the count and to nobody else."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from countbridge.asgi import application
from countbridge.people import tokens
from countbridge.people.models import Token
from countbridge.stocktake.models import Count
from modelled.stage import Stage

PATIENCE = 30  # seconds until a condition that should come true counts as failed


@pytest.fixture
def server() -> Iterator[str]:
    """The application behind a real server in this process, so that the modelled systems are within reach."""
    running = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not running.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = running.force_exit = True
    thread.join(PATIENCE)


@pytest.fixture
def counting(transactional_db: None, tmp_path: Path) -> tuple[Stage, Count, Count]:
    """A count in each warehouse; everything is committed, so the notifications are real."""
    stage = Stage(tmp_path, people=("chen", "sun", "zheng"))
    counts = stage.start("W1-A"), stage.start("W2-S")
    stage.world.tick()
    return stage, *counts


async def events(
    client: httpx.AsyncClient, path: str, token: str, heard: list[dict[str, Any]], open_: asyncio.Event
) -> None:
    """Listen like a page does: what arrives goes into `heard`."""
    kind = ""
    async with client.stream("GET", path, headers={"Authorization": f"Bearer {token}"}) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                if kind == "ping":
                    open_.set()
                else:
                    heard.append({"event": kind, **json.loads(line.removeprefix("data: "))})


async def listen_while_scanning(
    url: str, path: str, listener: str, sender: str, entries: list[dict[str, Any]], until: str
) -> tuple[list[dict[str, Any]], list[bool]]:
    """Open the page, send the scans one after another, and give back what the page heard until the event of `until`."""
    heard: list[dict[str, Any]] = []
    opened = asyncio.Event()
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        page = asyncio.create_task(events(client, path, listener, heard, opened))
        await asyncio.wait_for(opened.wait(), PATIENCE)
        stored = []
        for entry in entries:
            headers = {"Authorization": f"Bearer {sender}"}
            answer = await client.post("/api/pda/scans", json={"scans": [entry]}, headers=headers)
            stored.append(answer.json()["results"][0]["ok"])
        deadline = time.monotonic() + PATIENCE
        while until not in [event["count"] for event in heard] and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        page.cancel()
    return heard, stored


@pytest.mark.parametrize("listener", ["sun", "zheng"])
def test_a_scan_is_told_to_open_pages_of_those_who_may_see_the_count(
    counting: tuple[Stage, Count, Count], server: str, listener: str
) -> None:
    """Zheng sees W1 only: of the scan in W2, sent first, nothing reaches that page."""
    stage, mine, other = counting
    token = tokens.issue(stage.users[listener], Token.API, "page")
    sender = tokens.issue(stage.users["chen"], Token.PDA, "handheld")
    entries = [
        stage.entry(other.sheets.get(), "S0101", "00123", "1"), stage.entry(mine.sheets.get(), "A0101", "00123", "1"),
    ]  # fmt: skip
    heard, stored = asyncio.run(listen_while_scanning(server, "/api/events", token, sender, entries, mine.number))
    assert stored == [True, True]
    told = [(event["event"], event["kind"], event["count"]) for event in heard]
    expected = [("changed", "scan", other.number), ("changed", "scan", mine.number)]
    assert told == (expected if listener == "sun" else expected[1:])


def test_a_page_of_one_count_hears_of_no_other(counting: tuple[Stage, Count, Count], server: str) -> None:
    stage, mine, other = counting
    token = tokens.issue(stage.users["sun"], Token.API, "page")
    sender = tokens.issue(stage.users["chen"], Token.PDA, "handheld")
    entries = [
        stage.entry(other.sheets.get(), "S0101", "00123", "1"), stage.entry(mine.sheets.get(), "A0101", "00123", "1"),
    ]  # fmt: skip
    heard, _ = asyncio.run(
        listen_while_scanning(server, f"/api/events?count={mine.number}", token, sender, entries, mine.number)
    )
    assert [event["count"] for event in heard] == [mine.number]


def test_an_operator_may_not_listen(counting: tuple[Stage, Count, Count], server: str) -> None:
    stage, *_ = counting
    for scope, status in ((Token.API, 403), (Token.PDA, 401)):
        headers = {"Authorization": f"Bearer {tokens.issue(stage.users['chen'], scope, 'x')}"}
        assert httpx.get(f"{server}/api/events", headers=headers).status_code == status
