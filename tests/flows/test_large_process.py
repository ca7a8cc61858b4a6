"""A large count prepared by processes of its own: its memory does not grow with it, and a killed one is gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
SMALL, LARGE = 2_000, 20_000
MB_FOR_THE_DIFFERENCE = 40  # holding 18,000 lines as objects takes more than 60


def started(url: str, lines: int, folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-m", "bench.large.preparing", str(lines), str(folder / "link")]
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> dict[str, object]:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return dict(json.loads(out.splitlines()[-1]))


def look(url: str, query: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return int(row[0]) if row and row[0] is not None else 0


def test_memory_does_not_grow_with_the_count(migrated_database: str, fresh_database: str, tmp_path: Path) -> None:
    small = finished(started(migrated_database, SMALL, tmp_path))
    environment = {**os.environ, "DATABASE_URL": fresh_database}
    subprocess.run(
        [sys.executable, "-m", "countbridge.cli", "migrate"], env=environment, check=True, capture_output=True
    )
    large = finished(started(fresh_database, LARGE, tmp_path))
    assert (small["lines"], large["lines"]) == (SMALL, LARGE)
    assert large["quantity"] == large["book"] == str(sum(n % 97 + 1 for n in range(LARGE)))
    assert float(str(large["peak_mb"])) - float(str(small["peak_mb"])) < MB_FOR_THE_DIFFERENCE


@pytest.mark.parametrize(
    "moment", ["SELECT sum(rows) FROM stocktake_reading WHERE side = 'wms'", "SELECT count(*) FROM stocktake_line",
               "SELECT count(*) FROM exchange_delivery WHERE flow = 'F2'"],
    ids=["reading", "laying out", "writing papers"],
)  # fmt: skip
def test_a_killed_process_is_gone_on_with(migrated_database: str, tmp_path: Path, moment: str) -> None:
    process = started(migrated_database, LARGE, tmp_path)
    until = time.monotonic() + 240
    while not (reached := look(migrated_database, moment)):
        assert process.poll() is None, "it was done before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert look(migrated_database, "SELECT count(*) FROM stocktake_count WHERE state = 'preparing'") == 1
    assert look(migrated_database, moment) >= reached, "what was done stays done"
    found = finished(started(migrated_database, LARGE, tmp_path))
    assert (found["state"], found["lines"], found["sheets"]) == ("counting", LARGE, 500)
    assert found["quantity"] == found["book"]
    assert look(migrated_database, "SELECT count(*) FROM stocktake_stagedstock") == 0
    doubled = "SELECT count(*) - count(DISTINCT key) FROM exchange_delivery"
    assert look(migrated_database, doubled) == 0
    assert look(migrated_database, "SELECT sum(jsonb_array_length(payload->'lines')) FROM exchange_delivery"
                " WHERE flow = 'F2'") == look(migrated_database, "SELECT count(*) FROM stocktake_bookline")  # fmt: skip
