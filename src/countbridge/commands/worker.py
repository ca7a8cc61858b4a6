"""`countbridge worker`: run the jobs; start as many as you like, on as many machines."""

from __future__ import annotations

import os
import signal
from typing import Annotated, NoReturn

import typer


def command(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Jobs at a time.")] = 4,
    drain: Annotated[int, typer.Option(min=0, help="Seconds a running job gets to finish after SIGTERM.")] = 30,
) -> None:
    """Run the jobs until SIGTERM or Ctrl-C, then finish those that run; asked again, stop at once. What a worker did not finish,
    killed or out of time, goes on in another within seconds.

    Example: countbridge worker --concurrency 8
    """
    from countbridge import startup

    startup.start()
    from countbridge.database import embedded, is_embedded
    from countbridge.workers import Worker

    worker = Worker(concurrency)

    def leave(code: int) -> NoReturn:
        if is_embedded():
            embedded().release()
        os._exit(code)

    def asked_to_stop(number: int, _frame: object) -> None:
        if worker.stopping:
            typer.echo("asked again: not waiting; another worker repeats what runs here", err=True)
            leave(128 + number)
        typer.echo(f"finishing what runs here, for at most {drain} s", err=True)
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked_to_stop)
    worker.start()
    typer.echo(f"worker {os.getpid()} is ready", err=True)
    while not worker.join(0.2):
        if worker.stopping and not worker.join(drain):
            typer.echo("a job still runs; another worker repeats it", err=True)
            leave(0)
