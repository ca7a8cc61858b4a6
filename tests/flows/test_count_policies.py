"""Rules for some lines, signatures for the sum, double-blind counts, reasons, uncounted lines, and changing the policy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countbridge.errors import ConfigError
from countbridge.exchange.models import Event
from countbridge.links.models import Item, Link
from countbridge.stocktake.models import Count, Decision, ReasonCode, Signoff
from countbridge.stocktake.policy import CountPolicy, policy_of
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

PEOPLE = ("chen", "li", "wang", "sun", "qian", "zhao", "root")
BOLT = ("A0101", "00123")
MakeStage = Callable[..., Stage]


def first_round(stage: Stage, count: Count, **seen: Decimal) -> None:
    for sheet in count.sheets.filter(state__in=("open", "counting")):
        stage.world.tick()
        stage.count_sheet(sheet)
    stage.settle()
    count.refresh_from_db()


# -- rules -----------------------------------------------------------------------------------------------------------------


def test_the_first_rule_that_fits_decides_and_the_line_says_which(make_stage: MakeStage) -> None:
    stage = make_stage(
        people=PEOPLE,
        rules=[
            {"name": "powder", "classes": ["powder"], "tolerance": {"quantity": "1"}, "within": "keep_book"},
            {"name": "dear", "price_from": "5", "tolerance": {}, "beyond": "approve"},
        ],
        tolerance={"percent": "0", "quantity": "0", "value": "0"},
    )
    stage.flow("sync")
    stage.queue.run()
    Item.objects.filter(code="1E5").update(item_class="powder")
    stage.world.lie("A0101", "1E5", "12")  # half a kilogram short: inside its rule's tolerance
    stage.world.lie(*BOLT, "39")
    stage.world.lie("A0102", "LOT-1", "8", "L7")
    count = stage.start("W1-A")
    first_round(stage, count)
    powder, bolt = stage.line(count, "A0101", "1E5"), stage.line(count, *BOLT)
    assert (powder.rule, powder.outcome, powder.state) == ("powder", "within_tolerance", "kept")
    assert (bolt.rule, bolt.outcome, bolt.state) == ("dear", "within_tolerance", "settled"), "a rule without limits"
    shown = stage.api("qian", f"/counts/{count.number}/lines?q=1E5").json()["rows"][0]
    assert (shown["rule"], shown["item_class"]) == ("powder", "powder")


def test_a_rule_may_send_a_breach_to_a_person_at_once(make_stage: MakeStage) -> None:
    rules = [{"name": "dear", "price_from": "5", "tolerance": {"quantity": "0"}, "beyond": "approve"}]
    stage = make_stage(people=PEOPLE, rules=rules)
    stage.world.lie(*BOLT, "39")
    count = stage.start("W1-A")
    first_round(stage, count)
    assert (stage.line(count, *BOLT).state, count.sheets.count()) == ("approve", 1)


def test_a_rule_by_the_value_of_the_variance(make_stage: MakeStage) -> None:
    rules = [{"name": "much", "value_from": "80", "tolerance": {"value": "0"}, "beyond": "approve"}]
    stage = make_stage(people=PEOPLE, rules=rules, tolerance={"quantity": "1000"})
    stage.world.lie(*BOLT, "31")  # nine of 8.50: below; ten are above
    count = stage.start("W1-A")
    first_round(stage, count)
    assert (stage.line(count, *BOLT).rule, stage.line(count, *BOLT).state) == ("", "settled")
    stage.complete(count)
    stage.world.lie(*BOLT, "21")
    count = stage.start("W1-A")
    first_round(stage, count)
    assert (stage.line(count, *BOLT).rule, stage.line(count, *BOLT).state) == ("much", "approve")


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ({"rules": [{"name": "x", "zone": ["A"]}]}, "rules[1].zone"),
        ({"rules": [{"name": ""}]}, "rules[1].name"),
        ({"rules": [{"name": "x", "tolerance": {"percent": 2.5}}]}, "rules[1].tolerance.percent"),
        ({"rules": [{"name": "x", "tolerance": {"percent": "-1"}}]}, "rules[1].tolerance.percent"),
        ({"rules": [{"name": "x", "within": "maybe"}]}, "rules[1].within"),
        ({"rules": [{"name": "x", "max_passes": 0}]}, "rules[1].max_passes"),
        ({"rules": [{"name": "x", "zones": "A"}]}, "rules[1].zones"),
        ({"approval": [{"name": "x", "net": "a lot"}]}, "approval[1].net"),
        ({"approval": [{"name": "x", "due_hours": 0}]}, "approval[1].due_hours"),
        ({"tolerance": {"percentage": "2"}}, "tolerance.percentage"),
        ({"tolerance": {"quantity": 0.5}}, "tolerance.quantity"),
        ({"max_passes": 0}, "max_passes"),
        ({"uncounted": "guess"}, "uncounted"),
        ({"double_blind": "yes"}, "double_blind"),
    ],
)
def test_a_wrong_word_in_a_policy_is_named(policy: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError) as refused:
        policy_of(policy)
    assert refused.value.params["word"] == word
    assert word in sentences(refused.value.code, refused.value.params)["zh"]


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="policy_twice"):
        policy_of({"rules": [{"name": "x"}, {"name": "x"}]})


def test_a_policy_survives_being_stored() -> None:
    told = {"rules": [{"name": "x", "abc": ["A"]}], "approval": [{"name": "boss"}], "counted_in_wms": ["A"]}
    policy = policy_of(told)
    assert policy_of(policy.as_json()) == policy
    assert policy_of({}) == CountPolicy()


# -- signatures ------------------------------------------------------------------------------------------------------------

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


# -- double-blind ----------------------------------------------------------------------------------------------------------


def double(make_stage: MakeStage) -> tuple[Stage, Count]:
    stage = make_stage(people=PEOPLE)
    stage.flow("sync")
    stage.queue.run()
    return stage, stage.order("zone", "double_blind", zones=["A"])


def test_two_people_count_every_line_and_agreeing_settles_it(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    assert (count.blind, count.policy["double_blind"]) == (True, True)
    first_round(stage, count)
    assert set(count.lines.values_list("state", flat=True)) == {"recount"}, "once is not enough, even where it matches"
    first, second = count.sheets.order_by("pass_number")
    assert first.assignee != second.assignee
    same = stage.api("zhao", f"/sheets/{second.pk}/assign", {"assignee": str(first.assignee)})
    assert (same.status_code, same.json()["code"]) == (422, "stocktake.same_person_again")
    sheet = stage.pda(str(second.assignee), f"/sheets/{second.pk}").json()
    told = [goods for place in sheet["bins"] for goods in place["goods"]]
    assert {goods["expected"] for goods in told} == {None}
    assert {str(goods["counted"]) for goods in told} == {"None"}, "the second sees nothing of the first"
    first_round(stage, count)
    assert count.state in ("posting", "verifying", "closed")
    assert stage.world.erp.posted() == []


def test_where_two_disagree_a_third_counts_and_decides_by_agreeing(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    sheet = count.sheets.get()
    stage.world.tick()
    stage.count_sheet(sheet, {(*BOLT, ""): Decimal(39)})
    stage.settle()
    first_round(stage, count)
    line = stage.line(count, *BOLT)
    assert (line.state, line.pass_number, "passes_disagree" in line.reasons) == ("recount", 3, True)
    assert str(count.sheets.get(pass_number=3).assignee) == "zhao", "the third count is a supervisor's"
    first_round(stage, count)
    line.refresh_from_db()
    assert (line.state, line.variance, "passes_disagree" in line.reasons) == ("settled", 0, False)


def test_three_different_counts_are_for_a_person_who_may_take_one_of_them(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    for seen in ("39", "38", "37"):
        sheet = count.sheets.get(state="open")
        stage.world.tick()
        stage.count_sheet(sheet, {(*BOLT, ""): Decimal(seen)})
        stage.settle()
    line = stage.line(count, *BOLT)
    assert (line.state, line.counted) == ("approve", 37)
    detail = stage.api("qian", f"/lines/{line.pk}").json()
    assert [(one["pass"], one["counted"], one["variance"], one["valid"]) for one in detail["passes"]] == [
        (1, "39", "-1", False), (2, "38", "-2", False), (3, "37", "-3", True),
    ]  # fmt: skip
    body = {"lines": [line.pk], "decision": "approve", "reason_code": "typing", "take_pass": 2}
    assert stage.api("qian", "/decisions", {**body, "take_pass": 9}).json()["code"] == "stocktake.no_such_pass"
    assert stage.api("qian", "/decisions", body).json()["changed"] == 1
    stage.queue.later()
    stage.settle()
    count.refresh_from_db()
    line.refresh_from_db()
    assert (line.state, line.counted, line.chosen_pass) == ("approved", 38, 2)
    assert [quantity for *_, quantity in stage.world.erp.posted()] == [-2]
    made = Decision.objects.get()
    assert (made.taken_pass, made.reason_code) == (2, "typing")


def test_whoever_may_not_decide_changes_nothing_by_naming_a_count(make_stage: MakeStage) -> None:
    stage, count = double(make_stage)
    for seen in ("39", "38", "37"):
        stage.world.tick()
        stage.count_sheet(count.sheets.get(state="open"), {(*BOLT, ""): Decimal(seen)})
        stage.settle()
    line = stage.line(count, *BOLT)
    before = (line.counted, line.variance, line.value, line.chosen_pass, line.state)
    line.scans.filter(pass_number=3).update(counter="qian")  # who counted it may not approve it
    body = {"lines": [line.pk], "decision": "approve", "reason_code": "typing", "take_pass": 1}
    answer = stage.api("qian", "/decisions", body).json()
    assert (answer["changed"], answer["refused"][0]["code"]) == (0, "stocktake.own_count")
    line.refresh_from_db()
    assert (line.counted, line.variance, line.value, line.chosen_pass, line.state) == before


# -- reasons ---------------------------------------------------------------------------------------------------------------


def test_a_reason_is_a_code_or_words_and_suits_the_sign(make_stage: MakeStage) -> None:
    stage, count = decided_not(make_stage)
    line = count.lines.get(state="approve")
    ask = {"lines": [line.pk], "decision": "approve"}
    assert stage.api("qian", "/decisions", ask).json()["code"] == "stocktake.reason_missing"
    assert (
        stage.api("qian", "/decisions", {**ask, "reason_code": "nonsense"}).json()["code"] == "stocktake.no_such_reason"
    )
    gain = stage.api("qian", "/decisions", {**ask, "reason_code": "found"}).json()
    assert (gain["changed"], gain["refused"][0]["code"]) == (0, "stocktake.reason_unfit")
    assert stage.api("qian", "/decisions/preview", {**ask, "reason_code": "damaged"}).json()["lines"] == 1
    assert stage.api("qian", "/decisions", {**ask, "reason_code": "damaged"}).json()["changed"] == 1


def decided_not(make_stage: MakeStage) -> tuple[Stage, Count]:
    stage = make_stage(people=PEOPLE)
    stage.world.lie(*BOLT, "30")
    count = stage.start("W1-A")
    stage.count_all(count)
    return stage, count


def test_reasons_are_edited_as_a_list_and_old_ones_stay_with_their_decisions(make_stage: MakeStage) -> None:
    stage, count = decided_not(make_stage)
    line = count.lines.get(state="approve")
    stage.api("qian", "/decisions", {"lines": [line.pk], "decision": "approve", "reason_code": "lost"})
    rows = stage.api("sun", "/reasons").json()["rows"]
    assert "lost" in {row["code"] for row in rows}
    kept = [row for row in rows if row["code"] != "lost"] + [
        {"code": "mice", "name_zh": "鼠害", "name_en": "Mice", "used_for": "loss"}
    ]
    assert stage.api("qian", "/reasons", {"rows": kept}).status_code == 403, "who approves does not set the rules"
    assert stage.api("sun", "/reasons", {"rows": kept}).status_code == 200
    shown = [row["code"] for row in stage.api("sun", "/reasons").json()["rows"]]
    assert shown[-1] == "mice"
    assert "lost" not in shown
    assert ReasonCode.objects.get(code="lost").active is False
    assert stage.api("qian", f"/lines/{line.pk}").json()["decisions"][0]["reason_code"] == "lost"
    twice = stage.api("sun", "/reasons", {"rows": [kept[0], kept[0]]})
    assert (twice.status_code, twice.json()["code"]) == (422, "stocktake.reason_row")


# -- uncounted -------------------------------------------------------------------------------------------------------------


def test_uncounted_lines_can_be_taken_for_empty_and_each_is_put_before_a_person(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE, uncounted="zero")
    count = stage.start("W1-A")
    done = stage.api("sun", f"/counts/{count.number}/finish", {"reason": "the zone burned down"})
    assert done.json() == {"uncounted": 3}
    stage.settle()
    lines = {line.item: line for line in count.lines.all()}
    assert {line.state for line in lines.values()} == {"approve"}
    assert (lines["00123"].counted, lines["00123"].variance, lines["00123"].reasons[0]) == (0, -40, "uncounted_as_zero")
    assert stage.world.erp.posted() == []
    stage.decide(count, "approve", item="00123")
    stage.decide(count, "keep_book", item="1E5")
    stage.decide(count, "keep_book", item="LOT-1")
    stage.queue.later()
    count.refresh_from_db()
    assert [(item, quantity) for _, item, _, quantity in stage.world.erp.posted()] == [("00123", -40)]
    assert stage.world.wms.stock["A0101", "S-1E5", ""] == 12500, "what a person kept is kept"


def test_left_alone_they_adjust_nothing(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    count = stage.start("W1-A")
    stage.api("sun", f"/counts/{count.number}/finish", {"reason": "no more time"})
    stage.settle()
    count.refresh_from_db()
    assert set(count.lines.values_list("state", "counted")) == {("uncounted", None)}
    assert stage.world.erp.posted() == []


# -- changing the policy ---------------------------------------------------------------------------------------------------


def test_a_policy_is_changed_with_history_and_counts_keep_theirs(make_stage: MakeStage) -> None:
    stage = make_stage(people=PEOPLE)
    before = stage.start("W1-A")
    shown = stage.api("sun", f"/policies/{stage.link.code}").json()
    assert (shown["version"], shown["may_edit"]) == (0, True)
    policy = {**shown["policy"], "tolerance": {"quantity": "5"}, "rules": [{"name": "A", "abc": ["A"]}]}
    url = f"/policies/{stage.link.code}"
    assert stage.api("qian", url, {"policy": policy, "based_on": 0}).status_code == 403
    wrong = stage.api("sun", url, {"policy": {**policy, "speed": 1}, "based_on": 0})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "stocktake.policy_word")
    nobody = {**policy, "approval": [{"name": "Boss", "users": ["nobody"]}]}
    assert stage.api("sun", url, {"policy": nobody, "based_on": 0}).json()["code"] == "stocktake.policy_person"
    made = stage.api("sun", url, {"policy": policy, "based_on": 0, "reason": "fewer recounts"})
    assert (made.status_code, made.json()["number"]) == (200, 2)
    late = stage.api("sun", url, {"policy": policy, "based_on": 0})
    assert (late.status_code, late.json()["code"]) == (409, "stocktake.policy_changed_meanwhile")
    rows = stage.api("sun", f"{url}/versions").json()["rows"]
    assert [(row["number"], row["user"], row["reason"]) for row in rows] == [(2, "sun", "fewer recounts"), (1, "-", "")]
    before.refresh_from_db()
    assert before.policy["rules"] == []
    assert Event.objects.get(code="stocktake.policy_set").actor == "sun"


def test_the_folder_applied_again_does_not_undo_what_a_person_set(make_stage: MakeStage) -> None:
    from countbridge.links.loading import apply_folder

    stage = make_stage(people=PEOPLE)
    shown = stage.api("sun", f"/policies/{stage.link.code}").json()["policy"]
    stage.api("sun", f"/policies/{stage.link.code}", {"policy": {**shown, "sheet_lines": 7}, "based_on": 0})
    apply_folder(stage.folder, {"WORLD": stage.world.name, "KEY": "secret-key"})
    assert Link.objects.get(pk=stage.link.pk).policy["sheet_lines"] == 7
