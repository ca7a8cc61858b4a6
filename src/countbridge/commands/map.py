"""`countbridge map`: a file through a rule list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from countbridge.errors import CountbridgeError
from countbridge.mapping import Counts, Explained, Failure, RuleSet, explain, map_file, read_folder
from countbridge.mapping.files import read_row
from countbridge.mapping.functions import FUNCTIONS
from countbridge.messages import render


def _list_functions(asked: bool) -> None:
    if asked:
        for function in FUNCTIONS:
            typer.echo(f"{function.signature}\n    {function.does}")
            for example in function.examples:
                result = example.fails and f"rejected ({example.fails})"
                typer.echo(f"      {example.change}: {example.given!r} -> {result or repr(example.gives)}")
        raise typer.Exit


def command(
    rules: Annotated[Path, typer.Argument(metavar="RULES", help="The rule list, YAML; see docs/mapping.md.")],
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="The rows: .csv, .jsonl or .parquet.")],
    *,
    out: Annotated[Path, typer.Option(help="Where mapped rows go: .csv, .jsonl or .parquet.")],
    rejects: Annotated[Path, typer.Option(help="Where refused rows go, whole, a line per rule that failed.")],
    tables: Annotated[Path | None, typer.Option(help="Folder of the code tables, NAME.csv each.")] = None,
    explain_row: Annotated[
        int | None, typer.Option("--explain", help="Also show row N change by change.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts (and the explanation) as JSON.")] = False,
    functions: Annotated[
        bool,
        typer.Option("--functions", help="List every change with examples.", is_eager=True, callback=_list_functions),
    ] = False,
) -> None:
    """Map a file by a rule list. Exit 0: every row was mapped. 1: some were rejected. 2: it could not run.

    Example: countbridge map rules.yaml counts.csv --out erp.csv --rejects rejects.csv --tables tables --explain 1
    """
    try:
        loaded, known = RuleSet.load(rules), read_folder(tables) if tables else {}
        counts = map_file(loaded, source, out, rejects, known)
        told = explain(loaded, read_row(source, explain_row, loaded), known) if explain_row else []
    except CountbridgeError as error:
        typer.echo(_sentence(error.code, error.params), err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    _print_json(counts, told) if as_json else _print(counts, told, explain_row, rejects)
    raise typer.Exit(1 if counts.rejected else 0)


def _sentence(code: str, params: object) -> str:
    from countbridge.cli import terminal_language

    return render(code, params if isinstance(params, dict) else {}, terminal_language())


def _print(counts: Counts, told: Sequence[Explained], row: int | None, rejects: Path) -> None:
    for rule in told:
        sources = ", ".join(f"{name} = {_shown(value)}" for name, value in rule.sources.items())
        typer.echo(f"row {row}, rule {rule.rule}: {sources or '-'} -> {rule.target}")
        for step in rule.steps:
            after = _why(step.failure, row) if step.failure else _shown(step.after)
            typer.echo(f"    {step.change}: {_shown(step.before)} -> {after}")
        typer.echo(f"    = {_why(rule.failure, row) if rule.failure else _shown(rule.result)}")
    rest = f", see {rejects}" if counts.rejected else ""
    typer.echo(f"{counts.rows} rows: {counts.mapped} mapped, {counts.rejected} rejected{rest}")


def _print_json(counts: Counts, told: Sequence[Explained]) -> None:
    result: dict[str, object] = {"rows": counts.rows, "mapped": counts.mapped, "rejected": counts.rejected}
    if told:
        result["explain"] = [_as_json(rule) for rule in told]
    typer.echo(json.dumps(result, ensure_ascii=False))


def _as_json(rule: Explained) -> dict[str, object]:
    steps = [
        {"change": step.change, "before": step.before, "after": step.after, "code": step.failure and step.failure.code}
        for step in rule.steps
    ]
    failed = rule.failure and rule.failure.code
    return {"rule": rule.rule, "target": rule.target, "from": dict(rule.sources), "steps": steps,
            "result": rule.result, "code": failed}  # fmt: skip


def _shown(value: str | None) -> str:
    return "(empty)" if value is None else f'"{value}"'


def _why(failure: Failure, row: int | None) -> str:
    return _sentence(failure.code, {**failure.params, "row": str(row)})
