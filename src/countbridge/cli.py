"""The command line: `countbridge COMMAND`. Commands are found by folder, see countbridge.commands."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import NoReturn

import typer

import countbridge
from countbridge import commands, messages
from countbridge.errors import CountbridgeError


def build() -> typer.Typer:
    """Everything in countbridge/commands: a module's `app` is a group, its `command` a command."""
    app = typer.Typer(
        name="countbridge",
        help="Stocktaking between any ERP and any WMS. Exit codes: 0 done, 1 something is wrong, 2 could not run.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,
    )
    app.callback()(_common)
    for info in sorted(iter_modules(commands.__path__), key=lambda entry: entry.name):
        module = import_module(f"{commands.__name__}.{info.name}")
        name = info.name.replace("_", "-")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        elif hasattr(module, "command"):
            app.command(name)(module.command)
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(countbridge.__version__)
        raise typer.Exit


def _common(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True)) -> None:
    pass


def terminal_language() -> str:
    """The language of this terminal, by the usual variables: `zh` or `en`."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if chosen.lower().startswith("zh") else "en"


def _leave(number: int, frame: object) -> NoReturn:
    # So that whatever was started (the embedded database) is stopped on the way out.
    sys.exit(128 + number)


def main() -> None:
    """Run one command; an error of ours becomes one sentence and exit code 2."""
    signal.signal(signal.SIGTERM, _leave)
    try:
        build()()
    except CountbridgeError as error:
        typer.echo(messages.render(error.code, error.params, terminal_language()), err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
