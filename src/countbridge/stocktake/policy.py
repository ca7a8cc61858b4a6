"""The rules one count is held to. Copied from the link when the count begins, so that a later change rewrites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from countbridge.domain.policies import Rule
from countbridge.domain.skills import Need
from countbridge.domain.tolerance import Tolerance
from countbridge.errors import ConfigError
from countbridge.stocktake.policy_words import Cycle, Level, amount, read_cycle, read_levels, read_needs, read_rules

CHOICES: Mapping[str, tuple[str, ...]] = {
    "within_tolerance": ("post", "keep_book"),
    "uncounted": ("ignore", "zero"),
    "sheets_by": ("zone", "aisle"),
    "freeze": ("none", "whole_zones"),
    "drift": ("report", "propose", "repair"),
}


@dataclass(frozen=True)
class CountPolicy:
    """`tolerance` limits are decimal text; a missing one does not apply. `ambiguity_seconds` is the clock uncertainty
    between a scan and a movement. `uncounted`: what nobody counted is left alone ("ignore"), or each such line is put before a
    person as a count of "zero". `within_tolerance`: "post" the small variance or "keep_book". `max_passes` counts of one
    line (first count included) before a person must decide. `double_blind`: every line is counted by two people, who must
    agree. `supervisor_from_pass`: from this count of a line on it is a supervisor's. `sheet_lines` is the most a sheet holds, and
    `sheets_by` what it never crosses. `freeze`: "whole_zones" asks the WMS to let nothing move in zones that are counted whole.
    `rules`: exceptions for some lines, the first that fits decides (policy_words.read_rules). `approval`: who signs for the sum
    of the variances (read_levels). `skills`: what it takes to count in some zones or some goods (read_needs). `cycle`: how often
    a bin is counted (read_cycle). `drift` between the books outside counts: "report" it, "propose" its repair to a person, or
    "repair" it unasked where the tolerance allows."""

    tolerance: Mapping[str, str | None] = field(
        default_factory=lambda: {"percent": "2", "quantity": "1", "value": "100"}
    )
    ambiguity_seconds: int = 30
    uncounted: str = "ignore"
    within_tolerance: str = "post"
    blind: bool = True
    double_blind: bool = False
    max_passes: int = 3
    supervisor_from_pass: int = 3
    sheet_lines: int = 40
    sheets_by: str = "zone"
    quiet_seconds: int = 60
    counted_in_wms: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    approval: tuple[Mapping[str, Any], ...] = ()
    skills: tuple[Mapping[str, Any], ...] = ()
    cycle: Mapping[str, Any] = field(default_factory=dict)
    freeze: str = "none"
    drift: str = "propose"

    def as_json(self) -> dict[str, Any]:
        lists = {name: list(getattr(self, name)) for name in LISTS}
        return {**asdict(self), "tolerance": dict(self.tolerance), "cycle": dict(self.cycle), **lists}

    @cached_property
    def line_rules(self) -> tuple[Rule, ...]:
        return read_rules(self.rules, self.base_rule)

    @cached_property
    def asks_causes(self) -> bool:
        """Does a rule hang on why a line differs? Then that has to be known before the rules are asked."""
        return any(rule.causes for rule in self.line_rules)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        return read_levels(self.approval)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        return read_needs(self.skills)

    @cached_property
    def cycles(self) -> Cycle | None:
        return read_cycle(self.cycle)

    @cached_property
    def base_rule(self) -> Rule:
        """What holds for a line that no rule names; its own name is empty."""
        limits = {name: amount(text, f"tolerance.{name}") for name, text in self.tolerance.items()}
        unknown = set(limits) - {"percent", "quantity", "value"}
        if unknown:
            raise ConfigError(
                "stocktake.policy_word", word=f"tolerance.{min(unknown)}", known="percent, quantity, value"
            )
        return Rule(
            "",
            Tolerance(**limits),
            within="post" if self.within_tolerance == "post" else "keep_book",
            max_passes=self.max_passes,
        )

    def rule(self, name: str) -> Rule:
        """The rule of that name; the policy itself for "" and for one that is no more."""
        return next((rule for rule in self.line_rules if rule.name == name), self.base_rule)


LISTS = ("counted_in_wms", "rules", "approval", "skills")
WHOLE = ("ambiguity_seconds", "max_passes", "supervisor_from_pass", "sheet_lines", "quiet_seconds")
LEAST = {"max_passes": 1, "supervisor_from_pass": 2, "sheet_lines": 1}


def policy_of(stored: Mapping[str, Any]) -> CountPolicy:
    """Read a stored policy; an unknown word or value raises ConfigError naming it."""
    known = {each.name for each in fields(CountPolicy)}
    for name in stored:
        if name not in known:
            raise ConfigError("stocktake.policy_word", word=name, known=", ".join(sorted(known)))
    policy = CountPolicy(**{**stored, **{name: tuple(stored.get(name) or ()) for name in LISTS}})
    for name, choices in CHOICES.items():
        if getattr(policy, name) not in choices:
            raise ConfigError("stocktake.policy_value", word=name, value=getattr(policy, name))
    for name in WHOLE:
        value = getattr(policy, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < LEAST.get(name, 0):
            raise ConfigError("stocktake.policy_value", word=name, value=value)
    for name in ("blind", "double_blind"):
        if not isinstance(getattr(policy, name), bool):
            raise ConfigError("stocktake.policy_value", word=name, value=getattr(policy, name))
    for each in ("line_rules", "levels", "needs", "cycles"):
        getattr(policy, each)  # a word that is wrong in them is told now, not at the first line
    return policy
