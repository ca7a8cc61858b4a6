"""`countbridge migrate`: bring the tables up to date."""

from __future__ import annotations

import typer


def command() -> None:
    """Create or update the tables. Safe to run at any time, from several machines at once.

    Example: DATABASE_URL=postgresql://me@db/countbridge countbridge migrate
    """
    from countbridge import startup

    startup.start()
    startup.migrate(verbosity=1)
    typer.echo("tables are up to date")
