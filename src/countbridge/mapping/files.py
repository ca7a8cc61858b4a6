"""Whole files mapped inside DuckDB, streaming: memory stays bounded whatever their length."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from countbridge.errors import ConfigError, InputError
from countbridge.mapping.engine import OFFLINE, engine, load_table
from countbridge.mapping.quoting import identifier, literal
from countbridge.mapping.rules import RuleSet
from countbridge.mapping.sources import Source, kind_of, open_source
from countbridge.mapping.statement import Mode, Statement, compile_rules
from countbridge.mapping.tables import Table
from countbridge.messages import render

_FORMATS = {".csv": "FORMAT csv, HEADER true", ".jsonl": "FORMAT json", ".parquet": "FORMAT parquet"}
_ROW, _VALUE = "\x01row\x01", "\x01value\x01"
REJECT_COLUMNS = ("row", "rule", "target", "from", "value", "code", "params", "message_en", "message_zh", "record")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows were read, mapped, rejected."""

    rows: int
    mapped: int
    rejected: int


def map_file(
    rules: RuleSet, source: Path, out: Path, rejects: Path, tables: Mapping[str, Table] | None = None
) -> Counts:
    """Map a CSV, JSON lines or Parquet file. Both results appear whole or not at all.

    Raises ConfigError or InputError when the file cannot be mapped at all; nothing is written then.
    """
    for path in (out, rejects):
        kind_of(path)
        if not path.parent.is_dir():
            raise ConfigError("mapping.no_folder", path=path.parent)
    if len({path.resolve() for path in (source, out, rejects)}) < 3:
        raise ConfigError("mapping.same_file", path=out)
    with tempfile.TemporaryDirectory(prefix="countbridge-map-") as name:
        folder = Path(name)
        with _connect(folder) as connection:
            run = _Run(connection, rules, tables or {}, folder)
            try:
                return run.into(open_source(connection, source, folder, rules.fields), out, rejects)
            except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
                if kind_of(source) != ".csv":
                    raise InputError("mapping.file_broken", path=source, reason=_first_line(error)) from None
            # A faulty record stops DuckDB's reader: read again, record by record.
            careful = open_source(connection, source, folder, rules.fields, by_python=True)
            return run.into(careful, out, rejects)


def read_row(source: Path, number: int, rules: RuleSet) -> dict[str, str | None]:
    """Row `number` (from 1) of a file, with the fields the rules look at. Raises InputError when there is none."""
    with tempfile.TemporaryDirectory(prefix="countbridge-map-") as name, _connect(Path(name)) as connection:
        opened = open_source(connection, source, Path(name), rules.fields, by_python=True)
        found = connection.execute(f"SELECT * FROM {opened.full} WHERE row.number = ?", [number]).fetchone()
    if found is None:
        raise InputError("mapping.no_row", path=source, row=number)
    lacks = found[1] or "0" * len(rules.fields)
    return {field: found[place + 2] for place, field in enumerate(rules.fields) if lacks[place] == "0"}


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    limits = {
        "memory_limit": "400MB",
        "temp_directory": str(folder / "spill"),
        "threads": str(min(4, os.cpu_count() or 1)),
    }
    connection = duckdb.connect(":memory:", config={**OFFLINE, **limits})
    # Joins stay as written, with the code tables on the side that is held in memory: rows keep their order.
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    return connection


