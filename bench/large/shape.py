"""A company of any size, computed row by row: nothing of it is ever held. Every tenth line is another bin; twenty zones."""

from __future__ import annotations

from dataclasses import dataclass

ZONES = 20
IN_A_BIN = 10
PAGE = 2000


@dataclass(frozen=True)
class Shape:
    """So many lines of stock; items are a fiftieth of that, at least a hundred."""

    lines: int

    @property
    def items(self) -> int:
        return max(100, self.lines // 50)

    @property
    def bins(self) -> int:
        return -(-self.lines // IN_A_BIN)

    def zone_of(self, bin_number: int) -> int:
        return bin_number * ZONES // self.bins

    def bins_of(self, zone: int) -> range:
        first = -(-zone * self.bins // ZONES)
        return range(first, -(-(zone + 1) * self.bins // ZONES))

    def lines_of(self, zone: int) -> range:
        bins = self.bins_of(zone)
        return range(bins.start * IN_A_BIN, min(bins.stop * IN_A_BIN, self.lines))

    def item_of(self, line: int) -> int:
        """No item lies twice in one bin."""
        return line * 7 % self.items

    def quantity(self, line: int) -> int:
        return line % 97 + 1


def zone_name(zone: int) -> str:
    return f"Z{zone:02}"


def location_name(zone: int) -> str:
    return f"L-{zone:02}"


def bin_name(number: int) -> str:
    return f"B{number:07}"


def item_name(number: int) -> str:
    return f"{number:07}"
