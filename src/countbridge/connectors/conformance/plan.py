"""What the conformance suite may do: how far it reads, and which documents it may really write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from countbridge.connectors.contract import Document
from countbridge.connectors.manifest import DatasetName, DocumentKind


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SeenIn:
    """Where a posted document shows: rows of `dataset` whose `field` holds its remote id, one for each line."""

    dataset: DatasetName
    field: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A document that may be written to the system under test. It takes effect there, each time the suite runs."""

    kind: DocumentKind
    fields: Mapping[str, str] = field(default_factory=_none)
    lines: tuple[Mapping[str, str], ...] = ()
    seen_in: SeenIn | None = None

    def document(self) -> Document:
        return Document(self.kind, self.fields, self.lines)


@dataclass(frozen=True, slots=True)
class ConformancePlan:
    """Section `conformance` of a settings file. Without `writes` nothing is written."""

    pages: int = field(default=20, metadata={"at_least": 1})
    scope: Mapping[DatasetName, Mapping[str, str]] = field(default_factory=_none)
    writes: tuple[Sample, ...] = ()
