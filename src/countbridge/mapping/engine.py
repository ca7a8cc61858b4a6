"""The one DuckDB of this process that maps rows handed over from Python.

Threads each have a connection of their own to it, with the statements they used lately prepared. Code tables are loaded
once for all, under the fingerprint of their cells, and dropped when no prepared statement needs them any more.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from countbridge.mapping.quoting import identifier
from countbridge.mapping.rules import RuleSet
from countbridge.mapping.statement import Mode, Statement, compile_rules
from countbridge.mapping.tables import FACTOR, Table

Result = Sequence[tuple[Any, ...]]
_KEPT = 128
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class _Loaded:
    """A code table in the database; while this lives, the table stays."""

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True, slots=True)
class Outcome:
    """`good`: row place, then the mapped values. `bad`: results of the full `statement` for the rows that failed."""

    good: Result
    statement: Statement
    bad: Result


@dataclass(frozen=True, slots=True)
class _Prepared:
    statement: Statement
    insert: str
    insert_one: str
    execute: str
    holds: tuple[_Loaded, ...]


class Engine:
    """Runs rule lists over rows. Thread safe."""

    def __init__(self) -> None:
        self._database = duckdb.connect(":memory:", config={"threads": "1", **OFFLINE})
        self._lock = threading.RLock()
        self._loaded: weakref.WeakValueDictionary[str, _Loaded] = weakref.WeakValueDictionary()
        self._unused: list[str] = []
        self._local = threading.local()
        self._zones: frozenset[str] = frozenset()

    def run(
        self,
        rules: RuleSet,
        tables: Mapping[str, Table],
        columns: Sequence[Sequence[str | None]],
        absent: Sequence[str | None],
    ) -> Outcome:
        """Map the rows whose fields are `columns` (in the order of `rules.fields`); results come in any order.

        `absent` has per row None, or a text of 0 and 1 telling which fields it lacks; empty when no row lacks any.
        """
        numbers = list(range(len(columns[0]) if columns else len(absent)))
        rows: list[list[Any]] = [numbers, list(absent) or [None] * len(numbers), *map(list, columns)]
        sparse = bool(absent)
        brief, results = self.execute(rules, tables, rows, Mode(brief=True, sparse=sparse))
        good = [result for result in results if not result[-1]]
        places = sorted(result[0] for result in results if result[-1])
        if not places:
            return Outcome(good, brief, ())
        failed = [[column[place] for place in places] for column in rows]
        return Outcome(good, *self.execute(rules, tables, failed, Mode(sparse=sparse)))

    def execute(
        self, rules: RuleSet, tables: Mapping[str, Table], rows: Sequence[Sequence[Any]], mode: Mode
    ) -> tuple[Statement, Result]:
        """Run the statement of `mode` over columns `row`, `absent` and one per field."""
        cursor = self._cursor()
        prepared = self._prepared(cursor, rules, tables, mode)
        cursor.execute("BEGIN")
        try:
            if len(rows[0]) == 1:
                cursor.execute(prepared.insert_one, [column[0] for column in rows])
            else:
                cursor.execute(prepared.insert, rows)
            return prepared.statement, cursor.execute(prepared.execute).fetchall()
        finally:
            # What was inserted never leaves the transaction, so nothing grows and nobody else sees it.
            cursor.execute("ROLLBACK")

    def is_zone(self, name: str) -> bool:
        """Whether the engine knows a time zone of this name."""
        if not self._zones:
            with self._lock:
                found = self._database.execute("SELECT name FROM pg_timezone_names()").fetchall()
                self._zones = frozenset(str(row[0]) for row in found)
        return name in self._zones

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            with self._lock:
                cursor = self._database.cursor()
            self._local.cursor, self._local.cache, self._local.count = cursor, OrderedDict(), 0
        return cursor

    def _prepared(
        self,
        cursor: duckdb.DuckDBPyConnection,
        rules: RuleSet,
        tables: Mapping[str, Table],
        mode: Mode,
    ) -> _Prepared:
        cache: OrderedDict[object, _Prepared] = self._local.cache
        wanted = tuple((name, tables[name].digest) for name in rules.tables if name in tables)
        key = (rules.digest, wanted, mode)
        if key in cache:
            cache.move_to_end(key)
            return cache[key]
        if len(cache) >= _KEPT:
            _, oldest = cache.popitem(last=False)
            cursor.execute(f"DEALLOCATE {oldest.execute.split()[1]}")
            cursor.execute(f"DROP TABLE temp.{oldest.insert.split()[2]}")
        statement = compile_rules(rules, tables, self.is_zone, mode)
        holds = tuple(self._load(name, table) for name, table in statement.tables.items())
        self._local.count += 1
        source, name = f"rows_{self._local.count}", f"map_{self._local.count}"
        fields = [f"f{place}" for place in range(len(rules.fields))]
        cursor.execute(
            f"CREATE TEMP TABLE {source} (row BIGINT, absent VARCHAR{''.join(f', {f} VARCHAR' for f in fields)})"
        )
        cursor.execute(f"PREPARE {name} AS {statement.over(source)}")
        many = ["unnest(?::BIGINT[])", *(["unnest(?::VARCHAR[])"] * (len(fields) + 1))]
        insert = f"INSERT INTO {source} SELECT {', '.join(many)}"
        insert_one = f"INSERT INTO {source} VALUES ({', '.join('?' * len(many))})"
        cache[key] = _Prepared(statement, insert, insert_one, f"EXECUTE {name}", holds)
        return cache[key]

    def _load(self, name: str, table: Table) -> _Loaded:
        with self._lock:
            loaded = self._loaded.get(name)
            if loaded is not None:
                return loaded
            while self._unused:
                gone = self._unused.pop()
                if gone not in self._loaded:
                    self._database.execute(f"DROP TABLE IF EXISTS {identifier(gone)}")
            load_table(self._database, name, table)
            loaded = self._loaded[name] = _Loaded(name)
            weakref.finalize(loaded, self._unused.append, name)
            return loaded


def load_table(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """Put a code table into the database: keys as k0, k1, …, values as v0, v1, …; factors as whole numbers."""
    kinds = [(f"k{place}", "VARCHAR") for place in range(len(table.keys))]
    whole = [value in FACTOR and table.has_factors for value in table.values]
    kinds += [(f"v{place}", "HUGEINT" if is_whole else "VARCHAR") for place, is_whole in enumerate(whole)]
    made = ", ".join(f"{column} {kind}" for column, kind in kinds)
    connection.execute(f"CREATE OR REPLACE TABLE {identifier(name)} ({made})")
    if table.rows:
        cells = ", ".join(f"unnest(?::VARCHAR[])::{kind}" for _, kind in kinds)
        connection.execute(
            f"INSERT INTO {identifier(name)} SELECT {cells}", [list(column) for column in zip(*table.rows, strict=True)]
        )


_shared: list[Engine] = []
_shared_lock = threading.Lock()


def engine() -> Engine:
    """The engine of this process; a forked child gets one of its own."""
    with _shared_lock:
        if not _shared:
            _shared.append(Engine())
        return _shared[0]


os.register_at_fork(after_in_child=_shared.clear)
