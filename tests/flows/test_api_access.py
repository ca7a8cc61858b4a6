"""Roles, warehouses, blind counts: who may see and do what, through every route there is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from countbridge.api.app import api
from countbridge.api.auth import Gate, NeedsPda
from countbridge.people.models import Token
from countbridge.stocktake.models import Count, Line
from modelled.stage import PEOPLE, Stage

pytest_plugins = ["modelled.fixtures"]

ROLES = ("chen", "zhao", "sun", "qian", "zhou", "wu", "root")
CONSOLE = {"zhao", "sun", "qian", "zhou", "wu", "root"}
WAREHOUSE_1_ONLY = ("zheng", "feng")


def routes() -> Iterator[tuple[str, str, Gate]]:
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    address = "/api" + "/".join(["", *filter(None, (router.prefix + path).split("/"))])
                    yield method, address, operation.auth_callbacks[0]


def call(stage: Stage, name: str, scope: str, method: str, path: str) -> Any:
    return stage.client(name, scope).generic(method, path, b"{}", content_type="application/json")


@pytest.fixture
def counted(make_stage: Callable[..., Stage]) -> tuple[Stage, Count]:
    """A count of both warehouses with a variance to decide in each, book quantities that appear nowhere else."""
    stage = make_stage(people=("chen", "li", "zhao", "sun", "qian", "zhou", "wu", "root", *WAREHOUSE_1_ONLY, "han"))
    stage.world.put("A0101", "00123", "7003")  # 7043 in all
    stage.world.put("S0101", "00123", "8017")  # 8077
    stage.world.lie("A0101", "00123", "6990")
    stage.world.lie("S0101", "00123", "7990")
    count = stage.start("W1-A", "W2-S")
    for _ in range(2):
        for sheet in count.sheets.filter(state__in=("open", "counting")).select_related("assignee"):
            stage.world.tick()
            if str(sheet.assignee) in ("chen", "li"):
                stage.count_sheet(sheet)
            else:
                assert stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": "li"}).status_code in (200, 422)
                sheet.refresh_from_db()
                stage.count_sheet(sheet)
        stage.settle()
    assert set(count.lines.filter(state="approve").values_list("warehouse", flat=True)) == {"W1", "W2"}
    return stage, count


def test_every_route_opens_to_its_permission_and_to_nobody_else(make_stage: Callable[..., Stage]) -> None:
    from countbridge.people.roles import ROLES as MAY

    stage = make_stage(people=ROLES)
    walked = 0
    for method, path, gate in routes():
        if gate.permission is None or path == "/api/events":
            continue
        scope = Token.PDA if isinstance(gate, NeedsPda) else Token.API
        address = re.sub(r"{[^}]*}", "999999", path)
        for name in ROLES:
            status = call(stage, name, scope, method, address).status_code
            if gate.permission in MAY[PEOPLE[name][0]]:
                assert status not in (401, 500), f"{name} {method} {path}: {status}"
            else:
                assert status == 403, f"{name} {method} {path}: {status}"
            if path.endswith("/sign-out"):
                stage.forget(name, scope)
            walked += 1
    assert walked > 100


def test_a_handhelds_token_opens_nothing_outside_its_corner(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "root"))
    for name in ("chen", "root"):
        for method, path, gate in routes():
            if path.startswith("/api/pda/") or path in ("/api/session",):
                continue
            assert not isinstance(gate, NeedsPda)
            status = call(stage, name, Token.PDA, method, re.sub(r"{[^}]*}", "1", path)).status_code
            assert status == 401, f"{name} {method} {path}: {status}"


def test_an_operator_sees_no_count_line_or_export_of_the_console(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    line = count.lines.first()
    assert line is not None
    for path in (
        "/counts", "/counts.csv", f"/counts/{count.number}", f"/counts/{count.number}/lines", f"/lines/{line.pk}",
        f"/counts/{count.number}/lines.csv", f"/counts/{count.number}/bins", f"/counts/{count.number}/timeline",
        f"/counts/{count.number}/sheets", "/approvals", "/recounts", "/deliveries", "/quarantine", "/links", "/events",
    ):  # fmt: skip
        assert stage.api("chen", path).status_code == 403, path
    today = stage.api("chen", "/today").json()
    assert (today["counts"], today["links"], today["accuracy"]) == ([], [], [])
    assert set(today["waiting"].values()) == {0}


def test_a_blind_count_shows_the_handheld_no_book_quantity_anywhere(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    line = stage.line(count, "A0101", "00123")
    stage.decide(count, "recount", bin="A0101")
    sheet = count.sheets.order_by("-pass_number").first()
    if str(sheet.assignee) not in ("chen", "li"):
        stage.api("root", f"/sheets/{sheet.pk}/assign", {"assignee": "han"})
        sheet.refresh_from_db()
    who = str(sheet.assignee)
    answers = [stage.pda(who, "/sheets"), stage.pda(who, f"/sheets/{sheet.pk}")]
    body = {"scans": [stage.entry(sheet, "A0101", "00123", "5", id="one"), stage.entry(sheet, "A0101", "00123", "-5")]}
    answers.append(stage.pda(who, "/scans", body))
    answers.append(stage.pda(who, "/scans/one/undo", {}))
    empty = {"id": "none", "bin": "A0101", "counted_at": stage.world.clock.isoformat()}
    answers.append(stage.pda(who, f"/sheets/{sheet.pk}/empty", empty))
    answers.append(stage.pda(who, f"/sheets/{sheet.pk}/submit", {}))
    line.refresh_from_db()
    for answer in answers:
        assert answer.status_code == 200, answer.content
        text = re.sub(r'"server_time": "[^"]+"', "", answer.content.decode())  # whose minutes are no quantities
        assert not re.search(r"\b(7043|6990|53)\b", text), "neither the book nor what others counted"
        keys = set(re.findall(r'"(\w+)":', text))
        assert not keys & {"snapshot", "variance", "value", "price", "outcome", "variance_min", "variance_max"}
        for found in re.findall(r'"expected": ([^,}]+)', text):
            assert found == "null"


def test_an_open_count_does_show_it(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(blind=False)
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    told = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}").json()
    assert {good["expected"] for bin in told["bins"] for good in bin["goods"]} == {"40", "12.5", "9"}


@pytest.mark.parametrize("name", WAREHOUSE_1_ONLY)
def test_people_of_one_warehouse_see_nothing_of_the_other(counted: tuple[Stage, Count], name: str) -> None:
    """Every page of the count both warehouses share, searched for the other's bins, figures and people's work."""
    stage, count = counted
    other = stage.line(count, "S0101", "00123")
    sheets = count.sheets.filter(warehouse="W2")
    foreign = re.compile("|".join([r"\bS0\d01\b", "W2-S", *map(re.escape, (sheet.number for sheet in sheets))]))
    number = count.number
    seen = 0
    for path in (
        f"/counts/{number}/lines", f"/counts/{number}/lines.csv", f"/counts/{number}/bins", f"/counts/{number}/sheets",
        "/approvals", "/recounts", f"/counts/{number}/people", f"/counts/{number}/lines?only=variance&sort=-value",
        f"/counts/{number}/lines?q=S0101", f"/counts/{number}/lines?zone=S",
    ):  # fmt: skip
        answer = stage.api(name, path)
        if answer.status_code == 403:
            continue
        assert answer.status_code == 200, path
        assert not foreign.search(answer.content.decode()), path
        seen += 1
    assert seen >= 7
    assert stage.api(name, f"/lines/{other.pk}").status_code == 404
    shown = stage.api(name, f"/counts/{number}").json()
    assert (shown["lines"], [zone["zone"] for zone in shown["zones"]]) == (3, ["A"])
    assert shown["loss"] == "-450.50", "53 bolts of W1, not W2's"


@pytest.mark.parametrize("name", WAREHOUSE_1_ONLY)
def test_papers_that_hold_another_warehouses_lines_are_not_shown(counted: tuple[Stage, Count], name: str) -> None:
    """Baseline, sheets and adjustments of a count of both warehouses speak of both; so do single entries of its timeline."""
    stage, count = counted
    deliveries = stage.api(name, f"/deliveries?count={count.number}")
    assert deliveries.status_code == 403 or deliveries.json()["total"] == 0
    assert stage.api("root", f"/deliveries?count={count.number}").json()["total"] > 0
    told = stage.api(name, f"/counts/{count.number}/timeline").json()["rows"]
    assert {row["kind"] for row in told} == {"state"}
    assert {row["kind"] for row in stage.api("root", f"/counts/{count.number}/timeline").json()["rows"]} > {"state"}


def test_differences_of_another_warehouse_stay_there(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    stage.decide(count)
    stage.world.wms.refuses["S-123"] = "blocked"
    stage.queue.later()
    assert set(count.differences.values_list("erp_location", flat=True)) == {"W1-A-01", "W2-S"}
    rows = stage.api("zheng", f"/counts/{count.number}").json()["differences"]
    assert [row["location"] for row in rows] == ["W1-A-01"]


def test_a_count_of_another_warehouse_does_not_exist(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "li", "zheng", "feng"))
    count = stage.start("W2-S")
    sheet, line = count.sheets.get(), count.lines.first()
    assert line is not None
    assert stage.api("zheng", "/counts").json() == {"total": 0, "rows": []}
    assert count.number not in stage.api("zheng", "/counts.csv").content.decode()
    for path in ("", "/lines", "/lines.csv", "/bins", "/timeline", "/sheets"):
        assert stage.api("zheng", f"/counts/{count.number}{path}").status_code == 404, path
    assert stage.api("zheng", "/deliveries").json()["total"] == 0
    assert stage.api("zheng", "/today").json()["counts"] == []
    refused = stage.api("zheng", f"/sheets/{sheet.pk}/assign", {"assignee": "chen"})
    assert (refused.status_code, refused.json()["code"]) == (404, "stocktake.no_such_sheet")


def test_an_operator_of_one_warehouse_counts_only_there(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "han", "zhao"))
    count = stage.start("W1-A", "W2-S")
    sheet = count.sheets.get(warehouse="W2")
    stage.world.tick()
    assert str(sheet.assignee) == "chen"
    assert stage.scan(sheet, "S0101", "00123", "1", who="han")["code"] == "stocktake.no_such_sheet"
    assert stage.pda("han", f"/sheets/{sheet.pk}").status_code == 404
    refused = stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": "han"})
    assert refused.json()["code"] == "stocktake.not_a_counter"


def test_deciding_and_assigning_stop_at_the_warehouse(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    mine, other = stage.line(count, "A0101", "00123"), stage.line(count, "S0101", "00123")
    body = {"lines": [mine.pk, other.pk], "decision": "approve", "reason": "looks right"}
    preview = stage.api("feng", "/decisions/preview", body).json()
    assert (preview["lines"], [row["line"] for row in preview["refused"]]) == (1, [other.pk])
    decided = stage.api("feng", "/decisions", body).json()
    assert (decided["changed"], [row["line"] for row in decided["refused"]]) == (1, [other.pk])
    other.refresh_from_db()
    assert other.state == "approve"
    assert stage.api("zheng", "/decisions", body).status_code == 403, "a supervisor approves nothing"
    for name in ("sun", "zhou", "wu"):
        assert stage.api(name, "/decisions", body).status_code == 403, name
    finish = stage.api("zheng", f"/counts/{count.number}/finish", {"reason": "enough"})
    assert (finish.status_code, finish.json()["code"]) == (403, "people.other_warehouse")


def test_who_counted_a_line_may_not_approve_it(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("root", "li", "qian"))
    stage.world.lie("A0101", "00123", "30")
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    stage.api("root", f"/sheets/{sheet.pk}/assign", {"assignee": "root"})
    sheet.refresh_from_db()
    stage.world.tick()
    stage.count_sheet(sheet)
    stage.settle()
    stage.count_all(count)
    line = stage.line(count, "A0101", "00123")
    for decision, refused in (("approve", True), ("keep_book", True)):
        body = {"lines": [line.pk], "decision": decision, "reason": "mine"}
        for path in ("/decisions/preview", "/decisions"):
            answer = stage.api("root", path, body).json()
            assert [row["code"] for row in answer["refused"]] == ["stocktake.own_count"] * refused, (path, decision)
    assert stage.decide(count, who="qian")["changed"] == 1
    assert Line.objects.get(pk=line.pk).state == "approved"


def test_no_answer_holds_a_password_key_or_token(counted: tuple[Stage, Count]) -> None:
    stage, count = counted
    paths = ("/links", "/deliveries", f"/counts/{count.number}", "/today", "/quarantine")
    said = json.dumps([stage.api("root", path).json() for path in paths])
    assert "secret-key" not in said
    assert "correct horse" not in said
