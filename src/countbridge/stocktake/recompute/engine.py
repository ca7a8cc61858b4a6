"""A count computed as a whole: facts in, one row per line out, in a DuckDB of its own that is gone afterwards.

with Recomputation(folder) as count:
    count.load("lines", rows) … or count.load_copied("lines", path)
    count.run(rules)
    count.figures()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import duckdb

from countbridge.domain.assessment import Policy
from countbridge.domain.decimals import EXACT
from countbridge.domain.keys import GOODS
from countbridge.stocktake.recompute import statement
from countbridge.stocktake.recompute.statement import BASE, BIGINT, MONEY, REASONS, TABLES, Terms

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BATCH = 50_000
LARGEST = 10**30  # of a limit, in whole numbers: NUMERIC(30, 9) is just below


# Per table, in the order of its columns: name, what is read and what is stored of it.
def _number(name: str) -> str:
    """12.500000000 is 12500000000; what is no BIGINT then is NULL."""
    return f"TRY_CAST(replace({name}, '.', '') AS BIGINT)"


COPIED = {
    "lines": (
        ("line", "BIGINT", "line"), ("bin", "VARCHAR", "bin"), *((name, "VARCHAR", name) for name in GOODS),
        ("snapshot", "VARCHAR", _number("snapshot")), ("watermark", "BIGINT", "watermark"),
        ("decimals", "SMALLINT", "decimals"), ("price", "VARCHAR", _number("price")),
        ("alone", "BOOLEAN", f"alone OR (price IS NOT NULL AND {_number('price')} IS NULL)"), ("unequal", "BOOLEAN", "unequal"),
    ),
    "scans": (
        ("line", "BIGINT", "line"), ("pass", "SMALLINT", "pass"), ("quantity", "VARCHAR", _number("quantity")),
        ("base", "BOOLEAN", "base"), ("numerator", "VARCHAR", "coalesce(TRY_CAST(numerator AS BIGINT), -1)"),
        ("denominator", "VARCHAR", "coalesce(TRY_CAST(denominator AS BIGINT), -1)"),
        ("counted_at", "TIMESTAMPTZ", "epoch_us(counted_at)"),
    ),
    "movements": (
        ("bin", "VARCHAR", "bin"), *((name, "VARCHAR", name) for name in GOODS),
        ("quantity", "VARCHAR", _number("quantity")), ("ledger_seq", "BIGINT", "ledger_seq"),
        ("occurred", "TIMESTAMPTZ", "epoch_us(occurred)"),
    ),
}  # fmt: skip
# An empty text is written as "" and is no null.
AS_WRITTEN = "header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false"
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class NotInSets(ValueError):
    """A number or a rule that whole numbers of billionths cannot say: the domain's own code has to be asked."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the facts say of one line; see `domain.assessment.Assessment`. `wide`: nothing, the domain must be asked."""

    line: int
    wide: bool
    expected: Decimal | None
    counted: Decimal | None
    variance: Decimal | None
    variance_min: Decimal | None
    variance_max: Decimal | None
    value: Decimal | None
    counted_at: datetime | None
    outcome: str
    reasons: tuple[str, ...]


