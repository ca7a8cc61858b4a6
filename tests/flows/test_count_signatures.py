"""Who signs for the sum of a count's variances before it is posted."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from countbridge.exchange.models import Event
from countbridge.stocktake.models import Count, Signoff
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "sun", "qian", "zhao", "root")
BOLT = ("A0101", "00123")
MakeStage = Callable[..., Stage]


LEVELS = [
    {"name": "Finance", "net": "100", "absolute": "1000", "due_hours": 2},
    {"name": "Director", "users": ["root"], "substitutes": ["feng2"], "due_hours": 4},
]


def decided(
    make_stage: MakeStage, left: str, levels: list[dict[str, Any]] = LEVELS, people: tuple[str, ...] = PEOPLE
) -> Any:
    stage = make_stage(people=people, approval=levels)
    stage.world.lie(*BOLT, left)
    count = stage.start("W1-A")
    stage.count_all(count)
    if count.lines.filter(state="approve").exists():
        stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    return stage, count


def waiting(count: Count) -> Signoff:
    return Signoff.objects.get(count=count, outcome="waiting")


def test_nothing_is_posted_before_the_sum_is_signed(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "30")  # ten bolts of 8.50
    assert (count.state, stage.world.erp.posted()) == ("signing", [])
    asked = waiting(count)
    assert (asked.name, asked.net, asked.absolute) == ("Finance", -85, 85)
    (row,) = stage.api("qian", "/signoffs").json()["rows"]
    assert (row["count"], row["net"], row["may_sign"]) == (count.number, "-85.00", True)
    assert [
        step["name"]
        for step in stage.api("sun", f"/counts/{count.number}").json()["steps"]
        if step["state"] == "running"
    ] == ["signed"]
    assert stage.api("qian", f"/signoffs/{asked.pk}/sign", {}).json()["outcome"] == "signed"
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, len(stage.world.erp.posted())) == ("closed", 1)
    assert stage.api("qian", f"/signoffs/{asked.pk}/sign", {}).json()["code"] == "stocktake.signoff_over"


def test_more_than_one_level_signs_for_each_takes_two_people(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "20")  # twenty bolts: 170 net
    first = waiting(count)
    assert stage.api("root", f"/signoffs/{first.pk}/sign", {}).status_code == 200
    second = waiting(count)
    assert (second.name, second.level, second.round) == ("Director", 2, 1)
    again = stage.api("root", f"/signoffs/{second.pk}/sign", {})
    assert (again.status_code, again.json()["code"]) == (403, "stocktake.signoff_twice")
    other = stage.api("qian", f"/signoffs/{second.pk}/sign", {})
    assert (other.status_code, other.json()["code"]) == (403, "stocktake.signoff_of_others")
    count.refresh_from_db()
    assert (count.state, stage.world.erp.posted()) == ("signing", [])


def test_who_counted_may_not_sign(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "30")
    count.lines.first().scans.update(counter="qian")  # type: ignore[union-attr]
    refused = stage.api("qian", f"/signoffs/{waiting(count).pk}/sign", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "stocktake.signoff_counted")


def test_a_substitute_may_sign_once_it_is_due_and_being_late_is_told(make_stage: MakeStage) -> None:
    levels = [{"name": "Boss", "users": ["root"], "substitutes": ["qian"], "due_hours": 2}]
    stage, count = decided(make_stage, "30", levels)
    early = stage.api("qian", f"/signoffs/{waiting(count).pk}/sign", {})
    assert early.json()["code"] == "stocktake.signoff_of_others"
    assert not Event.objects.filter(code="stocktake.signoff_overdue").exists()
    stage.world.tick(2 * 3600 + 1)
    stage.queue.later()
    assert Event.objects.filter(code="stocktake.signoff_overdue", count=count.number).count() == 1
    assert stage.api("qian", "/signoffs").json()["rows"][0]["overdue"] is True
    assert stage.api("qian", f"/signoffs/{waiting(count).pk}/sign", {}).status_code == 200


def test_a_level_whose_people_left_can_be_signed_by_whoever_may_approve(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "30", [{"name": "Boss", "users": ["gone"], "substitutes": []}])
    assert stage.api("qian", f"/signoffs/{waiting(count).pk}/sign", {}).status_code == 200


def test_sent_back_the_variances_wait_for_a_decision_and_are_signed_anew(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "30")
    first = waiting(count)
    assert (
        stage.api("qian", f"/signoffs/{first.pk}/return", {"reason": ""}).json()["code"] == "stocktake.reason_missing"
    )
    assert stage.api("qian", f"/signoffs/{first.pk}/return", {"reason": "look behind the rack"}).status_code == 200
    count.refresh_from_db()
    assert (count.state, stage.line(count, *BOLT).state) == ("counting", "approve")
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, waiting(count).round) == ("signing", 2)
    stage.api("qian", f"/signoffs/{waiting(count).pk}/sign", {})
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, len(stage.world.erp.posted())) == ("closed", 1)


def test_a_count_that_changed_after_it_was_signed_is_signed_again(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE, approval=LEVELS[:1])
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    occurred = stage.world.tick()
    stage.count_all(count)
    stage.decide(count)
    stage.queue.later()
    stage.world.tick()
    stage.world.wms.stock["A0101", "S-123", ""] -= (
        4  # four of the ten were picked before the count, on a paper that came late
    )
    stage.world.erp.stock["W1-A-01", "00123", ""] -= 4
    stage.world.tell("A0101", "S-123", "", Decimal(-4), erp="posted", occurred=occurred)
    stage.flow("follow_movements")
    stage.api("qian", f"/signoffs/{waiting(count).pk}/sign", {})
    stage.queue.later()
    stage.settle()
    count.refresh_from_db()
    assert (count.state, stage.world.erp.posted()) == ("counting", [])
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    asked = waiting(count)
    assert (count.state, asked.round, asked.net) == ("signing", 2, -51)


def test_a_late_paper_is_signed_for_by_its_difference_alone(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE, approval=LEVELS)
    stage.world.lie(*BOLT, "20")  # twenty are missing: 170, more than finance may sign for alone
    count = stage.start("W1-A")
    occurred = stage.world.tick()
    stage.count_all(count)
    stage.decide(count)
    stage.queue.later()
    for who in ("qian", "root"):
        assert stage.api(who, f"/signoffs/{waiting(count).pk}/sign", {}).status_code == 200
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    stage.world.tick()
    stage.world.wms.stock["A0101", "S-123", ""] -= 2  # two of them had been picked before the count
    stage.world.erp.stock["W1-A-01", "00123", ""] -= 2
    stage.world.tell("A0101", "S-123", "", Decimal(-2), erp="posted", occurred=occurred)
    stage.settle()
    stage.decide(count)
    stage.queue.later()
    asked = waiting(count)
    assert (asked.level, asked.net, asked.absolute) == (1, 17, 17), "what is posted now, not what was signed for before"
    assert stage.api("qian", f"/signoffs/{asked.pk}/sign", {}).status_code == 200
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, [quantity for *_, quantity in stage.world.erp.posted()]) == ("closed", [-20, 2])


def test_without_variances_nobody_has_to_sign(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "40")
    assert count.state == "closed"
    assert not Signoff.objects.exists()
    assert "signed" in [step["name"] for step in stage.api("sun", f"/counts/{count.number}").json()["steps"]]


def test_sums_are_signed_for_to_the_last_digit(make_stage: MakeStage) -> None:
    """Grams of something that costs fractions of a cent: what is signed for is what is asked again, to fifteen decimals."""
    stage = make_stage(people=PEOPLE, approval=[{"name": "Finance"}], tolerance={"quantity": "0"})
    stage.world.erp.items["1E5"]["cost_price"] = "0.123457"
    stage.world.lie("A0101", "1E5", "12.499")
    count = stage.start("W1-A")
    occurred = stage.world.tick()
    stage.count_all(count)
    stage.decide(count)
    stage.queue.later()
    asked = waiting(count)
    assert (asked.net, asked.absolute) == (Decimal("-0.000123457"), Decimal("0.000123457"))
    assert stage.api("qian", f"/signoffs/{asked.pk}/sign", {}).status_code == 200
    stage.queue.later()
    stage.world.tick()
    stage.world.wms.stock["A0101", "S-1E5", ""] -= 1  # the gram had been taken before the count
    stage.world.erp.stock["W1-A-01", "1E5", ""] -= Decimal("0.001")
    stage.world.tell("A0101", "S-1E5", "", Decimal(-1), erp="posted", occurred=occurred)
    stage.settle()
    stage.decide(count)
    stage.queue.later()
    late = waiting(count)
    assert late.net == Decimal("0.000123457")
    assert stage.api("qian", f"/signoffs/{late.pk}/sign", {}).status_code == 200


def test_any_number_of_signatures_is_listed_with_a_few_queries(make_stage: MakeStage) -> None:
    stage, count = decided(make_stage, "30")
    first = waiting(count)
    numbers = []
    for more in (0, 20):
        for level in range(2, 2 + more):
            Signoff.objects.create(
                count=count, level=level, name=f"L{level}", users=["root"], net=1, absolute=1, due_at=first.due_at
            )
        with CaptureQueriesContext(connection) as asked:
            rows = stage.api("qian", "/signoffs").json()["rows"]
        assert len(rows) == 1 + more
        numbers.append(len(asked))
    assert numbers[1] - numbers[0] <= 2, "the rights of those named are looked up once for each person"
