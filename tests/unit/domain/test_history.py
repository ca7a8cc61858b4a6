"""A HISTORY.json that is not as described is refused, and the refusal names the place and what belongs there."""

import json

import pytest

from countbridge.domain.history import read_history
from countbridge.errors import InputError
from countbridge.messages import render

KEY = {"item": "A1", "location": "W1-01-02", "lot": "L7"}
AT = "2026-03-01T09:00:00+08:00"
GOOD = {
    "snapshot": {"at": "2026-03-01T08:00:00+08:00", "lines": [{"key": KEY, "qty": "12"}]},
    "movements": [{"id": "m1", "key": KEY, "qty": "-3", "occurred": AT, "posted": AT, "seen": AT}],
    "scans": [
        {"id": "s1", "key": KEY, "qty": "2", "unit": "BOX", "counted_at": AT, "clock_offset_ms": 1500, "counter": "u"}
    ],
    "units": [{"item": "A1", "unit": "BOX", "numerator": "6", "denominator": "1"}],
    "base_decimals": {"A1": 0},
    "prices": {"A 1": "8.50"},
    "end": {"at": AT, "lines": []},
    "policy": {
        "tolerance": {"percent": "2", "quantity": "1", "value": "100"},
        "ambiguity_seconds": 30,
        "uncounted": "ignore",
        "seen_until": AT,
    },
}  # fmt: skip
GONE = object()


