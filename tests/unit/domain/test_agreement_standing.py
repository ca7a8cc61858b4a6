"""Of two counts made at once, which say something now."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.agreement import standing

PASSES = st.dictionaries(st.integers(1, 5), st.text(max_size=1), max_size=5)


def test_what_is_handed_in_stands_alone_until_the_other_is_in_too() -> None:
    passes = {1: "a", 2: "b"}
    assert standing(passes, {2}) == {2: "b"}
    assert standing(passes, {1}) == {1: "a"}
    assert standing(passes, {1, 2}) == passes
    assert standing(passes, ()) == {1: "a"}, "nothing in yet: the progress of the first"
    assert standing({2: "b"}, ()) == {2: "b"}
    assert standing({}, {1, 2}) == {}


@given(PASSES, st.sets(st.integers(1, 5)))
def test_a_count_under_way_never_stands_beside_one_that_is_done(passes: dict[int, str], handed_in: set[int]) -> None:
    found = standing(passes, handed_in)
    assert found.items() <= passes.items()
    assert bool(found) == bool(passes)
    if handed_in & set(passes):
        assert set(found) == handed_in & set(passes)
    else:
        assert len(found) <= 1
