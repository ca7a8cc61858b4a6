"""`countbridge read`: rows of a dataset as another system gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from countbridge.errors import InputError


def command(
    connector: Annotated[str, typer.Argument(metavar="PATH|NAME", help="A connector folder, or one of our names.")],
    dataset: Annotated[str, typer.Argument(help="What to read, for example stock.")],
    settings: Annotated[Path, typer.Option("--settings", help="YAML or JSON file; a secret as ${VARIABLE}.")],
    *,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="name=value; may be given several times.")] = None,
    cursor: Annotated[str | None, typer.Option("--cursor", help="Go on from here.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON lines are the only form; accepted for symmetry.")
    ] = False,
) -> None:
    """Read a dataset: one JSON object per row on stdout, every field as text.

    When there is more, or more may come later, stderr ends with `cursor: C`; `--cursor C` goes on there. A reading cut
    by --limit inside a page names the cursor that page began with, so that no row is missed.

    Example: countbridge read sandbox_wms stock --settings wms.yaml --scope warehouse=W1 --limit 5
    """
    from countbridge.connectors.registry import open_connector
    from countbridge.connectors.settings_file import read_settings

    opened = open_connector(connector, read_settings(settings).values)
    try:
        written, following = 0, cursor
        for page in opened.read(dataset, scope_of(scope or []), cursor):
            room = len(page.rows) if limit is None else limit - written
            for row in page.rows[:room]:
                # As bytes: codes in Chinese come out the same whatever the terminal's encoding.
                typer.echo(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
            written += min(room, len(page.rows))
            if room < len(page.rows):
                break
            following = page.next
            if written == limit:
                break
        if following is not None:
            typer.echo(f"cursor: {following}", err=True)
    finally:
        opened.close()


def scope_of(given: list[str]) -> dict[str, str]:
    """`name=value` texts as a mapping; raises InputError for any other form."""
    scope: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise InputError("connectors.wrong_scope_form", value=text)
        scope[name] = value
    return scope
