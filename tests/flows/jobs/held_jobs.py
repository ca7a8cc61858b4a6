"""A job that says which process runs it and then waits until a row tells it to finish."""

from __future__ import annotations

import os
import time

from django.db import connection
from procrastinate.contrib.django import app


@app.task(name="test.hold")
def hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO held (pid) VALUES (%s)", [os.getpid()])
        while True:
            cursor.execute("SELECT 1 FROM go")
            if cursor.fetchone():
                break
            time.sleep(0.05)
        cursor.execute("UPDATE held SET finished = true WHERE pid = %s", [os.getpid()])


@app.task(name="test.follow")
def follow_and_fail() -> None:
    """Defers another job in its transaction, which then rolls back."""
    from django.db import transaction

    try:
        with transaction.atomic():
            app.configure_task("test.hold", queueing_lock="must not exist").defer()
            raise ArithmeticError
    except ArithmeticError:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO held (pid, finished) VALUES (%s, true)", [os.getpid()])
