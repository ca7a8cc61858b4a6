"""`countbridge connectors`, `read` and `conformance` as a consultant runs them: output and exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from countbridge import cli, messages
from countbridge.errors import CountbridgeError
from rest_server import Call, Remote, Reply, data, remote

SOURCES = Path(__file__).parents[2] / "src"
ROWS = [{"code": f"{number:05d}", "name": "螺丝", "qty": 1} for number in range(1, 6)]


@dataclass(frozen=True)
class Run:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def countbridge(*arguments: str, cwd: Path, **variables: str) -> Run:
    """Runs a command in this process (a new one takes a second or two to start) and ends as `main` does."""
    runner = CliRunner(env={"LANG": "en_GB.UTF-8", "LC_ALL": "", "LC_MESSAGES": "", **variables})
    with chdir(cwd):
        done = runner.invoke(cli.build(), arguments)
    if isinstance(done.exception, CountbridgeError):
        sentence = messages.render(done.exception.code, done.exception.params, variables.get("LANG", "en"))
        return Run(2, done.stdout, done.stderr + sentence)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Run(done.exit_code, done.stdout, done.stderr)


def process(*arguments: str, cwd: Path) -> Run:
    """Runs a command as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "LANG": "en_GB.UTF-8", "LC_ALL": "", "LC_MESSAGES": ""}
    command = [sys.executable, "-m", "countbridge.cli", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


def answer(call: Call) -> Reply:
    """A well-behaved system for the scaffolded connector: two items a page, adjustments kept by key."""
    if call.headers["X-Api-Key"] != "key-1":
        return Reply(b"no", 401)
    if call.path == "/items":
        page, size = int(call.params["page"]), 2
        return data({"code": 0, "data": ROWS[(page - 1) * size : page * size]})
    if call.path == "/adjustments" and call.method == "GET":
        return data({"code": 404, "message": "none"})
    return data({"code": 0, "data": {}})


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Remote]:
    """The system and, in `tmp_path`, a connector and a settings file for it."""
    made = countbridge("connectors", "new", "acme", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    with remote(answer) as system:
        settings = {"url": system.url, "api_key": "${ACME_KEY}"}
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        yield system


def test_new_connector_passes_check(tmp_path: Path, acme: Remote) -> None:
    checked = countbridge("connectors", "check", "acme", cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("acme 0.1 (wms; contract 1.0)")
    again = countbridge("connectors", "new", "acme", cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_wrong_manifest_is_found(tmp_path: Path, acme: Remote) -> None:
    file = tmp_path / "acme" / "connector.yaml"
    file.write_text(file.read_text().replace("semantics: delta", "semantics: detla"))
    checked = countbridge("connectors", "check", "acme", "--json", cwd=tmp_path)
    assert checked.returncode == 1
    (problem,) = json.loads(checked.stdout)["problems"]
    assert (problem["code"], problem["nearest"]) == ("manifest.unknown_word", "delta")
    assert int(problem["line"]) == 1 + file.read_text()[: file.read_text().index("detla")].count("\n")
    chinese = countbridge("connectors", "check", "acme", cwd=tmp_path, LANG="zh_CN.UTF-8", PYTHONUTF8="1")
    assert "最接近：delta" in chinese.stderr
    assert countbridge("connectors", "check", "nowhere", cwd=tmp_path).returncode == 2


def test_list_names_ours(tmp_path: Path) -> None:
    listed = countbridge("connectors", "list", "--json", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr + listed.stdout
    found: dict[str, Any] = {entry["name"]: entry for entry in json.loads(listed.stdout)}
    assert found["sandbox_wms"]["documents"]["adjustment"] == "delta"
    assert found["sandbox_wms"]["settings"]["api_key"]["secret"]


def test_read_prints_one_row_a_line(tmp_path: Path, acme: Remote) -> None:
    read = countbridge("read", "acme", "items", "--settings", "settings.json", cwd=tmp_path, ACME_KEY="key-1")
    assert read.returncode == 0, read.stderr
    rows = [json.loads(line) for line in read.stdout.splitlines()]
    assert rows == [{**row, "qty": "1"} for row in ROWS]
    assert read.stderr == ""


@pytest.mark.parametrize(("limit", "cursor"), [("2", "2"), ("3", "2"), ("4", "3")])
def test_read_cut_short_names_a_cursor_that_misses_nothing(
    limit: str, cursor: str, tmp_path: Path, acme: Remote
) -> None:
    options = ("--settings", "settings.json")
    cut = countbridge("read", "acme", "items", *options, "--limit", limit, cwd=tmp_path, ACME_KEY="key-1")
    assert len(cut.stdout.splitlines()) == int(limit)
    assert cut.stderr == f"cursor: {cursor}\n"
    rest = countbridge("read", "acme", "items", *options, "--cursor", cursor, cwd=tmp_path, ACME_KEY="key-1")
    codes = {json.loads(line)["code"] for line in (cut.stdout + rest.stdout).splitlines()}
    assert codes == {row["code"] for row in ROWS}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("items", "--settings", "none.yaml"), "none.yaml cannot be read"),
        (("item", "--settings", "settings.json"), "Nearest: items"),
        (("items", "--settings", "settings.json", "--scope", "zone=A"), "cannot be narrowed by zone"),
        (("items", "--settings", "settings.json", "--scope", "zone"), "not of the form name=value"),
        (("items", "--settings", "settings.json", "--cursor", "x"), "x is no cursor"),
    ],
)
def test_read_says_what_is_wrong(arguments: tuple[str, ...], words: str, tmp_path: Path, acme: Remote) -> None:
    read = countbridge("read", "acme", *arguments, cwd=tmp_path, ACME_KEY="key-1")
    assert read.returncode == 2
    assert read.stdout == ""
    assert words in read.stderr


def test_secret_from_the_environment_must_be_there(tmp_path: Path, acme: Remote) -> None:
    read = countbridge("read", "acme", "items", "--settings", "settings.json", cwd=tmp_path)
    assert read.returncode == 2
    assert "ACME_KEY, which is not set" in read.stderr
    wrong = countbridge("read", "acme", "items", "--settings", "settings.json", cwd=tmp_path, ACME_KEY="secret-key")
    assert wrong.returncode == 2
    assert "refused our credentials" in wrong.stderr
    assert "secret-key" not in wrong.stderr


def test_conformance_passes_and_writes_nothing(tmp_path: Path, acme: Remote) -> None:
    ran = countbridge("conformance", "acme", "--settings", "settings.json", "--json", cwd=tmp_path, ACME_KEY="key-1")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads(ran.stdout)
    assert report["passed"]
    passed = {(one["subject"], one["check"]) for one in report["results"] if one["status"] == "passed"}
    assert {("items", "read"), ("items", "resume"), ("items", "stable"), ("adjustment", "find")} <= passed
    assert {call.method for call in acme.calls} == {"GET"}


def liar(call: Call) -> Reply:
    """Doubles across pages far apart, forgets nothing it never got, sends floats and spaces."""
    if call.path == "/items":
        page = int(call.params["page"])
        rows = {1: [{"code": "A", "qty": 0.30000000000000004}], 2: [{"code": " B "}], 3: [{"code": "A"}]}
        return data({"code": 0, "data": rows.get(page, [])})
    return data({"code": 0, "data": {"id": 1}})


def test_conformance_finds_a_liar(tmp_path: Path, acme: Remote) -> None:
    acme.answer = liar
    ran = countbridge("conformance", "acme", "--settings", "settings.json", "--json", cwd=tmp_path, ACME_KEY="key-1")
    assert ran.returncode == 1
    results = {(one["subject"], one["check"]): one for one in json.loads(ran.stdout)["results"]}
    failed = {key: one["code"] for key, one in results.items() if one["status"] == "failed"}
    assert failed == {
        ("items", "decimals"): "conformance.float_tail",
        ("items", "identity"): "conformance.row_twice",
        ("adjustment", "find"): "conformance.found_nothing_sent",
    }
    assert results["items", "spaces"]["status"] == "noted"


def test_conformance_of_writes(tmp_path: Path, acme: Remote) -> None:
    """A system that posts again under the same key is caught, because the settings file allows writing."""
    posted: list[str] = []

    def forgetful(call: Call) -> Reply:
        if call.path == "/adjustments" and call.method == "POST":
            posted.append(call.json()["key"])
            return data({"code": 0, "data": {"id": f"AD-{len(posted)}"}})
        if call.path == "/adjustments" and call.params["key"] in posted:
            return data({"code": 0, "data": {"id": f"AD-{posted.index(call.params['key']) + 1}"}})
        return answer(call)

    acme.answer = forgetful
    (tmp_path / "settings.yaml").write_text(
        f"url: {acme.url}\napi_key: key-1\nconformance:\n  writes:\n"
        "    - kind: adjustment\n      fields: {reason: test}\n      lines: [{code: A, delta: '1'}]\n"
    )
    ran = countbridge("conformance", "acme", "--settings", "settings.yaml", "--json", cwd=tmp_path)
    results = {(one["check"]): one for one in json.loads(ran.stdout)["results"] if one["subject"] == "adjustment"}
    assert ran.returncode == 1
    assert results["write"]["status"] == results["lost_reply"]["status"] == results["max_lines"]["status"] == "passed"
    assert (results["repeat"]["status"], results["repeat"]["code"]) == ("failed", "conformance.repeat_differs")
    assert len(posted) == 2


def test_unreachable_system_could_not_be_tried(tmp_path: Path, acme: Remote) -> None:
    (tmp_path / "settings.yaml").write_text("url: http://127.0.0.1:1\napi_key: key-1\n")
    ran = process("conformance", "acme", "--settings", "settings.yaml", cwd=tmp_path)
    assert ran.returncode == 2
    assert "cannot be reached" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["read", "conformance", "connectors check", "connectors new", "connectors list"])
def test_help_shows_an_example(command: str, tmp_path: Path) -> None:
    shown = countbridge(*command.split(), "--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert f"Example: countbridge {command}" in " ".join(shown.stdout.split())
