"""How long the preparation of a large count takes our process, and how much memory.

python -m bench.large [LINES …]      (100000 and 1000000 when none is named)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from countbridge.postgres import EmbeddedPostgres

GOAL_MB = 512


def measure(server: EmbeddedPostgres, lines: int, folder: Path) -> dict[str, object]:
    """One count of that size in a database of its own, prepared by a process of its own."""
    import psycopg

    name = f"large_{lines}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    environment = {**os.environ, "DATABASE_URL": server.url(name), "COUNTBRIDGE_DATA": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "countbridge.cli", "migrate"], env=environment, check=True, capture_output=True
    )
    command = [sys.executable, "-m", "bench.large.preparing", str(lines), str(folder / f"link-{lines}")]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    grown = found["peak_mb"] - found["base_mb"]
    right = found["state"] == "counting" and found["lines"] == lines and found["quantity"] == found["book"]
    return {"name": f"large_count_{lines}", **found, "grown_mb": round(grown, 1), "goal_mb": GOAL_MB,
            "met": right and grown <= GOAL_MB, "checked": right}  # fmt: skip


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or [100_000, 1_000_000]
    os.environ.setdefault("COUNTBRIDGE_SECRET_KEY", "only-for-a-bench" * 4)
    with tempfile.TemporaryDirectory(prefix="countbridge-large-") as folder:
        server = EmbeddedPostgres(Path(folder))
        server.start()
        try:
            for lines in sizes:
                print(json.dumps(measure(server, lines, Path(folder))), flush=True)
        finally:
            server.release()


if __name__ == "__main__":
    main()
