"""What a count is about: which bins, and of the goods in them which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from countbridge.errors import InputError
from countbridge.links.models import Item
from countbridge.stocktake.models import Count

KINDS = ("full", "zone", "class", "cycle", "spot", "zero_check", "adhoc")


@dataclass(frozen=True)
class Scope:
    """Every list narrows; an empty one does not. `classes`, `abc` and `items` narrow the goods, the others the bins.

    `not_seen_days`: only bins nobody has counted for so long (0 = all). `most_bins`: no more than so many (0 = all): those not
    counted for longest first, or, with `at_random`, drawn by lot.
    """

    warehouses: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    abc: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    not_seen_days: int = 0
    most_bins: int = 0
    at_random: bool = False

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Scope:
        """From JSON; InputError naming a word that is unknown or cannot be so."""
        known = {each.name: each.type for each in fields(cls)}
        for name, value in told.items():
            if name not in known or not _fits(str(known[name]), value):
                raise InputError("stocktake.scope_word", word=name, value=value, known=", ".join(known))
        read: dict[str, Any] = {n: tuple(v) if isinstance(v, list | tuple) else v for n, v in told.items()}
        return cls(**read)

    @classmethod
    def of(cls, count: Count) -> Scope:
        return cls.read(count.scope)

    def as_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def narrowed(self) -> bool:
        """Are only some of the goods counted?"""
        return bool(self.classes or self.abc or self.items)

    def covers(self, item: Item) -> bool:
        """Is the count about this item?"""
        asked = ((self.classes, item.item_class), (self.abc, item.abc), (self.items, item.code))
        return all(not wanted or word in wanted for wanted, word in asked)

    def bins_wanted(self, kind: str) -> str:
        """Which of the bins get onto sheets: "all", those "holding" any of the goods, or those that should be "empty"."""
        return "empty" if kind == "zero_check" else "holding" if self.narrowed else "all"


def _fits(kind: str, value: object) -> bool:
    match kind:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "bool":
            return isinstance(value, bool)
        case _:
            return isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)
