"""Scans: one counted portion each, as the person entered it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.decimals import has_at_most
from countbridge.domain.units import BASE_UNIT


@dataclass(frozen=True, slots=True)
class Scan:
    """One counted portion. `counted_at` is true time (device clock corrected).

    `unit` None: entered in base units. Otherwise `factor` is base units per unit, None where the unit is unknown.
    """

    id: str
    quantity: Decimal
    counted_at: datetime
    unit: str | None = None
    factor: Fraction | None = None
    counter: str | None = None

    @property
    def portion(self) -> tuple[Decimal, Fraction]:
        """Quantity and factor, for `units.base_sum`."""
        return self.quantity, BASE_UNIT if self.unit is None or self.factor is None else self.factor


def scan_fault(scan: Scan, base_decimals: int) -> str | None:
    """Why this scan cannot be used, None if it can: unknown_unit, negative_count or too_many_decimals.

    Only a quantity entered in base units must fit their decimals; other units are converted and the sum is rounded.
    """
    if scan.unit is not None and scan.factor is None:
        return "unknown_unit"
    if scan.quantity < 0:
        return "negative_count"
    if scan.unit is None and not has_at_most(scan.quantity, base_decimals):
        return "too_many_decimals"
    return None
