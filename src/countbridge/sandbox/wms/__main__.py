"""`python -m countbridge.sandbox.wms load --world FILE` and `… serve --port N`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import django
import uvicorn


def main() -> int:
    """Exit code 0: done, 1: it cannot be done as things are, 2: wrong use."""
    parser = argparse.ArgumentParser(prog="python -m countbridge.sandbox.wms", description="The sandbox WMS.")
    commands = parser.add_subparsers(dest="command", required=True)
    loading = commands.add_parser("load", help="create the database and fill it from a world file, once")
    loading.add_argument("--world", type=Path, required=True)
    loading.add_argument("--parts", action="store_true", help="some stock on hold, of another owner or on a pallet")
    serving = commands.add_parser("serve", help="answer HTTP, work in the warehouse, post to the ERP")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "countbridge.sandbox.wms.settings"
    django.setup()
    return _load(options.world, options.parts) if options.command == "load" else _serve(options.host, options.port)


def _load(world: Path, parts: bool) -> int:
    from countbridge.errors import CountbridgeError
    from countbridge.sandbox.wms.loading import load

    try:
        fresh = load(world, parts)
    except CountbridgeError as error:
        sys.stderr.write(f"another world is loaded in this database; use an empty one ({error})\n")
        return 1
    sys.stdout.write("loaded\n" if fresh else "already loaded\n")
    return 0


def _serve(host: str, port: int) -> int:
    from django.conf import settings

    from countbridge.sandbox.wms.asgi import application
    from countbridge.sandbox.wms.background import Loops

    if not settings.SANDBOX_API_KEY or not settings.SANDBOX_FLOOR_KEY:
        sys.stderr.write("set SANDBOX_API_KEY and SANDBOX_FLOOR_KEY\n")
        return 2
    loops = Loops()
    loops.start()
    try:
        uvicorn.run(application, host=host, port=port, log_level="warning", access_log=False, lifespan="off", ws="none")
    finally:
        loops.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