@dataclass(frozen=True, slots=True)
class _Run:
    connection: duckdb.DuckDBPyConnection
    rules: RuleSet
    tables: Mapping[str, Table]
    folder: Path

    def into(self, source: Source, out: Path, rejects: Path) -> Counts:
        """Good rows first; what was refused is only looked for when some rows are not among them."""
        brief = self._compile(Mode(brief=True, sparse=True))
        columns = ", ".join(f"v{place} AS {identifier(target)}" for place, target in enumerate(self.rules.targets))
        good = f"SELECT {columns} FROM ({brief.over(source.quick)}) WHERE NOT failed"
        with _Replaced(out) as new_out, _Replaced(rejects) as new_rejects:
            mapped = self._copy(good, new_out, kind_of(out))
            readable = self._count(source)
            self._problems(source)
            told = f"SELECT {', '.join(_quoted())} FROM unreadable"
            if mapped != readable:
                told += f" UNION ALL {self._refused(source)}"
            self._copy(f"SELECT * FROM ({told}) ORDER BY row, rule", new_rejects, kind_of(rejects))
        rows = readable + len(source.unreadable)
        return Counts(rows, mapped, rows - mapped)

    def _compile(self, mode: Mode) -> Statement:
        statement = compile_rules(self.rules, self.tables, engine().is_zone, mode)
        for name, table in statement.tables.items():
            load_table(self.connection, name, table)
        return statement

    def _copy(self, query: str, path: Path, kind: str) -> int:
        done = self.connection.execute(f"COPY ({query}) TO {literal(str(path))} ({_FORMATS[kind]})").fetchone()
        return int(done[0]) if done else 0

    def _count(self, source: Source) -> int:
        found = self.connection.execute(f"SELECT count(*) FROM {source.quick}").fetchone()
        return int(found[0]) if found else 0

    def _problems(self, source: Source) -> None:
        """The problems the rules know of, and the records that could not be read, as tables to join with."""
        self.connection.execute(
            "CREATE OR REPLACE TABLE problems (rule BIGINT, problem INTEGER, target VARCHAR, source VARCHAR, "
            "code VARCHAR, params VARCHAR, en VARCHAR, zh VARCHAR)"
        )
        rows = []
        full = compile_rules(self.rules, self.tables, engine().is_zone, Mode(sparse=True))
        for rule, problems in zip(self.rules.rules, full.failures, strict=True):
            base = {"rule": str(rule.number), "target": rule.target, "from": ", ".join(rule.sources)}
            for place, problem in enumerate(problems):
                named = {**base, **problem.params}
                told = [rule.number, place, rule.target, base["from"], problem.code, json.dumps(named)]
                rows.append([*told, *_sentences(problem.code, {**named, "row": _ROW, "value": _VALUE})])
        if rows:
            self.connection.executemany("INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        kinds = {name: "BIGINT" if name in ("row", "rule") else "VARCHAR" for name in REJECT_COLUMNS}
        columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in kinds.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE unreadable ({columns})")
        for bad in source.unreadable:
            params = {**bad.params, "row": str(bad.row)}
            told = [
                bad.row,
                None,
                None,
                None,
                None,
                bad.code,
                json.dumps(params),
                *_sentences(bad.code, params),
                bad.record,
            ]
            self.connection.execute("INSERT INTO unreadable VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", told)

    def _refused(self, source: Source) -> str:
        """SQL of one line per failed rule of every refused row."""
        full = self._compile(Mode(sparse=True))
        rules = list(enumerate(self.rules.rules))
        each = [f"{{'rule': {rule.number}, 'problem': e{place}, 'value': v{place}}}" for place, rule in rules]
        failed = " OR ".join(f"e{place} IS NOT NULL" for place, _ in rules)
        failures = f"SELECT row, unnest([{', '.join(each)}]) AS f FROM ({full.over(source.full)}) WHERE {failed}"
        number, value = "r.row.number::VARCHAR", "coalesce(r.f.value, '')"
        params = f"json_merge_patch(p.params::JSON, json_object('row', {number}, 'value', {value}))::VARCHAR"
        filled = [
            f"replace(replace(p.{one}, {literal(_ROW)}, {number}), {literal(_VALUE)}, {value})" for one in ("en", "zh")
        ]
        return (
            f"SELECT r.row.number, p.rule, p.target, p.source, r.f.value, p.code, {params}, {', '.join(filled)}, "
            f"r.row.record FROM ({failures}) AS r JOIN problems AS p ON p.rule = r.f.rule AND p.problem = r.f.problem"
        )


def _quoted() -> list[str]:
    return [identifier(name) for name in REJECT_COLUMNS]


def _sentences(code: str, params: Mapping[str, str]) -> list[str]:
    return [render(code, params, language) for language in ("en", "zh")]


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


class _Replaced:
    """A file written beside its final place and put there in one step when all went well."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.new = path.with_name(f".{path.name}.{os.getpid()}.new")

    def __enter__(self) -> Path:
        return self.new

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.new.replace(self.path)
        else:
            self.new.unlink(missing_ok=True)
