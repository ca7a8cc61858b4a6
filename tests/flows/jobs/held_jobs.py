"""A job that says which process runs it and then waits until a row tells it to finish."""

from __future__ import annotations

import os
import time

from django.db import connection
from procrastinate.contrib.django import app

from countbridge.exchange import runs
from countbridge.exchange.retry import NotYet, Patiently
from countbridge.links.models import Link


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


@app.periodic(cron="* * * * * *")
@app.task(name="test.beat")
def beat(timestamp: int) -> None:
    """A duty of every second: says who did it."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO beats (second, pid) VALUES (%s, %s)", [timestamp, os.getpid()])


@app.task(name="test.flow", retry=Patiently())
def flow(link: int) -> None:
    """A flow of a link that takes as long as the test says. One that may not begin says so."""
    try:
        with runs.run(Link.objects.get(pk=link), "held"):
            hold()
    except NotYet:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO turned_away (pid) VALUES (%s)", [os.getpid()])
        raise


@app.task(name="test.clash", retry=Patiently())
def clash() -> None:
    """Fails the first time, when its like waits already."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO held (pid) VALUES (%s) RETURNING (SELECT count(*) FROM held)", [os.getpid()])
        (before,) = cursor.fetchone()
    if not before:
        app.configure_task("test.clash", lock="clash", queueing_lock="clash").defer()
        raise ArithmeticError("once")


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
