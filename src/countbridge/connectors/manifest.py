"""What a system can do, as data: the part of connector.yaml that planner, screens and conformance suite read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from countbridge.connectors.strict import Part, build, choice, read_yaml
from countbridge.domain.keys import Trait
from countbridge.errors import ConfigError, InputError

FILE_NAME = "connector.yaml"
NAME_PATTERN = r"[a-z][a-z0-9_]{0,39}"
SECTIONS = ("rest",)  # parts of connector.yaml that an engine reads, not the manifest

DatasetName = Literal[
    "warehouses",
    "locations",
    "items",
    "lots",
    "units",
    "stock",
    "movements",
    "picks",
    "count_approvals",
    "results",
    "bins",
    "users",
]
DocumentKind = Literal[
    "item", "baseline", "count_task", "sheets", "adjustment", "close_count", "finish_approval", "freeze"
]


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Titles:
    """A name or sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Tier:
    """How well the connector is proven.

    `live`: the conformance suite passed against the running system of `version` on `date` (YYYY-MM-DD).
    `contract`: built to the interface published for `version`, tried only against a stand-in.
    """

    kind: Literal["live", "contract"]
    version: str
    date: str = field(default="", metadata={"pattern": r"[0-9]{4}-[0-9]{2}-[0-9]{2}"})


@dataclass(frozen=True, slots=True)
class Setting:
    """Something a person fills in when linking the system; a secret is stored encrypted and never shown again."""

    description: Titles
    secret: bool = False
    required: bool = True
    default: str = ""


