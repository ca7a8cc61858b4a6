"""Rule lists and code tables are read strictly: a mistake is named, with the nearest right word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import countbridge.mapping
from countbridge.errors import ConfigError
from countbridge.mapping import RuleSet, Table, apply, read_folder
from countbridge.messages import catalogue, render

UNITS = Table("units", ["u"], ["numerator", "denominator"], [{"u": "A", "numerator": "1", "denominator": "2"}])
PAIRS = Table("pairs", ["a", "b"], ["c", "d"], [{"a": "1", "b": "2", "c": "3", "d": "4"}])


def refused(entry: dict[str, Any] | list[Any] | str, **params: str) -> str:
    """The code a rule is refused with; checks the params named."""

    def used() -> None:
        rules = RuleSet.load([entry] if isinstance(entry, dict) else entry)
        apply(rules, [{"v": "1", "w": "2"}], {"units": UNITS, "pairs": PAIRS})

    with pytest.raises(ConfigError) as caught:
        used()
    for name, value in params.items():
        assert caught.value.params[name] == value
    return caught.value.code


def test_yaml_text_is_taken_as_written() -> None:
    rules = RuleSet.load("- {target: a, from: no, default: 0123}\n- {target: b, from: 1E5, change: constant yes}\n")
    assert apply(rules, [{"no": None, "1E5": "x"}]).rows == [{"a": "0123", "b": "yes"}]


@pytest.mark.parametrize(
    ("change", "code", "params"),
    [
        ("strip zero", "mapping.unknown_function", {"nearest": "strip zeros", "rule": "1"}),
        ("uper", "mapping.unknown_function", {"nearest": "upper"}),
        ("look in units", "mapping.unknown_function", {}),
        ("frobnicate", "mapping.unknown_function", {}),
        ("strip now", "mapping.bad_arguments", {"signature": "strip"}),
        ("cut 3", "mapping.bad_arguments", {"signature": "cut A..B"}),
        ("cut 4..2", "mapping.bad_range", {}),
        ("cut 0..2", "mapping.bad_range", {}),
        ("shorten to 0", "mapping.bad_range", {}),
        ("to decimal 13", "mapping.bad_places", {}),
        ("round 2", "mapping.bad_arguments", {"signature": "round N half up"}),
        ("times 0", "mapping.bad_factor", {}),
        ("times 1/0", "mapping.bad_factor", {}),
        ("times 1.2.3", "mapping.bad_factor", {}),
        ("replace '' with x", "mapping.bad_arguments", {}),
        ("yes or no Y", "mapping.bad_arguments", {}),
        ("join with -", "mapping.join_first", {}),
        ("format date YYYY-YYYY", "mapping.bad_format", {}),
        ("parse date YYYY-MM", "mapping.bad_format", {}),
        ("parse date YYYY-MM-DD HH:mm", "mapping.zone_missing", {}),
        ("parse date seconds", "mapping.zone_missing", {}),
        ("parse date ISO in Asia/Shanghia", "mapping.no_zone", {"zone": "Asia/Shanghia"}),
        ("look up in unit", "mapping.no_table", {"nearest": "units"}),
        ("look up x in units", "mapping.no_column", {}),
        ("look up c in pairs", "mapping.wrong_keys", {"keys": "a, b"}),
        ("look up in pairs by v, w", "mapping.no_column", {}),
        ("look up in pairs backwards", "mapping.table_one_way", {}),
        ("convert unit in pairs by v, w", "mapping.no_factors", {}),
        ("convert unit in units by v, w", "mapping.wrong_keys", {}),
        (["strip", "cut 1..2", "constant x"], "mapping.constant_first", {}),
    ],
)
def test_wrong_changes(change: object, code: str, params: dict[str, str]) -> None:
    assert refused({"target": "t", "from": "v", "change": change}, **params) == code


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"target": "t", "form": "v"}, "mapping.unknown_key"),
        ({"from": "v"}, "mapping.no_target"),
        ({"target": ["a", "b"], "from": "v"}, "mapping.not_text_in_rule"),
        ({"target": "t"}, "mapping.no_source"),
        ({"target": "t", "from": ["v", "w"]}, "mapping.join_missing"),
        ({"target": "t", "from": "v", "default": 0}, "mapping.not_text_in_rule"),
        ({"target": "t", "from": "v", "change": [None]}, "mapping.not_text_in_rule"),
        ({"target": "t", "from": "v", "when": "v looks fine"}, "mapping.bad_condition"),
        ([{"target": "t", "from": "v"}, {"target": "T", "from": "w"}], "mapping.target_twice"),
        ([], "mapping.not_a_list"),
        (["x"], "mapping.rule_not_a_mapping"),
        ("target: t", "mapping.not_a_list"),
        ("- {target: t, from: v, from: w}", "mapping.key_twice"),
        ("- [", "mapping.not_yaml"),
        ("\x00", "mapping.not_yaml"),
    ],
)
def test_wrong_rules(entry: Any, code: str) -> None:
    assert refused(entry) == code


def test_the_nearest_key_is_told() -> None:
    assert refused({"target": "t", "form": "v"}, rule="1", key="form", nearest="from") == "mapping.unknown_key"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,b\n1,2\n1,3\n", "mapping.table_key_twice"),
        ("a,a\n1,2\n", "mapping.table_bad_header"),
        ("a,\n1,2\n", "mapping.table_bad_header"),
        ("a,b\n1\n", "mapping.table_ragged"),
        ("a\n1\n", "mapping.table_without_values"),
        ("", "mapping.table_without_values"),
        ("a,b\n,2\n", "mapping.table_empty_key"),
        ("a,numerator,denominator\nx,0,1\n", "mapping.table_bad_factor"),
        ("a,numerator,denominator\nx,1e3,1\n", "mapping.table_bad_factor"),
        ("a,numerator,denominator\nx,,1\n", "mapping.table_bad_factor"),
        ('a,b\n"1,2\n', "mapping.table_unreadable"),
    ],
)
def test_wrong_tables(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_folder(tmp_path)
    assert (caught.value.code, caught.value.params["table"]) == (code, "t")


def test_columns_of_a_table_file(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes("\ufeffsku,item,note\n00123,A,first\n".encode())
    (tmp_path / "bins.csv").write_text("warehouse*,bin*,location\nW1,A,X\n", encoding="utf-8")
    (tmp_path / "units.csv").write_text("item,unit,numerator,denominator\nA,CTN,0.5,\n", encoding="utf-8")
    tables = read_folder(tmp_path)
    assert (tables["items"].keys, tables["items"].values, tables["items"].rows) == (
        ("sku",),
        ("item",),
        (("00123", "A"),),
    )
    assert (tables["bins"].keys, tables["bins"].values) == (("warehouse", "bin"), ("location",))
    assert tables["units"].rows == (("A", "CTN", "1", "2"),)


def test_a_table_with_one_value_for_two_codes_cannot_be_read_backwards() -> None:
    table = Table("t", ["k"], ["v"], [{"k": "a", "v": "x"}, {"k": "b", "v": "x"}])
    with pytest.raises(ConfigError, match="key_twice"):
        table.backwards()


def test_every_code_raised_here_has_its_sentences_and_every_sentence_its_code() -> None:
    sources = Path(countbridge.mapping.__file__).parent.rglob("*.py")
    raised = {
        code for file in sources for code in re.findall(r'"(mapping\.[a-z_0-9]+)"', file.read_text(encoding="utf-8"))
    }
    listed = {code for code in catalogue() if code.startswith("mapping.")}
    assert raised == listed


def test_the_sentence_of_a_failure_leaves_nothing_open() -> None:
    rules = RuleSet.load([{"target": "t", "from": "v", "change": ["look up in units by v", "to decimal 0"]}])
    table = Table("units", ["k"], ["x"], [{"k": "1", "x": "1.5"}])
    for value in ("1", "2"):
        (reject,) = apply(rules, [{"v": value}], {"units": table}).rejects
        for language in ("en", "zh"):
            assert "{" not in render(reject.failures[0].code, reject.failures[0].params, language)
