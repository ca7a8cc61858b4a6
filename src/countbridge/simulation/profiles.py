"""How rough the weather is: how often what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Fate = Literal[
    "well", "lost_request", "late_request", "lost_reply", "duplicate", "too_many", "gateway", "garbage", "unauthorized"
]


@dataclass(frozen=True)
class Profile:
    """Rates are chances per call or per database statement; spans are in seconds (shortest, longest)."""

    name: str
    trouble: float  # of a call to another system
    crash_at_call: float  # our process dies just before or after a call
    crash_at_statement: float  # our process dies just before a database statement
    interleave: float  # another worker takes a job while this one waits for an answer
    outages: int  # restarts of each system, at most
    outage: tuple[float, float]
    skew: float  # of the WMS's and the ERP's clock, at most
    movements: int  # of goods while the count runs, at most
    late: float  # chance that a movement is recorded late
    lateness: tuple[float, float]
    miscount: float  # chance that a person counts a line wrong
    refusals: int  # items the ERP refuses until somebody unblocks them, at most
    few: bool = False  # goods in one place only, and everybody looks less often

    @property
    def pace(self) -> int:
        """Seconds between two looks of people and of the schedule."""
        return 60 if self.few else 30

    def with_few(self) -> Profile:
        """The same weather over one place with a few goods: the same steps, a fraction of the work."""
        shortest, longest = self.lateness
        return replace(self, few=True, movements=min(self.movements, 6), lateness=(shortest, min(longest, 600)))


CALM = Profile(
    "calm", trouble=0, crash_at_call=0, crash_at_statement=0, interleave=0.2, outages=0, outage=(5, 40), skew=0,
    movements=8, late=0, lateness=(20, 120), miscount=0.1, refusals=0,
)  # fmt: skip
LIGHT = Profile(
    "light", trouble=0.03, crash_at_call=0.002, crash_at_statement=0.0004, interleave=0.2, outages=1, outage=(5, 40),
    skew=5, movements=8, late=0.1, lateness=(20, 120), miscount=0.05, refusals=0,
)  # fmt: skip
HARSH = Profile(
    "harsh", trouble=0.12, crash_at_call=0.015, crash_at_statement=0.002, interleave=0.4, outages=3, outage=(10, 300),
    skew=20, movements=16, late=0.3, lateness=(60, 1800), miscount=0.2, refusals=2,
)  # fmt: skip
PROFILES = {profile.name: profile for profile in (LIGHT, HARSH)}

# What can become of a call that meets trouble, with its weight.
FATES: tuple[tuple[Fate, int], ...] = (
    ("lost_request", 3), ("late_request", 3), ("lost_reply", 5), ("duplicate", 3), ("too_many", 1), ("gateway", 2),
    ("garbage", 1), ("unauthorized", 1),
)  # fmt: skip
