"""What it takes to count something, and who has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.assignment import Line, split_sheets
from countbridge.domain.skills import NOTHING, Able, Demand, Need, Work, demand_of, unable

COLD = Need("cold", zones=frozenset({"C"}))
DANGER = Need("dangerous", classes=frozenset({"DG"}))
BONDED = Need("bonded", owners=frozenset({"ACME"}), warehouses=frozenset({"W1"}))
NEEDS = (COLD, DANGER, BONDED)


def test_a_bin_takes_what_all_of_its_goods_take() -> None:
    assert demand_of([Work("W1", "A", "X")], NEEDS) == NOTHING
    assert demand_of([Work("W1", "C")], NEEDS) == Demand(("cold",)), "an empty bin of the cold store is cold, too"
    both = demand_of([Work("W1", "C", "DG"), Work("W1", "C", "X")], NEEDS)
    assert both == Demand(("cold", "dangerous"))


def test_owners_are_asked_of_the_person_and_may_ask_for_a_skill() -> None:
    assert demand_of([Work("W1", "A", owner="ACME"), Work("W1", "A")], NEEDS) == Demand(("bonded",), ("ACME",))
    assert demand_of([Work("W2", "A", owner="ACME")], NEEDS) == Demand((), ("ACME",)), "all conditions must hold"
    people = {
        "free": Able(),
        "limited": Able(owners=frozenset({"ACME"})),
        "other": Able(owners=frozenset({"BETA"})),
        "bonded": Able(frozenset({"bonded"}), frozenset({"ACME", "BETA"})),
    }
    assert unable(people, Demand((), ("ACME",))) == {"other"}
    assert unable(people, Demand(("bonded",), ("ACME",))) == {"free", "limited", "other"}
    assert unable(people, Demand((), ("ACME", "BETA"))) == {"limited", "other"}
    assert unable(people, NOTHING) == frozenset(), "nobody's goods are everybody's to count"


SKILLS = st.frozensets(st.sampled_from(["cold", "high", "dangerous"]))


@given(st.lists(st.tuples(st.sampled_from("ab"), SKILLS), max_size=30), st.integers(1, 5))
def test_a_sheet_takes_one_set_of_skills_and_holds_every_line_once(
    told: list[tuple[str, frozenset[str]]], most: int
) -> None:
    lines = [
        Line(str(number), "W", "Z", f"{bin}{number}", number, demand=Demand(tuple(sorted(skills))))
        for number, (bin, skills) in enumerate(told)
    ]
    sheets = split_sheets(lines, most)
    assert sorted(line.id for sheet in sheets for line in sheet.lines) == sorted(line.id for line in lines)
    for sheet in sheets:
        assert {line.demand for line in sheet.lines} == {sheet.demand}


@given(SKILLS, SKILLS)
def test_more_skills_never_take_work_away(has: frozenset[str], more: frozenset[str]) -> None:
    for wanted in (("cold",), ("cold", "high"), ()):
        if Able(has).may(Demand(wanted)):
            assert Able(has | more).may(Demand(wanted))
