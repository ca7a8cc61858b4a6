"""Runs the benchmarks, all or those named, and writes bench/results.json; prints a table. See bench/__init__.py."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from bench.support.rows import Row
from bench.support.servers import say

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
COLUMNS = ("name", "ratio", "min", "max", "rounds", "goal", "met", "checked", "cpu_seconds", "peak_mb", "against")


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(info.name for info in iter_modules([str(HERE)]) if not info.ispkg and info.name != "__main__")


def main(wanted: list[str]) -> int:
    """0 all goals met, 1 one was missed or a result was wrong, 2 no such benchmark."""
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        say(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}")
        return 2
    rows: list[Row] = []
    for name in wanted or names():
        say(f"{name} (load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)")
        rows += import_module(f"bench.{name}").run()
        RESULTS.write_text(json.dumps([row.told() for row in rows], indent=1) + "\n", encoding="utf-8")
    print(table(rows))
    print(f"\n{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}; in {RESULTS}")
    return 0 if all(row.met for row in rows) else 1


def table(rows: list[Row]) -> str:
    """For a person and for docs/performance.md."""
    told = [[_text(row.told()[column]) for column in COLUMNS] for row in rows]
    lines = [list(COLUMNS), ["---"] * len(COLUMNS), *told]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
