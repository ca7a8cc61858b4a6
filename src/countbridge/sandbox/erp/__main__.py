"""`python -m countbridge.sandbox.erp`: install, init, serve, approve, keys. Each has --help."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from countbridge.errors import CountbridgeError
from countbridge.sandbox.erp import Site, approve, install
from countbridge.sandbox.erp.server import serve_command


def main() -> int:
    """0 done, 2 could not run."""
    options = _parser().parse_args()
    try:
        options.run(options)
    except CountbridgeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m countbridge.sandbox.erp", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: object, text: str, *, site: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("--venv", type=Path, required=True, help="folder of Tryton's own environment")
        if site:
            sub.add_argument("--postgres", required=True, help="URL of the PostgreSQL server")
            sub.add_argument("--folder", type=Path, required=True, help="data folder: keys, configuration, log")
            sub.add_argument("--world", type=Path, required=True, help="the sandbox company as JSON")
            sub.add_argument("--database", default="erp")
        return sub

    command("install", lambda o: install(o.venv, _say), "make Tryton's environment", site=False)
    init = command("init", lambda o: _site(o).prepare(_say, fresh=o.fresh), "have the filled database")
    init.add_argument("--fresh", action="store_true", help="throw away what is in it")
    serve = command("serve", _serve, "run the server in the foreground")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8069)
    command("keys", lambda o: print(json.dumps(_site(o).keys.api_keys)), "print the API keys")  # noqa: T201
    approval = command("approve", _approve, "approve a count as the planner: one draft inventory for each location")
    approval.add_argument("--url", required=True, help="address with database, e.g. http://127.0.0.1:8069/erp")
    approval.add_argument("locations", nargs="+", metavar="LOCATION", help="location code, e.g. W1-A or W2-Z1")
    return parser


def _site(options: argparse.Namespace) -> Site:
    return Site(options.venv, options.postgres, options.folder, options.world, options.database)


def _serve(options: argparse.Namespace) -> None:
    site = _site(options)
    site.prepare(_say)
    command = serve_command(site, options.port, options.host)
    os.execve(command[0], command, site.environment())


def _approve(options: argparse.Namespace) -> None:
    key = _site(options).keys.api_keys["planner"]
    print(json.dumps(approve(options.url, key, options.locations)))  # noqa: T201


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
