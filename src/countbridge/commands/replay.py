"""`countbridge replay`: what a count says, from recorded facts alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from countbridge.domain.history import read_history
from countbridge.domain.replay import replay, result_json
from countbridge.errors import InputError
from countbridge.messages import render


def command(
    files: Annotated[list[Path], typer.Argument(metavar="HISTORY.json…", help="Recorded counts, see docs/replay.md.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON is the only form; accepted for symmetry.")] = False,
) -> None:
    """Judge recorded counts: one JSON result per file, one per line.

    Exit 0: every file was judged. Exit 2: a file could not be read or is not as described; its line then holds the
    JSON path and what was expected under "errors", and the sentence is on stderr. The other files are still judged.

    Example: countbridge replay count-2026-03.json | jq '.lines[] | select(.outcome == "breach")'
    """
    failed = False
    for file in files:
        try:
            result = result_json(replay(read_history(_text_of(file))))
        except InputError as error:
            failed = True
            from countbridge.cli import terminal_language

            sentence = render(error.code, error.params, terminal_language())
            typer.echo(f"{file}: {sentence}", err=True)
            result = _failure(file, error, sentence)
        # As bytes: codes in Chinese come out the same whatever the terminal's encoding.
        typer.echo(json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode())
    if failed:
        raise typer.Exit(2)


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError("domain.history_unreadable", found=error.strerror or error) from error
    except UnicodeDecodeError as error:
        raise InputError("domain.history_not_json", path="$", found=error) from error


def _failure(file: Path, error: InputError, sentence: str) -> dict[str, object]:
    """A result of the same shape, so that the n-th line is always the n-th file's."""
    problem = {"file": os.fsencode(file).decode(errors="replace"), "code": error.code, **error.params}
    problem["message"] = sentence
    return {"lines": [], "accuracy": {"lines": None, "quantity": None}, "errors": [problem]}
