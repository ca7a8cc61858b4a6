"""ABC: the few items that make most of the money moved, and the many that make little.

Items in the order of their value; A as long as the sum before an item is below the first share of the whole, B below the second,
C the rest. What was not moved at all is C.
Worked: values 70, 20, 6, 4 of 100, shares 80 % and 95 %: sums before are 0, 70, 90, 96 → A, A, B, C.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from countbridge.domain.decimals import ZERO, multiply, total

Abc = Literal["A", "B", "C"]
A_SHARE, B_SHARE = Decimal("0.80"), Decimal("0.95")


def classify(values: Mapping[str, Decimal], a: Decimal = A_SHARE, b: Decimal = B_SHARE) -> dict[str, Abc]:
    """Item → class. `values`: money moved in some time, none negative; equal values are told apart by code."""
    whole = total(values.values())
    found: dict[str, Abc] = {}
    before = ZERO
    for item, value in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
        if not value:
            found[item] = "C"
        else:
            found[item] = "A" if before < multiply(whole, a) else "B" if before < multiply(whole, b) else "C"
        before = total((before, value))
    return found