COMMON_SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "allow_link_local": Setting(
            Titles(
                zh="“true” 表示允许连接链路本地地址和云元数据地址，通常留空",
                en='"true" allows link-local and cloud metadata addresses; leave it empty',
            ),
            required=False,
        )
    }
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Something that can be read.

    cursor  none: always read whole, a broken-off reading starts over
            pages: a cursor continues a reading that broke off; a new reading starts from the beginning
            incremental: keep the last page's cursor; a later reading from there gives only what is new
    as_of, watermark   each page tells the remote's clock, the newest movement contained
    scope              names a reading can be narrowed by
    page_limit         most rows on a page
    unique             fields that together tell two rows apart, empty when there are none
    parts              of stock: what it tells apart in one place beside the item (a movement then tells the same parts)
    sequence           field that numbers the rows of an incremental dataset one by one, without holes
    """

    cursor: Literal["none", "pages", "incremental"] = "none"
    as_of: bool = False
    watermark: bool = False
    scope: tuple[str, ...] = ()
    page_limit: int = field(default=1000, metadata={"at_least": 1})
    unique: tuple[str, ...] = ()
    parts: tuple[Trait, ...] = ("lot",)
    sequence: str = ""


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """Something that can be written.

    semantics        delta: adds to the book · absolute: sets the book now · absolute_as_of: sets it at a stated
                     moment · record: moves no stock (a task, a master record)
    compare_and_set  refuses when the book changed since it was read
    zero             how "nothing there" is said: plain 0, a flag, or not at all (refused)
    max_lines        most lines in one document, None for no limit
    idempotency      native: the same key takes effect once · lookup: an earlier write can be found by its key ·
                     draft_then_confirm: found by remembered id or by content · none: a lost answer needs a person
    lands_within     seconds after which no request is still under way; before that, not finding it proves nothing (lookup),
                     and a refusal settles nothing while an earlier request has no answer. 0: a late one can do nothing
    per_line         the answer says for each line what became of it
    silent_success   ways in which the system says yes and does nothing; each is a conformance case
    """

    idempotency: Literal["native", "lookup", "draft_then_confirm", "none"]
    semantics: Literal["delta", "absolute", "absolute_as_of", "record"] = "record"
    compare_and_set: bool = False
    zero: Literal["plain", "flag", "refused"] = "plain"
    max_lines: int | None = field(default=None, metadata={"at_least": 1})
    lands_within: int = field(default=120, metadata={"at_least": 0})
    per_line: bool = False
    silent_success: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard we may press, all workers together: requests a second (empty: as many as come), requests at once, megabytes
    of one answer."""

    per_second: Decimal | None = field(default=Decimal(10), metadata={"at_least": Decimal("0.01")})
    concurrency: int = field(default=4, metadata={"at_least": 1})
    answer_megabytes: int = field(default=32, metadata={"at_least": 1})


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of an answer, and for a whole request."""

    connect: Decimal = field(default=Decimal(5), metadata={"at_least": Decimal("0.01")})
    read: Decimal = field(default=Decimal(30), metadata={"at_least": Decimal("0.01")})
    total: Decimal = field(default=Decimal(300), metadata={"at_least": Decimal("0.01")})


@dataclass(frozen=True, slots=True)
class Manifest:
    """One system as connector.yaml declares it."""

    name: str = field(metadata={"pattern": NAME_PATTERN})
    title: Titles
    version: str
    tier: Tier
    roles: tuple[Literal["erp", "wms"], ...]
    settings: Mapping[str, Setting] = field(default_factory=_none, metadata={"key_pattern": NAME_PATTERN})
    datasets: Mapping[DatasetName, Dataset] = field(default_factory=_none)
    documents: Mapping[DocumentKind, DocumentSpec] = field(default_factory=_none)
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()

    def dataset(self, name: str) -> Dataset:
        """What can be read under `name`; raises InputError when this system has no such dataset."""
        for known, dataset in self.datasets.items():
            if known == name:
                return dataset
        raise InputError("connectors.unknown_dataset", system=self.name, dataset=name, **choice(name, self.datasets))

    def document(self, kind: str) -> DocumentSpec:
        """What can be written as `kind`; raises InputError when this system takes no such document."""
        for known, document in self.documents.items():
            if known == kind:
                return document
        raise InputError("connectors.unknown_document", system=self.name, kind=kind, **choice(kind, self.documents))

    def check_scope(self, dataset: str, scope: Mapping[str, str]) -> None:
        """Raises InputError when `dataset` cannot be narrowed by one of the names in `scope`."""
        allowed = self.dataset(dataset).scope
        for name in scope:
            if name not in allowed:
                params = choice(name, allowed)
                raise InputError("connectors.unknown_scope", system=self.name, dataset=dataset, scope=name, **params)

    def all_settings(self) -> dict[str, Setting]:
        """The declared settings and those that every connector has."""
        return {**COMMON_SETTINGS, **self.settings}

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """`given` settings plus defaults; raises ConfigError for unknown names and missing required ones."""
        known = self.all_settings()
        for name in given:
            if name not in known:
                raise ConfigError("connectors.unknown_setting", system=self.name, setting=name, **choice(name, known))
        values = {name: given.get(name) or setting.default for name, setting in known.items()}
        for name, setting in known.items():
            if setting.required and not values[name]:
                raise ConfigError("connectors.missing_setting", system=self.name, setting=name)
        return values

    def secrets(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Those of the setting values that must never be shown."""
        return tuple(values[name] for name, setting in self.settings.items() if setting.secret and values.get(name))


def load_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`/connector.yaml; raises ConfigError naming file, line, what is allowed, nearest word."""
    return manifest_of(read_yaml(folder / FILE_NAME))


def manifest_of(root: Part) -> Manifest:
    """The manifest in an already read connector.yaml; sections of engines are left alone. Raises ConfigError."""
    manifest = build(Manifest, root, ignore=SECTIONS)
    entries = root.entries()
    if not manifest.roles:
        raise entries["roles"][1].error("manifest.empty_value")
    if manifest.tier.kind == "live" and not manifest.tier.date:
        raise entries["tier"][1].error("manifest.missing_key", word="date")
    for name, setting in manifest.settings.items():
        if setting.secret and setting.default:
            raise entries["settings"][1].entries()[name][1].error("manifest.secret_default", word=name)
    return manifest
