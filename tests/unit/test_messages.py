"""Every code that is raised has its sentence, in both languages, with the parameters it is raised with."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from inspect import isclass
from pathlib import Path
from typing import NamedTuple

import pytest

import countbridge
from countbridge import errors, messages

SOURCE = Path(countbridge.__file__).parent
KINDS = {name for name, kind in vars(errors).items() if isclass(kind) and issubclass(kind, errors.CountbridgeError)}


class Raised(NamedTuple):
    code: str
    params: frozenset[str]
    open_ended: bool  # further parameters come from a dictionary
    where: str


def raised() -> Iterator[Raised]:
    """Every `SomeError("code", param=…)` in the source."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in KINDS and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    params = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
                    open_ended = any(keyword.arg is None for keyword in node.keywords)
                    yield Raised(code.value, params, open_ended, f"{file.relative_to(SOURCE)}:{node.lineno}")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_the_scan_finds_what_is_raised() -> None:
    assert {"people.wrong_login", "database.in_use"} <= {one.code for one in raised()}


def test_every_raised_code_is_listed() -> None:
    listed = messages.catalogue()
    assert [f"{one.where}: {one.code}" for one in raised() if one.code not in listed] == []


def test_sentences_ask_for_no_parameter_that_is_not_given() -> None:
    listed = messages.catalogue()
    missing = [
        f"{one.where}: {one.code} lacks {sorted(lacking)}"
        for one in raised()
        if one.code in listed and not one.open_ended
        if (lacking := placeholders(listed[one.code]["en"]) - one.params)
    ]
    assert missing == []


@pytest.mark.parametrize("code", sorted(messages.catalogue()))
def test_both_languages_say_it_with_the_same_parameters(code: str) -> None:
    sentences = messages.catalogue()[code]
    assert set(sentences) == set(messages.LANGUAGES)
    assert all(sentence.strip() for sentence in sentences.values())
    assert placeholders(sentences["en"]) == placeholders(sentences["zh"])
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in sentences["en"])
    assert any("\u4e00" <= letter <= "\u9fff" for letter in sentences["zh"])


def test_rendering() -> None:
    assert "W2" in messages.render("people.other_warehouse", {"permission": "count.view", "warehouse": "W2"}, "en-GB")
    assert "仓库 W2" in messages.render("people.other_warehouse", {"permission": "p", "warehouse": "W2"}, "zh-CN")
    assert "{warehouse}" in messages.render("people.other_warehouse", {}, "en"), "what is missing stays visible"
    assert messages.render("no.such_code", {"bin": "A-1"}, "en") == "no.such_code (bin=A-1)"
