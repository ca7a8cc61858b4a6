"""`countbridge demo`: a real ERP, a WMS and Countbridge on this machine, filled, linked and running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from countbridge.sandbox.demo.stack import Stack


def command(
    once: Annotated[
        bool, typer.Option("--once", help="Scripted people run one whole stocktake, then it stops.")
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Throw the demo's data away and stop.")] = False,
    keep: Annotated[bool, typer.Option("--keep", envvar="KEEP", help="With --once: leave everything running.")] = False,
) -> None:
    """Run the demo until Ctrl-C; a second start is quick and keeps the data.

    Example: countbridge demo --once
    """
    from countbridge.sandbox.demo.places import places

    here = places("demo-once" if once else "demo")
    os.environ["COUNTBRIDGE_DATA"] = str(here.data)
    if reset:
        _reset(here.data)
        return
    from countbridge.sandbox.demo import stack as demo

    started = time.monotonic()

    def say(text: str) -> None:
        typer.echo(f"[{time.monotonic() - started:5.1f} s] {text}", err=True)

    stack = demo.prepare(here, say, fresh=once)
    over = threading.Event()
    if not once:  # the unattended run is simply interrupted; whatever was started is stopped on the way out
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
    try:
        demo.run(stack, say)
        code = _once(stack, say, keep) if once else _until_told(stack, over)
    except BaseException:
        stack.stop()
        raise
    if not (once and keep):
        stack.stop()
    sys.exit(code)


def _once(stack: Stack, say: Callable[[str], None], keep: bool) -> int:
    from countbridge.sandbox.demo.once import run_once
    from countbridge.sandbox.demo.stack import PASSWORD

    figures = run_once(stack, say)
    if keep:
        # The keys and the password belong to this demo alone and open nothing outside this machine.
        figures |= {"erp_url": stack.erp_url, "wms_url": stack.wms_url, "url": stack.url}
        figures |= {"erp_key": stack.erp_key, "wms_key": stack.places.keys()["api"], "password": PASSWORD}
    else:
        stack.stop()
    typer.echo(json.dumps(figures))
    return 0 if figures["erp_equals_wms"] and figures["erp_equals_floor"] and figures["posted_once"] else 1


def _until_told(stack: Stack, over: threading.Event) -> int:
    from countbridge.sandbox.demo.welcome import welcome

    typer.echo(welcome(stack))
    while not over.wait(1.0):
        ended = stack.ended()
        if ended:
            # Kill any of them, whenever you like: started again, the work goes on where it was.
            typer.echo(f"{ended} ended; starting it again (its log: {stack.places.logs / f'{ended}.log'})", err=True)
            stack.restart(ended)
    typer.echo("stopping", err=True)
    return 0


def _reset(data: Path) -> None:
    """Remove the data folder; refused (Conflict) while something still runs on it."""
    from countbridge.database import embedded

    embedded().destroy()
    shutil.rmtree(data, ignore_errors=True)
    typer.echo(f"{data} is gone; the next `make demo` starts over")
