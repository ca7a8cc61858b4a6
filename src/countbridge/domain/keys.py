"""The count key: what is counted on its own. A part that is None means "none": no lot, own goods, no package …

The parts stand here and nowhere else: `TRAITS` is what tells apart goods of one item in one place. Columns, constraints, SQL and
the fields of datasets and documents are named after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

Trait = Literal["lot", "status", "owner", "package"]
TRAITS: tuple[Trait, ...] = get_args(Trait)
FINER: tuple[str, ...] = tuple(name for name in TRAITS if name != "lot")  # what tells goods of one lot apart
GOODS = ("item", *TRAITS)
PARTS = ("item", "location", *TRAITS)


@dataclass(frozen=True, slots=True)
class Key:
    """item × location × lot × status × owner × package. Codes are text and stay so ("00123", "1E5")."""

    item: str
    location: str | None = None
    lot: str | None = None
    status: str | None = None
    owner: str | None = None
    package: str | None = None

    def sort_key(self) -> tuple[str, ...]:
        """Order of lines in every list: part by part by code point, none before anything."""
        return (
            self.item,
            self.location or "",
            self.lot or "",
            self.status or "",
            self.owner or "",
            self.package or "",
        )

    def parts(self) -> dict[str, str]:
        """The parts there are, by name, in the order of PARTS."""
        return {name: part for name in PARTS if (part := getattr(self, name)) is not None}

    def at(self, location: str | None) -> Key:
        """The same goods at another location (for the coarser grain of another system)."""
        return replace(self, location=location)


class StockKey(NamedTuple):
    """One key of a live book: a place of that book (a bin, an ERP location) and what lies there. "" = none.

    A book that does not know a part holds the sum over it: `coarser` gives the key under which it does.
    Worked: ("A01", "00123", "L7", "HOLD") in a book that knows lots alone is ("A01", "00123", "L7").
    """

    place: str
    item: str
    lot: str = ""
    status: str = ""
    owner: str = ""
    package: str = ""

    @classmethod
    def of(cls, place: str, goods: object) -> StockKey:
        """The key of anything that has the parts as attributes: a line, a movement, a line of a document."""
        return cls(place, *(getattr(goods, name) for name in GOODS))

    @classmethod
    def read(cls, place: str, row: Mapping[str, str | None], known: Collection[str]) -> StockKey:
        """The key of a row that a system told, by those parts its book knows."""
        return cls(place, row["item"] or "", *((row.get(name) or "") if name in known else "" for name in TRAITS))

    @classmethod
    def many(cls, rows: Iterable[tuple[str, ...]]) -> set[StockKey]:
        """Keys of rows with the columns (place, *GOODS)."""
        return {cls(*row) for row in rows}

    def coarser(self, known: Collection[str], place: str | None = None) -> StockKey:
        """The key in a book that knows these parts alone, and that calls the place so (None: as here)."""
        kept = (value if name in known else "" for name, value in zip(TRAITS, self[2:], strict=True))
        return StockKey(self.place if place is None else place, self.item, *kept)

    def goods(self, known: Collection[str] = TRAITS) -> dict[str, str]:
        """Item and the known parts by name."""
        return {name: value for name, value in zip(GOODS, self[1:], strict=True) if name == "item" or name in known}

    @property
    def told(self) -> str:
        """The parts there are, for a sentence: "L7 HOLD"; "-" where there is none."""
        return " ".join(part for part in self[2:] if part) or "-"
