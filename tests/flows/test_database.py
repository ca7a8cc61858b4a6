"""The embedded server with real processes: shared, stopped by the last, and never blocked by what a kill leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from countbridge.errors import Conflict, SetupError
from countbridge.postgres import EmbeddedPostgres

USER = """
import sys, pathlib, signal
from countbridge.postgres import EmbeddedPostgres
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
server.start()
print("ready", flush=True)
try:
    sys.stdin.read()
finally:
    server.release()
"""


class User:
    """Another process that uses the server until its standard input ends."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def leave(self) -> None:
        self._process.communicate("")
        assert self._process.returncode == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    EmbeddedPostgres(tmp_path / "data").destroy()


def number_of_server(folder: Path) -> int | None:
    """Process id of the folder's living server."""
    try:
        number = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except FileNotFoundError:
        return None
    return number if psutil.pid_exists(number) else None


def note(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (word text)")
        connection.execute("INSERT INTO note VALUES ('kept')")


def notes(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT count(*) FROM note").fetchone()
    assert row is not None
    return int(row[0])


def test_several_processes_share_the_server_and_the_last_stops_it(folder: Path) -> None:
    first, second = User(folder), User(folder)
    number = number_of_server(folder)
    assert number is not None
    first.leave()
    assert number_of_server(folder) == number
    second.leave()
    assert number_of_server(folder) is None


def test_a_killed_process_neither_stops_the_server_nor_keeps_it_alive(folder: Path) -> None:
    killed, living = User(folder), User(folder)
    number = number_of_server(folder)
    killed.kill()
    assert number_of_server(folder) == number
    living.leave()
    assert number_of_server(folder) is None


def test_a_server_whose_only_user_was_killed_is_taken_over_with_its_data(folder: Path) -> None:
    User(folder).kill()
    number = number_of_server(folder)
    assert number is not None
    server = EmbeddedPostgres(folder)
    server.start()
    note(server)
    assert number_of_server(folder) == number
    server.release()
    assert number_of_server(folder) is None


def test_data_survives_a_kill_of_the_server_itself(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    note(server)
    number = number_of_server(folder)
    assert number is not None
    os.kill(number, signal.SIGKILL)

    again = EmbeddedPostgres(folder)
    again.start()
    assert notes(again) == 1
    server.release()
    again.release()


def test_a_stale_process_number_now_held_by_another_program_does_not_block_the_start(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    note(server)
    stale = (folder / "postgres" / "postmaster.pid").read_text()
    server.release()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        lines = [str(other.pid), *stale.splitlines()[1:]]
        (folder / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
        server.start()
        assert notes(server) == 1
        assert other.poll() is None, "the other program was left alone"
        server.release()
    finally:
        other.kill()
        other.wait()


def test_a_half_made_data_folder_is_made_anew(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder)
    server.start()
    note(server)
    server.release()
    assert not (folder / "postgres.new").exists()


def test_processes_that_start_at_once_get_one_server(folder: Path) -> None:
    code = [sys.executable, "-c", USER, str(folder)]
    many = [subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for one in many:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    assert number_of_server(folder) is not None
    for one in many:
        one.communicate("")
    assert [one.returncode for one in many] == [0] * 4
    assert number_of_server(folder) is None


def test_data_of_another_version_is_refused_by_name(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(SetupError) as refused:
        EmbeddedPostgres(folder).start()
    assert refused.value.code == "database.other_version"
    assert refused.value.params["found"] == "12"


def test_destroying_is_refused_while_somebody_uses_the_data(folder: Path) -> None:
    user = User(folder)
    with pytest.raises(Conflict):
        EmbeddedPostgres(folder).destroy()
    assert number_of_server(folder) is not None
    user.leave()


def test_a_data_folder_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep)
    server.start()
    note(server)
    assert server.sockets.stat().st_mode & 0o077 == 0, "nobody else may reach the database"
    server.destroy()
    server.sockets.rmdir()


def test_the_server_admits_many_connections_and_listens_on_no_port(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    with psycopg.connect(server.url("postgres")) as connection:
        shown = {name: connection.execute(f"SHOW {name}").fetchone() for name in  # type: ignore[call-overload]
                 ("max_connections", "listen_addresses", "fsync", "synchronous_commit")}  # fmt: skip
    server.release()
    assert int(shown["max_connections"][0]) >= 100
    assert shown["listen_addresses"] == ("",)
    assert (shown["fsync"], shown["synchronous_commit"]) == (("on",), ("on",))


def test_a_command_that_was_terminated_stops_the_server_on_its_way_out(tmp_path: Path) -> None:
    environment = {**os.environ, "COUNTBRIDGE_DATA": str(tmp_path / "data")}
    worker = [sys.executable, "-m", "countbridge.cli", "worker"]
    process = subprocess.Popen(worker, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "is ready" in line:
            break
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    deadline = time.monotonic() + 10
    while number_of_server(tmp_path / "data") is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert number_of_server(tmp_path / "data") is None
