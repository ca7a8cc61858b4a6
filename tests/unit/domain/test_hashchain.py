"""The chain of the count book: any change is found where it was made."""

import hashlib
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.hashchain import START, append, canonical_json, first_broken, record_hash
from countbridge.errors import InputError

RECORDS = [{"line": "A1", "counted": "9"}, {"line": "A2", "counted": "0", "note": "空"}, {"closed": True}]


def chain(records=RECORDS):
    entries = []
    for record in records:
        entries.append(append(entries[-1] if entries else None, record))
    return entries


def test_canonical_json_is_one_text_whatever_the_order():
    assert canonical_json({"b": [1, None, True], "a": "盘"}) == '{"a":"盘","b":[1,null,true]}'.encode()
    assert canonical_json({"a": "盘", "b": (1, None, True)}) == canonical_json({"b": [1, None, True], "a": "盘"})


def test_the_hash_can_be_repeated_by_anyone():
    by_hand = hashlib.sha256(("0" * 64 + '\n{"line":"A1"}').encode()).hexdigest()
    assert record_hash(START, {"line": "A1"}) == by_hand


def test_a_whole_chain_holds():
    entries = chain()
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert entries[0].previous == START
    assert first_broken(entries) is None
    assert first_broken([]) is None


@pytest.mark.parametrize(
    "value", [{"q": Decimal(1)}, {"q": float("1.5")}, {1: "x", "a": "y"}, {"x": {"y": {"z"}}}, [b"x"], {"x": "\udc00"}]
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(InputError) as caught:
        canonical_json(value)
    assert caught.value.code == "domain.not_canonical"


@given(st.data())
def test_any_change_is_found_at_its_place(data):
    entries = chain()
    place = data.draw(st.integers(0, 2))
    what = data.draw(st.sampled_from(["record", "hash", "previous", "number"]))
    change = {"record": {"line": "forged"}, "hash": "f" * 64, "previous": "f" * 64, "number": 7}[what]
    entries[place] = replace(entries[place], **{what: change})
    assert first_broken(entries) == place + 1


def test_a_forged_record_with_its_hash_made_new_breaks_the_next():
    entries = chain()
    forged = {"line": "A1", "counted": "12"}
    entries[0] = replace(entries[0], record=forged, hash=record_hash(START, forged))
    assert first_broken(entries) == 2


def test_taking_one_out_or_swapping_two_is_found():
    first, second, third = chain()
    assert first_broken([first, third]) == 2
    assert first_broken([second, first, third]) == 1
    assert first_broken([second, third]) == 1
