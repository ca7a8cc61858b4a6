"""The `rest` section of connector.yaml: how a system is called. Small on purpose; the rest is said in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from countbridge.connectors.manifest import DatasetName, DocumentKind


def _none() -> Mapping[Any, Any]:
    return MappingProxyType({})


URL_PATH = {"pattern": r"/\S*"}


@dataclass(frozen=True, slots=True)
class Auth:
    """How we show who we are; `{name}` in a value stands for the setting of that name.

    api_key_header, api_key_query: `name` carries `value` · bearer: `value` is the token · basic: `user`, `password` ·
    login: POST `body` to `path`, the answer holds the token at `token`, sent in header `name` after `prefix` ·
    oauth2: client credentials `user`, `password` at `path`
    """

    kind: Literal["none", "api_key_header", "api_key_query", "bearer", "basic", "login", "oauth2"] = "none"
    name: str = ""
    value: str = ""
    user: str = ""
    password: str = ""
    path: str = field(default="", metadata=URL_PATH)
    body: Mapping[str, str] = field(default_factory=_none)
    token: str = ""
    prefix: str = "Bearer "


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors told in the body of an answer, mostly with HTTP 200.

    The text at `code` is one of `ok` when all is well; otherwise `kinds` says what to do about it, and a code that it
    does not name is `refused`: auth · try_later (certainly no effect) · not_found · refused · unknown (may have taken
    effect) · expired (a cursor it no longer knows).
    """

    code: str
    ok: tuple[str, ...]
    message: str = ""
    kinds: Mapping[str, Literal["auth", "try_later", "not_found", "refused", "unknown", "expired"]] = field(
        default_factory=_none
    )


@dataclass(frozen=True, slots=True)
class Paging:
    """How the next page is asked for.

    page: `parameter` counts pages from `first` · offset: `parameter` counts rows · cursor: `parameter` takes what the
    answer holds at `next`. `limit` is the parameter for the page size.
    """

    kind: Literal["none", "page", "offset", "cursor"] = "none"
    parameter: str = ""
    limit: str = ""
    next: str = ""
    first: int = 1


@dataclass(frozen=True, slots=True)
class DatasetCall:
    """GET `path`; the records are the list at `rows`.

    `scope` names the query parameter for each scope key (a key used in the path needs none); `parameters` are always
    sent. `expired_status` are the statuses that mean: this cursor is no longer known.
    """

    path: str = field(metadata=URL_PATH)
    rows: str
    paging: Paging = Paging()
    scope: Mapping[str, str] = field(default_factory=_none)
    parameters: Mapping[str, str] = field(default_factory=_none)
    watermark: str = ""
    as_of: str = ""
    expired_status: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each line: a list at `path`, in it the line's number, whether it went well, the remote's words."""

    path: str
    ok: str
    line: str = ""
    message: str = ""
    accepted: tuple[str, ...] = ("true",)


@dataclass(frozen=True, slots=True)
class Find:
    """Looking for an earlier write: GET `path`.

    Not found is: a status in `not_found_status` (beware of 404 where a wrong address answers 404 too), an error of kind
    not_found, an empty list at `rows`, an answer that does not hold the texts of `found` at their places.
    """

    path: str = field(metadata=URL_PATH)
    not_found_status: tuple[int, ...] = ()
    rows: str = ""
    found: Mapping[str, str] = field(default_factory=_none)
    remote_id: str = ""
    outcomes: Outcomes | None = None


@dataclass(frozen=True, slots=True)
class DocumentCall:
    """`method` `path` with a JSON body of all fields the path does not use, under their own (dotted) names.

    `key` and `lines` say where in the body the key and the list of lines go, `key_header` a header for the key,
    `line_number` the field that takes a line's position from 0, `constants` what is always sent, `types` which
    fields are not text (list: split at commas). With `read_back` the write counts only once `find` finds it.
    """

    path: str = field(metadata=URL_PATH)
    method: Literal["POST", "PUT", "PATCH", "GET"] = "POST"
    key: str = ""
    key_header: str = ""
    lines: str = ""
    line_number: str = ""
    constants: Mapping[str, str] = field(default_factory=_none)
    types: Mapping[str, Literal["number", "boolean", "list"]] = field(default_factory=_none)
    remote_id: str = ""
    outcomes: Outcomes | None = None
    find: Find | None = None
    read_back: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A harmless call that needs the credentials."""

    path: str = field(metadata=URL_PATH)


@dataclass(frozen=True, slots=True)
class RestSpec:
    """The whole section; `base_url` and `headers` may name settings in braces."""

    base_url: str
    check: Check
    auth: Auth = Auth()
    headers: Mapping[str, str] = field(default_factory=_none)
    errors: Errors | None = None
    datasets: Mapping[DatasetName, DatasetCall] = field(default_factory=_none)
    documents: Mapping[DocumentKind, DocumentCall] = field(default_factory=_none)
