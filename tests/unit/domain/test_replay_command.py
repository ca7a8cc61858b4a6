"""`countbridge replay`: one result per file and line, exit 0 or 2, and a bad file stops no other."""

import json

import pytest
from typer.testing import CliRunner

from countbridge.cli import build

from .test_history import GOOD, changed


@pytest.fixture
def replay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C")

    def run(**files):
        for name, content in files.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            (tmp_path / name).write_bytes(data)
        return CliRunner().invoke(build(), ["replay", *files])

    return run


def test_one_line_per_file_in_their_order(replay):
    other = changed(["scans"], [])
    result = replay(a=GOOD, b=other)
    first, second = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert (first["lines"][0]["outcome"], second["lines"][0]["outcome"]) == ("hold", "hold")
    assert (first["lines"][0]["counted"], second["lines"][0]["counted"]) == ("12", None)
    assert first["errors"] == []


def test_a_bad_file_is_named_with_the_place_and_the_others_are_judged(replay):
    result = replay(a=changed(["movements", 0, "qty"], 3), b=GOOD)
    bad, good = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 2
    assert (bad["lines"], bad["errors"][0]["path"], bad["errors"][0]["file"]) == ([], "$.movements[0].qty", "a")
    assert "expected a decimal in quotes" in bad["errors"][0]["message"]
    assert good["lines"]
    assert result.stderr.startswith("a: $.movements[0].qty: expected a decimal in quotes")


def test_the_sentence_is_in_the_language_of_the_terminal(replay, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "应为引号内的十进制数" in replay(a=changed(["movements", 0, "qty"], 3)).stderr


def test_a_scan_that_cannot_be_used_is_an_error_of_its_line_not_of_the_file(replay):
    result = replay(a=changed(["scans", 0, "unit"], "CRATE"))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["errors"] == [
        {"scan": "s1", "key": GOOD["scans"][0]["key"], "code": "unknown_unit"}
    ]


def test_bytes_that_are_no_text_and_a_file_that_is_not_there(replay, tmp_path):
    assert "UTF-8" in replay(a=b'{"\xff": 1}').stderr
    missing = CliRunner().invoke(build(), ["replay", "nowhere.json"])
    assert missing.exit_code == 2
    assert "nowhere.json: The file cannot be read" in missing.stderr


def test_a_byte_order_mark_is_no_mistake_and_chinese_codes_stay_readable(replay):
    history = changed(["scans", 0, "key", "lot"], "甲")
    result = replay(a=b"\xef\xbb\xbf" + json.dumps(history).encode())
    assert result.exit_code == 0
    assert '"lot":"甲"' in result.stdout
