"""Secrets never reach a log line."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from countbridge.logging import JsonLines, Lines, mask, request_id


@pytest.mark.parametrize("text", [
    "password=hunter2 rest", "{'password': 'hunter2', 'user': 'a'}", '{"api_key": "hunter2"}',
    "X-Api-Key: hunter2", "Authorization: Bearer hunter2", "Authorization: Basic hunter2",
    "headers {'authorization': 'Bearer hunter2'}", "token=hunter2&next=1", "secret_key: hunter2",
    "postgresql://me:hunter2@host/db", "X-CSRFToken: hunter2", "bearer hunter2",
])  # fmt: skip
def test_secrets_are_masked(text: str) -> None:
    assert "hunter2" not in mask(text)
    assert "***" in mask(text)


@pytest.mark.parametrize("text", ["bin W1-01-02 has no item 00123", "count PD-1: 3 tokens left", "at http://host:80/x"])
def test_other_text_is_left_alone(text: str) -> None:
    assert mask(text) == text


def test_both_formats_carry_the_request_and_mask_the_trace() -> None:
    request_id.set("4711")
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "token=%s", ("hunter2",), sys.exc_info())
    line, as_json = Lines().format(record), json.loads(JsonLines().format(record))
    assert "hunter2" not in line
    assert "[4711]" in line
    assert as_json["request"] == "4711"
    assert "hunter2" not in json.dumps(as_json)
    assert "ValueError" in as_json["trace"]
