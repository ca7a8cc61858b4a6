"""The domain is pure and exact: standard library only, no float, and every code it says has its sentences."""

import ast
import sys
from pathlib import Path

import pytest

import countbridge.domain
from countbridge.domain.agreement import PASSES_DISAGREE
from countbridge.domain.expiry import DIFFERS, EXPIRED
from countbridge.domain.serials import REASONS as SERIAL_REASONS
from countbridge.messages import catalogue

FILES = sorted(Path(countbridge.domain.__file__).parent.rglob("*.py"))
TREES = [(str(file.relative_to(FILES[0].parent)), ast.parse(file.read_text(encoding="utf-8"))) for file in FILES]
IMPURE = {"os", "io", "pathlib", "socket", "subprocess", "random", "time", "logging", "urllib", "threading", "tempfile"}
REASONS = {
    "unknown_unit", "negative_count", "too_many_decimals", "closure_residue", "moved_between_scans",
    "ambiguous_movements", "scan_before_snapshot", "snapshot_restated", "negative_book", "not_counted",
    "uncounted_as_zero", "exceeds_percent", "exceeds_quantity", "exceeds_value", "percent_not_applied",
}  # fmt: skip


def floats(tree):
    """Places where a float could come from: a literal, the type, a clock in seconds, integer division with /."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno
        if isinstance(node, ast.Name) and node.id in {"float", "complex"}:
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr in {"total_seconds", "timestamp", "fromtimestamp"}:
            yield node.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and "Fraction" not in ast.dump(node):
            yield node.lineno


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize(("name", "tree"), TREES, ids=[name for name, _ in TREES])
def test_no_float_anywhere(name, tree):
    assert list(floats(tree)) == []


@pytest.mark.parametrize("source", ["x = 1.5", "float('1')", "def f(x: float): ...", "a / b", "t.total_seconds()"])
def test_the_search_for_floats_finds_them(source):
    assert list(floats(ast.parse(source)))


@pytest.mark.parametrize(("name", "tree"), TREES, ids=[name for name, _ in TREES])
def test_only_the_standard_library_without_input_or_output(name, tree):
    for module in imports(tree):
        ours = module == "countbridge.errors" or module.startswith("countbridge.domain.")
        assert ours or module.split(".")[0] in sys.stdlib_module_names - IMPURE, module
    assert not any(isinstance(node, ast.Name) and node.id in {"open", "print", "input"} for node in ast.walk(tree))


def codes():
    """Every text "domain.…" in the sources, and the reasons of a line."""
    said = {
        node.value
        for _, tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("domain.")
    }
    return (
        said
        | {f"domain.{reason}" for reason in (*REASONS, *SERIAL_REASONS, PASSES_DISAGREE, DIFFERS, EXPIRED)}
        | {"domain.history_unreadable"}
    )


def test_every_code_has_its_sentences_and_no_sentence_is_left_over():
    listed = {code: texts for code, texts in catalogue().items() if code.startswith("domain.")}
    assert set(listed) == {code for code in codes() if not code.endswith(".")}
    assert all(texts["en"] and texts["zh"] for texts in listed.values())
