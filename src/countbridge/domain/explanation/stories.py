"""A story: one cause that explains the whole variance of its lines, who seems wrong, and what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Cause(StrEnum):
    """What went wrong. `explanation.<cause>` in the messages is its sentence."""

    TIMING = "timing"
    BIN_SWAP = "bin_swap"
    WRONG_BIN = "wrong_bin"
    LOT_SWAP = "lot_swap"
    STATUS_SWAP = "status_swap"
    CASE_AS_EACH = "case_as_each"
    EACH_AS_CASE = "each_as_case"
    DIGITS_TRANSPOSED = "digits_transposed"
    DIGIT_DROPPED = "digit_dropped"
    DIGIT_ADDED = "digit_added"
    DOCUMENT_NOT_POSTED = "document_not_posted"
    DOCUMENT_POSTED_TWICE = "document_posted_twice"
    WRONG_SIGN = "wrong_sign"
    INTERFACE_GAP = "interface_gap"


class Suspect(StrEnum):
    """Who seems wrong. `shelf`: the goods do not lie as booked, or were not counted as they lie."""

    SHELF = "shelf"
    WMS = "wms"
    ERP = "erp"
    TIMING = "timing"


class Sure(StrEnum):
    """How sure, from documented rules, not an estimate. `strong`: a second record says the same (another line, the other
    book, a repeated document), or a fit by chance is at most 1 in 100. `fair`: at most 1 in `chance.TELLING`."""

    STRONG = "strong"
    FAIR = "fair"


TRANSFERS = frozenset({Cause.BIN_SWAP, Cause.WRONG_BIN, Cause.LOT_SWAP, Cause.STATUS_SWAP})
VERY_UNLIKELY = 100


@dataclass(frozen=True, slots=True)
class Story:
    """`shares`: each line of the story with its variance, in the order of their keys. `one_in`: of so many sizes of variance
    one would fit by chance; None where the story rests on a second record instead. `form` tells sentences of one cause
    apart, `evidence` fills them in. `agreed`: the ERP's book agrees with the shelf, so the WMS alone is wrong."""

    cause: Cause
    suspect: Suspect
    shares: tuple[tuple[int, Decimal], ...]
    one_in: int | None = None
    form: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    agreed: bool = False

    @property
    def sure(self) -> Sure:
        return Sure.STRONG if self.one_in is None or self.one_in >= VERY_UNLIKELY else Sure.FAIR

    @property
    def transfer(self) -> bool:
        """Goods that changed place, lot or status only: the variances of the lines cancel out."""
        return self.cause in TRANSFERS

    @property
    def lines(self) -> tuple[int, ...]:
        return tuple(line for line, _ in self.shares)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is said of one line. `stories` about its variance: one that is `decided`, or up to two that explain it equally
    well. `gap`: what is said of the ERP's book over it, which is a difference of its own."""

    stories: tuple[Story, ...] = ()
    decided: bool = False
    gap: Story | None = None

    @property
    def cause(self) -> Cause | None:
        """The one cause that is said; None where none or several are."""
        return self.stories[0].cause if self.decided else None
