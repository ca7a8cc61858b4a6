"""`countbridge connectors`: which there are, a new one, is one right?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from countbridge import messages
from countbridge.errors import ConfigError

app = typer.Typer(help="Connectors: list ours, start a new one, check a folder.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("list")
def list_connectors(as_json: AsJson = False) -> None:
    """List the connectors that come with Countbridge, and how well each is proven.

    Exit 1 when one of them is not right.

    Example: countbridge connectors list --json
    """
    from countbridge.connectors import registry

    entries = [described(name) for name in registry.builtin_names()]
    if as_json:
        typer.echo(json.dumps(entries, ensure_ascii=False))
    else:
        for entry in entries:
            typer.echo(entry["problem"]["message"] if "problem" in entry else summary(entry))
    if any("problem" in entry for entry in entries):
        raise typer.Exit(1)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Small letters, digits, underscores, for example acme_wms.")],
    folder: Annotated[Path, typer.Option("--in", help="Where the new folder goes.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Make a folder NAME with a connector.yaml to fill in; it passes `check` as it is.

    Example: countbridge connectors new acme_wms
    """
    from countbridge.connectors.scaffold import new_connector

    made = new_connector(name, folder)
    if as_json:
        typer.echo(json.dumps({"folder": str(made), "files": sorted(path.name for path in made.iterdir())}))
    else:
        typer.echo(f"{made}/connector.yaml\ncountbridge connectors check {made}")


@app.command("check")
def check(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder with a connector.yaml, or one of our names.")],
    as_json: AsJson = False,
) -> None:
    """Check a connector folder without calling anything.

    Exit 1 and file, line, what is allowed and the nearest right word when something is wrong.

    Example: countbridge connectors check ./acme_wms
    """
    from countbridge.connectors import registry

    entry = described(str(registry.folder_of(path)))
    problem = entry.get("problem")
    if as_json:
        problems = [problem] if problem else []
        typer.echo(json.dumps({"ok": not problem, "path": path, "problems": problems}, ensure_ascii=False))
    elif problem:
        typer.echo(problem["message"], err=True)
    else:
        typer.echo(summary(entry))
    if problem:
        raise typer.Exit(1)


def described(name_or_path: str) -> dict[str, Any]:
    """What a connector is, as JSON; or its `problem`, with code, params and sentence."""
    from countbridge.cli import terminal_language
    from countbridge.connectors import registry

    try:
        found = registry.definition(name_or_path)
        registry.connector_class(found)
    except ConfigError as error:
        sentence = messages.render(error.code, error.params, terminal_language())
        return {"name": name_or_path, "problem": {"code": error.code, **error.params, "message": sentence}}
    manifest = found.manifest
    return {
        "name": manifest.name,
        "title": {"zh": manifest.title.zh, "en": manifest.title.en},
        "version": manifest.version,
        "roles": list(manifest.roles),
        "tier": {"kind": manifest.tier.kind, "version": manifest.tier.version, "date": manifest.tier.date},
        "settings": {name: {"secret": s.secret, "required": s.required} for name, s in manifest.settings.items()},
        "datasets": list(manifest.datasets),
        "documents": {kind: document.semantics for kind, document in manifest.documents.items()},
    }


def summary(entry: dict[str, Any]) -> str:
    """One line for people."""
    tier = entry["tier"]
    proven = " ".join(filter(None, (tier["kind"], tier["version"], tier["date"])))
    offers = ", ".join([*entry["datasets"], *entry["documents"]])
    return f"{entry['name']} {entry['version']} ({'/'.join(entry['roles'])}; {proven}): {offers}"
