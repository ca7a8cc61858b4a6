"""Tryton's own virtual environment: pinned packages, apart from Countbridge's."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from countbridge.errors import SetupError

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
Report = Callable[[str], None]
"""Takes one line of progress for a person."""


def say_nothing(_: str) -> None:
    """The report of a caller that wants none."""


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def install(folder: Path, report: Report = say_nothing) -> Path:
    """Make `folder` a virtual environment with the pinned Tryton; returns its interpreter.

    An environment that already has the right Tryton is used as it is, whoever made it. Raises SetupError
    "sandbox.install_failed" with pip's own last words.
    """
    python = python_of(folder)
    if _has_tryton(python):
        return python
    if not python.exists():
        report("Tryton: making its environment")
        venv.create(folder, with_pip=True)
    report("Tryton: installing its packages (about half a minute)")
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not _has_tryton(python):
        words = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise SetupError("sandbox.install_failed", folder=folder, message=" / ".join(words))
    return python


def pinned() -> dict[str, str]:
    """Package name → exact version, as requirements.txt has them."""
    lines = (line.strip() for line in REQUIREMENTS.read_text("utf-8").splitlines())
    return dict(line.split("==", 1) for line in lines if line and not line.startswith("#"))


def _has_tryton(python: Path) -> bool:
    if not python.exists():
        return False
    wanted = {name: version for name, version in pinned().items() if name.startswith("trytond")}
    check = (
        "import sys, json; from importlib.metadata import version\n"
        "sys.exit(any(version(name) != wanted for name, wanted in json.loads(sys.argv[1]).items()))"
    )
    command = [str(python), "-c", check, json.dumps(wanted)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
