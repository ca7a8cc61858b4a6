"""What is known of a line whose count and book differ, and of the ERP's book above it. Quantities in base units, signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.decimals import subtract
from countbridge.domain.interval import Interval
from countbridge.domain.keys import Key
from countbridge.domain.units import BASE_DECIMALS


@dataclass(frozen=True, slots=True)
class Portion:
    """One counted portion as a person entered it: 4 of a unit worth `factor` base units each."""

    quantity: Decimal
    unit: str
    factor: Fraction

    @property
    def base(self) -> Fraction:
        return Fraction(self.quantity) * self.factor


@dataclass(frozen=True, slots=True)
class Paper:
    """A movement in the WMS's ledger of one key. `applied`: the expected quantity contains it. `doubtful`: within the
    ambiguity of a scan, so it may have happened on either side. `awaited`: the ERP had not booked it when its book was read.
    """

    id: str
    quantity: Decimal
    occurred: datetime
    kind: str = ""
    document: str = ""
    applied: bool = True
    doubtful: bool = False
    awaited: bool = False

    @property
    def name(self) -> str:
        """What a person looks it up by."""
        return self.document or self.id


@dataclass(frozen=True, slots=True)
class Breach:
    """A counted line. `key.location` is its bin and `position` that bin's place in the walking order of `zone` (1, 2, 3 …
    without gaps: neighbours are one apart). `units` are all of the item's units with their factors, the base unit too, which
    has `decimals`. `confirmed`: somebody else counted the same in an earlier pass. `book` names the ErpBook the line belongs
    to, "" where none
    is known. `serial`: `key.lot` is a serial, so it is there once or not at all."""

    id: int
    key: Key
    zone: str
    position: int
    expected: Decimal
    counted: Decimal
    interval: Interval
    counted_at: datetime
    portions: tuple[Portion, ...] = ()
    units: tuple[tuple[str, Fraction], ...] = ()
    papers: tuple[Paper, ...] = ()
    decimals: int = BASE_DECIMALS
    confirmed: bool = False
    book: str = ""
    serial: bool = False

    @property
    def variance(self) -> Decimal:
        return subtract(self.counted, self.expected)


@dataclass(frozen=True, slots=True)
class ErpBook:
    """One key of the ERP's book over one or many lines: `gap` = E_erp − E_wms, both of one moment; `awaited`: movements of
    its keys the ERP had not booked then; `only`: those it had booked and the WMS does not know; `whole`: each of its lines was
    counted."""

    id: str
    gap: Decimal
    awaited: tuple[Paper, ...] = ()
    whole: bool = True
    only: tuple[Paper, ...] = ()
