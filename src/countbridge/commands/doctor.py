"""`countbridge doctor`: is everything there that Countbridge needs?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from countbridge import messages
from countbridge.errors import CountbridgeError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `ok` None: nothing wrong, but worth knowing."""

    check: str
    ok: bool | None
    text: str


def command(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Check the database, its tables, the pages, the workers and the linked systems; exit 1 when one is wrong.

    Example: countbridge doctor --json
    """
    from countbridge import startup

    startup.start()
    findings = [finding for check in (_database, _tables, _pages, _workers, _systems) for finding in _looked(check)]
    wrong = any(finding.ok is False for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": not wrong, "findings": [asdict(one) for one in findings]}, ensure_ascii=False))
    else:
        signs = {True: "ok  ", False: "BAD ", None: "note"}
        for finding in findings:
            typer.echo(f"{signs[finding.ok]} {finding.check}: {finding.text}")
    raise typer.Exit(1 if wrong else 0)


def _looked(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except CountbridgeError as error:
        from countbridge.cli import terminal_language

        yield Finding(check.__name__.strip("_"), False, messages.render(error.code, error.params, terminal_language()))
    except Exception as error:  # noqa: BLE001  a doctor reports, whatever it was
        yield Finding(check.__name__.strip("_"), False, f"{type(error).__name__}: {error}")


def _database() -> Iterator[Finding]:
    from django.db import connection

    from countbridge.database import is_embedded
    from countbridge.datafolder import data_folder

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    place = f"embedded, data in {data_folder()}" if is_embedded() else "your own server (DATABASE_URL)"
    yield Finding("database", True, f"PostgreSQL {version}, {place}")


def _tables() -> Iterator[Finding]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    text = f"{len(waiting)} changes wait; run: countbridge migrate" if waiting else "up to date"
    yield Finding("tables", not waiting, text)


def _pages() -> Iterator[Finding]:
    from django.conf import settings

    for name in ("console", "pda"):
        built = (settings.WEB_ROOT / name / "index.html").is_file()
        yield Finding("pages", built, f"{name} is {'built' if built else 'not built; run: make setup'}")


def _workers() -> Iterator[Finding]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '8 seconds'")
        alive = cursor.fetchone()[0]
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at < now())"
        )
        due = cursor.fetchone()[0]
    text = f"{alive} running, {due} jobs due"
    yield Finding("workers", None if not alive else True, text if alive else f"{text}; start one: countbridge worker")


def _systems() -> Iterator[Finding]:
    from countbridge.exchange.systems import opened
    from countbridge.links.models import System

    systems = list(System.objects.order_by("code"))
    if not systems:
        yield Finding("systems", None, "none linked yet; see: countbridge link --help")
    for system in systems:
        yield from _looked(lambda system=system: _system(system, opened))  # type: ignore[misc]


def _system(system: object, opened: Callable[..., object]) -> Iterator[Finding]:
    name = f"{system.code} ({system.connector})"  # type: ignore[attr-defined]
    try:
        with opened(system) as connector:  # type: ignore[attr-defined]
            connector.check()
    except CountbridgeError as error:
        from countbridge.cli import terminal_language

        yield Finding("systems", False, f"{name}: {messages.render(error.code, error.params, terminal_language())}")
    else:
        yield Finding("systems", True, f"{name} answers")
