"""Countbridge's own: the statements a large count is checked with."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from bench.support.reconcile.facts import AMBIGUITY, FILES, SNAPSHOT_AT, TOLERANCE
from countbridge.domain.assessment import Policy
from countbridge.domain.tolerance import Tolerance
from countbridge.stocktake.recompute.engine import Recomputation
from countbridge.stocktake.recompute.statement import REASONS

FIGURES = "expected, counted, variance, variance_min, variance_max, value"


def compute(folder: Path) -> Recomputation:
    """Every line of the files, in DuckDB."""
    spill = tempfile.mkdtemp(dir=folder)
    computed = Recomputation(Path(spill), threads=os.cpu_count() or 1)
    for table in FILES:
        computed.load_copied(table, folder / f"{table}.csv")
    limits = {name: Decimal(limit) for name, limit in TOLERANCE.items()}
    policy = Policy(Tolerance(**limits), timedelta(seconds=AMBIGUITY))
    computed.run(policy, datetime.fromisoformat(SNAPSHOT_AT), datetime(2026, 11, 21, tzinfo=UTC))
    return computed


def write(computed: Recomputation, file: Path) -> None:
    """Whole numbers of 10⁻⁹ (value: 10⁻¹⁵); a line that was left to the domain would have none, and be seen."""
    names = ", ".join(f"CASE WHEN reasons & {2**place} > 0 THEN '{name}' END" for place, name in enumerate(REASONS))
    computed.database.execute(
        f"COPY (SELECT line, {FIGURES}, outcome, concat_ws(' ', {names}) FROM result) TO '{file}' (FORMAT csv, HEADER false)"
    )
