"""connector.yaml read strictly: what is wrong is told with file, line, what is allowed and the nearest right word."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge import messages
from countbridge.connectors import registry
from countbridge.connectors.manifest import Manifest, load_manifest, manifest_of
from countbridge.connectors.scaffold import TEMPLATE, new_connector
from countbridge.connectors.strict import Part, parse
from countbridge.errors import ConfigError, InputError

GOOD = (TEMPLATE / "connector.yaml").read_text(encoding="utf-8").replace("NAME", "acme")


def folder_with(text: str, tmp_path: Path) -> Path:
    (tmp_path / "connector.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def problem(text: str, tmp_path: Path) -> ConfigError:
    """What checking a folder with this connector.yaml says."""
    with pytest.raises(ConfigError) as error:
        registry.connector_class(registry.definition(folder_with(text, tmp_path)))
    assert error.value.params["file"].endswith("connector.yaml")
    for language in ("zh", "en"):
        assert str(tmp_path) in messages.render(error.value.code, error.value.params, language)
    return error.value


def line_of(text: str, words: str) -> str:
    """The line, counted from 1, on which `words` stand."""
    return str(next(number for number, line in enumerate(text.splitlines(), 1) if words in line))


def test_manifest_is_read_as_written(tmp_path: Path) -> None:
    text = GOOD.replace('version: "0.1"', "version: 8.20").replace("per_second: 10", "per_second: 0.50")
    manifest = load_manifest(folder_with(text, tmp_path))
    assert manifest.version == "8.20", "a version is text: YAML would make 8.2 of it"
    assert manifest.limits.per_second == Decimal("0.50")
    assert manifest.roles == ("wms",)
    assert manifest.settings["api_key"].secret
    assert not manifest.settings["url"].secret
    assert manifest.datasets["items"].unique == ("code",)
    assert manifest.documents["adjustment"].max_lines == 200
    assert manifest.documents["adjustment"].semantics == "delta"


def test_manifest_cannot_be_changed(tmp_path: Path) -> None:
    manifest = load_manifest(folder_with(GOOD, tmp_path))
    with pytest.raises(AttributeError):
        manifest.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        manifest.settings["url"] = manifest.settings["api_key"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("right", "wrong", "code", "nearest"),
    [
        ("page_limit: 200", "page_limt: 200", "manifest.unknown_key", "page_limit"),
        ("semantics: delta", "semantics: deltas", "manifest.unknown_word", "delta"),
        ("cursor: pages", "cursor: page", "manifest.unknown_word", "pages"),
        ("roles: [wms]", "roles: [vms]", "manifest.unknown_word", "wms"),
        ("  adjustment:\n    semantics", "  adjustmnt:\n    semantics", "manifest.unknown_word", "adjustment"),
        ("secret: true", "secret: yes", "manifest.unknown_word", None),
        ("tier: ", "teir: ", "manifest.unknown_key", "tier"),
        ("kind: page,", "kind: pgae,", "manifest.unknown_word", "page"),
        ("kind: api_key_header", "kind: apikey_header", "manifest.unknown_word", "api_key_header"),
        ("parameter: page,", "paramter: page,", "manifest.unknown_key", "parameter"),
        ("      lines: rows", "      line: rows", "manifest.unknown_key", "lines"),
        ('value: "{api_key}"', 'value: "{apikey}"', "manifest.unknown_name", "api_key"),
        ('"404": not_found', '"404": notfound', "manifest.unknown_word", "not_found"),
    ],
)
def test_wrong_word_is_answered_with_line_and_nearest(
    right: str, wrong: str, code: str, nearest: str | None, tmp_path: Path
) -> None:
    assert GOOD.count(right) == 1
    text = GOOD.replace(right, wrong)
    error = problem(text, tmp_path)
    assert error.code == code
    assert error.params["line"] == line_of(text, wrong.splitlines()[0])
    assert error.params["allowed"]
    if nearest:
        assert error.params["nearest"] == nearest


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("name: acme\n", "name: Acme WMS\n", "manifest.wrong_form"),
        ("name: acme\n", "name:\n", "manifest.empty_value"),
        ("name: acme\n", "name: acme\nname: other\n", "manifest.repeated_key"),
        ("page_limit: 200", "page_limit: many", "manifest.not_number"),
        ("page_limit: 200", "page_limit: -5", "manifest.not_number"),
        ("page_limit: 200", "page_limit: 1e3", "manifest.not_number"),
        ("page_limit: 200", "page_limit: ２００", "manifest.not_number"),
        ("page_limit: 200", "page_limit: 0", "manifest.too_small"),
        ("per_second: 10", "per_second: 0", "manifest.too_small"),
        ("roles: [wms]", "roles: wms", "manifest.wrong_shape"),
        ("roles: [wms]", "roles: []", "manifest.empty_value"),
        ("name: acme\n", "name: [acme]\n", "manifest.wrong_shape"),
        ("name: acme\n", "name: &a acme\n", "manifest.alias"),
        ("name: acme\n", "name: 'acme\n", "manifest.not_yaml"),
        ("name: acme\n", "name: \x07\n", "manifest.not_yaml"),
        ("roles: [wms]", "roles: " + "[" * 40 + "]" * 40, "manifest.too_deep"),
        ("    secret: true\n", "    secret: true\n    default: abc\n", "manifest.secret_default"),
        ("  kind: contract\n", "  kind: live\n", "manifest.missing_key"),
        ("  kind: contract\n", "  kind: live\n  date: 1.5.2026\n", "manifest.wrong_form"),
        ("      find: {", "      # find: {", None),
        ("idempotency: native", "idempotency: draft_then_confirm", "manifest.needs_code"),
        ("cursor: pages", "cursor: incremental", "manifest.paging_differs"),
        ("    unique: [code]", "    as_of: true\n    unique: [code]", "manifest.promise_differs"),
        ("    unique: [code]", "    scope: [zone]\n    unique: [code]", "manifest.scope_unused"),
        ("    max_lines: 200", "    max_lines: 200\n    per_line: true", "manifest.promise_differs"),
        ("      lines: rows\n", "", "manifest.missing_key"),
        ("kind: page, parameter: page", "kind: cursor, parameter: page", "manifest.missing_key"),
        ("kind: api_key_header, name: X-Api-Key", "kind: bearer, name: X-Api-Key", "manifest.unknown_key"),
        ("  check: {path: /ping}\n", "", "manifest.missing_key"),
        ("path: /ping", "path: ping", "manifest.wrong_form"),
    ],
)
def test_wrong_content_has_its_own_answer(right: str, wrong: str, code: str | None, tmp_path: Path) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)
    if code is None:
        registry.connector_class(registry.definition(folder_with(text, tmp_path)))
        return
    error = problem(text, tmp_path)
    assert error.code == code
    assert int(error.params["line"]) >= 1


def test_declared_and_called_must_be_the_same(tmp_path: Path) -> None:
    start = GOOD.index("    adjustment:\n      path")
    error = problem(GOOD[:start] + "    {}\n", tmp_path)
    assert (error.code, error.params["word"]) == ("manifest.not_called", "adjustment")
    error = problem(GOOD.replace("    items:\n      path", "    bins:\n      path"), tmp_path)
    assert (error.code, error.params["word"], error.params["nearest"]) == ("manifest.not_declared", "bins", "items")


def test_lookup_needs_a_find(tmp_path: Path) -> None:
    text = GOOD.replace("idempotency: native", "idempotency: lookup").replace("      find: {", "      # find: {")
    error = problem(text, tmp_path)
    assert (error.code, error.params["word"]) == ("manifest.missing_key", "find")


@pytest.mark.parametrize(("data", "code"), [(b"", "manifest.empty_file"), (b"name: \xff\xfe", "manifest.not_utf8")])
def test_unreadable_files(data: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / "connector.yaml").write_bytes(data)
    with pytest.raises(ConfigError) as error:
        load_manifest(tmp_path)
    assert error.value.code == code


def test_missing_file_and_unknown_connector(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_manifest(tmp_path)
    assert error.value.code == "manifest.no_file"
    with pytest.raises(ConfigError) as error:
        registry.open_connector("sandbox_vms", {})
    assert (error.value.code, error.value.params["nearest"]) == ("connectors.not_found", "sandbox_wms")


@pytest.mark.parametrize(
    ("settings", "code", "named"),
    [
        ({"url": "http://x"}, "connectors.missing_setting", "api_key"),
        ({"url": "http://x", "api_key": "k", "api_kye": "k"}, "connectors.unknown_setting", "api_kye"),
    ],
)
def test_settings_are_checked_before_any_call(settings: dict[str, str], code: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        registry.open_connector(folder_with(GOOD, tmp_path), settings)
    assert (error.value.code, error.value.params["setting"]) == (code, named)


def test_unknown_names_are_answered_with_the_nearest(tmp_path: Path) -> None:
    manifest = load_manifest(folder_with(GOOD, tmp_path))
    for call in (lambda: manifest.dataset("item"), lambda: manifest.document("adjust")):
        with pytest.raises(InputError) as error:
            call()
        assert error.value.params["nearest"] in ("items", "adjustment")
    with pytest.raises(InputError) as error:
        manifest.check_scope("items", {"zone": "A"})
    assert error.value.code == "connectors.unknown_scope"


def test_every_connector_of_ours_is_right() -> None:
    assert "sandbox_wms" in registry.builtin_names()
    for name in registry.builtin_names():
        found = registry.definition(name)
        assert found.manifest.name == found.folder.name
        registry.connector_class(found)


def test_new_connector_passes_its_check(tmp_path: Path) -> None:
    folder = new_connector("acme_wms", tmp_path)
    found = registry.definition(folder)
    registry.connector_class(found)
    assert found.manifest.name == "acme_wms"
    for name, code in (("acme_wms", "connectors.folder_exists"), ("Acme", "connectors.wrong_name")):
        with pytest.raises(ConfigError) as error:
            new_connector(name, tmp_path)
        assert error.value.code == code


CODE = """
from countbridge.connectors.rest.engine import RestConnector
from .names import NAMES
class Acme(RestConnector):
    names = NAMES
