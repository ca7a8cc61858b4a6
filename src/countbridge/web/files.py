"""Serves the built pages' files before Django sees the request: from an index made once, with long caching where the
name carries a hash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from whitenoise import WhiteNoise

from countbridge.web.headers import STRICT

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

HASHED = r"/assets/.+-[A-Za-z0-9_-]{8,}\.\w+$"
CHUNK = 256 * 1024  # bytes


class Files:
    """An ASGI application in front of another: answers paths it has a file for, passes on the rest."""

    def __init__(self, application: Application, folder: Path, *, follow_changes: bool = False) -> None:
        self._application = application
        self._index = WhiteNoise(
            None,
            max_age=0,
            allow_all_origins=False,
            autorefresh=follow_changes,
            immutable_file_test=HASHED,
            add_headers_function=_add_headers,
        )
        for root in (folder, _api_page_files()):
            if root.is_dir():
                self._index.add_files(str(root), "/static/")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        file = self._find(scope)
        if file is None:
            await self._application(scope, receive, send)
            return
        response = await asyncio.to_thread(file.get_response, scope["method"], _headers(scope))
        headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
        await send({"type": "http.response.start", "status": int(response.status), "headers": headers})
        if response.file is not None:
            with response.file as opened:
                while chunk := await asyncio.to_thread(opened.read, CHUNK):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _find(self, scope: Message) -> Any | None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        path = scope["path"]
        if not path.startswith("/static/"):
            return None
        return self._index.find_file(path) if self._index.autorefresh else self._index.files.get(path)


def _headers(scope: Message) -> dict[str, str]:
    """Request headers under the names WSGI gives them, which is what the index looks for."""
    return {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }


def _add_headers(headers: Headers, path: str, url: str) -> None:
    for name, value in STRICT.items():
        headers[name] = value
    if url.endswith("/sw.js"):
        headers["Service-Worker-Allowed"] = "/pda"  # the file lies under /static, the page it serves does not


def _api_page_files() -> Path:
    """The API page's own scripts and styles, as its package ships them (nothing is loaded from elsewhere)."""
    found = find_spec("ninja")
    places = list(found.submodule_search_locations or []) if found else []
    return Path(places[0]) / "static" if places else Path("static")
