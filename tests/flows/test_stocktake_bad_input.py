"""Bad scans from a handheld: each is refused by itself with its record and a way out; nothing good is lost with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from countbridge.links.models import Lot
from countbridge.stocktake.models import Count, Scan, Sheet
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown item": ({"code": "00999"}, "stocktake.unknown_item"),
    "an item's number without its zeros": ({"code": "123"}, "stocktake.unknown_item"),
    "bin of another sheet": ({"bin": "S0101"}, "stocktake.bin_not_on_sheet"),
    "unknown bin": ({"bin": "Z9999"}, "stocktake.bin_not_on_sheet"),
    "unknown unit": ({"unit": "pallet"}, "stocktake.unknown_unit"),
    "unit of another item": ({"unit": "g"}, "stocktake.unknown_unit"),
    "lot where there is none": ({"lot": "L7"}, "stocktake.lot_not_expected"),
    "lot missing": ({"bin": "A0102", "code": "LOT-1"}, "stocktake.lot_missing"),
    "unknown lot": ({"bin": "A0102", "code": "LOT-1", "lot": "L8"}, "stocktake.unknown_lot"),
    "negative": ({"quantity": "-1"}, "stocktake.negative_quantity"),
    "text": ({"quantity": "twelve"}, "stocktake.malformed_quantity"),
    "empty": ({"quantity": ""}, "stocktake.malformed_quantity"),
    "exponent": ({"quantity": "1e3"}, "stocktake.malformed_quantity"),
    "comma": ({"quantity": "1,5"}, "stocktake.malformed_quantity"),
    "not a number": ({"quantity": "NaN"}, "stocktake.malformed_quantity"),
    "half a piece": ({"quantity": "1.5"}, "stocktake.too_many_decimals"),
    "a gram's part in kilograms": ({"code": "1E5", "unit": "kg", "quantity": "1.2345"}, "stocktake.too_many_decimals"),
    "in the future": ({"counted_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()},
                      "stocktake.counted_in_future"),
    "unknown sheet": ({"sheet": 999999}, "stocktake.no_such_sheet"),
    "a time of no place": ({"counted_at": "2026-11-22T08:00:00"}, "stocktake.time_without_offset"),
    "no time": ({"counted_at": "soon"}, "stocktake.time_without_offset"),
    "a character no database takes": ({"code": "00\x00123"}, "stocktake.unusable_text"),
    "a note no database takes": ({"note": "N\x007"}, "stocktake.unusable_text"),
}  # fmt: skip


def started(stage: Stage) -> tuple[Count, Sheet]:
    count = stage.start("W1-A")
    stage.world.tick()
    return count, count.sheets.get()


def test_a_bad_scan_is_refused_by_name_and_the_good_ones_around_it_are_stored(stage: Stage) -> None:
    """All of them in one request, between two good ones."""
    count, sheet = started(stage)
    first, last = stage.entry(sheet, "A0101", "00123", "30", id="first"), stage.entry(sheet, "A0101", "00123", "10")
    bad = [stage.entry(sheet, "A0101", "00123", "5", id=name) | change for name, (change, _) in BAD.items()]
    who = str(sheet.assignee)
    answers = stage.send([first, *bad, last], who)
    assert [answers[0]["ok"], answers[-1]["ok"]] == [True, True]
    refused = {answer["id"]: answer for answer in answers[1:-1]}
    assert {name: answer["code"] for name, answer in refused.items()} == {name: code for name, (_, code) in BAD.items()}
    assert {answer["line"] for answer in refused.values()} == {None}
    assert Scan.objects.count() == 2
    assert stage.line(count, "A0101", "00123").counted == 40
    chinese = stage.pda(who, "/scans", {"scans": bad}, "zh-CN").json()["results"]
    for answer in chinese:
        english = refused[answer["id"]]["message"]
        assert "{" not in english + answer["message"]
        assert answer["message"] != english
        assert not english.startswith(answer["code"])


def test_messages_name_the_record_and_the_way_out(stage: Stage) -> None:
    _, sheet = started(stage)
    refused = stage.scan(sheet, "A0101", "00123", "-3")
    assert all(word in refused["message"] for word in ("A0101", "00123", "-3", "0"))
    refused = stage.scan(sheet, "A0101", "00123", "3", "pallet")
    assert "box, u" in refused["message"], "it names the units that can be used"


def test_a_sheet_of_somebody_else_takes_nothing_and_shows_nothing(stage: Stage) -> None:
    _, sheet = started(stage)
    other = "li" if str(sheet.assignee) == "chen" else "chen"
    refused = stage.scan(sheet, "A0101", "00123", "5", who=other)
    assert (refused["ok"], refused["code"]) == (False, "stocktake.sheet_of_other")
    for path, body in ((f"/sheets/{sheet.pk}", None), (f"/sheets/{sheet.pk}/submit", {})):
        answer = stage.pda(other, path, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "stocktake.sheet_of_other")
    assert stage.pda(other, "/sheets").json()["rows"] == []
    stage.scan(sheet, "A0101", "00123", "5", id="mine")
    assert stage.pda(other, "/scans/mine/undo", {}).json()["code"] == "stocktake.sheet_of_other"


def test_a_sheet_handed_in_and_a_closed_count_take_no_scans(stage: Stage) -> None:
    count, sheet = started(stage)
    stage.count_sheet(sheet)
    assert stage.scan(sheet, "A0101", "00123", "5")["code"] == "stocktake.sheet_submitted"
    stage.scan(sheet, "A0101", "00123", "5")
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"
    late = stage.scan(sheet, "A0101", "00123", "5")
    assert late["code"] == "stocktake.count_not_counting"
    assert stage.line(count, "A0101", "00123").counted == 40
    again = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/submit", {})
    assert (again.status_code, again.json()["code"]) == (422, "stocktake.count_not_counting")


def test_the_same_scan_twice_counts_once_and_is_answered_alike(stage: Stage) -> None:
    count, sheet = started(stage)
    entry = stage.entry(sheet, "A0101", "00123", "20", id="once")
    first, twice = stage.send([entry, entry], str(sheet.assignee))
    (again,) = stage.send([entry], str(sheet.assignee))
    assert [each["ok"] for each in (first, twice, again)] == [True, True, True]
    assert twice["duplicate"]
    assert again["duplicate"]
    assert first["line"] == twice["line"] == again["line"]
    assert stage.line(count, "A0101", "00123").counted == 20


def test_a_scan_sent_again_after_the_count_ended_is_still_answered_as_stored(stage: Stage) -> None:
    """The answer was lost, the handheld was offline over the weekend: it must be able to forget the scan."""
    _, sheet = started(stage)
    entry = stage.entry(sheet, "A0101", "00123", "40", id="lost-answer")
    stage.send([entry], str(sheet.assignee))
    stage.count_sheet(sheet, {("A0101", "00123", ""): stage.world.floor["A0101", "00123", ""] - 40})
    stage.settle()
    (again,) = stage.send([entry], str(sheet.assignee))
    assert (again["ok"], again["duplicate"]) == (True, True)


def test_goods_that_matched_are_not_counted_again_on_a_recount_sheet(stage: Stage) -> None:
    stage.world.lie("A0101", "00123", "30")
    count = stage.start("W1-A")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.settle()
    sheet = count.sheets.get(pass_number=2)
    refused = stage.scan(sheet, "A0101", "1E5", "1", "kg")
    assert refused["code"] == "stocktake.not_on_sheet"


def test_too_many_scans_at_once_are_refused_whole_with_the_limit(stage: Stage) -> None:
    _, sheet = started(stage)
    answer = stage.pda(str(sheet.assignee), "/scans", {"scans": [stage.entry(sheet, "A0101", "00123", "1")] * 501})
    assert (answer.status_code, answer.json()["params"]) == (422, {"most": "500"})
    assert Scan.objects.count() == 0


def test_a_scan_with_an_endless_id_is_refused_alone(stage: Stage) -> None:
    _, sheet = started(stage)
    bad, good = stage.send(
        [stage.entry(sheet, "A0101", "00123", "1", id="x" * 500), stage.entry(sheet, "A0101", "00123", "1")],
        str(sheet.assignee),
    )
    assert (bad["ok"], good["ok"]) == (False, True)


def test_undoing_a_scan_nobody_made(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(people=("chen",))
    answer = stage.pda("chen", "/scans/none/undo", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "stocktake.no_such_scan")
    sentences("stocktake.no_such_scan", {"scan": "none"})


def test_a_lot_known_to_the_erp_alone_is_taken(stage: Stage) -> None:
    """Found in a count of one bin: the lot lies elsewhere in the books, outside what this count reads."""
    count, sheet = started(stage)
    assert stage.scan(sheet, "A0102", "LOT-1", "5", lot="L8")["code"] == "stocktake.unknown_lot"
    Lot.objects.create(link=count.link, item="LOT-1", lot="L8")
    assert stage.scan(sheet, "A0102", "LOT-1", "5", lot="L8")["ok"]
