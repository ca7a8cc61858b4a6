"""Lists, filters, pages and exports; decisions say beforehand what they do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from countbridge.exchange.models import Delivery
from countbridge.stocktake.models import AdjustmentLine, Count
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]


@pytest.fixture
def counted(make_stage: Callable[..., Stage]) -> tuple[Stage, Count]:
    """Four lines of W1 and W2 to decide, everything else matched."""
    stage = make_stage(people=("chen", "li", "sun", "qian"))
    for bin, item, quantity, lot in (
        ("A0101", "00123", "30", ""), ("A0102", "LOT-1", "12", "L7"), ("S0101", "00123", "80", ""),
        ("S0201", "00124", "300", ""),
    ):  # fmt: skip
        stage.world.lie(bin, item, quantity, lot)
    count = stage.start("W1-A", "W2-S")
    stage.count_all(count)
    return stage, count


def lines(stage: Stage, count: Count, **query: Any) -> Any:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return stage.api("sun", f"/counts/{count.number}/lines?{text}")


def keys(answer: Any) -> list[tuple[str, str]]:
    return [(row["bin"], row["item"]) for row in answer.json()["rows"]]


def test_filters_find_what_they_say(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    assert lines(stage, count).json()["total"] == 6
    assert len(keys(lines(stage, count, only="variance"))) == 4
    assert keys(lines(stage, count, only="approve", zone="A")) == [("A0101", "00123"), ("A0102", "LOT-1")]
    assert keys(lines(stage, count, state="settled")) == [("A0101", "1E5"), ("S0102", "00123")]
    assert keys(lines(stage, count, bin="S0102,A0102")) == [("A0102", "LOT-1"), ("S0102", "00123")]
    for q in ("glue", "胶", "LOT-1", "l7", "A0102"):
        assert keys(lines(stage, count, q=q)) == [("A0102", "LOT-1")], q
    assert lines(stage, count, only="recount").json() == {"total": 0, "rows": []}


def test_sorting_and_paging_go_through_every_line_once(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    by_value = [row["value"] for row in lines(stage, count, sort="value", only="variance").json()["rows"]]
    assert by_value == ["-400.00", "-85.00", "170.00", "450.00"]
    assert keys(lines(stage, count, sort="-value", only="variance"))[0] == ("A0102", "LOT-1")
    paged = [key for offset in range(0, 8, 2) for key in keys(lines(stage, count, offset=offset, limit=2))]
    assert paged == keys(lines(stage, count))
    assert len(set(paged)) == 6


def test_a_question_that_makes_no_sense_is_answered_not_crashed(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    for query in ("sort=password", "only=secrets", "offset=-1", "limit=-1", "limit=x"):
        answer = stage.api("sun", f"/counts/{count.number}/lines?{query}")
        assert (answer.status_code, bool(answer.json()["message"])) == (422, True), query


def test_no_list_crashes_on_a_negative_page(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("root",))
    for path in ("/counts", "/deliveries", "/approvals", "/recounts", "/quarantine"):
        for query in ("offset=-1", "limit=-1"):
            assert stage.api("root", f"{path}?{query}").status_code == 422, f"{path}?{query}"


@pytest.mark.parametrize("field", ["q", "zone"])
def test_a_word_no_database_takes_is_answered(make_stage: Callable[..., Stage], field: str) -> None:
    stage = make_stage(people=("chen", "sun"))
    count = stage.start("W1-A")
    answer = stage.api("sun", f"/counts/{count.number}/lines?{field}=%00")
    assert (answer.status_code, answer.json()["code"]) == (422, "api.not_valid")


def test_numbers_no_database_holds_are_not_found(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("root", "qian"))
    huge = 10**30
    assert stage.api("root", f"/lines/{huge}").status_code == 404
    assert stage.api("root", f"/deliveries/{huge}").status_code == 404
    assert stage.api("root", f"/sheets/{huge}/assign", {"assignee": "root"}).status_code == 404
    answer = stage.api("qian", "/decisions", {"lines": [huge], "decision": "approve", "reason": "none"})
    assert answer.json()["refused"][0]["code"] == "stocktake.no_such_line"


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff"), "spreadsheets need it to see UTF-8"
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_export_holds_the_same_lines_exactly(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    answer = stage.api("sun", f"/counts/{count.number}/lines.csv?only=variance&sort=value", language="zh-CN")
    assert answer["Content-Type"].startswith("text/csv")
    exported = rows_of(answer)
    shown = stage.api("sun", f"/counts/{count.number}/lines?only=variance&sort=value", language="zh-CN").json()["rows"]
    assert [row["item"] for row in exported] == ["00124", "00123", "00123", "LOT-1"], "codes keep their zeros"
    for ours, theirs in zip(exported, shown, strict=True):
        for name in ("bin", "item_name", "variance", "value", "counted", "pass", "state"):
            assert ours[name] == str(theirs[name]), name
    counts = rows_of(stage.api("sun", "/counts.csv"))
    assert [(row["number"], row["warehouses"]) for row in counts] == [(count.number, "W1 W2")]


EVIL = ("=1+1", "+1+1", "-1+1|cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://x","y")')


def test_no_cell_runs_as_a_formula(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "sun"))
    count = stage.start("W1-A")
    line = stage.line(count, "A0101", "00123")
    for name in EVIL:
        line.item_name_en = name
        line.save()
        rows = rows_of(stage.api("sun", f"/counts/{count.number}/lines.csv?bin=A0101&q=00123"))
        assert [row["item_name"][:1] for row in rows] == ["'"], name


def test_negative_numbers_stay_numbers_in_the_export(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    exported = rows_of(stage.api("sun", f"/counts/{count.number}/lines.csv?only=variance&sort=value"))
    assert [row["variance"] for row in exported][:2] == ["-200", "-10"]


def test_the_preview_is_what_the_decision_then_does(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    ids = list(count.lines.order_by("pk").values_list("pk", flat=True))
    body = {"lines": [*ids, 999999], "decision": "approve", "reason": "seen on the shelf"}
    promised = stage.api("qian", "/decisions/preview", body).json()
    assert count.lines.filter(state="approve").count() == 4, "a preview changes nothing"
    money = (promised["lines"], promised["gain"], promised["loss"], promised["net"])
    assert money == (4, "620.00", "-485.00", "135.00")
    decided = stage.api("qian", "/decisions", body).json()
    assert (decided["changed"], decided["refused"]) == (promised["lines"], promised["refused"])
    assert [row["code"] for row in decided["refused"]] == [*["stocktake.not_to_decide"] * 2, "stocktake.no_such_line"]
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    posted = AdjustmentLine.objects.filter(adjustment__count=count)
    for place in promised["postings"]:
        side = posted.filter(adjustment__side=place["system"])
        found = side.filter(erp_location=place["location"]) if place["system"] == "erp" else side.filter(
            bin=place["location"]
        )  # fmt: skip
        assert found.count() == place["lines"], place
    assert posted.count() == sum(place["lines"] for place in promised["postings"])


@pytest.mark.parametrize("decision", ["recount", "keep_book"])
def test_decisions_that_post_nothing_promise_nothing(counted: tuple[Stage, Count], decision: str) -> None:
    stage, count = counted
    ids = list(count.lines.filter(state="approve").values_list("pk", flat=True))
    promised = stage.api("qian", "/decisions/preview", {"lines": ids, "decision": decision}).json()
    assert (promised["lines"], promised["net"], promised["postings"], promised["refused"]) == (4, "0.00", [], [])


def test_the_approvals_page_sums_what_is_at_stake_the_most_first(counted: tuple[Stage, Count]) -> None:
    stage, _ = counted
    page = stage.api("qian", "/approvals?limit=2").json()
    assert (page["total"], page["gain"], page["loss"], page["net"]) == (4, "620.00", "-485.00", "135.00")
    assert [row["value"] for row in page["rows"]] == ["450.00", "-400.00"]


def test_one_line_tells_everything_its_figures_come_from(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    stage.decide(count)
    stage.queue.later()
    line = stage.line(count, "S0101", "00123")
    told = stage.api("sun", f"/lines/{line.pk}").json()
    assert [(scan["pass"], scan["base"], scan["undone"]) for scan in told["scans"]] == [
        (1, "80", False),
        (2, "80", False),
    ]
    assert len({scan["counter"] for scan in told["scans"]}) == 2
    assert [(each["user"], each["decision"]) for each in told["decisions"]] == [("qian", "approve")]
    assert [(p["system"], p["quantity"], p["state"]) for p in told["postings"]] == [
        ("erp", "20", "confirmed"), ("wms", "20", "confirmed"),
    ]  # fmt: skip
    assert all(p["remote_id"] for p in told["postings"])


def test_deliveries_are_found_by_what_they_carry(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    stage.decide(count)
    stage.queue.later()
    found = stage.api("qian", f"/deliveries?q=S-LOT&count={count.number}&flow=F5").json()
    assert {row["kind"] for row in found["rows"]} == {"adjustment"}
    assert stage.api("qian", "/deliveries?state=rejected,unknown").json()["total"] == 0
    assert stage.api("qian", "/deliveries").json()["total"] == Delivery.objects.count()
