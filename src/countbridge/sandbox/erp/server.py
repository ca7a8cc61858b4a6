"""The ERP's server as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from countbridge.errors import SetupError
from countbridge.sandbox.erp.installation import python_of
from countbridge.sandbox.erp.site import INSIDE, Site

READY_WITHIN = 90.0  # seconds


@dataclass
class Server:
    """A running ERP. `url` is its address with the database, as the Tryton connector's setting `url` wants it."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it and wait; a server that ignores us for 10 seconds is killed."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(site: Site, port: int = 0, host: str = "127.0.0.1") -> Server:
    """Start the server (port 0: any free one) and return once it answers a signed request.

    It ends with this process. Raises SetupError "sandbox.tryton_failed" when it ends early or stays silent.
    """
    port = port or _free_port(host)
    command = serve_command(site, port, host, parent=os.getpid())
    with site.log_file.open("ab") as log:
        process = subprocess.Popen(
            command, env=site.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    server = Server(f"http://{host}:{port}/{site.database}", process)
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(server.url, site.keys.api_keys["countbridge"]):
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            message = "ended" if process.returncode else f"no answer within {READY_WITHIN:.0f} s"
            raise SetupError("sandbox.tryton_failed", step="serve", log=site.log_file, message=message)
        time.sleep(0.1)
    return server


def serve_command(site: Site, port: int, host: str, parent: int = 0) -> list[str]:
    """The server's command line; run it with `site.environment()`."""
    serve = [str(INSIDE / "serve.py"), str(site.config_file), site.database, host, str(port), str(parent)]
    return [str(python_of(site.venv)), *serve]


def _answers(url: str, key: str) -> bool:
    address = f"{url}/rest/model/company.company?s=1&f=id"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
