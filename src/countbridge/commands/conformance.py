"""`countbridge conformance`: does a connector keep what its manifest promises, on the living system?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from countbridge import messages

SIGNS = {"passed": "ok  ", "failed": "BAD ", "noted": "note", "skipped": "skip"}


def command(
    connector: Annotated[str, typer.Argument(metavar="PATH|NAME", help="A connector folder, or one of our names.")],
    settings: Annotated[Path, typer.Option("--settings", help="YAML or JSON file; a secret as ${VARIABLE}.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run the shared suite against a live system; exit 1 when a check failed, 2 when the system cannot be reached.

    Nothing is written there unless the settings file holds sample documents under `conformance: writes:`.

    Example: countbridge conformance ./acme_wms --settings acme.yaml --json
    """
    from countbridge.cli import terminal_language
    from countbridge.connectors.conformance.suite import run
    from countbridge.connectors.registry import open_connector
    from countbridge.connectors.settings_file import read_settings

    language = terminal_language()
    given = read_settings(settings)
    opened = open_connector(connector, given.values)
    try:
        report = run(opened, given.plan)
    finally:
        opened.close()
    results = [{**asdict(one), "message": messages.render(one.code, one.params, language)} for one in report.results]
    if as_json:
        head = {"connector": report.connector, "version": report.version, "passed": report.passed}
        typer.echo(json.dumps({**head, "results": results}, ensure_ascii=False).encode())
    else:
        for one in results:
            typer.echo(f"{SIGNS[str(one['status'])]} {one['subject']} {one['check']}: {one['message']}".encode())
        counts = ", ".join(f"{report.count(status)} {status}" for status in ("passed", "failed", "noted", "skipped"))
        typer.echo(counts)
    raise typer.Exit(0 if report.passed else 1)
