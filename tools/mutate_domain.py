"""Break the domain's formulas one at a time and see whether a test dies. Run by hand: it takes minutes.

    python tools/mutate_domain.py                    # every mutant of every module
    python tools/mutate_domain.py interval tolerance # of these modules
    python tools/mutate_domain.py --sample 60        # so many, evenly spread

Prints each survivor with its place and change, then one line of counts. Exit 1 when fewer than 90 % died.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOMAIN = ROOT / "src" / "countbridge" / "domain"
TESTS = ROOT / "tests" / "unit" / "domain"
ELSEWHERE = {"test_replay_command.py", "test_purity.py", "test_explainer_figures.py"}  # need more than the domain
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
           ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}  # fmt: skip
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "ROUND_HALF_UP": "ROUND_DOWN"}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What this node may be broken into."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                other = copy.deepcopy(node)
                other.ops[index] = COMPARE[type(operator)]()
                yield other
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            other = copy.deepcopy(node)
            other.op = ARITHMETIC[type(node.op)]()
            yield other
        case ast.BoolOp():
            other = copy.deepcopy(node)
            other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield other
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield copy.deepcopy(node.operand)
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield ast.Constant(node.value + 1)
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield ast.Name(NAMES[name], ast.Load())
        case ast.Call(func=ast.Name(id="subtract"), args=[left, right]):
            yield ast.Call(ast.Name("subtract", ast.Load()), [right, left], [])
        case ast.Call(func=ast.Name(id="abs"), args=[inner]):
            yield inner


class Breaker(ast.NodeTransformer):
    """Replaces the one node at a position of the walk."""

    def __init__(self, place: int, replacement: ast.AST) -> None:
        self.place, self.replacement, self.seen = place, replacement, -1

    def visit(self, node: ast.AST) -> ast.AST:
        self.seen += 1
        return self.replacement if self.seen == self.place else self.generic_visit(node)


class Walk(ast.NodeVisitor):
    """All nodes in the order in which the Breaker meets them."""

    def __init__(self) -> None:
        self.nodes: list[ast.AST] = []

    def visit(self, node: ast.AST) -> None:
        self.nodes.append(node)
        self.generic_visit(node)


def mutants(file: Path) -> Iterator[tuple[str, str]]:
    """(what was changed, the broken module) for every way to break it. Annotations are left alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    walk = Walk()
    walk.visit(tree)
    types = {id(n) for node in walk.nodes for part in annotations(node) for n in ast.walk(part)}
    for place, node in enumerate(walk.nodes):
        for replacement in changes(node) if id(node) not in types else ():
            broken = Breaker(place, replacement).visit(copy.deepcopy(tree))
            what = f"{file.name}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}  →  {ast.unparse(replacement)}"
            yield what, ast.unparse(ast.fix_missing_locations(broken))


def annotations(node: ast.AST) -> Iterator[ast.AST]:
    """Types and decorators: breaking them breaks no formula."""
    for name in ("annotation", "returns"):
        if part := getattr(node, name, None):
            yield part
    yield from getattr(node, "decorator_list", [])


def survives(name: str, source: str, room: Path) -> bool:
    """Do all tests pass with this source in place of the module?"""
    target = room / "src" / "countbridge" / "domain" / name
    sound = target.read_text(encoding="utf-8")
    target.write_text(source, encoding="utf-8")
    # Tables first: they are quick and kill most. The command needs the whole program, so it is left out.
    files = sorted((room / "domain").glob("test_*.py"), key=lambda f: ("oracle" in f.name, "truth" in f.name, f.name))
    tests = [str(file) for file in files if file.name not in ELSEWHERE]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:django",
               "-c", str(room / "pytest.ini"), "--rootdir", str(room), *tests]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(room / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, env=environment, cwd=room, capture_output=True, timeout=120, check=False)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        target.write_text(sound, encoding="utf-8")


def prepare(room: Path) -> None:
    """A copy of just what the domain's tests need."""
    package = room / "src" / "countbridge"
    package.mkdir(parents=True)
    for name in ("__init__.py", "errors.py"):
        shutil.copy(ROOT / "src" / "countbridge" / name, package)
    for name in ("messages", "domain"):
        shutil.copytree(ROOT / "src" / "countbridge" / name, package / name)
    # The page of cases is looked for three folders above the tests.
    shutil.copytree(TESTS, room / "domain")
    (room / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")


def main() -> int:
    """Run the mutants asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="modules of the domain; default all")
    parser.add_argument("--sample", type=int, help="at most so many mutants, evenly spread")
    asked = parser.parse_args()
    files = [f for f in sorted(DOMAIN.rglob("*.py")) if not asked.modules or f.stem in asked.modules]
    found = [(str(file.relative_to(DOMAIN)), *mutant) for file in files for mutant in mutants(file)]
    step = max(1, len(found) // asked.sample) if asked.sample else 1
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder) / "a" / "b"
        prepare(room)
        shutil.copytree(ROOT / "docs", Path(folder) / "docs")
        if not survives("__init__.py", (DOMAIN / "__init__.py").read_text(encoding="utf-8"), room):
            print("The tests fail without any change: nothing to learn.")
            return 1
        for name, what, source in found[::step]:
            if survives(name, source, room):
                survivors.append(what)
                print("SURVIVED", what, flush=True)
    tried = len(found[::step])
    print(f"{tried - len(survivors)} of {tried} mutants died ({len(found)} possible)")
    return int((tried - len(survivors)) * 10 < tried * 9)


if __name__ == "__main__":
    sys.exit(main())
