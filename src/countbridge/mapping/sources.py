"""Files as rows of text inside DuckDB: CSV and Parquet read by DuckDB itself, JSON lines and faulty CSV by Python.

A number in JSON is taken as its own digits; DuckDB's JSON reader would make a floating-point number of it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb
import msgspec

from countbridge.errors import ConfigError, InputError
from countbridge.mapping.quoting import identifier, literal
from countbridge.mapping.words import nearest

KINDS = (".csv", ".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is no row: its number among the records, why, and as much of it as there is."""

    row: int
    code: str
    params: dict[str, str]
    record: str


@dataclass(frozen=True, slots=True)
class Source:
    """A relation `row, absent, f0, …` for the rules' fields; `row` is a struct of `number` and whole `record`, JSON.

    `quick` is the same with an empty `row`, for when nothing needs telling.
    """

    full: str
    quick: str
    unreadable: tuple[Unreadable, ...] = ()


def kind_of(path: Path) -> str:
    """The file's kind by its ending. Raises ConfigError for any other."""
    if path.suffix.lower() not in KINDS:
        raise ConfigError("mapping.file_kind", path=path, kinds=", ".join(KINDS))
    return path.suffix.lower()


def open_source(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, fields: Sequence[str], *, by_python: bool = False
) -> Source:
    """Make a file readable as rows. `folder` holds what must be written down on the way.

    Raises ConfigError for a wrong kind or a missing file or column, InputError for a header that is not usable.
    `by_python` reads CSV record by record, so that one faulty record does not stop the others.
    """
    kind = kind_of(path)
    if not path.is_file():
        raise ConfigError("mapping.no_file", path=path)
    try:
        if kind == ".parquet":
            return _parquet(connection, _named(path, folder), fields)
        if kind == ".jsonl":
            return _written_down(_json_records(path, fields), folder, fields)
        header, delimiter = _header(path)
        places = {field: _place(header, field) for field in fields}
        if by_python:
            return _written_down(_csv_records(path, header, delimiter, fields), folder, fields)
        return _csv(_named(path, folder), header, delimiter, [places[field] for field in fields])
    except UnicodeDecodeError as error:
        raise InputError("mapping.not_utf8", path=path, position=error.start) from None


def _named(path: Path, folder: Path) -> str:
    """The file under a name without `*`, `?` and `[`, which DuckDB would take for many files."""
    link = folder / f"input{path.suffix.lower()}"
    if not link.is_symlink():
        link.symlink_to(path.resolve())
    return literal(str(link))


def _header(path: Path) -> tuple[list[str], str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        delimiter = max(",;\t", key=first.count)
        file.seek(0)
        header = next(csv.reader(file, delimiter=delimiter), [])
    for place, name in enumerate(header, 1):
        if not name.strip():
            raise InputError("mapping.header_empty", path=path, line=1, column=place)
        if name in header[: place - 1]:
            raise InputError("mapping.header_twice", path=path, line=1, column=place, name=name)
    if not header:
        raise InputError("mapping.no_header", path=path, line=1)
    return header, delimiter


def _place(header: Sequence[str], field: str) -> int:
    if field not in header:
        raise ConfigError("mapping.field_not_in_file", field=field, nearest=nearest(field, header))
    return header.index(field)


def _csv(path: str, header: Sequence[str], delimiter: str, places: Sequence[int]) -> Source:
    names = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(header)))
    table = (
        f"read_csv({path}, auto_detect = false, header = true, columns = {{{names}}}, delim = {literal(delimiter)}, "
        "quote = '\"', escape = '\"', nullstr = '', strict_mode = true, null_padding = false, compression = 'none', "
        "max_line_size = 16000000)"
    )
    used = "".join(f", c{place} AS f{number}" for number, place in enumerate(places))
    record = ", ".join(f"{literal(name)}, c{place}" for place, name in enumerate(header))
    return _relations(table, used, f"json_object({record})", "row_number() OVER ()")


