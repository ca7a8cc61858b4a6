"""The one folder that holds everything a node keeps: the embedded database, the secret key, the logs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

KEY_FILE = "secret-key"


def data_folder() -> Path:
    """`COUNTBRIDGE_DATA`, else `.countbridge` under the current folder, for root `/var/lib/countbridge`.

    Root gets a folder outside the homes because the embedded server then runs as a system user of its own, and every
    folder above its data has to be opened for that user to pass (mode o+x).
    """
    chosen = os.environ.get("COUNTBRIDGE_DATA")
    if chosen:
        return Path(chosen).expanduser().resolve()
    return Path("/var/lib/countbridge") if os.geteuid() == 0 else (Path.cwd() / ".countbridge").resolve()


def prepare_data_folder() -> Path:
    """Create the folder and the secret key where they are missing; the folder."""
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("COUNTBRIDGE_SECRET_KEY"):
        _create_key(folder / KEY_FILE)
    return folder


def secret_key() -> str:
    """`COUNTBRIDGE_SECRET_KEY`, else the key in the data folder, else one that lives as long as this process.

    Nodes that share a `DATABASE_URL` need the same `COUNTBRIDGE_SECRET_KEY`.
    """
    given = os.environ.get("COUNTBRIDGE_SECRET_KEY")
    if given:
        return given
    try:
        return (data_folder() / KEY_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return secrets.token_urlsafe(64)


def _create_key(path: Path) -> None:
    """Write a new key, mode 600; of several processes that try at once the first wins, and none reads half a key."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
