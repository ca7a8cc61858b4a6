"""`countbridge serve`: the console, the page for handhelds and the API."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countbridge.errors import SetupError

if TYPE_CHECKING:
    import uvicorn


def command(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for handhelds in the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Run the jobs in this process, too.")] = False,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Jobs at a time, with --with-worker.")] = 4,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Update the tables first (the embedded database's always are).")
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate (PEM); with --tls-key pages come by https.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM).")] = None,
) -> None:
    """Serve the pages and the API until Ctrl-C or SIGTERM.

    Example: countbridge serve --with-worker --port 8000
    """
    _note_addresses(host, tls=tls_cert is not None)
    from countbridge import startup
    from countbridge.database import is_embedded

    startup.start()
    if migrate or is_embedded():
        startup.migrate()
    listener = _listen(host, port)
    server = _server(tls_cert, tls_key)
    from countbridge.workers import Worker

    worker = Worker(concurrency) if with_worker else None
    if worker is not None:
        worker.start()
    scheme = "https" if tls_cert else "http"
    typer.echo(f"Countbridge: {scheme}://{_shown(host)}:{listener.getsockname()[1]} (Ctrl-C stops it)")
    # The server handles both signals itself and sends them on when it is done; nothing is left to do then.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])
    if worker is not None:
        worker.stop()
        worker.join(30)


def _note_addresses(host: str, *, tls: bool) -> None:
    """Tell the settings, before they are read, under which names this server is reached."""
    if tls:
        os.environ["COUNTBRIDGE_TLS"] = "1"
    names = [host]
    if host in ("0.0.0.0", "::"):
        names = sorted({str(entry[4][0]) for entry in _addresses_of_this_machine()})
    known = os.environ.get("COUNTBRIDGE_HOSTS", "")
    os.environ["COUNTBRIDGE_HOSTS"] = ",".join([*filter(None, [known]), *names])


def _addresses_of_this_machine() -> list[tuple[object, object, object, object, tuple[object, ...]]]:
    try:
        return list(socket.getaddrinfo(socket.gethostname(), None))
    except OSError:
        return []


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupError("serve.port_taken", host=host, port=port, problem=error.strerror or error) from error
    return listener


def _server(tls_cert: Path | None, tls_key: Path | None) -> uvicorn.Server:
    import uvicorn

    from countbridge.asgi import application

    config = uvicorn.Config(
        application,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,  # seconds; live pages hold a connection open for ever
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )
    return uvicorn.Server(config)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else "localhost" if host in ("0.0.0.0", "127.0.0.1") else host
