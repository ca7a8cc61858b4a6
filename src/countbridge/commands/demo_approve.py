"""`countbridge demo-approve`: what a planner does in the ERP, from the command line."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def command(
    locations: Annotated[list[str], typer.Argument(help="ERP locations, e.g. W1-A (a zone by bins) or W2-Z1.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the documents as JSON.")] = False,
) -> None:
    """Approve a count in the running demo's ERP: one draft inventory for each location, made as the planner.

    Example: countbridge demo-approve W1-B W2-Z1
    """
    from countbridge.errors import NotFound
    from countbridge.sandbox.demo.places import places
    from countbridge.sandbox.erp import approve

    here = places("demo")
    if not here.running.exists():
        raise NotFound("sandbox.not_running", folder=here.data)
    url = json.loads(here.running.read_text(encoding="utf-8"))["erp_url"]
    key = json.loads((here.data / "erp-keys.json").read_text(encoding="utf-8"))["api_keys"]["planner"]
    numbers = approve(url, key, locations)
    typer.echo(json.dumps({"documents": numbers}) if as_json else f"approved: {', '.join(numbers)}")
