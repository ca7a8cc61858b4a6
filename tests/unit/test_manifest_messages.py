"""Every error a connector can raise has its sentence in both languages, filled with params that are really given."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from countbridge import connectors, messages

ROOM = Path(connectors.__file__).parent
FILES = [
    file
    for file in sorted([*ROOM.glob("*.py"), *ROOM.glob("rest/*.py"), *ROOM.glob("conformance/*.py")])
    if file.name != "__init__.py"
]
CODE = re.compile(r"(manifest|connectors|http|rest|conformance)\.[a-z0-9_]+")
LISTED = {
    code: sentences
    for name in ("connectors", "rest")
    for code, sentences in yaml.safe_load((Path(messages.__file__).parent / f"{name}.yaml").read_text()).items()
}


def raised() -> set[str]:
    """Every code written in the room; in the suite they are written without their prefix."""
    found: set[str] = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def test_codes_and_sentences_match() -> None:
    known = {code for code in LISTED if not code.startswith("conformance.")}
    written_elsewhere = {"connectors.wrong_scope_form"}  # the command `read`
    assert raised() == known - written_elsewhere


def test_suite_codes_have_sentences() -> None:
    texts = [file.read_text(encoding="utf-8") for file in FILES if file.parent.name == "conformance"]
    words = {word for text in texts for word in re.findall(r'"([a-z_]+)"', text)}
    listed = {code.removeprefix("conformance.") for code in LISTED if code.startswith("conformance.")}
    assert listed <= words, "a sentence nobody uses"
    calls = [
        node
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "result"
    ]
    codes = {part.value for call in calls for part in ast.walk(call.args[3]) if isinstance(part, ast.Constant)}
    assert {code for code in codes if isinstance(code, str)} <= listed


@pytest.mark.parametrize("code", sorted(LISTED))
def test_both_languages_say_the_same(code: str) -> None:
    english, chinese = LISTED[code]["en"], LISTED[code]["zh"]
    places = [set(re.findall(r"\{([a-z_]+)\}", sentence)) for sentence in (english, chinese)]
    assert places[0] == places[1]
    assert re.search(r"[\u4e00-\u9fff]", chinese)
    assert english != chinese
