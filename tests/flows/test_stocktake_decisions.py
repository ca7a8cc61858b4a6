"""What rules may not decide: recount by somebody else, approval, keeping the book, and lines on hold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from countbridge.exchange.models import Event
from countbridge.stocktake.models import Count, Decision, Line
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

BOLT = ("A0101", "00123")


def first_round(stage: Stage, *locations: str) -> Count:
    """Every first sheet counted right; nothing recounted yet."""
    count = stage.start(*locations)
    for sheet in count.sheets.all():
        stage.world.tick()
        stage.count_sheet(sheet)
    assert stage.settle() == {}
    return count


def test_a_variance_outside_tolerance_is_counted_again_by_somebody_else(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = first_round(stage, "W1-A")
    first, second = count.sheets.order_by("pass_number")
    line = stage.line(count, *BOLT)
    assert (line.state, line.pass_number, line.sheet) == ("recount", 2, second)
    assert (second.pass_number, second.bins, second.state) == (2, ["A0101"], "open")
    assert second.assignee not in (None, first.assignee)
    assert list(second.lines.all()) == [line], "what matched is not counted again"


def test_a_recount_sheet_starts_with_nothing_counted(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "li", "zhao"))
    stage.world.lie(*BOLT, "30")
    count = first_round(stage, "W1-A")
    rows = stage.api("zhao", f"/counts/{count.number}/sheets").json()["rows"]
    assert [(row["pass"], row["lines"], row["counted"]) for row in rows] == [(1, 2, 2), (2, 1, 0)]


def test_the_recount_replaces_the_first_count(stage: Stage) -> None:
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    stage.world.tick()
    stage.count_sheet(sheet, {("A0101", "00123", ""): Decimal(4)})  # a slip of the finger
    stage.settle()
    line = stage.line(count, *BOLT)
    assert (line.state, line.variance) == ("recount", -36)
    stage.complete(count)
    line.refresh_from_db()
    assert (line.state, line.variance, line.counted) == ("settled", 0, 40)
    assert stage.world.erp.posted() == []
    assert count.state == "closed"


def test_without_another_counter_the_recount_waits_for_the_supervisor(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "zhao"))
    stage.world.lie(*BOLT, "30")
    count = first_round(stage, "W1-A")
    sheet = count.sheets.get(pass_number=2)
    assert sheet.assignee is None
    same = stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": "chen"})
    assert (same.status_code, same.json()["code"]) == (422, "stocktake.same_person_again")
    assert stage.api("zhao", f"/sheets/{sheet.pk}/assign", {"assignee": "zhao"}).status_code == 200


def test_a_confirmed_variance_waits_for_approval_and_nothing_is_posted_before(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    count.refresh_from_db()
    assert (stage.line(count, *BOLT).state, count.state) == ("approve", "counting")
    assert stage.world.erp.documents == {}
    waiting = stage.api("qian", "/approvals").json()
    assert (waiting["total"], waiting["loss"], waiting["rows"][0]["variance"]) == (1, "-85.00", "-10")
    assert stage.decide(count) == {"changed": 1, "refused": []}
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == [("W1-A-01", "00123", "", Decimal(-10))]


def test_a_decision_keeps_who_what_why_and_at_which_variance(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    stage.decide(count)
    made = Decision.objects.get()
    told = (made.user.username, made.decision, made.reason, made.variance)
    assert told == ("qian", "approve", "seen on the shelf", -10)
    assert Event.objects.get(code="stocktake.decided_approve").actor == "qian"


def test_keeping_the_book_posts_nothing_for_the_line(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    stage.world.lie("A0102", "LOT-1", "8", "L7")
    count = stage.start("W1-A")
    stage.count_all(count)
    stage.decide(count, "keep_book", item="00123")
    stage.decide(count, item="LOT-1")
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == [("W1-A-02", "LOT-1", "L7", Decimal(-1))]
    assert stage.world.wms.adjusted() == [("A0102", "S-LOT", "L7", Decimal(-1))]
    assert stage.line(count, *BOLT).state == "kept"


def test_finance_may_ask_for_another_count(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen", "li", "wang", "qian"))
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    stage.world.lie(*BOLT, "40")  # the missing ten were found
    assert stage.decide(count, "recount")["changed"] == 1
    third = count.sheets.get(pass_number=3)
    assert third.assignee not in (None, *[sheet.assignee for sheet in count.sheets.filter(pass_number__lt=3)])
    stage.complete(count)
    assert (count.state, stage.world.erp.posted()) == ("closed", [])


def test_a_decision_needs_a_reason(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    line = stage.line(count, *BOLT)
    answer = stage.api("qian", "/decisions", {"lines": [line.pk], "decision": "approve", "reason": "  ok "})
    assert (answer.status_code, answer.json()["code"]) == (422, "stocktake.reason_missing")
    line.refresh_from_db()
    assert line.state == "approve"


def test_a_line_on_which_the_book_changed_without_a_movement_is_held_and_posts_nothing(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    stage.world.wms.stock["A0101", "S-123", ""] -= 5  # somebody corrected the WMS behind its own ledger
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    line = stage.line(count, *BOLT)
    assert (count.state, line.state, line.outcome) == ("counting", "hold", "hold")
    assert "closure_residue" in line.reasons
    assert stage.world.erp.documents == {}
    held = Event.objects.get(code="stocktake.held")
    assert Decimal(held.params["residue"]) == -5
    refused = stage.decide(count)["refused"]
    assert [each["code"] for each in refused] == ["stocktake.on_hold"], "approving cannot lift a hold"


def test_a_held_line_may_keep_its_book_and_the_others_are_posted(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    stage.world.lie("A0102", "LOT-1", "8", "L7")
    count = stage.start("W1-A")
    stage.count_all(count)
    stage.world.wms.stock["A0101", "S-123", ""] -= 5
    stage.decide(count)
    stage.queue.later()
    assert stage.decide(count, "keep_book") == {"changed": 1, "refused": []}
    stage.queue.later()
    assert stage.world.erp.posted() == [("W1-A-02", "LOT-1", "L7", Decimal(-1))]
    count.refresh_from_db()
    assert count.state == "differences", "ERP and WMS still differ by the five"
    assert count.differences.get().code == "stocktake.differs_not_posted"


def test_the_missing_movement_lifts_the_hold_when_it_comes(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    stage.world.wms.stock["A0101", "S-123", ""] -= 5
    stage.decide(count)
    stage.queue.later()
    assert stage.line(count, *BOLT).state == "hold"
    stage.world.tell("A0101", "S-123", "", Decimal(-5))  # its movement, told late; the ERP never books it
    stage.world.floor["A0101", "00123", ""] -= 5
    stage.settle()
    stage.complete(count)
    assert count.state == "closed"
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


def test_ending_the_count_leaves_uncounted_lines_as_they_are(stage: Stage) -> None:
    stage.world.lie(*BOLT, "39")
    stage.world.lie("A0102", "LOT-1", "1", "L7")
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    stage.world.tick()
    stage.scan(sheet, *BOLT, "40")
    assert stage.api("sun", f"/counts/{count.number}/finish", {"reason": "closing time"}).json() == {"uncounted": 2}
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == []
    assert stage.line(count, "A0102", "LOT-1", "L7").state == Line.State.UNCOUNTED


def test_ending_a_count_nobody_began_closes_it(stage: Stage) -> None:
    count = stage.start("W1-A")
    assert stage.api("sun", f"/counts/{count.number}/finish", {"reason": "not today"}).json() == {"uncounted": 3}
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"


def test_a_cancelled_count_takes_no_scans_and_changes_no_book(stage: Stage) -> None:
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    sheet = count.sheets.get()
    stage.world.tick()
    stage.count_sheet(sheet)
    assert stage.api("sun", f"/counts/{count.number}/cancel", {"reason": "wrong day"}).status_code == 200
    stage.settle()
    refused = stage.scan(sheet, *BOLT, "30")
    assert refused["code"] == "stocktake.count_not_counting"
    assert stage.world.erp.documents == {}
    count.refresh_from_db()
    assert count.state == "cancelled"


def test_what_taking_one_of_several_counts_would_book_is_told_before_it_is_taken(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(people=("chen", "li", "qian"), max_passes=2)
    stage.world.lie(*BOLT, "30")
    count = first_round(stage, "W1-A")
    second = count.sheets.get(pass_number=2)
    stage.world.tick()
    stage.count_sheet(second, {(*BOLT, ""): Decimal(20)})
    stage.settle()
    line = stage.line(count, *BOLT)
    asked = {"lines": [line.pk], "decision": "approve"}
    taken = {number: stage.api("qian", "/decisions/preview", asked | {"take_pass": number}).json() for number in (1, 2)}
    assert [taken[number]["loss"] for number in (1, 2)] == ["-85.00", "-170.00"], "10 and 20 of 8.50 are missing"
    line.refresh_from_db()
    assert (line.variance, line.chosen_pass) == (-20, None), "nothing was taken by looking"
    unknown = stage.api("qian", "/decisions/preview", asked | {"take_pass": 3})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "stocktake.no_such_pass")
    answer = stage.api("qian", "/decisions", asked | {"take_pass": 1, "reason_code": "typing"})
    assert answer.json() == {"changed": 1, "refused": []}
    (first, other) = stage.api("qian", f"/lines/{line.pk}").json()["passes"]
    assert [(one["pass"], one["variance"], one["valid"]) for one in (first, other)] == [
        (1, "-10", True),
        (2, "-20", False),
    ]


def test_the_third_count_is_a_supervisors_and_the_fourth_goes_to_whoever_has_not_counted(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(people=("chen", "li", "wang", "zhao", "qian"), max_passes=9)
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    for _ in range(2):
        assert stage.decide(count, "recount")["changed"] == 1
        stage.count_all(count)
    counted = [str(sheet.assignee) for sheet in count.sheets.order_by("pass_number")]
    assert counted[2] == "zhao"
    assert sorted(counted) == ["chen", "li", "wang", "zhao"]
