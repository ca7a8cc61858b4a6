"""Making a command ready to use the database and the models."""

from __future__ import annotations

import os


def start(*, database: bool = True) -> None:
    """Start the embedded database if that is the one in use, then load Django. Call it before importing any model."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countbridge.settings")
    from countbridge.database import start_database
    from countbridge.datafolder import prepare_data_folder

    prepare_data_folder()
    if database:
        start_database()
    import django

    django.setup()


def migrate(*, verbosity: int = 0) -> None:
    """Bring the tables up to date; several processes may try at once, one does it."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('countbridge.migrate'))")
        try:
            call_command("migrate", interactive=False, verbosity=verbosity)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('countbridge.migrate'))")
