"""Which rule a line is held to, how many must sign, and which items are A, B and C."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.abc import classify
from countbridge.domain.agreement import disagree
from countbridge.domain.approval import Limit, at_stake, levels_needed
from countbridge.domain.policies import Case, Rule, rule_for
from countbridge.domain.tolerance import Tolerance

NONE = Tolerance()
BASE = Rule("", NONE)


def case(**words: Any) -> Case:
    usual: dict[str, Any] = {
        "warehouse": "W1", "zone": "A", "item_class": "SP", "abc": "C", "kind": "full", "price": D(80), "value": D(160),
    }  # fmt: skip
    return Case(**{**usual, **words})


def rule(name: str = "x", **words: Any) -> Rule:
    sets = {key: frozenset(value) for key, value in words.items() if isinstance(value, list)}
    return Rule(name, NONE, **{**words, **sets})


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"warehouses": ["W1", "W2"]}, True),
        ({"warehouses": ["W2"]}, False),
        ({"zones": ["A"]}, True),
        ({"zones": ["B"]}, False),
        ({"classes": ["SP"]}, True),
        ({"classes": ["XX"]}, False),
        ({"abc": ["A"]}, False),
        ({"abc": ["C"]}, True),
        ({"kinds": ["spot"]}, False),
        ({"kinds": ["full"]}, True),
        ({"price_from": D(80)}, True),
        ({"price_from": D("80.01")}, False),
        ({"value_from": D(160)}, True),
        ({"value_from": D("160.01")}, False),
        ({"reasons": ["negative_book"]}, True),
        ({"reasons": ["scan_before_snapshot"]}, False),
        ({"warehouses": ["W1"], "zones": ["B"]}, False),
    ],
)
def test_every_condition_must_hold(conditions: dict[str, Any], fits: bool) -> None:
    assert rule(**conditions).fits(case(reasons=("negative_book", "exceeds_value"))) is fits


def test_a_loss_is_as_much_as_a_gain() -> None:
    assert rule(value_from=D(100)).fits(case(value=D(-100)))


@pytest.mark.parametrize("unknown", ["price", "value"])
def test_what_is_not_known_reaches_no_limit(unknown: str) -> None:
    assert not rule(**{f"{unknown}_from": D(0)}).fits(case(**{unknown: None}))


def test_the_first_rule_that_fits_decides() -> None:
    expensive, spare = rule("expensive", price_from=D(1000)), rule("spare", classes=["SP"])
    assert rule_for(case(price=D(1200)), [expensive, spare], BASE) is expensive
    assert rule_for(case(price=D(1200)), [spare, expensive], BASE) is spare
    assert rule_for(case(), [expensive, spare], BASE) is spare
    assert rule_for(case(item_class=""), [expensive, spare], BASE) is BASE


LEVELS = (Limit(D(500), D(2000)), Limit(D(5000), None), Limit())


@pytest.mark.parametrize(
    ("values", "needed"),
    [
        ([], 0),
        ([D(0)], 0),
        ([D(300), D(-100)], 1),
        ([D(500)], 1),
        ([D("500.01")], 2),
        ([D(1000), D(-1000)], 1),
        ([D(1000), D("-1000.01")], 2),
        ([D(1500), D(-1300)], 2),
        ([D(-5000)], 2),
        ([D(-5001)], 3),
        ([D(90000), D(-90000)], 2),
    ],
)
def test_levels_by_net_and_absolute(values: list[D], needed: int) -> None:
    assert levels_needed(LEVELS, *at_stake(values)) == needed


def test_more_than_every_level_may_sign_for_needs_all_of_them() -> None:
    assert levels_needed([Limit(D(1), D(1))], D(9), D(9)) == 1
    assert levels_needed([], D(9), D(9)) == 0


def test_a_variance_without_a_price_is_covered_by_no_limit() -> None:
    assert levels_needed(LEVELS, D(0), D(0), unpriced=True) == 3
    assert levels_needed([], D(0), D(0), unpriced=True) == 0


@given(st.lists(st.decimals(-1000, 1000, places=2), max_size=8))
def test_more_at_stake_never_needs_fewer_signatures(values: list[D]) -> None:
    net, absolute = at_stake(values)
    assert abs(net) <= absolute
    assert levels_needed(LEVELS, net, absolute) <= levels_needed(LEVELS, net, absolute + 1)


def test_abc_worked_example() -> None:
    assert classify({"d": D(4), "a": D(70), "c": D(6), "b": D(20)}) == {"a": "A", "b": "A", "c": "B", "d": "C"}


def test_abc_at_the_shares_themselves_and_of_nothing() -> None:
    assert classify({"a": D(80), "b": D(15), "c": D(5)}) == {"a": "A", "b": "B", "c": "C"}
    assert classify({"a": D(0), "b": D(0)}) == {"a": "C", "b": "C"}
    assert classify({"only": D(1)}) == {"only": "A"}
    assert classify({}) == {}


@given(st.dictionaries(st.sampled_from("abcdef"), st.decimals(0, 100, places=1), max_size=5))
def test_abc_is_of_the_values_alone_and_never_prefers_the_smaller(values: dict[str, D]) -> None:
    found = classify(values)
    for order in list(permutations(values.items()))[:10]:
        assert classify(dict(order)) == found
    for one, its in values.items():
        for other, theirs in values.items():
            if its > theirs:
                assert found[one] <= found[other]


# -- two people who must agree -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variances", "expected"),
    [
        ({}, False),
        ({1: D(-1)}, False),
        ({1: D(0), 2: D(0)}, False),
        ({1: D("0"), 2: D("0.000")}, False),
        ({1: D(0), 2: D(-1)}, True),
        ({1: D(0), 2: D(-1), 3: D(0)}, False),
        ({1: D(0), 2: D(-1), 3: D(-1)}, False),
        ({1: D(0), 2: D(-1), 3: D(-2)}, True),
        ({1: None, 2: None}, True),
        ({1: D(0), 2: None}, True),
    ],
)
def test_two_agree_when_their_variances_do(variances: dict[int, D | None], expected: bool) -> None:
    assert disagree(variances) is expected
