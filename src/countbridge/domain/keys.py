"""The count key: what is counted on its own. A part that is None means "none": no lot, own goods, no package …"""

from __future__ import annotations

from dataclasses import dataclass, replace

PARTS = ("item", "location", "lot", "status", "owner", "package")


@dataclass(frozen=True, slots=True)
class Key:
    """item × location × lot × status × owner × package. Codes are text and stay so ("00123", "1E5")."""

    item: str
    location: str | None = None
    lot: str | None = None
    status: str | None = None
    owner: str | None = None
    package: str | None = None

    def sort_key(self) -> tuple[str, ...]:
        """Order of lines in every list: part by part by code point, none before anything."""
        return (
            self.item,
            self.location or "",
            self.lot or "",
            self.status or "",
            self.owner or "",
            self.package or "",
        )

    def parts(self) -> dict[str, str]:
        """The parts there are, by name, in the order of PARTS."""
        return {name: part for name in PARTS if (part := getattr(self, name)) is not None}

    def at(self, location: str | None) -> Key:
        """The same goods at another location (for the coarser grain of another system)."""
        return replace(self, location=location)
