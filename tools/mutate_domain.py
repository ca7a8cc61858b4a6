"""Break the domain's formulas one at a time and see whether a test dies. Run by hand: it takes minutes.

    python tools/mutate_domain.py                    # every mutant of every module
    python tools/mutate_domain.py interval tolerance # of these modules
    python tools/mutate_domain.py --sample 60        # so many, evenly spread
    python tools/mutate_domain.py --without windows  # all modules but these

Prints each survivor with its place and change, then one line of counts. Exit 1 when fewer than 90 % died.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Imported once for all the processes that run tests; nothing of Countbridge may be.
import croniter  # noqa: F401
import hypothesis  # noqa: F401
import pytest
import yaml  # noqa: F401

PATIENCE = 120  # CPU seconds
LEFT_OUT = {"test_replay_command.py", "test_purity.py", "test_explainer_figures.py"}  # need more than the domain
ROOT = Path(__file__).parents[1]
DOMAIN = ROOT / "src" / "countbridge" / "domain"
TESTS = ROOT / "tests" / "unit" / "domain"
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
    forget(target)
    try:
        # A process of its own each, with what never changes imported already. An endless loop dies by the clock.
        child = os.fork()
        if child == 0:
            os._exit(run_tests(target.stem, room))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code < 0:
            print(f"died by the clock: {name}", file=sys.stderr, flush=True)
        return code == 0
    finally:
        target.write_text(sound, encoding="utf-8")
        forget(target)


def forget(module: Path) -> None:
    """What was compiled of it: a change within the same second could be taken for it."""
    for compiled in (module.parent / "__pycache__").glob(f"{module.stem}.*.pyc"):
        compiled.unlink()


def run_tests(module: str, room: Path) -> int:
    """In the child: 0 when all pass. The tests that name the module come first and alone: most mutants die of them."""
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))  # of its own time: others may keep the machine busy
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.chdir(room)
    sys.path[:] = [str(room / "src"), *(place for place in sys.path if not place.endswith("/src"))]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:django", "-c", str(room / "pytest.ini")]
    for files in ordered(module, room):
        if files and (code := int(pytest.main([*options, "--rootdir", str(room), *map(str, files)]))):
            return code
    return 0


def ordered(module: str, room: Path) -> tuple[list[Path], list[Path]]:
    """The tests that name the module, and the others, the slow ones last. The command needs the whole program: left out."""
    files = [file for file in (room / "domain").glob("test_*.py") if file.name not in LEFT_OUT]
    files.sort(key=lambda file: ("oracle" in file.name, "truth" in file.name, file.name))
    named = [file for file in files if f"countbridge.domain.{module} " in file.read_text(encoding="utf-8")]
    return named, [file for file in files if file not in named]


def prepare(room: Path) -> None:
    """A copy of just what the domain's tests need."""
    package = room / "src" / "countbridge"
    package.mkdir(parents=True)
    for name in ("__init__.py", "errors.py", "clock.py"):
        shutil.copy(ROOT / "src" / "countbridge" / name, package)
    for name in ("messages", "domain"):
        shutil.copytree(ROOT / "src" / "countbridge" / name, package / name)
    (package / "links").mkdir()
    for name in ("__init__.py", "timing.py"):
        shutil.copy(ROOT / "src" / "countbridge" / "links" / name, package / "links")
    # The page of cases is looked for three folders above the tests.
    shutil.copytree(TESTS, room / "domain")
    shutil.copy(TESTS.parent / "test_timing.py", room / "domain")  # windows are tested with the timing they belong to
    (room / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")


def main() -> int:
    """Run the mutants asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="modules of the domain; default all")
    parser.add_argument("--sample", type=int, help="at most so many mutants, evenly spread")
    parser.add_argument("--without", nargs="*", default=[], help="modules to leave out")
    asked = parser.parse_args()
    files = [f for f in sorted(DOMAIN.rglob("*.py")) if not asked.modules or f.stem in asked.modules]
    files = [f for f in files if f.stem not in asked.without]
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
        for number, (name, what, source) in enumerate(found[::step]):
            if number % 20 == 0:
                print(f"{number} tried, {len(survivors)} survived", file=sys.stderr, flush=True)
            if survives(name, source, room):
                survivors.append(what)
                print("SURVIVED", what, flush=True)
    tried = len(found[::step])
    print(f"{tried - len(survivors)} of {tried} mutants died ({len(found)} possible)")
    return int((tried - len(survivors)) * 10 < tried * 9)


if __name__ == "__main__":
    sys.exit(main())
