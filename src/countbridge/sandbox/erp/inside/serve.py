"""Tryton's own WSGI application, a thread for each request. Runs in Tryton's own environment.

`python serve.py CONFIG DATABASE HOST PORT PARENT`: PARENT is the process whose end stops this one (0: nobody's).
"""

# mypy: ignore-errors
# (Tryton is not installed where the checks run.)

from __future__ import annotations

import os
import sys
import threading
import time

from trytond import config


def main() -> None:
    """Serve until terminated. The database is opened before the port, so an open port means ready."""
    config_file, database, host, port, parent = sys.argv[1:6]
    config.update_etc(config_file)
    from trytond.pool import Pool
    from trytond.wsgi import app
    from werkzeug.serving import WSGIRequestHandler, make_server

    Pool.start()
    Pool(database).init()
    if int(parent):
        threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 120

        def log_request(self, code="-", size="-") -> None:
            """Say nothing of what went well."""

    make_server(host, int(port), app, threaded=True, request_handler=Handler).serve_forever()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    main()
