"""A system that takes its time with each document and remembers when it had which."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = Path(__file__).parent / "slow"


class SlowSystem:
    """`received`: key of every document in the order they arrived; `finished`: in the order they were answered."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.received: list[str] = []
        self.finished: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[SlowSystem]:
        ready = threading.Event()
        loop = asyncio.new_event_loop()
        over = asyncio.Event()

        async def serve() -> None:
            async with await asyncio.start_server(self._connection, "127.0.0.1", 0) as server:
                self.port = server.sockets[0].getsockname()[1]
                ready.set()
                await over.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()
            loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ")
                lengths = [line.split(":")[1] for line in head[1:] if line.lower().startswith("content-length:")]
                await reader.readexactly(int(lengths[0]) if lengths else 0)
                status, told = await self._answer(method, path.rpartition("/")[2])
                body = json.dumps(told).encode()
                writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        writer.close()

    async def _answer(self, method: str, key: str) -> tuple[int, dict[str, str]]:
        if method == "POST":
            self.received.append(key)
            await asyncio.sleep(self.seconds)
            self.finished.append(key)
        return (200, {"id": key}) if key in self.finished else (404, {})
