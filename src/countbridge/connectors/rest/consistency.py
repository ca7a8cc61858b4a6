"""The `rest` section against itself and the manifest: a contradiction is told before anything is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from countbridge.connectors.base import Definition
from countbridge.connectors.manifest import Dataset, DocumentSpec, Manifest
from countbridge.connectors.rest.spec import Auth, DatasetCall, DocumentCall, RestSpec
from countbridge.connectors.rest.values import placeholders
from countbridge.connectors.strict import Part, build, choice

AUTH_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # kind: (required, also allowed)
    "none": ((), ()),
    "api_key_header": (("name", "value"), ()),
    "api_key_query": (("name", "value"), ()),
    "bearer": (("value",), ()),
    "basic": (("user", "password"), ()),
    "login": (("path", "body", "token"), ("name", "prefix")),
    "oauth2": (("path", "user", "password"), ("body", "token", "name", "prefix")),
}
PAGING_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "none": ((), ()),
    "page": (("parameter",), ("limit", "first")),
    "offset": (("parameter",), ("limit",)),
    "cursor": (("parameter", "next"), ("limit",)),
}


def load_spec(definition: Definition) -> RestSpec:
    """The checked `rest` section; raises ConfigError with file, line, what is allowed and the nearest word."""
    entries = definition.root.entries()
    if "rest" not in entries:
        raise definition.root.error("manifest.missing_key", word="rest")
    part = entries["rest"][1]
    spec = build(RestSpec, part)
    manifest = definition.manifest
    inside = Within(part)
    refuse_unknown_names(inside.at("base_url"), [spec.base_url], manifest.settings)
    refuse_unknown_names(inside.at("check"), [spec.check.path], manifest.settings)
    if spec.headers:
        refuse_unknown_names(inside.at("headers"), spec.headers.values(), manifest.settings)
    check_auth(spec.auth, inside, manifest)
    same_names(inside, "datasets", manifest.datasets, spec.datasets, definition.root)
    same_names(inside, "documents", manifest.documents, spec.documents, definition.root)
    for name, call in spec.datasets.items():
        check_dataset(manifest.datasets[name], call, inside.at("datasets", name), manifest)
    for kind, write in spec.documents.items():
        check_document(manifest.documents[kind], write, inside.at("documents", kind))
    return spec


class Within:
    """Finds the part for a name, falling back to what encloses it, so that every complaint has a line."""

    def __init__(self, part: Part) -> None:
        self._part = part

    def at(self, *names: str) -> Part:
        part = self._part
        for name in names:
            entries = part.entries()
            if name not in entries:
                return part
            part = entries[name][1]
        return part


def check_auth(auth: Auth, inside: Within, manifest: Manifest) -> None:
    """Each kind has the keys it needs and no other, and names only known settings."""
    part = inside.at("auth")
    if auth.kind == "none":
        return
    only_keys(part, auth.kind, AUTH_KEYS)
    refuse_unknown_names(part, [auth.value, auth.user, auth.password, *auth.body.values()], manifest.settings)


def check_dataset(declared: Dataset, call: DatasetCall, part: Part, manifest: Manifest) -> None:
    """Paging, scope, watermark and as_of say the same as the manifest."""
    if "paging" in part.entries():
        only_keys(part.entries()["paging"][1], call.paging.kind, PAGING_KEYS)
    wanted = {"none": ("none",), "pages": ("page", "offset", "cursor"), "incremental": ("cursor",)}[declared.cursor]
    if call.paging.kind not in wanted:
        params = {"word": call.paging.kind, "cursor": declared.cursor}
        raise part.error("manifest.paging_differs", **params, **choice(call.paging.kind, wanted))
    refuse_unknown_names(part, [call.path], [*manifest.settings, *declared.scope])
    for name in call.scope:
        if name not in declared.scope:
            raise part.error("manifest.unknown_key", word=name, **choice(name, declared.scope))
    for name in declared.scope:
        if name not in call.scope and name not in placeholders(call.path):
            raise part.error("manifest.scope_unused", word=name)
    for key, promised, path in (
        ("watermark", declared.watermark, call.watermark),
        ("as_of", declared.as_of, call.as_of),
    ):
        if promised != bool(path):
            raise part.error("manifest.promise_differs", word=key, promised="true" if promised else "false")


def check_document(declared: DocumentSpec, call: DocumentCall, part: Part) -> None:
    """What the manifest promises about repeating, lines and outcomes can be kept with what is declared."""
    if declared.idempotency == "draft_then_confirm":
        words = ("native", "lookup", "none")
        raise part.error("manifest.needs_code", word=declared.idempotency, **choice(declared.idempotency, words))
    if declared.idempotency == "lookup" and call.find is None:
        raise part.error("manifest.missing_key", word="find")
    if declared.idempotency == "native" and not (call.key or call.key_header or call.find):
        raise part.error("manifest.missing_key", word="key")
    if call.read_back and call.find is None:
        raise part.error("manifest.missing_key", word="find")
    if declared.per_line != bool(call.outcomes):
        raise part.error("manifest.promise_differs", word="outcomes", promised="true" if declared.per_line else "false")
    if declared.max_lines is not None and not call.lines:
        raise part.error("manifest.missing_key", word="lines")


def same_names(inside: Within, section: str, declared: Iterable[str], called: Iterable[str], root: Part) -> None:
    """Everything the manifest declares is called, and nothing else."""
    for name in called:
        if name not in declared:
            raise inside.at(section, name).error("manifest.not_declared", word=name, **choice(name, declared))
    for name in declared:
        if name not in called:
            where = root.entries()[section][1].entries()[name][0]
            raise where.error("manifest.not_called", word=name)


def only_keys(part: Part, kind: str, table: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
    """A part of `kind` has all keys it needs and none that would be ignored."""
    required, also = table[kind]
    entries = part.entries()
    for name, (key, _) in entries.items():
        if name not in ("kind", *required, *also):
            raise key.error("manifest.unknown_key", word=name, **choice(name, ["kind", *required, *also]))
    for name in required:
        if name not in entries:
            raise part.error("manifest.missing_key", word=name)


def refuse_unknown_names(part: Part, templates: Iterable[str], known: Iterable[str]) -> None:
    """Every `{name}` in the templates is one of `known`."""
    for template in templates:
        for name in placeholders(template):
            if name not in known:
                raise part.error("manifest.unknown_name", word=name, **choice(name, known))
