"""The built pages' files: kept for ever where the name says so, asked for again otherwise, never outside the folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from countbridge.web.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "static"
    (folder / "console" / "assets").mkdir(parents=True)
    (folder / "console" / "index.html").write_text("<p>page</p>")
    (folder / "console" / "assets" / "index-QLX0owU8.js").write_text("1;" * 300_000)
    (folder / "pda").mkdir()
    (folder / "pda" / "sw.js").write_text("self")
    (tmp_path / "secret.txt").write_text("secret")
    return Files(behind, folder)


async def behind(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"behind"})


def ask(files: Files, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    asyncio.run(files(scope, receive, send))
    received = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], received, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_name_with_a_hash_is_kept_for_ever(files: Files) -> None:
    status, headers, body = ask(files, "/static/console/assets/index-QLX0owU8.js")
    assert (status, len(body)) == (200, 600_000)
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith("text/javascript")


def test_a_name_without_one_is_asked_for_again_and_costs_nothing_unchanged(files: Files) -> None:
    _, headers, _ = ask(files, "/static/pda/sw.js")
    assert "immutable" not in headers["cache-control"]
    assert "max-age=0" in headers["cache-control"]
    status, _, body = ask(files, "/static/pda/sw.js", if_none_match=headers["etag"])
    assert (status, body) == (304, b"")


def test_files_carry_the_strict_headers_and_the_worker_may_serve_its_page(files: Files) -> None:
    _, headers, _ = ask(files, "/static/pda/sw.js")
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["service-worker-allowed"] == "/pda"


@pytest.mark.parametrize("path", ["/static/../secret.txt", "/static/console/../../secret.txt", "/static/none.js", "/x"])
def test_whatever_is_no_file_is_left_to_the_application(files: Files, path: str) -> None:
    assert ask(files, path)[::2] == (299, b"behind")


def test_only_reading_reaches_files(files: Files) -> None:
    assert ask(files, "/static/pda/sw.js", "POST")[0] == 299
    status, headers, body = ask(files, "/static/pda/sw.js", "HEAD")
    assert (status, headers["content-length"], body) == (200, "4", b"")


def test_the_api_pages_own_files_are_among_them(files: Files) -> None:
    assert ask(files, "/static/ninja/swagger-ui.css")[0] == 200
