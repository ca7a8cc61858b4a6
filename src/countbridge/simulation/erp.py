"""The modelled ERP: its book, the planner's orders to count, and what it makes of the documents it is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from countbridge.connectors.contract import Row
from countbridge.errors import Rejected
from countbridge.simulation.places import Key


@dataclass
class Posted:
    """A document that took effect. `reference` is what people see on it."""

    reference: str
    location: str
    lines: list[Row]


@dataclass
class Draft:
    reference: str
    location: str
    lines: list[Row]
    done: bool = False


@dataclass
class Erp:
    """What it holds survives its restarts. `refuses` are items whose lines it takes from nobody for now."""

    stock: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    approvals: dict[str, dict[str, str | None]] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    by_key: dict[str, str] = field(default_factory=dict)  # our key → its number, where it keeps keys
    refuses: set[str] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=lambda: count(1000))

    def draft(self, reference: str, location: str, lines: Sequence[Row]) -> str:
        """A document without effect yet; the same request twice makes two."""
        number = str(next(self._numbers))
        self.drafts[number] = Draft(reference, location, list(lines))
        return number

    def confirm(self, number: str) -> None:
        """Make a draft take effect; a confirmed one stays as it is. Rejected when it refuses an item."""
        held = self.drafts[number]
        if held.done:
            return
        self._book(held.reference, held.location, held.lines)
        held.done = True

    def post_once(self, key: str, reference: str, location: str, lines: Sequence[Row]) -> str:
        """A document under a key: known keys are answered as before."""
        if key not in self.by_key:
            self.by_key[key] = self.post(reference, location, lines)
        return self.by_key[key]

    def post(self, reference: str, location: str, lines: Sequence[Row]) -> str:
        """A document that takes effect at once, each time it is sent."""
        self._book(reference, location, list(lines))
        return str(next(self._numbers))

    def number_of(self, reference: str) -> str | None:
        """Whether a posted document carries the reference."""
        return reference if any(document.reference == reference for document in self.posted) else None

    def _book(self, reference: str, location: str, lines: list[Row]) -> None:
        refused = sorted({str(line["item"]) for line in lines} & self.refuses)
        if refused:
            why = f"{refused[0]} is blocked"
            raise Rejected("http.rejected", system="erp", record=reference, call="post", status=400, message=why)
        self.posted.append(Posted(reference, location, lines))
        for line in lines:
            self.stock[location, str(line["item"]), line["lot"] or ""] += Decimal(str(line["delta"]))