def changed(path, value):
    """A copy of GOOD with one place replaced, removed (GONE) or added."""
    document = json.loads(json.dumps(GOOD))
    place = document
    for step in path[:-1]:
        place = place[step]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def refusal(text):
    with pytest.raises(InputError) as caught:
        read_history(text)
    return caught.value


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        (["snapshot"], GONE, "missing", "$.snapshot"),
        (["movements"], GONE, "missing", "$.movements"),
        (["scans"], GONE, "missing", "$.scans"),
        (["policy"], GONE, "missing", "$.policy"),
        (["snapshot", "at"], GONE, "missing", "$.snapshot.at"),
        (["snapshot", "lines"], GONE, "missing", "$.snapshot.lines"),
        (["movements", 0, "id"], GONE, "missing", "$.movements[0].id"),
        (["movements", 0, "occurred"], GONE, "missing", "$.movements[0].occurred"),
        (["movements", 0, "seen"], GONE, "missing", "$.movements[0].seen"),
        (["movements", 0, "key", "item"], GONE, "missing", "$.movements[0].key.item"),
        (["scans", 0, "counted_at"], GONE, "missing", "$.scans[0].counted_at"),
        (["units", 0, "denominator"], GONE, "missing", "$.units[0].denominator"),
        (["note"], "x", "unexpected", "$.note"),
        (["scans", 0, "Qty"], "2", "unexpected", "$.scans[0].Qty"),
        (["scans", 0, "key", "bin code"], "x", "unexpected", '$.scans[0].key["bin code"]'),
        (["policy", "tolerance", "percentage"], "2", "unexpected", "$.policy.tolerance.percentage"),
        (["snapshot"], [], "object", "$.snapshot"),
        (["movements"], {}, "array", "$.movements"),
        (["movements", 0], "m1", "object", "$.movements[0]"),
        (["movements", 0, "qty"], -3, "decimal", "$.movements[0].qty"),
        (["movements", 0, "qty"], 2.5, "decimal", "$.movements[0].qty"),
        (["movements", 0, "qty"], None, "decimal", "$.movements[0].qty"),
        (["movements", 0, "qty"], "1e3", "decimal", "$.movements[0].qty"),
        (["snapshot", "lines", 0, "qty"], "", "decimal", "$.snapshot.lines[0].qty"),
        (["snapshot", "lines", 0, "qty"], "1,000", "decimal", "$.snapshot.lines[0].qty"),
        (["prices", "A 1"], "-1", "not_negative", '$.prices["A 1"]'),
        (["prices"], [], "object", "$.prices"),
        (["policy", "tolerance", "quantity"], "-1", "not_negative", "$.policy.tolerance.quantity"),
        (["units", 0, "numerator"], "0", "positive", "$.units[0].numerator"),
        (["units", 0, "denominator"], "-1", "positive", "$.units[0].denominator"),
        (["base_decimals", "A1"], "0", "whole", "$.base_decimals.A1"),
        (["base_decimals", "A1"], -1, "whole", "$.base_decimals.A1"),
        (["base_decimals", "A1"], 31, "whole", "$.base_decimals.A1"),
        (["base_decimals", "A1"], True, "whole", "$.base_decimals.A1"),
        (["policy", "ambiguity_seconds"], "30", "whole", "$.policy.ambiguity_seconds"),
        (["policy", "ambiguity_seconds"], 10**9 + 1, "whole", "$.policy.ambiguity_seconds"),
        (["policy", "ambiguity_seconds"], -1, "whole", "$.policy.ambiguity_seconds"),
        (["policy", "ambiguity_seconds"], 0.5, "whole", "$.policy.ambiguity_seconds"),
        (["scans", 0, "clock_offset_ms"], 10**16, "whole", "$.scans[0].clock_offset_ms"),
        (["policy", "uncounted"], "null", "choice", "$.policy.uncounted"),
        (["scans", 0, "key", "lot"], "", "text", "$.scans[0].key.lot"),
        (["scans", 0, "key", "item"], 7, "text", "$.scans[0].key.item"),
        (["scans", 0, "id"], "\ud800", "text", "$.scans[0].id"),
        (["scans", 0, "counted_at"], "2026-03-01T09:30:00", "moment", "$.scans[0].counted_at"),
        (["scans", 0, "counted_at"], "2026-03-01", "moment", "$.scans[0].counted_at"),
        (["scans", 0, "counted_at"], "2026-02-30T09:30:00Z", "moment", "$.scans[0].counted_at"),
        (["scans", 0, "counted_at"], "2026-03-01T09:30:00.1234567Z", "moment", "$.scans[0].counted_at"),
        (["scans", 0, "counted_at"], "0001-01-01T00:00:00+08:00", "moment", "$.scans[0].counted_at"),
        (["scans", 0, "counted_at"], "9999-12-31T23:59:59Z", "moment", "$.scans[0].counted_at"),
        (["scans", 0, "counted_at"], 1772328600, "moment", "$.scans[0].counted_at"),
        (["end"], {"at": AT}, "missing", "$.end.lines"),
    ],
)
def test_what_is_not_as_described_is_named(path, value, code, where):
    error = refusal(json.dumps(changed(path, value)))
    assert (error.code, error.params["path"]) == (f"domain.history_{code}", where)
    for language in ("en", "zh"):
        sentence = render(error.code, error.params, language)
        assert where in sentence
        assert sentence != render(error.code, {}, language)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_json"), ("{", "not_json"), ("[" * 100_000, "not_json"), ('{"snapshot": NaN}', "not_json"),
        ("[]", "object"), ('{"scans": 1, "scans": 2}', "field_twice"), ('{"a": ' + "9" * 5000 + "}", "not_json"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_history(text, code):
    error = refusal(text)
    assert error.code == f"domain.history_{code}"
    assert error.params["path"].startswith("$")


@pytest.mark.parametrize(
    "path",
    [["units"], ["base_decimals"], ["prices"], ["end"], ["movements", 0, "posted"], ["scans", 0, "unit"],
     ["scans", 0, "clock_offset_ms"], ["scans", 0, "counter"], ["scans", 0, "key", "lot"], ["policy", "tolerance"],
     ["policy", "tolerance", "value"], ["policy", "ambiguity_seconds"], ["policy", "uncounted"],
     ["policy", "seen_until"]],
)  # fmt: skip
def test_what_may_be_left_out_may_be_null_as_well(path):
    assert read_history(json.dumps(changed(path, GONE))) == read_history(json.dumps(changed(path, None)))


def test_seen_is_needed_only_where_the_policy_asks_for_it():
    document = changed(["policy", "seen_until"], GONE)
    del document["movements"][0]["seen"]
    assert read_history(json.dumps(document)).movements[0][1].seen is None


def again(kind, **fields):
    """GOOD with its first row of a kind told once more, some fields different."""
    document = json.loads(json.dumps(GOOD))
    document[kind].append({**document[kind][0], **fields})
    return json.dumps(document)


def test_a_movement_told_again_is_one_and_exists_since_it_was_first_seen():
    early = "2026-03-01T08:30:00+08:00"
    assert len(read_history(again("movements")).movements) == 1
    ((_, movement),) = read_history(again("movements", seen=early, posted=early)).movements
    assert movement.seen.isoformat() == "2026-03-01T00:30:00+00:00"
    ((_, later),) = read_history(again("movements", seen="2026-03-01T19:00:00+08:00")).movements
    assert later == read_history(json.dumps(GOOD)).movements[0][1]


def test_the_two_legs_of_a_move_may_share_an_id():
    assert len(read_history(again("movements", key={"item": "A1"}, qty="3")).movements) == 2


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("movements", {"qty": "-4"}), ("movements", {"occurred": "2026-03-01T09:00:01+08:00"}), ("scans", {"qty": "3"}),
     ("scans", {"key": {"item": "A1"}}), ("scans", {"counter": "v"}),
     ("scans", {"counted_at": "2026-03-01T09:00:01Z"})],
)  # fmt: skip
def test_an_id_used_for_something_else_is_refused(kind, fields):
    error = refusal(again(kind, **fields))
    assert (error.code, error.params["path"]) == ("domain.history_id_twice", f"$.{kind}[1]")


def test_a_unit_has_one_factor():
    assert read_history(again("units", numerator="12", denominator="2"))
    error = refusal(again("units", numerator="12"))
    assert (error.code, error.params["path"]) == ("domain.history_unit_twice", "$.units[1]")
    assert (error.params["item"], error.params["unit"]) == ("A1", "BOX")


LIMIT = 10**9 * 1000  # milliseconds


@pytest.mark.parametrize(
    ("offset", "moment"),
    [(None, "2026-03-01T01:00:00+00:00"), (0, "2026-03-01T01:00:00+00:00"), (-1, "2026-03-01T00:59:59.999000+00:00"),
     (LIMIT, "2057-11-07T02:46:40+00:00"), (-LIMIT, "1994-06-22T23:13:20+00:00")],
)  # fmt: skip
def test_a_device_clock_is_put_right_by_at_most_some_thirty_years(offset, moment):
    scan = read_history(json.dumps(changed(["scans", 0, "clock_offset_ms"], offset))).scans[0][1]
    assert scan.counted_at.isoformat() == moment


@pytest.mark.parametrize("offset", [LIMIT + 1, -LIMIT - 1])
def test_a_device_clock_further_off_is_a_mistake(offset):
    error = refusal(json.dumps(changed(["scans", 0, "clock_offset_ms"], offset)))
    assert (error.code, error.params["path"]) == ("domain.history_whole", "$.scans[0].clock_offset_ms")


@pytest.mark.parametrize("told", [0, None])
def test_no_ambiguity_may_be_said_or_left_out(told):
    assert not read_history(json.dumps(changed(["policy", "ambiguity_seconds"], told))).policy.ambiguity


@pytest.mark.parametrize("first", [True, False])
def test_a_movement_told_once_with_and_once_without_the_moment_it_was_seen_is_one(first):
    document = changed(["policy", "seen_until"], GONE)
    told, untold = document["movements"][0], {**document["movements"][0]}
    del untold["seen"]
    document["movements"] = [told, untold] if first else [untold, told]
    assert len(read_history(json.dumps(document)).movements) == 1


def test_times_are_the_same_in_any_offset():
    for text in ("2026-03-01T01:00:00Z", "2026-03-01T01:00Z", "2026-02-28T20:00:00.000-0500", "2026-03-01T09+08:00"):
        document = json.dumps(changed(["scans", 0, "counted_at"], text))
        if text == "2026-03-01T09+08:00":
            assert refusal(document).code == "domain.history_moment"
        else:
            assert read_history(document).scans[0][1].counted_at.isoformat() == "2026-03-01T01:00:01.500000+00:00"
