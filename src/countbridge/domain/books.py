"""Two books of the same goods: what each is corrected by, and what is no loss but a gap between the systems.

D = E_erp − E_wms and V_erp = ΣV_b − D, over the counted bins b of one ERP location. Each book is posted its own
variance and both then say the same; D is reported as an interface gap.
Worked: ERP 100 for a zone, WMS 60 + 37 in its two bins, counted 58 and 37. D = 3, V_wms = −2, V_erp = −2 − 3 = −5:
ERP 95, WMS 95. Two of the five were lost on the shelf, three never arrived in the WMS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from countbridge.domain.decimals import ZERO, subtract, total
from countbridge.domain.keys import Key
from countbridge.domain.units import BASE_DECIMALS, is_zero


@dataclass(frozen=True, slots=True)
class Split:
    """What is posted to each book, and the gap between them before the count. Base units, signed."""

    erp: Decimal
    wms: Decimal
    gap: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """A key on which two books do not agree, at the coarser grain."""

    key: Key
    erp: Decimal
    wms: Decimal


def split(erp_expected: Decimal, wms_expected: Decimal, bin_variances: Iterable[Decimal]) -> Split:
    """One ERP key: its book, the WMS's book of all its bins, and the variances of the bins that were counted.

    Bins not counted add nothing, so a partial count corrects only what somebody saw.
    """
    gap = subtract(erp_expected, wms_expected)
    variance = total(bin_variances)
    return Split(erp=subtract(variance, gap), wms=variance, gap=gap)


def by_grain(quantities: Mapping[Key, Decimal], erp_locations: Mapping[str, str]) -> dict[Key, Decimal]:
    """Quantities of bins added up per ERP location; a location not in the table keeps its own."""
    groups: dict[Key, list[Decimal]] = {}
    for key, quantity in quantities.items():
        where = key.location if key.location is None else erp_locations.get(key.location, key.location)
        groups.setdefault(key.at(where), []).append(quantity)
    return {key: total(parts) for key, parts in groups.items()}


def differences(
    erp: Mapping[Key, Decimal], wms: Mapping[Key, Decimal], base_decimals: Mapping[str, int]
) -> list[Difference]:
    """Keys on which the books differ by half a base-unit step or more; a key one of them lacks counts as 0 there."""
    found = []
    for key in sorted(erp.keys() | wms.keys(), key=Key.sort_key):
        left, right = erp.get(key, ZERO), wms.get(key, ZERO)
        if not is_zero(subtract(left, right), base_decimals.get(key.item, BASE_DECIMALS)):
            found.append(Difference(key, left, right))
    return found


def absolute_target(book_now: Decimal, variance: Decimal) -> Decimal:
    """B(p) + V: what a system that only takes absolute quantities is told at posting time (compare and set)."""
    return total((book_now, variance))
