"""A count's facts as files: numbers of a line are functions of its number modulo a million, so that ten million lines come to
exactly ten times what one million come to."""

from __future__ import annotations

from pathlib import Path

import duckdb

from countbridge.domain.keys import GOODS, TRAITS

PERIOD = 1_000_000
SNAPSHOT_AT = "2026-11-20 08:00:00+00"
TOLERANCE = {"percent": "2", "quantity": "1", "value": "100"}
AMBIGUITY = 30  # seconds

# Of a hundred lines 90 are counted: 10 of them in two portions, 15 in boxes of 12, 2 in trays of 10/3; 30 moved, twice each.
BASE = f"""
CREATE VIEW base AS
SELECT line, n, 'B' || lpad((line // 10)::VARCHAR, 8, '0') AS bin, lpad((line * 7 % items)::VARCHAR, 7, '0') AS item,
       {", ".join(f"'' AS {name}" for name in TRAITS)},
       n % 97 + 1 AS snapshot, CASE WHEN n % 10 = 0 THEN 3 ELSE 0 END AS decimals,
       CASE WHEN n % 20 = 0 THEN NULL ELSE n % 900 + 10 END AS cents, n % 100 BETWEEN 80 AND 89 AS two,
       CASE WHEN n % 100 BETWEEN 30 AND 44 THEN 'BOX' WHEN n % 100 BETWEEN 45 AND 46 THEN 'TRAY' END AS unit
FROM (SELECT range AS line, range % {PERIOD} AS n FROM range($lines)), (SELECT greatest(100, $lines // 50) AS items)"""
FILES = {
    "lines": f"""
SELECT line, bin, {", ".join(GOODS)}, snapshot::DECIMAL(30, 9), 1000, decimals,
       (cents * 0.01::DECIMAL(3, 2))::DECIMAL(20, 6), 'f', 'f'
FROM base""",
    "scans": f"""
SELECT line, 1, (CASE WHEN unit IS NOT NULL THEN n % 9
                      WHEN two THEN CASE WHEN k = 0 THEN 1 ELSE snapshot - 1 END
                      ELSE greatest(0, snapshot + CASE WHEN n % 7 = 0 THEN n % 5 - 2 ELSE 0 END) END)::DECIMAL(30, 9),
       CASE WHEN unit IS NULL THEN 't' ELSE 'f' END, CASE unit WHEN 'BOX' THEN 12 WHEN 'TRAY' THEN 10 ELSE 1 END,
       CASE unit WHEN 'TRAY' THEN 3 ELSE 1 END,
       strftime(TIMESTAMP '{SNAPSHOT_AT[:19]}' + to_seconds(3600 + n % 3000 + 40 * k), '%Y-%m-%d %H:%M:%S') || '+00'
FROM base, range(CASE WHEN two THEN 2 ELSE 1 END) AS portion(k) WHERE n % 100 < 90""",
    "movements": f"""
SELECT bin, {", ".join(GOODS)}, ((n + k) % 11 - 5)::DECIMAL(30, 9), 990 + (n + k) % 40,
       strftime(TIMESTAMP '{SNAPSHOT_AT[:19]}' + to_seconds(CASE WHEN n % 20 = 0 THEN 3600 + n % 3000 + 15 * k
                                                             ELSE (n * 13 + k * 977) % 7200 - 600 END), '%Y-%m-%d %H:%M:%S')
       || '+00'
FROM base, range(1, 3) AS move(k) WHERE n % 100 < 20 OR n % 100 >= 80 AND n % 100 < 90""",
}


def write_facts(folder: Path, lines: int) -> None:
    """lines.csv, scans.csv and movements.csv of so many lines."""
    limits = {"memory_limit": "512MB", "temp_directory": str(folder)}
    with duckdb.connect(":memory:", config=limits) as database:
        database.execute("SET enable_progress_bar = false")
        database.execute(BASE.replace("$lines", str(lines)))
        for name, query in FILES.items():
            # PostgreSQL writes an empty text as "", which no null is.
            quoted = "" if name == "scans" else f", FORCE_QUOTE ({', '.join(TRAITS)})"
            database.execute(f"COPY ({query}) TO '{folder / name}.csv' (FORMAT csv, HEADER false{quoted})")
