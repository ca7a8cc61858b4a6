"""Whole files: the same result as row by row, everything text, what is faulty named by line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from countbridge.cli import build
from countbridge.errors import CountbridgeError
from countbridge.mapping import Counts, RuleSet, Table, apply, map_file
from countbridge.mapping.functions import FUNCTIONS

RULES = RuleSet.load(
    [
        {"target": "item", "from": "sku", "change": "look up in items"},
        {"target": "quantity", "from": "qty", "change": ["times 1/1000", "to decimal 3"]},
    ]
)
ITEMS = {"items": Table("items", ["sku"], ["item"], [{"sku": f"{n:05}", "item": f"I{n}"} for n in range(1000)])}
ARTICLE = Path(__file__).parents[1] / "golden/mapping/article"
PASS = RuleSet.load([{"target": "a", "from": "a"}, {"target": "b", "from": "b"}])


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_json(path: Path) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def mapped(
    tmp_path: Path, name: str, content: str | bytes, rules: RuleSet = PASS
) -> tuple[Counts, list[dict[str, str | None]]]:
    """Map a small file to JSON lines; the rejects lie in rejects.jsonl."""
    source = tmp_path / name
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    counts = map_file(rules, source, tmp_path / "out.jsonl", tmp_path / "rejects.jsonl", ITEMS)
    return counts, read_json(tmp_path / "out.jsonl")


def refused(tmp_path: Path, name: str, content: str | bytes, rules: RuleSet = PASS) -> CountbridgeError:
    with pytest.raises(CountbridgeError) as caught:
        mapped(tmp_path, name, content, rules)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name], "nothing may be written when it cannot run"
    return caught.value


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_and_its_rows_give_the_same_in_order(tmp_path: Path, kind: str) -> None:
    rows: list[dict[str, str | None]] = [
        {"sku": f"{n % 1003:05}", "qty": str(n) if n % 97 else "1e3", "more": f'{n}, "x"'} for n in range(1, 30_001)
    ]
    source = tmp_path / f"in.{kind}"
    if kind == "csv":
        with source.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        lines = tmp_path / "in.jsonl"
        lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        if kind == "parquet":
            columns = "{sku: 'VARCHAR', qty: 'VARCHAR', more: 'VARCHAR'}"
            duckdb.sql(f"COPY (FROM read_json('{lines}', columns = {columns})) TO '{source}' (FORMAT parquet)")
    counts = map_file(RULES, source, tmp_path / "out.csv", tmp_path / "rejects.jsonl", ITEMS)
    wanted = apply(RULES, rows, ITEMS)
    assert read_csv(tmp_path / "out.csv") == wanted.rows
    assert counts == Counts(len(rows), len(wanted.rows), len(wanted.rejects))
    told = [
        (int(r["row"] or 0), int(r["rule"] or 0), r["code"], r["value"]) for r in read_json(tmp_path / "rejects.jsonl")
    ]
    assert told == [(r.row_number, f.rule, f.code, f.value) for r in wanted.rejects for f in r.failures]
    records = {int(r["row"] or 0): json.loads(r["record"] or "") for r in read_json(tmp_path / "rejects.jsonl")}
    assert records == {reject.row_number: reject.row for reject in wanted.rejects}


def test_params_of_a_rejected_row_are_those_of_the_api(tmp_path: Path) -> None:
    mapped(tmp_path, "in.csv", "sku,qty\n00001,1.2345\n", RULES)
    (told,) = read_json(tmp_path / "rejects.jsonl")
    (reject,) = apply(RULES, [{"sku": "00001", "qty": "1.2345"}], ITEMS).rejects
    assert json.loads(told["params"] or "") == dict(reject.failures[0].params)
    assert (told["message_en"] or "").startswith('Row 1, quantity (rule 2): "1.2345" has more than 3 decimals')
    assert (told["message_zh"] or "").startswith("第 1 行，quantity（规则 2）：“1.2345”")


def test_csv_is_text_whatever_it_looks_like(tmp_path: Path) -> None:
    text = '\ufeffa,b\n00123,1E5\n"12_3, x",１２\n"say ""hi""","two\nlines"\nnull,2026-01-01\n,true\n'
    counts, rows = mapped(tmp_path, "in[1]*.csv", text)
    assert counts == Counts(5, 5, 0)
    assert [(row["a"], row["b"]) for row in rows] == [
        ("00123", "1E5"), ("12_3, x", "１２"), ('say "hi"', "two\nlines"), ("null", "2026-01-01"), (None, "true")
    ]  # fmt: skip


