"""A small real HTTP server for tests: answers from a script, keeps what it was sent, misbehaves on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Call:
    """One request as it arrived."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer. `delay`: seconds before it · `cut`: the connection closes after so many bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    cut: int | None = None


def data(value: Any, **headers: str) -> Reply:
    """A good answer holding `value`."""
    return Reply(json.dumps(value).encode(), headers={"Content-Type": "application/json", **headers})


class Remote:
    """The other system. `answer` decides what each call gets."""

    def __init__(self, answer: Callable[[Call], Reply]) -> None:
        self.answer = answer
        self.calls: list[Call] = []
        self.url = ""


@contextmanager
def remote(answer: Callable[[Call], Reply]) -> Iterator[Remote]:
    """A server on a free port of 127.0.0.1, stopped at the end."""
    system = Remote(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            url = urlsplit(self.path)
            sent = self.rfile.read(length).decode()
            call = Call(self.command, url.path, dict(parse_qsl(url.query)), dict(self.headers), sent)
            system.calls.append(call)
            reply = system.answer(call)
            time.sleep(reply.delay)
            try:
                self.give(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = handle_any

        def give(self, reply: Reply) -> None:
            if reply.cut is not None:
                self.close_connection = True
            if reply.cut == 0 and not reply.body:
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    system.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield system
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