class Recomputation:
    """One count's facts and, after `run`, its figures. Not thread safe. `memory_mb` bounds what DuckDB holds; beyond it, it
    writes to `folder`."""

    def __init__(self, folder: Path, memory_mb: int = 512, threads: int = 2, band: int = 500_000) -> None:
        self.band = band
        limits = {"memory_limit": f"{memory_mb}MB", "threads": str(threads), "temp_directory": str(folder)}
        self.database = duckdb.connect(":memory:", config={**OFFLINE, **limits, "preserve_insertion_order": "false"})
        self.database.execute("SET enable_progress_bar = false")
        for name, columns in TABLES.items():
            self.database.execute(f"CREATE TABLE {name} ({columns})")

    def __enter__(self) -> Recomputation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def load(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        """Rows in the order of the table's columns, numbers whole already (`whole`, `moment`)."""
        columns = TABLES[table].split(", ")
        cells = ", ".join(f"unnest(?::{column.split()[1]}[])" for column in columns)
        batch: list[Sequence[object]] = []

        def flush() -> None:
            if batch:
                told = [list(column) for column in zip(*batch, strict=True)]
                self.database.execute(f"INSERT INTO {table} SELECT {cells}", told)
                batch.clear()

        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                flush()
        flush()

    def load_copied(self, table: str, file: Path) -> None:
        """A file that PostgreSQL's COPY … CSV wrote of the columns in `COPIED`: decimals with just as many digits after the point
        as their column has, times with their offset."""
        columns = COPIED[table]
        texts = ", ".join(f"'{name}': '{kind}'" for name, kind, _ in columns)
        told = ", ".join(read for _, _, read in columns)
        self.database.execute(
            f"INSERT INTO {table} SELECT {told} FROM read_csv($file, {AS_WRITTEN}, columns = {{{texts}}})",
            {"file": str(file)},
        )

    def run(self, policy: Policy, snapshot_at: datetime, uncounted_at: datetime) -> None:
        """Compute every line. NotInSets when the policy's limits cannot be said here."""
        terms = terms_of(policy, snapshot_at, uncounted_at)
        self.database.execute(statement.PLACED)
        for first, last in self._bands():
            for each in (
                statement.counting(first, last),
                statement.COUNTED,
                statement.moved(terms, first, last),
                statement.result(terms, first, last),
            ):
                self.database.execute(each)

    def _bands(self) -> Iterator[tuple[int, int]]:
        """Ranges of line numbers with about `band` lines each: what is grouped and joined at a time has to fit the memory."""
        lines, lowest, highest = self.database.execute("SELECT count(*), min(line), max(line) FROM lines").fetchall()[0]
        if not lines:
            return
        step = -(-(highest - lowest + 1) // -(-lines // self.band))
        for first in range(lowest, highest + 1, step):
            yield first, first + step - 1

    def figures(self) -> Iterator[Figures]:
        """Each line's figures, in no order."""
        found = self.database.execute(
            "SELECT line, wide, expected, counted, variance, variance_min, variance_max, value, counted_at, outcome, reasons"
            " FROM result"
        )
        while rows := found.fetchmany(BATCH):
            yield from map(_figures, rows)


def terms_of(policy: Policy, snapshot_at: datetime, uncounted_at: datetime) -> Terms:
    """The rules as whole numbers. NotInSets for a limit with more digits than can be compared here, and for `seen_until`
    (whoever loads the movements leaves out those that are not known yet)."""
    limits = policy.tolerance
    if policy.seen_until is not None:
        raise NotInSets("seen_until")
    return Terms(
        snapshot_at=moment(snapshot_at),
        uncounted_at=moment(uncounted_at),
        ambiguity=policy.ambiguity // MICROSECOND,
        uncounted_is_zero=policy.uncounted == "zero",
        percent=_limit(limits.percent, BASE, statement.PERCENT_LIMIT),
        quantity=_limit(limits.quantity, BASE, LARGEST),
        value=_limit(limits.value, BASE * MONEY, LARGEST * MONEY),
    )


def _limit(limit: Decimal | None, unit: int, largest: int) -> int | None:
    return None if limit is None else whole(limit, unit, largest)


def whole(value: Decimal, unit: int = BASE, largest: int = BIGINT) -> int:
    """A decimal as a whole number of 1/unit: 12.5 → 12500000000. NotInSets when it is none or too large."""
    exact = Fraction(value) * unit
    if exact.denominator != 1 or abs(exact) > largest:
        raise NotInSets(value)
    return exact.numerator


def moment(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def _figures(row: tuple[object, ...]) -> Figures:
    line, wide, expected, counted, variance, low, high, value, counted_at, outcome, reasons = row
    return Figures(
        int(str(line)), bool(wide), _decimal(expected, wide), _decimal(counted, wide), _decimal(variance, wide),
        _decimal(low, wide), _decimal(high, wide), _decimal(value, wide, 15),
        None if counted_at is None else EPOCH + int(str(counted_at)) * MICROSECOND, str(outcome),
        tuple(name for place, name in enumerate(REASONS) if int(str(reasons)) >> place & 1),
    )  # fmt: skip


def _decimal(value: object, wide: object, digits: int = statement.DIGITS) -> Decimal | None:
    return None if value is None or wide else Decimal(int(str(value))).scaleb(-digits, EXACT)
