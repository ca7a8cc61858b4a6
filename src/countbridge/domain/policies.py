"""Which rule a counted line is held to: the first that fits it decides, and the line says which.

A rule without a condition fits every line, so a list usually ends with one; the policy itself is the last rule of all.
Worked: rules "expensive" (price from 1000) and "spare parts" (class SP). A spare part of 1200 is held to "expensive", one of
80 to "spare parts", a screw of 0.10 to the policy itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from countbridge.domain.tolerance import Tolerance

Within = Literal["post", "keep_book"]
Beyond = Literal["recount", "approve"]


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule may ask of a line. `price`: of one base unit; `value`: |variance × price|; both None without a price.
    `item_class` and `abc` are "" where the item has none. `reasons`: codes of `Assessment.reasons`. `cause`: the one likely
    story of its variance (`domain.explanation.Cause`), "" where none or several are told."""

    warehouse: str
    zone: str
    item_class: str
    abc: str
    kind: str
    price: Decimal | None
    value: Decimal | None
    reasons: Collection[str] = ()
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions, all of which must hold (an empty one always does), and what follows.

    `tolerance`: limits in percent, base units and money. `within`: what becomes of a variance inside them. `beyond`: a recount
    first, or at once a person's decision. `max_passes`: counts of a line, the first included, before a person must decide.
    """

    name: str
    tolerance: Tolerance
    within: Within = "post"
    beyond: Beyond = "recount"
    max_passes: int = 3
    warehouses: frozenset[str] = field(default_factory=frozenset)
    zones: frozenset[str] = field(default_factory=frozenset)
    classes: frozenset[str] = field(default_factory=frozenset)
    abc: frozenset[str] = field(default_factory=frozenset)
    kinds: frozenset[str] = field(default_factory=frozenset)
    reasons: frozenset[str] = field(default_factory=frozenset)
    causes: frozenset[str] = field(default_factory=frozenset)
    price_from: Decimal | None = None
    value_from: Decimal | None = None

    def fits(self, case: Case) -> bool:
        """Do all conditions hold? A price or value that is not known is never at or above a limit."""
        named = (
            (self.warehouses, case.warehouse),
            (self.zones, case.zone),
            (self.classes, case.item_class),
            (self.abc, case.abc),
            (self.kinds, case.kind),
            (self.causes, case.cause),
        )
        return (
            all(not wanted or word in wanted for wanted, word in named)
            and (not self.reasons or not self.reasons.isdisjoint(case.reasons))
            and _reaches(case.price, self.price_from)
            and _reaches(case.value, self.value_from)
        )


def _reaches(amount: Decimal | None, least: Decimal | None) -> bool:
    return least is None or (amount is not None and abs(amount) >= least)


def rule_for(case: Case, rules: Iterable[Rule], otherwise: Rule) -> Rule:
    """The first rule that fits, else `otherwise`."""
    return next((rule for rule in rules if rule.fits(case)), otherwise)
