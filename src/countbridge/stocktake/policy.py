"""The rules one count is held to. Copied from the link when the count begins, so that a later change rewrites nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from countbridge.errors import ConfigError


@dataclass(frozen=True)
class CountPolicy:
    """`tolerance` limits are decimal text; a missing one does not apply. `ambiguity_seconds` is the clock uncertainty
    between a scan and a movement. `within_tolerance`: "post" the small variance or "keep_book". `max_passes` counts of one
    line (first count included) before a person must decide. `sheet_lines` is the most a sheet holds. `drift` between the
    books outside counts: "report" it, "propose" its repair to a person, or "repair" it unasked where the tolerance allows."""

    tolerance: Mapping[str, str | None] = field(
        default_factory=lambda: {"percent": "2", "quantity": "1", "value": "100"}
    )
    ambiguity_seconds: int = 30
    uncounted: str = "ignore"
    within_tolerance: str = "post"
    blind: bool = True
    max_passes: int = 3
    sheet_lines: int = 40
    quiet_seconds: int = 60
    counted_in_wms: tuple[str, ...] = ()
    drift: str = "propose"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "tolerance": dict(self.tolerance), "counted_in_wms": list(self.counted_in_wms)}


def policy_of(stored: Mapping[str, Any]) -> CountPolicy:
    """Read a stored policy; an unknown word or value raises ConfigError naming it."""
    known = {each.name for each in fields(CountPolicy)}
    for name in stored:
        if name not in known:
            raise ConfigError("stocktake.policy_word", word=name, known=", ".join(sorted(known)))
    policy = CountPolicy(**{**stored, "counted_in_wms": tuple(stored.get("counted_in_wms", ()))})
    if policy.within_tolerance not in ("post", "keep_book"):
        raise ConfigError("stocktake.policy_value", word="within_tolerance", value=policy.within_tolerance)
    if policy.uncounted != "ignore":
        raise ConfigError("stocktake.policy_value", word="uncounted", value=policy.uncounted)
    if policy.drift not in ("report", "propose", "repair"):
        raise ConfigError("stocktake.policy_value", word="drift", value=policy.drift)
    return policy
