"""Rows in, rows out: nothing lost, nothing guessed, whatever the names and values are."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countbridge.errors import ConfigError
from countbridge.mapping import RuleSet, Table, apply, explain
from countbridge.mapping.engine import Engine
from countbridge.mapping.statement import Mode

UNITS = Table(
    "units", ["unit"], ["numerator", "denominator"], [{"unit": "GRM", "numerator": "1", "denominator": "1000"}]
)
ITEMS = Table("items", ["sku"], ["item"], [{"sku": "00123", "item": "A"}, {"sku": "1E5", "item": "B"}])
TABLES = {"units": UNITS, "items": ITEMS}


def rules(*entries: dict[str, Any]) -> RuleSet:
    return RuleSet.load(list(entries))


def test_codes_stay_text() -> None:
    codes = ["00123", "1E5", "12_3", "１２３", "0x1F", "NaN", "null", "true", " 7", "7 ", "1.0", "-0", "2026-03-01"]
    done = apply(rules({"target": "item", "from": "code"}), [{"code": code} for code in codes])
    assert [row["item"] for row in done.rows] == codes


def test_a_row_that_fails_is_rejected_whole_with_every_failed_rule_and_the_others_go_on() -> None:
    chosen = rules(
        {"target": "item", "from": "sku", "change": "look up in items"},
        {"target": "qty", "from": "qty", "change": ["strip", "to decimal 0"]},
        {"target": "note", "from": "note"},
    )
    rows: list[dict[str, str | None]] = [
        {"sku": "00123", "qty": "1", "note": "a", "more": "x"},
        {"sku": "123", "qty": " 1.5 ", "note": "b", "more": "y"},
        {"sku": "1E5", "qty": "3.00", "note": None, "more": "z"},
    ]
    done = apply(chosen, rows, TABLES)
    assert done.rows == [{"item": "A", "qty": "1", "note": "a"}, {"item": "B", "qty": "3", "note": None}]
    assert done.numbers == [1, 3]
    (reject,) = done.rejects
    assert (reject.row_number, reject.row) == (2, rows[1])
    assert [(f.rule, f.target, f.code, f.value) for f in reject.failures] == [
        (1, "item", "mapping.unknown_code", "123"),
        (2, "qty", "mapping.too_many_decimals", "1.5"),
    ]
    assert reject.failures[1].params == {
        "row": "2", "rule": "2", "target": "qty", "from": "qty", "decimals": "0", "value": "1.5"
    }  # fmt: skip


def test_the_first_failed_change_of_a_rule_is_the_one_told() -> None:
    chosen = rules({"target": "t", "from": "v", "change": ["cut 1..2", "look up in items", "to decimal 0"]})
    (reject,) = apply(chosen, [{"v": "x"}], TABLES).rejects
    assert [(f.code, f.value) for f in reject.failures] == [("mapping.too_short", "x")]


def test_order_and_row_numbers_hold_across_batches() -> None:
    chosen = rules({"target": "t", "from": "v", "change": ["look up in items or keep", "to decimal 0"]})
    rows = ({"v": str(number) if number % 7 else "bad"} for number in range(1, 25_001))
    done = apply(chosen, rows, TABLES)
    assert [row["t"] for row in done.rows] == [str(number) for number in range(1, 25_001) if number % 7]
    assert [reject.row_number for reject in done.rejects] == list(range(7, 25_001, 7))
    assert all(reject.row == {"v": "bad"} for reject in done.rejects)


def test_empty_is_empty_and_never_zero() -> None:
    chosen = rules(
        {"target": "plain", "from": "v"},
        {"target": "number", "from": "v", "change": ["convert unit in units by u", "to decimal 3"]},
        {"target": "filled", "from": "v", "default": "none"},
        {"target": "code", "from": "v", "change": "look up in items"},
    )
    for value in ("", None):
        done = apply(chosen, [{"v": value, "u": "GRM"}], TABLES)
        assert done.rows == [{"plain": None, "number": None, "filled": "none", "code": None}]


def test_a_field_the_row_does_not_have_is_told_unless_there_is_a_default() -> None:
    chosen = rules({"target": "a", "from": "qtty"}, {"target": "b", "from": "lot", "default": "-"})
    done = apply(chosen, [{"qty": "1"}, {"qtty": "2"}])
    assert done.rows == [{"a": "2", "b": "-"}]
    (failure,) = done.rejects[0].failures
    assert (failure.code, failure.params["field"], failure.rule) == ("mapping.field_missing", "qtty", 1)


@pytest.mark.parametrize(
    ("when", "values"),
    [
        ("kind is pick", "y---"),
        ("kind equals pick", "y---"),
        ("kind is not pick", "-yyy"),
        ("kind is one of pick, 'a b'", "yy--"),
        ("kind is not one of pick, 'a b'", "--yy"),
        ("kind is empty", "--yy"),
        ("kind is not empty", "yy--"),
        (["kind is not empty", "kind is not pick"], "-y--"),
    ],
)
def test_conditions(when: object, values: str) -> None:
    chosen = rules(
        {"target": "t", "from": "v", "when": when, "default": "-"},
        {"target": "c", "change": "constant y", "when": when, "default": "-"},
        {"target": "r", "from": "e", "change": "required", "when": when},
    )
    rows = [{"kind": kind, "v": "y", "e": "y"} for kind in ("pick", "a b", "", None)]
    done = apply(chosen, rows)
    assert "".join(row["t"] or "" for row in done.rows) == values
    assert "".join(row["c"] or "" for row in done.rows) == values
    assert [row["r"] for row in done.rows] == [mark if mark == "y" else None for mark in values]
    needed = apply(chosen, [{**row, "e": None} for row in rows])
    assert [reject.row_number for reject in needed.rejects] == [n for n, mark in enumerate(values, 1) if mark == "y"]


def test_a_value_that_is_no_text_is_rejected_and_not_converted() -> None:
    rows: list[Any] = [{"v": 1}, {"v": 1.5}, {"v": "ok"}, {"v": True}, {"v": "\ud800"}, {"v": b"x"}]
    done = apply(rules({"target": "t", "from": "v"}), rows)
    assert done.rows == [{"t": "ok"}]
    assert [(r.row_number, r.failures[0].code) for r in done.rejects] == [
        (n, "mapping.not_text") for n in (1, 2, 4, 5, 6)
    ]


HOSTILE = [
    "'; DROP TABLE x; --",
    'a"b',
    "a'b",
    "{}",
    "\0",
    "p.*",
    "?",
    "$1",
    "%s",
    "\\",
    "row",
    "f0",
    "库位",
    "a, b",
    "\x01row\x01",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_values_are_only_names_and_values(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    table = Table(name, ["k"], [name], [{"k": name, name: name}])
    good: list[dict[str, Any]] = [
        {"target": name, "from": name, "when": f"{quoted} is {quoted}"},
        {"target": "kept", "from": name, "change": [f"look up in {quoted} by {quoted}", f"suffix {quoted}"]},
        {"target": "joined", "from": [name, name], "change": [f"join with {quoted}", f"replace {quoted} with x"]},
        {"target": "fixed", "change": f"constant {quoted}"},
        {"target": "filled", "from": name, "when": f"{quoted} is empty", "default": name},
    ]
    bad = {"target": "missing", "from": name, "change": [f"replace {quoted} with none", f"look up in {quoted}"]}
    assert apply(rules(*good), [{name: name}], {name: table}).rows == [
        {name: name, "kept": name + name, "joined": "xxx", "fixed": name, "filled": name}
    ]
    (failure,) = apply(rules(*good, bad), [{name: name}], {name: table}).rejects[0].failures
    assert (failure.code, failure.value, failure.params["table"]) == ("mapping.unknown_code", "none", name)


texts = st.text(st.characters(codec="utf-8"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=30))
def test_any_text_comes_out_as_it_went_in(values: list[str]) -> None:
    done = apply(rules({"target": "t", "from": "v"}), [{"v": value} for value in values])
    assert [row["t"] for row in done.rows] == [value or None for value in values]


messy = st.one_of(
    st.none(),
    texts,
    st.from_regex(r"-?[0-9]{0,5}\.?[0-9]{0,5}", fullmatch=True),
    st.sampled_from(["00123", "2026-03-01"]),
)
CHANGES = [
    ["strip", "to decimal 2"], ["cut 1..3", "strip zeros", "prefix x"], ["times 1/3", "round 2 half up", "negate"],
    ["divide by 6"], ["look up in items", "required"], ["convert unit in units by u", "to decimal 1"],
    ["parse date YYYY-MM-DD", "format date DD.MM.YYYY"], ["parts 1..2 by -", "upper"], ["yes or no Y,N"],
    ["parse date ISO in Asia/Shanghai"], ["negate", "strip", "required", "shorten to 2"],
]  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3),
    st.lists(st.tuples(messy, st.sampled_from(["GRM", "", "?"])), min_size=1, max_size=6),
)
def test_one_row_and_many_give_the_same_and_every_refused_row_has_a_reason(
    changes: list[list[str]], values: list[tuple[str | None, str]]
) -> None:
    chosen = rules(*({"target": str(place), "from": "v", "change": change} for place, change in enumerate(changes)))
    rows = [{"v": value, "u": unit} for value, unit in values]
    together = apply(chosen, rows, TABLES)
    assert len(together.rows) + len(together.rejects) == len(rows)
    assert all(reject.failures for reject in together.rejects)
    for reject in together.rejects:
        (alone,) = apply(chosen, [rows[reject.row_number - 1]], TABLES).rejects
        assert [(f.rule, f.code, f.value) for f in alone.failures] == [
            (f.rule, f.code, f.value) for f in reject.failures
        ]
    for number, row in zip(together.numbers, together.rows, strict=True):
        assert apply(chosen, [rows[number - 1]], TABLES).rows == [row]
        assert [told.result for told in explain(chosen, rows[number - 1], TABLES)] == list(row.values())


def test_threads_share_rules_and_tables() -> None:
    chosen = rules({"target": "t", "from": "v", "change": "look up in items or keep"})
    wrong: list[object] = []

    def work(number: int) -> None:
        rows = [{"v": f"{number}-{place}"} for place in range(50)]
        for _ in range(10):
            done = apply(chosen, rows, {"items": Table("items", ["k"], ["v"], [{"k": f"{number}-1", "v": "hit"}])})
            if [row["t"] for row in done.rows] != ["hit" if row["v"] == f"{number}-1" else row["v"] for row in rows]:
                wrong.append(done)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_engine_keeps_no_more_statements_and_tables_than_it_needs() -> None:
    engine = Engine()
    for number in range(150):
        table = Table("t", ["k"], ["v"], [{"k": "a", "v": str(number)}])
        chosen = rules({"target": "x", "from": "v", "change": "look up in t"})
        _, results = engine.execute(chosen, {"t": table}, [[0], [None], ["a"]], Mode(brief=True))
        assert results[0][1] == str(number)
    with engine._database.cursor() as cursor:
        assert (
            len(cursor.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 't_%'").fetchall()) <= 130
        )


def test_explain_shows_each_change() -> None:
    chosen = rules(
        {"target": "qty", "from": "q", "change": ["strip", "times 1/3", "round 2 half up"]},
        {"target": "item", "from": "s", "change": ["strip zeros", "look up in items", "lower"]},
        {"target": "both", "from": ["q", "s"], "change": ["join with -"]},
        {"target": "lot", "from": "lot", "default": "none"},
    )
    told = explain(chosen, {"q": " 10 ", "s": "0007", "lot": None}, TABLES)
    assert [(s.change, s.before, s.after) for s in told[0].steps] == [
        ("strip", " 10 ", "10"), ("times 1/3", "10", "10/3"), ("round 2 half up", "10/3", "3.33")
    ]  # fmt: skip
    assert [(s.before, s.after, s.failure and s.failure.code) for s in told[1].steps] == [
        ("0007", "7", None), ("7", None, "mapping.unknown_code")
    ]  # fmt: skip
    assert told[1].failure is not None
    assert (told[1].result, told[1].failure.value) == (None, "7")
    assert (told[2].result, told[3].result, told[3].steps) == (" 10 -0007", "none", ())


def test_a_missing_table_is_named() -> None:
    chosen = rules({"target": "t", "from": "v", "change": "look up in itmes"})
    with pytest.raises(ConfigError) as caught:
        apply(chosen, [{"v": "1"}], TABLES)
    assert caught.value.code == "mapping.no_table"
    assert caught.value.params == {"rule": "1", "change": "look up in itmes", "table": "itmes", "nearest": "items"}
