"""Code tables: what one system calls a thing, next to what the other calls it; and unit factors, as exact fractions."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from countbridge.errors import ConfigError

FACTOR = ("numerator", "denominator")
_LARGEST = 10**30


class Table:
    """A code table: `keys` columns find a row, `values` columns are what is found. All cells are text; never changed.

    Raises ConfigError when a column is missing, a key is empty or stands twice, or a factor is not a number above 0.
    """

    def __init__(
        self, name: str, keys: Sequence[str], values: Sequence[str], rows: Iterable[Mapping[str, str | None]]
    ) -> None:
        self.name, self.keys, self.values = name, tuple(keys), tuple(values)
        if not self.keys or not self.values:
            raise ConfigError("mapping.table_without_values", table=name)
        self.rows = tuple(self._cells(number, row) for number, row in enumerate(rows, 1))
        self._refuse_doubles()

    @classmethod
    def from_csv(cls, path: Path, name: str | None = None) -> Table:
        """Read a table from a CSV file; its name is the file's name without `.csv`.

        Key columns are those marked with a `*` after their name; without marks, all columns before `numerator` and
        `denominator`, and otherwise the first one. A column called `note` is for people only.
        """
        name = name or path.stem
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                records = _records(csv.reader(file, strict=True), name)
                _, header = next(records, (1, []))
                keys = [cell.removesuffix("*") for cell in header if cell.endswith("*")]
                columns = [cell.removesuffix("*") for cell in header]
                rows = [dict(zip(columns, cells, strict=True)) for _, cells in records]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ConfigError("mapping.table_unreadable", table=name, reason=error) from None
        useful = [column for column in columns if column != "note"]
        if not keys:
            keys = [column for column in useful if column not in FACTOR] if set(FACTOR) <= set(useful) else useful[:1]
        return cls(name, keys, [column for column in useful if column not in keys], rows)

    def backwards(self) -> Table:
        """The same table read from value to key, where it has one of each: ERP code to WMS code and back."""
        if len(self.keys) != 1 or len(self.values) != 1:
            raise ConfigError("mapping.table_one_way", table=self.name)
        return self._turned

    @cached_property
    def _turned(self) -> Table:
        filled = [(key, value) for key, value in self.rows if value != ""]
        turned = ({self.values[0]: value, self.keys[0]: key} for key, value in filled)
        return Table(f"{self.name} backwards", self.values, self.keys, turned)

    @property
    def has_factors(self) -> bool:
        """Whether it holds unit factors: the value columns `numerator` and `denominator`."""
        return set(FACTOR) <= set(self.values)

    @cached_property
    def digest(self) -> str:
        """A fingerprint of columns and cells: tables of one digest are the same table."""
        told = json.dumps([self.keys, self.values, self.rows], ensure_ascii=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def _cells(self, number: int, row: Mapping[str, str | None]) -> tuple[str, ...]:
        for column in (*self.keys, *self.values):
            if column not in row:
                raise ConfigError("mapping.table_no_column", table=self.name, row=number, column=column)
        cells = [row[column] or "" for column in (*self.keys, *self.values)]
        if len(self.keys) == 1 and cells[0] == "":
            raise ConfigError("mapping.table_empty_key", table=self.name, row=number, column=self.keys[0])
        if self.has_factors:
            self._reduce(number, cells)
        return tuple(cells)

    def _reduce(self, number: int, cells: list[str]) -> None:
        """Write the factor in lowest terms, so that `0.5` over `1` is 1 over 2."""
        places = [len(self.keys) + self.values.index(part) for part in FACTOR]
        factor = read_factor(cells[places[0]], cells[places[1]] or "1")
        if factor is None:
            told = f"{cells[places[0]]}/{cells[places[1]]}"
            raise ConfigError("mapping.table_bad_factor", table=self.name, row=number, value=told)
        cells[places[0]], cells[places[1]] = str(factor.numerator), str(factor.denominator)

    def _refuse_doubles(self) -> None:
        seen: dict[tuple[str, ...], int] = {}
        for number, row in enumerate(self.rows, 1):
            key = row[: len(self.keys)]
            first = seen.setdefault(key, number)
            if first != number:
                raise ConfigError(
                    "mapping.table_key_twice", table=self.name, key=", ".join(key), row=number, first=first
                )


def read_factor(numerator: str, denominator: str = "1") -> Fraction | None:
    """The exact fraction of two plain decimal numbers above 0; None when they are not, or are beyond 30 digits."""
    parts = []
    for text in (numerator, denominator):
        if not text.isascii() or not text.replace(".", "", 1).isdigit() or text[0] == "." or text[-1] == ".":
            return None
        parts.append(Fraction(text))
    if 0 in parts:
        return None
    factor = parts[0] / parts[1]
    return factor if max(factor.numerator, factor.denominator) <= _LARGEST else None


def _records(reader: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    header = next(reader, [])
    bare = [cell.removesuffix("*") for cell in header]
    if len(set(bare)) != len(bare) or "" in bare:
        raise ConfigError("mapping.table_bad_header", table=name, header=", ".join(header))
    yield 1, header
    for number, cells in enumerate(reader, 1):
        if cells and len(cells) != len(header):
            raise ConfigError("mapping.table_ragged", table=name, row=number, columns=len(header), found=len(cells))
        if cells:
            yield number, cells


def read_folder(folder: Path) -> dict[str, Table]:
    """Every `*.csv` of a folder as a table, by name."""
    if not folder.is_dir():
        raise ConfigError("mapping.tables_folder", folder=folder)
    return {path.stem: Table.from_csv(path) for path in sorted(folder.glob("*.csv"))}
