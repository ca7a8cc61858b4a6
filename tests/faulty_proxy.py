"""A gateway between Countbridge and a system that loses, cuts, delays and refuses, one seeded draw for each request.

It understands just enough HTTP to know where a request ends and an answer begins, so that it can fail before the system
has heard of a request, after the system has done it, and in the middle of the answer. Some faults hit the client instead:
the process that sent the request is killed at exactly that moment.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx

NONE = "none"
# What each fault does; the system hears of the request in those marked *.
DELAYED = "delayed"  # * passed on late, but in time
LOST_REQUEST = "lost request"  # connection closed, the system never heard of it
RESET_REQUEST = "reset request"  # the same with a TCP reset
REFUSED = "502 before"  # the gateway answers that it cannot reach the system
LATE_REQUEST = "late request"  # * reaches the system only after the client has given up waiting
LOST_ANSWER = "lost answer"  # * done, and the connection closed instead of the answer
RESET_ANSWER = "reset answer"  # * done, and a TCP reset instead of the answer
HALF_ANSWER = "half answer"  # * done, and the answer breaks off in the middle
SLOW_ANSWER = "slow answer"  # * done, and the answer comes after the client has given up
GATEWAY_LOST = "504 after"  # * done, and the gateway answers that it heard nothing
KILLED_BEFORE = "killed before"  # * the client dies while its request is on the way
KILLED_AFTER = "killed after"  # * the client dies when it is done and before the answer
KILLED_LATER = "killed later"  # * the client dies within moments after the answer

KILLS = frozenset({KILLED_BEFORE, KILLED_AFTER, KILLED_LATER})
UNHEARD = frozenset({LOST_REQUEST, RESET_REQUEST, REFUSED})
WEIGHTS = {
    "write": {
        NONE: 56, DELAYED: 5, LOST_REQUEST: 3, RESET_REQUEST: 3, REFUSED: 2, LATE_REQUEST: 4, LOST_ANSWER: 6,
        RESET_ANSWER: 4, HALF_ANSWER: 4, SLOW_ANSWER: 3, GATEWAY_LOST: 4, KILLED_BEFORE: 4, KILLED_AFTER: 4, KILLED_LATER: 4,
    },
    "read": {
        NONE: 288, DELAYED: 2, LOST_REQUEST: 1, RESET_REQUEST: 2, REFUSED: 1, LOST_ANSWER: 1, HALF_ANSWER: 2,
        SLOW_ANSWER: 1, GATEWAY_LOST: 1, KILLED_AFTER: 1,
    },
}  # fmt: skip


class Killer(Protocol):
    """Who kills the process behind a local TCP port, when that is wanted now."""

    def kill(self, port: int) -> bool: ...


class Passed(NamedTuple):
    """One request and what was done to it. `status`: what the system answered, None if it never heard of it."""

    at: float
    kind: str
    what: str
    fault: str
    status: int | None
    seconds: float  # the system took


@dataclass
class FaultyProxy:
    """Run it as a context. `patience`: the client's read timeout in seconds. `calm` ends the faults, not the passing on."""

    target: str
    seed: int
    patience: float
    killer: Killer
    calm: bool = False
    passed: list[Passed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._began = time.monotonic()
        split = urlsplit(self.target)
        self._upstream, self._path = f"{split.scheme}://{split.netloc}", split.path
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.underway = 0  # requests that were read and are not yet done with
        self.trouble: list[Exception] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self._path}"

    def faults(self, kind: str) -> Counter[str]:
        return Counter(passed.fault for passed in self.passed if passed.kind == kind)

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        self._http = httpx.AsyncClient(timeout=120, trust_env=False, limits=httpx.Limits(max_connections=None))
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._http.aclose()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await _Exchange(self, reader, writer).run():
                    pass
        except Exception as error:  # noqa: BLE001  told by the test, which asks for it
            self.trouble.append(error)
        finally:
            self._connections.discard(task)
            writer.close()

    def draw(self, kind: str) -> str:
        """The fault of the next request."""
        if self.calm:
            return NONE
        weights = WEIGHTS[kind]
        return self._random.choices(list(weights), list(weights.values()))[0]

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def late(self, what: str) -> int:
        """How often the system took such a request, e.g. "POST orders", after its sender had given it up."""
        return sum(1 for p in self.passed if p.fault == LATE_REQUEST and p.what == what and p.status == 200)

    def note(self, kind: str, what: str, fault: str, status: int | None, seconds: float) -> None:
        self.passed.append(
            Passed(round(time.monotonic() - self._began, 3), kind, what, fault, status, round(seconds, 3))
        )

    async def forward(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> httpx.Response:
        return await self._http.request(method, self._upstream + path, headers=headers, content=body)


class _Exchange:
    """One request on a client's connection, and what becomes of it."""

    def __init__(self, proxy: FaultyProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.client_port: int = writer.get_extra_info("peername")[1]

    async def run(self) -> bool:
        """Whether the connection may carry another request."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.method, self.path, _ = head[0].split(" ", 2)
        parsed = [tuple(line.split(": ", 1)) for line in head[1:] if line]
        self.headers = [(name, value) for name, value in parsed if name.lower() not in ("host", "connection")]
        length = next((int(value) for name, value in parsed if name.lower() == "content-length"), 0)
        self.body = await self.reader.readexactly(length)
        self.kind = "read" if self.method == "GET" else "write"
        fault = self.proxy.draw(self.kind)
        if fault == KILLED_BEFORE and not self.proxy.killer.kill(self.client_port):
            fault = NONE
        self.proxy.underway += 1
        try:
            return await self._unheard(fault) if fault in UNHEARD else await self._heard(fault)
        finally:
            self.proxy.underway -= 1

    async def _unheard(self, fault: str) -> bool:
        self._note(fault, None)
        if fault == RESET_REQUEST:
            self._reset()
        if fault == REFUSED:
            await self._answer(502, "text/html", b"<html>502 Bad Gateway</html>")
            return True
        return False

    async def _heard(self, fault: str) -> bool:
        if fault == DELAYED:
            await asyncio.sleep(self.proxy.between(0.05, 0.4))
        if fault == LATE_REQUEST:
            await asyncio.sleep(self.proxy.patience + self.proxy.between(0.1, 3.0))
        asked = time.monotonic()
        answer = await self.proxy.forward(self.method, self.path, self.headers, self.body)
        seconds = time.monotonic() - asked
        if fault == KILLED_AFTER and not self.proxy.killer.kill(self.client_port):
            fault = NONE
        if fault != KILLED_LATER:
            self._note(fault, answer.status_code, seconds)
        if fault == RESET_ANSWER:
            self._reset()
        if fault == SLOW_ANSWER:
            await asyncio.sleep(self.proxy.patience + self.proxy.between(0.1, 1.0))
        if fault == GATEWAY_LOST:
            await self._answer(504, "text/html", b"<html>504 Gateway Time-out</html>")
            return True
        if fault in (LOST_ANSWER, RESET_ANSWER, KILLED_BEFORE, KILLED_AFTER):
            return False
        half = fault == HALF_ANSWER
        await self._answer(answer.status_code, answer.headers.get("content-type", ""), answer.content, half=half,
                           date=answer.headers.get("date", ""))  # fmt: skip
        if fault == KILLED_LATER:
            await asyncio.sleep(self.proxy.between(0, 0.03))
            killed = self.proxy.killer.kill(self.client_port)
            self._note(KILLED_LATER if killed else NONE, answer.status_code, seconds)
        return not half

    async def _answer(self, status: int, content_type: str, body: bytes, *, half: bool = False, date: str = "") -> None:
        head = f"HTTP/1.1 {status} .\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\nDate: {date}\r\n\r\n"
        self.writer.write(head.encode("latin-1") + (body[: len(body) // 2] if half else body))
        await self.writer.drain()

    def _reset(self) -> None:
        """Close with RST instead of FIN."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def _note(self, fault: str, status: int | None, seconds: float = 0.0) -> None:
        what = f"{self.method} {self.path.partition('?')[0].rpartition('/model/')[2]}"
        self.proxy.note(self.kind, what, fault, status, seconds)
