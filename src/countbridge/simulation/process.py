"""A process that runs simulations on a database of its own, given by DATABASE_URL. It prints one JSON line for each."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from countbridge import startup


def main(arguments: list[str]) -> None:
    """PROFILE FIRST STEP NUMBER [trace]: NUMBER seeds from FIRST on, every STEP-th."""
    profile, first, step, number = arguments[0], *map(int, arguments[1:4])
    startup.start()
    for line in runs(profile, range(first, first + step * number, step), trace=arguments[4:] == ["trace"]):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def runs(profile: str, seeds: range, *, trace: bool = False) -> Iterator[dict[str, object]]:
    """The result of each seed, as JSON."""
    from countbridge.simulation.linking import make_links
    from countbridge.simulation.people import hire
    from countbridge.simulation.profiles import CALM, PROFILES
    from countbridge.simulation.run import Run, sweep
    from countbridge.simulation.workers import prepare_queue

    prepare_queue()
    with tempfile.TemporaryDirectory(prefix="countbridge-simulation-") as folder:
        links, users = make_links(Path(folder)), hire()
        for way in links:
            # What is kept in memory after a first time changes which statements are sent, and with them a run's chances.
            sweep(links, way)
            Run(0, CALM, links, users, way).go()
        for seed in seeds:
            run = Run(seed, PROFILES[profile], links, users)
            sweep(links, run.way)
            told = asdict(run.go())
            if trace:
                told["trace"] = run.trace
            yield told


if __name__ == "__main__":
    main(sys.argv[1:])
