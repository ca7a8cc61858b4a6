"""`countbridge simulate`: whole stocktakes with everything going wrong, seeded."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from countbridge.errors import SetupError

if TYPE_CHECKING:
    from countbridge.simulation.batch import Summary


def command(
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many runs.")],
    first_seed: Annotated[
        int, typer.Option("--first-seed", min=0, help="The seed of the first; the others follow.")
    ] = 1,
    profile: Annotated[str, typer.Option(help="How rough: light or harsh.")] = "harsh",
    few: Annotated[bool, typer.Option("--few", help="One place with a few goods: a fraction of the time.")] = False,
    processes: Annotated[int, typer.Option(min=1, help="Runs at a time; usually one for each core.")] = os.cpu_count()
    or 1,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long, however many seeds that were.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Add every step of a seed that fails.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON is the only form; accepted for symmetry.")] = False,
) -> None:
    """Run whole stocktakes against a modelled ERP, WMS and warehouse while requests and answers get lost, late, doubled
    and garbled, our own processes die between any two steps, clocks are wrong and goods keep moving; then look whether both
    books equal what lies on the shelves, every adjustment was posted once, and no scan, failure or secret got lost.

    The last line is JSON: runs, violations, failing_seeds and what went wrong in them. The same seed is the same run.
    Exit 0: everything held. Exit 1: something did not. Exit 2: it could not run.

    Example: countbridge simulate --seeds 100 --profile harsh
    Example: countbridge simulate --seeds 20000 --profile light --few
    Example: countbridge simulate --seeds 1 --first-seed 4711 --trace
    """
    from countbridge.simulation.batch import simulate
    from countbridge.simulation.profiles import PROFILES

    if profile not in PROFILES:
        raise SetupError("simulation.no_such_profile", profile=profile, known=", ".join(PROFILES))

    def tell(summary: Summary) -> None:
        if summary.runs % 50 == 0 or (summary.failures[-1:] and summary.failures[-1]["seed"] not in told):
            told.update(failure["seed"] for failure in summary.failures)
            which = f": {', '.join(str(seed) for seed in sorted(told))}" if told else ""
            typer.echo(f"{summary.runs} of {seeds} runs, {len(told)} with violations{which}", err=True)

    told: set[int] = set()
    summary = simulate(
        profile, first_seed, seeds, processes=processes, seconds=seconds, few=few, trace=trace, tell=tell
    )
    typer.echo(json.dumps(summary.as_json(), ensure_ascii=False).encode())
    raise typer.Exit(1 if summary.violations else 0)
