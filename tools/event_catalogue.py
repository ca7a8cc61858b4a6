"""Writes the list of events into docs/events.md, from the sources and their sentences; a test says when it is not up to date."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import countbridge
from countbridge.messages import catalogue

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "events.md"
BEGIN, END = "<!-- catalogue: python tools/event_catalogue.py -->\n", "<!-- /catalogue -->\n"
STATES = ("confirmed", "rejected", "needs_review")  # of a delivery, in a code that is put together


def recorded() -> Iterator[tuple[str, str]]:
    """(kind, code) of every event the sources record; in a code that is put together, each of its forms."""
    for file in sorted(Path(countbridge.__file__).parent.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("events.record", "record")
                and len(node.args) > 1
            ):
                kind, code = node.args[:2]
                assert isinstance(kind, ast.Constant)
                yield from ((str(kind.value), text) for text in _codes(code, tree))


def _codes(code: ast.expr, tree: ast.Module) -> list[str]:
    if isinstance(code, ast.Constant):
        return [str(code.value)]
    if isinstance(code, ast.IfExp):
        return _codes(code.body, tree) + _codes(code.orelse, tree)
    if isinstance(code, ast.JoinedStr):
        prefix = str(code.values[0].value)  # type: ignore[attr-defined]
        return sorted(each for each in catalogue() if each.startswith(prefix))
    # A helper of the module that is handed the code: every call of it with a literal.
    helpers = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.args.args}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in helpers]
    return [str(arg.value) for call in calls for arg in call.args[:1] if _is_code(arg)]


def _is_code(arg: ast.expr) -> bool:
    return isinstance(arg, ast.Constant) and arg.value in catalogue()


def table() -> str:
    """One row for each event, by kind and code."""
    rows = ["| kind | code | what happened | 发生了什么 |", "|---|---|---|---|"]
    for kind, code in sorted(set(recorded())):
        said = catalogue()[code]
        rows.append(f"| `{kind}` | `{code}` | {said['en']} | {said['zh']} |")
    return "\n".join(rows) + "\n"


def written(page: str) -> str:
    """The page with the list as it should be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
