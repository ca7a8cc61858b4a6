"""Rules for some lines, reasons, uncounted lines, and changing the policy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from countbridge.errors import ConfigError
from countbridge.exchange.models import Event
from countbridge.links.models import Item, Link
from countbridge.stocktake.models import Count, ReasonCode
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
        ({"rules": [{"name": "x", "causes": ["magic"]}]}, "rules[1].causes"),
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
    assert stage.api("qian", "/reasons", {"rows": kept, "based_on": 0}).status_code == 403, (
        "who approves does not set the rules"
    )
    assert stage.api("sun", "/reasons", {"rows": kept, "based_on": 0}).status_code == 200
    shown = [row["code"] for row in stage.api("sun", "/reasons").json()["rows"]]
    assert shown[-1] == "mice"
    assert "lost" not in shown
    assert ReasonCode.objects.get(code="lost").active is False
    assert stage.api("qian", f"/lines/{line.pk}").json()["decisions"][0]["reason_code"] == "lost"
    twice = stage.api("sun", "/reasons", {"rows": [kept[0], kept[0]], "based_on": 1})
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


def test_two_who_change_the_reasons_at_once_do_not_overwrite_each_other(make_stage: MakeStage) -> None:
    stage = make_stage(people=("sun", "root"))
    seen = stage.api("sun", "/reasons").json()
    rows = [{name: row[name] for name in ("code", "name_zh", "name_en", "used_for")} for row in seen["rows"]]
    mine = [*rows, {"code": "ours", "name_zh": "我们的", "name_en": "Ours", "used_for": "both"}]
    assert (
        stage.api("sun", "/reasons", {"rows": mine, "based_on": seen["version"]}).json()["version"]
        == seen["version"] + 1
    )
    late = stage.api("root", "/reasons", {"rows": rows, "based_on": seen["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "stocktake.reasons_changed_meanwhile")
    now = stage.api("root", "/reasons").json()
    assert "ours" in {row["code"] for row in now["rows"]}
    assert stage.api("root", "/reasons", {"rows": rows, "based_on": now["version"]}).status_code == 200