cells = st.text(st.sampled_from("ab,;\"'\n\r\t \\#螺０"), max_size=4)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_any_cells_come_out_as_they_went_in(rows: list[tuple[str, str]], end: str, quoting: int) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # leaves a carriage return unquoted, which then means the end of a line
        rows = [(a.replace("\r", ""), b.replace("\r", "")) for a, b in rows]
    with TemporaryDirectory() as name:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
        writer.writerows([("a", "b"), *rows])
        counts, got = mapped(Path(name), "in.csv", text.getvalue())
    assert counts == Counts(len(rows), len(rows), 0)
    assert [(row["a"], row["b"]) for row in got] == [(a or None, b or None) for a, b in rows]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_seen_in_the_header(tmp_path: Path, delimiter: str) -> None:
    _, rows = mapped(tmp_path, "in.csv", f"a{delimiter}b\n1,5{delimiter}2\n")
    assert rows == [{"a": "1,5", "b": "2"}]


def test_a_ragged_row_is_rejected_by_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    counts, rows = mapped(tmp_path, "in.csv", 'a,b\n1,"2\n2"\n3\n4,5,6\n7,8\n')
    assert (counts, [row["a"] for row in rows]) == (Counts(4, 2, 2), ["1", "7"])
    told = read_json(tmp_path / "rejects.jsonl")
    assert [(int(r["row"] or 0), r["code"], json.loads(r["params"] or "")["line"], r["record"]) for r in told] == [
        (2, "mapping.ragged", "4", '["3"]'), (3, "mapping.ragged", "5", '["4", "5", "6"]')
    ]  # fmt: skip


def test_json_numbers_keep_their_digits_and_faulty_lines_are_named(tmp_path: Path) -> None:
    lines = [
        '{"a": 12345678901234567890.120, "b": "x"}', '{"a": 1e2, "b": true}', "", '{"a": null, "b": ""}',
        '{"a": {"x": 1}, "b": 1}', '{"b": "no a"}', "<html>", "[1]",
    ]  # fmt: skip
    counts, rows = mapped(tmp_path, "in.jsonl", "\n".join(lines) + "\n")
    assert rows == [{"a": "12345678901234567890.120", "b": "x"}, {"a": "1e2", "b": "true"}, {"a": None, "b": None}]
    told = read_json(tmp_path / "rejects.jsonl")
    assert [(int(r["row"] or 0), r["code"]) for r in told] == [
        (4, "mapping.not_json"), (5, "mapping.field_missing"), (6, "mapping.not_json"), (7, "mapping.not_json")
    ]  # fmt: skip
    assert counts == Counts(7, 3, 4)


@pytest.mark.parametrize(
    ("name", "content", "code", "params"),
    [
        ("in.csv", "a,b,a\n1,2,3\n", "mapping.header_twice", {"line": "1", "column": "3", "name": "a"}),
        ("in.csv", "a,,b\n1,2,3\n", "mapping.header_empty", {"line": "1", "column": "2"}),
        ("in.csv", "", "mapping.no_header", {}),
        ("in.csv", "a,bb\n1,2\n", "mapping.field_not_in_file", {"field": "b", "nearest": "bb"}),
        ("in.csv", "a,b\n螺栓,2\n".encode("gb18030"), "mapping.not_utf8", {}),
        ("in.jsonl", '{"a": "螺栓"}\n'.encode("gb18030"), "mapping.not_utf8", {}),
        ("in.csv", 'a,b\n1,"2\n3,4\n', "mapping.csv_broken", {}),
        ("in.txt", "a,b\n", "mapping.file_kind", {}),
        ("in.parquet", "a,b\n", "mapping.file_broken", {}),
    ],
)
def test_a_file_that_cannot_be_mapped(
    tmp_path: Path, name: str, content: str | bytes, code: str, params: dict[str, str]
) -> None:
    error = refused(tmp_path, name, content)
    assert error.code == code
    assert {key: error.params[key] for key in params} == params


