"""`countbridge link …`: the two systems a count runs between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Link an ERP and a WMS.", no_args_is_help=True)


@app.callback()
def link() -> None:
    """Link an ERP and a WMS."""


@app.command()
def apply(
    folder: Annotated[
        Path, typer.Argument(help="Folder with link.yaml, maps/ and tables/.", exists=True, file_okay=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Store or update a link from a folder, check both systems and start its flows.

    Example: ERP_KEY=… WMS_KEY=… countbridge link apply ./my-link
    """
    from countbridge import startup

    startup.start()
    from countbridge.exchange.systems import opened
    from countbridge.links.loading import apply_folder
    from countbridge.stocktake.jobs import schedule

    stored, cadence = apply_folder(folder)
    for system in (stored.erp, stored.wms):
        with opened(system) as connector:
            connector.check()
    schedule(stored, cadence)
    result = {"link": stored.code, "erp": stored.erp.code, "wms": stored.wms.code, "maps": stored.maps.count()}
    typer.echo(
        json.dumps(result)
        if as_json
        else f"{stored.code}: {stored.erp.name} ↔ {stored.wms.name}, linked and answering."
    )
