"""The commands an administrator runs, as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest

Done = subprocess.CompletedProcess[str]


def countbridge(url: str, *arguments: str, **variables: str) -> Done:
    environment = {**os.environ, "DATABASE_URL": url, "LC_ALL": "", "LANG": "en_US.UTF-8", **variables}
    return subprocess.run(
        [sys.executable, "-m", "countbridge.cli", *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def findings(done: Done) -> dict[str, bool | None]:
    return {finding["check"]: finding["ok"] for finding in json.loads(done.stdout)["findings"]}


def test_doctor_finds_missing_tables_and_then_none(fresh_database: str) -> None:
    before = countbridge(fresh_database, "doctor", "--json")
    assert before.returncode == 1
    assert findings(before)["database"] is True
    assert findings(before)["tables"] is False
    assert countbridge(fresh_database, "migrate").returncode == 0
    after = findings(countbridge(fresh_database, "doctor", "--json"))
    assert (after["tables"], after["workers"], after["systems"]) == (True, None, None)


def test_an_unreachable_database_is_one_sentence(fresh_database: str) -> None:
    done = countbridge("postgresql://nobody@127.0.0.1:1/none", "doctor", "--json")
    assert done.returncode == 1
    assert findings(done)["database"] is False


@pytest.mark.parametrize(
    ("language", "sentence"), [("en_US.UTF-8", "boss is not a role"), ("zh_CN.UTF-8", "没有名为 boss")]
)
def test_a_refused_command_says_why_in_the_terminals_language(
    migrated_database: str, language: str, sentence: str
) -> None:
    done = countbridge(
        migrated_database,
        "user",
        "add",
        "chen",
        "--role",
        "boss",
        COUNTBRIDGE_PASSWORD="correct horse 9",
        LANG=language,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_is_added_once_and_changed_on_request(migrated_database: str) -> None:
    add = ("user", "add", "chen", "--role", "operator", "--warehouse", "W1", "--json")
    assert countbridge(migrated_database, *add).returncode == 2, "no password was given"
    password = {"COUNTBRIDGE_PASSWORD": "correct horse 9"}
    first = countbridge(migrated_database, *add, **password)
    assert json.loads(first.stdout) == {"username": "chen", "roles": [["operator", "W1"]]}
    assert "--update" in countbridge(migrated_database, *add, **password).stderr
    assert countbridge(migrated_database, *add, "--role", "finance", "--update", **password).returncode == 0
    with psycopg.connect(migrated_database) as connection:
        rows = connection.execute("SELECT role, warehouse FROM people_membership ORDER BY role").fetchall()
    assert rows == [("finance", "W1"), ("operator", "W1")]


def test_a_program_gets_a_token_shown_once(migrated_database: str) -> None:
    missing = countbridge(migrated_database, "user", "token", "esb")
    assert missing.returncode == 2
    countbridge(migrated_database, "user", "add", "esb", "--role", "auditor", COUNTBRIDGE_PASSWORD="correct horse 9")
    token = countbridge(migrated_database, "user", "token", "esb", "--name", "esb").stdout.strip()
    with psycopg.connect(migrated_database) as connection:
        row = connection.execute("SELECT digest, scope FROM people_token").fetchone()
    assert row is not None
    assert len(token) >= 43
    assert row[0] != token
    assert row[1] == "api"
