"""A process that runs simulations on a database of its own, given by DATABASE_URL. It prints one JSON line for each."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from countbridge import startup

SLOWER = 4


def main(arguments: list[str]) -> None:
    """PROFILE FIRST STEP NUMBER [few] [trace]: NUMBER seeds from FIRST on, every STEP-th."""
    profile, first, step, number = arguments[0], *map(int, arguments[1:4])
    startup.start()
    seeds = range(first, first + step * number, step)
    for line in runs(profile, seeds, few="few" in arguments[4:], trace="trace" in arguments[4:]):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def runs(profile: str, seeds: range, *, few: bool = False, trace: bool = False) -> Iterator[dict[str, object]]:
    """The result of each seed, as JSON. `few`: see Profile.with_few."""
    from countbridge.simulation.linking import make_links
    from countbridge.simulation.people import hire
    from countbridge.simulation.profiles import CALM, PROFILES
    from countbridge.simulation.run import Run, sweep
    from countbridge.simulation.workers import prepare_queue

    prepare_queue()
    with tempfile.TemporaryDirectory(prefix="countbridge-simulation-") as folder:
        weather = PROFILES[profile].with_few() if few else PROFILES[profile]
        links, users = make_links(Path(folder), slower=SLOWER if few else 1), hire()
        for way in links:
            # What is kept in memory after a first time changes which statements are sent, and with them a run's chances.
            sweep(links, way)
            Run(0, CALM, links, users, way).go()
        for seed in seeds:
            run = Run(seed, weather, links, users)
            sweep(links, run.way)
            told = asdict(run.go())
            if trace and told["violations"]:
                told["trace"] = run.trace
            yield told


if __name__ == "__main__":
    main(sys.argv[1:])
