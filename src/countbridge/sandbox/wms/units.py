"""Units of the WMS and how their quantities are written. Always exact decimals, on the wire as text."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

DECIMALS = {"PCS": 0, "GRM": 0, "CTN": 0, "KGM": 3}

# (WMS unit, ERP unit symbol) → ERP units in one WMS unit, for the WMS's own interface to the ERP
TO_ERP = {
    ("PCS", "u"): Fraction(1),
    ("KGM", "kg"): Fraction(1),
    ("GRM", "kg"): Fraction(1, 1000),
    ("GRM", "g"): Fraction(1),
}

_WRITTEN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")


def parse(text: object) -> Decimal | None:
    """The decimal written in `text`, None where it is not a plain decimal in a JSON string (no number, no exponent)."""
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        return None
    return Decimal(text)


def fits(quantity: Decimal, uom: str) -> bool:
    """Has the quantity no more decimals than its unit allows? `12.50` fits PCS no better than `12.5`."""
    return quantity == round(quantity, DECIMALS[uom])


def written(quantity: Decimal, uom: str) -> str:
    """`12.500` in KGM, `12` in PCS."""
    return str(quantity.quantize(Decimal(1).scaleb(-DECIMALS[uom])))