"""


def test_connector_with_code_in_any_folder(tmp_path: Path) -> None:
    folder = new_connector("acme", tmp_path)
    (folder / "connector.py").write_text(CODE)
    (folder / "names.py").write_text("NAMES = ('a',)")
    opened = registry.open_connector(folder, {"url": "http://127.0.0.1:1", "api_key": "key"})
    assert type(opened).__name__ == "Acme"
    assert opened.names == ("a",)  # type: ignore[attr-defined]
    opened.close()


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("x = 1", "connectors.one_class_wanted"),
        ("1 / 0", "connectors.broken_code"),
        (CODE + CODE.replace("Acme", "Other"), "connectors.one_class_wanted"),
    ],
)
def test_connector_code_that_cannot_serve(code: str, answer: str, tmp_path: Path) -> None:
    folder = new_connector("acme", tmp_path)
    (folder / "connector.py").write_text(code)
    (folder / "names.py").write_text("NAMES = ('a',)")
    with pytest.raises(ConfigError) as error:
        registry.open_connector(folder, {"url": "http://127.0.0.1:1", "api_key": "key"})
    assert error.value.code == answer


WORDS = st.sampled_from(["name", "roles", "rest", "datasets", "a", "1e5", "", "null", "true", "{x}", "物料", "0x1F"])
TREES = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4))


def answered(text: str) -> Manifest | ConfigError:
    """What reading `text` gives; any other exception fails the test."""
    try:
        return manifest_of(Part("connector.yaml", "", parse(text, "connector.yaml")))
    except ConfigError as error:
        return error


@given(st.text(max_size=200) | TREES.map(str))
def test_whatever_the_file_holds_the_answer_is_one_error(text: str) -> None:
    answer = answered(text)
    assert isinstance(answer, ConfigError), "no text this short is a whole manifest"
    assert answer.params["file"] == "connector.yaml"


@given(st.data())
def test_one_damaged_line_never_escapes_as_anything_else(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.text(max_size=30)) or lines[at].strip()
    answer = answered("\n".join(lines))
    assert isinstance(answer, Manifest) or answer.params["file"] == "connector.yaml"