def test_a_floating_point_column_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    duckdb.sql(f"COPY (SELECT 'x' AS a, 0.1::DOUBLE AS b) TO '{source}' (FORMAT parquet)")
    assert refused(tmp_path, "in.parquet", source.read_bytes()).code == "mapping.not_text_column"


def test_decimal_and_whole_number_columns_of_parquet_keep_their_digits(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    duckdb.sql(f"COPY (SELECT 7::BIGINT AS a, 1.50::DECIMAL(9, 2) AS b) TO '{source}' (FORMAT parquet)")
    assert mapped(tmp_path, "in.parquet", source.read_bytes())[1] == [{"a": "7", "b": "1.50"}]


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(build(), ["map", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def test_the_worked_example_of_the_documentation(tmp_path: Path) -> None:
    out, rejects = tmp_path / "out.csv", tmp_path / "rejects.csv"
    fixed = ("--out", out, "--rejects", rejects, "--tables", ARTICLE / "tables")
    code, stdout, _ = run(ARTICLE / "rules.yaml", ARTICLE / "counts.csv", *fixed, "--json", "--explain", 3)
    assert code == 1
    told = json.loads(stdout)
    assert (told["rows"], told["mapped"], told["rejected"]) == (8, 4, 4)
    assert told["explain"][3]["steps"][1] == {
        "change": "convert unit in units by sku, uom", "before": "12500", "after": "12.5", "code": None
    }  # fmt: skip
    assert out.read_text(encoding="utf-8") == (ARTICLE / "expected.csv").read_text(encoding="utf-8")
    assert rejects.read_text(encoding="utf-8") == (ARTICLE / "expected_rejects.csv").read_text(encoding="utf-8")
    documented = (Path(__file__).parents[2] / "docs/mapping.md").read_text(encoding="utf-8")
    for name in ("rules.yaml", "counts.csv", "expected.csv", "tables/units.csv", "tables/users.csv"):
        assert (ARTICLE / name).read_text(encoding="utf-8") in documented, f"docs/mapping.md shows another {name}"
    for function in FUNCTIONS:
        assert f"| `{function.signature}` | {function.does} |" in documented, (
            f"docs/mapping.md misses {function.signature}"
        )


def test_exit_codes_and_sentences(tmp_path: Path) -> None:
    rules, source = tmp_path / "rules.yaml", tmp_path / "in.csv"
    rules.write_text("- {target: a, from: a, change: strip}\n", encoding="utf-8")
    source.write_text("a\n x \n", encoding="utf-8")
    fixed = ("--out", tmp_path / "out.csv", "--rejects", tmp_path / "rejects.csv")
    code, stdout, _ = run(rules, source, *fixed, "--explain", 1)
    assert (code, stdout.splitlines()[-1]) == (0, "1 rows: 1 mapped, 0 rejected")
    assert 'strip: " x " -> "x"' in stdout
    assert (tmp_path / "rejects.csv").read_text(encoding="utf-8").startswith("row,rule,target,from,value,code")
    assert run(rules, source, *fixed, "--explain", 2)[0] == 2
    assert run(rules, source, *fixed, "--tables", tmp_path / "none")[0] == 2
    assert run(rules, source, "--out", source, "--rejects", tmp_path / "r.csv")[0] == 2
    assert run(rules, source, "--out", tmp_path / "none/o.csv", "--rejects", tmp_path / "r.csv")[0] == 2
    assert run(rules, tmp_path / "none.csv", *fixed)[0] == 2
    rules.write_text("- {target: a, from: a, change: stripp}\n", encoding="utf-8")
    code, stdout, stderr = run(rules, source, *fixed)
    assert (code, stdout) == (2, "")
    assert "stripp" in stderr
    assert "strip" in stderr


def test_the_list_of_functions_shows_their_examples() -> None:
    code, stdout, _ = run("--functions")
    assert code == 0
    assert "convert unit in TABLE by ITEM, UNIT [backwards]" in stdout
    assert "cut 1..4: 'W101-02-03' -> 'W101'" in stdout