def _parquet(connection: duckdb.DuckDBPyConnection, path: str, fields: Sequence[str]) -> Source:
    table = f"read_parquet({path}, file_row_number = true)"
    kinds = {str(name): str(kind) for name, kind, *_ in connection.execute(f"DESCRIBE FROM {table}").fetchall()}
    kinds.pop("file_row_number")
    for field in fields:
        _place(list(kinds), field)
        if any(word in kinds[field] for word in ("FLOAT", "DOUBLE", "STRUCT", "[", "MAP", "BLOB")):
            raise ConfigError("mapping.not_text_column", field=field, kind=kinds[field])
    used = "".join(f", {identifier(field)}::VARCHAR AS f{number}" for number, field in enumerate(fields))
    record = ", ".join(f"{literal(name)}, {identifier(name)}::VARCHAR" for name in kinds)
    return _relations(table, used, f"json_object({record})", "file_row_number + 1")


def _relations(table: str, used: str, record: str, number: str) -> Source:
    full = f"(SELECT {{'number': {number}, 'record': ({record})::VARCHAR}} AS row, NULL AS absent{used} FROM {table})"
    return Source(full, f"(SELECT NULL AS row, NULL AS absent{used} FROM {table})")


Record = tuple[int, str, list[str | None], str]
"""Row number, which fields are absent ("" for none), the rules' fields, the whole record as JSON."""


def _written_down(records: Iterator[Record | Unreadable], folder: Path, fields: Sequence[str]) -> Source:
    """Write the records as CSV that DuckDB reads without question."""
    path, unreadable = folder / "records.csv", []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for found in records:
            if isinstance(found, Unreadable):
                unreadable.append(found)
            else:
                number, absent, values, record = found
                writer.writerow([number, absent, *values, record])
    names = ["number", "absent", *(f"f{place}" for place in range(len(fields))), "record"]
    kinds = ", ".join(f"{name}: 'VARCHAR'" for name in names)
    table = (
        f"read_csv({literal(str(path))}, auto_detect = false, header = false, columns = {{{kinds}}}, delim = ',', "
        "quote = '\"', escape = '\"', new_line = '\\n', max_line_size = 64000000)"
    )
    used = ", NULLIF(absent, '') AS absent" + "".join(f", f{place}" for place in range(len(fields)))
    full = f"(SELECT {{'number': number::BIGINT, 'record': record}} AS row{used} FROM {table})"
    return Source(full, f"(SELECT NULL AS row{used} FROM {table})", tuple(unreadable))


def _csv_records(
    path: Path, header: Sequence[str], delimiter: str, fields: Sequence[str]
) -> Iterator[Record | Unreadable]:
    places = [header.index(field) for field in fields]
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        next(reader)
        number = 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise InputError("mapping.csv_broken", path=path, line=reader.line_num, reason=error) from None
            if cells is None:
                return
            if not cells:
                continue
            number += 1
            if len(cells) == len(header):
                whole = json.dumps(dict(zip(header, (cell or None for cell in cells), strict=True)), ensure_ascii=False)
                yield number, "", [cells[place] for place in places], whole
            else:
                params = {"line": str(reader.line_num), "columns": str(len(header)), "found": str(len(cells))}
                yield Unreadable(number, "mapping.ragged", params, json.dumps(cells, ensure_ascii=False))


def _json_records(path: Path, fields: Sequence[str]) -> Iterator[Record | Unreadable]:
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
    number = 0
    with path.open(encoding="utf-8-sig") as file:
        for line, text in _lines(file):
            number += 1
            try:
                found = decoder.decode(text)
                values = [_json_text(found[field]) if field in found else None for field in fields]
            except (msgspec.DecodeError, ValueError) as error:
                yield Unreadable(
                    number, "mapping.not_json", {"line": str(line), "reason": str(error)}, json.dumps(text)
                )
                continue
            absent = "".join("01"[field not in found] for field in fields)
            yield number, absent if "1" in absent else "", values, text.strip()


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    return ((line, text) for line, text in enumerate(file, 1) if text.strip())


def _json_text(raw: msgspec.Raw) -> str | None:
    """A JSON value as text: a text as it is, a number or true or false by its own characters."""
    written = bytes(raw).strip()
    if written[:1] in b"{[":
        raise ValueError(f"nested value {written[:40].decode()}")
    if written == b"null":
        return None
    return msgspec.json.decode(written, type=str) if written[:1] == b'"' else written.decode()
