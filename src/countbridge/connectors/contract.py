"""What a connector promises. The exchange knows systems only through this page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from countbridge.connectors.manifest import Manifest

Row = Mapping[str, str | None]
"""One record as the other system names its fields. Every value is text; None is "absent", never zero."""

Remember = Callable[[str], None]
"""Stores a remote id durably before the call returns, so that a later look-up can find the half-done write."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a dataset, in the remote's order.

    `next` continues the reading (None: nothing more now). Of an incremental dataset it is never None: the reading ends
    with its last page, and a later one goes on from that page's `next`. `watermark` is the ledger position this page is
    true for, where the system has one. `as_of` is the remote's clock when it answered, where it tells.
    """

    rows: tuple[Row, ...]
    next: str | None = None
    watermark: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A write: head fields and lines in the remote's own field names and codes, all text."""

    kind: str
    fields: Row
    lines: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class LineReceipt:
    """What became of one line; `line` is the line's position in the document, from 0."""

    line: int
    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the remote holds of a write.

    `confirmed`: it took effect. `draft`: it exists and has no effect yet. `rejected`: it was refused for good.
    """

    state: Literal["confirmed", "draft", "rejected"]
    remote_id: str = ""
    lines: tuple[LineReceipt, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One system, seen through its manifest. Calls are synchronous, bounded by the manifest's timeouts and rate limits.

    Every method raises `SetupError`, `TryLater`, `ContractSurprise`; writes also `Rejected` and `OutcomeUnknown`.
    """

    @property
    def manifest(self) -> Manifest: ...

    def check(self) -> None:
        """Reach the system with the given settings: returns, or raises ConfigError, AuthError or TryLater."""

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        """Pages of `dataset` from `cursor` on (None: from the start), narrowed to `scope`."""

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        """Make `document` take effect once. `resume` is the remote id of a draft that an earlier try left."""

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        """What became of an earlier `write` with this key; None means it certainly never arrived."""

    def close(self) -> None:
        """Give back connections."""
