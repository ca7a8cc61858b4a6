"""Goods with serials: scanned one by one, compared as a set over the whole count, and never booked in two places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countbridge.exchange.models import QuarantinedRecord
from countbridge.links.models import Lot
from countbridge.stocktake.judge import judge
from countbridge.stocktake.models import Count, Line, Scan, Sheet
from modelled.stage import Stage, sentences
from modelled.world import item_row

pytest_plugins = ["modelled.fixtures"]

SER = "SER-1"


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """A drill with serials: S1 and S2 in S0101, S3 in S0102; in W1 there is S9. A small gain is inside the tolerance."""
    made = make_stage(
        people=("chen", "li", "wang", "sun", "qian", "feng"), tolerance={"quantity": "1"}, ambiguity_seconds=5
    )
    made.world.erp.items[SER] = item_row(SER, "电钻", "Drill", price="90", tracking="serial")
    for bin, serial in (("S0101", "S1"), ("S0101", "S2"), ("S0102", "S3"), ("A0101", "S9")):
        made.world.put(bin, SER, "1", serial)
    return made


def begun(stage: Stage) -> tuple[Count, Sheet]:
    count = stage.start("W2-S")
    stage.world.tick()
    return count, count.sheets.get()


def all_scanned(stage: Stage, sheet: Sheet, bin: str, id: str = "") -> Any:
    body = {"id": id or f"all-{sheet.pk}-{bin}", "bin": bin, "code": SER, "counted_at": stage.world.clock.isoformat()}
    answer = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/all-scanned", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def found(stage: Stage, sheet: Sheet, **bins: str) -> None:
    """The serials of each bin, one scan each; then every other line as booked, and the sheet is handed in."""
    for bin, serials in bins.items():
        for serial in serials.split():
            answer = stage.scan(sheet, bin, SER, "1", lot=serial)
            assert answer["ok"], answer
    for line in sheet.lines.exclude(item=SER):
        stage.scan(sheet, line.bin, line.item, format(line.snapshot, "f"), line.unit, line.lot)
    places = {line.bin for line in sheet.lines.filter(item=SER)}
    for bin in sorted(places):
        all_scanned(stage, sheet, bin)
    stage.submit(sheet)


def tell(stage: Stage, sheet: Sheet, bin: str, serial: str, qty: str = "1") -> str:
    """Somebody reports a serial in the WMS."""
    rows = stage.world.wms.results
    number = str(len(rows) + 1)
    rows.append({
        "seq": number, "id": f"R{number}", "count_no": "", "sheet_no": sheet.number, "bin": bin, "sku": "S-SER", "lot": serial,
        "qty": qty, "uom": "PCS", "counted_by": "OP01", "counted_at": stage.world.clock.isoformat(),
    })  # fmt: skip
    return f"R{number}"


def lines_of(count: Count, *fields: str) -> dict[tuple[str, str], Any]:
    return {
        (line.bin, line.lot): tuple(getattr(line, name) for name in fields) for line in count.lines.filter(item=SER)
    }


def test_serials_that_lie_where_they_are_booked_settle_and_the_rest_is_counted_as_missing(stage: Stage) -> None:
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S1", S0102="S3")
    stage.settle()
    assert lines_of(count, "counted", "variance", "state") == {
        ("S0101", "S1"): (1, 0, "settled"),
        ("S0101", "S2"): (0, -1, "settled"),
        ("S0102", "S3"): (1, 0, "settled"),
    }
    stage.world.lie("S0101", SER, "0", "S2")
    count.refresh_from_db()
    assert count.state == "closed"
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


@pytest.mark.parametrize(("quantity", "unit"), [("2", "u"), ("12", "u")])
def test_more_than_one_of_a_serial_is_refused_by_name(stage: Stage, quantity: str, unit: str) -> None:
    _, sheet = begun(stage)
    refused = stage.scan(sheet, "S0101", SER, quantity, unit, "S1")
    assert (refused["ok"], refused["code"]) == (False, "stocktake.serial_quantity")
    assert all(word in refused["message"] for word in ("S0101", SER, "S1", quantity))
    sentences("stocktake.serial_quantity", {"bin": "B", "item": "I", "serial": "S", "quantity": "2", "unit": "u"})
    assert not Scan.objects.exists()


def test_a_scan_without_a_serial_and_one_no_database_holds_are_refused(stage: Stage) -> None:
    _, sheet = begun(stage)
    assert stage.scan(sheet, "S0101", SER, "1")["code"] == "stocktake.serial_missing"
    assert stage.scan(sheet, "S0101", SER, "1", lot="X" * 81)["code"] == "stocktake.lot_too_long"
    assert stage.scan(sheet, "S0101", "00123", "1", lot="S1")["code"] == "stocktake.lot_not_expected"


def test_the_same_serial_again_counts_once_and_says_who_found_it_when(stage: Stage) -> None:
    count, sheet = begun(stage)
    first = stage.scan(sheet, "S0101", SER, "1", lot="S1", id="one")
    again, other = stage.send(
        [stage.entry(sheet, "S0101", SER, "1", lot="S1", id="two"), stage.entry(sheet, "S0101", SER, "1", lot="S2")],
        str(sheet.assignee),
    )
    assert (first["ok"], again["ok"], again["duplicate"], again["line"]) == (True, True, True, first["line"])
    assert (again["code"], other["ok"]) == ("stocktake.serial_again", True)
    assert all(word in again["message"] for word in ("S1", "S0101", str(sheet.assignee)))
    line = stage.line(count, "S0101", SER, "S1")
    assert line.counted == 1
    assert [(scan.source_id, scan.set_aside) for scan in line.scans.order_by("pk")] == [
        ("one", ""), ("two", "serial_again"),
    ], "nothing is lost"  # fmt: skip
    repeated = stage.scan(sheet, "S0101", SER, "1", lot="S1", id="two")
    assert (repeated["ok"], repeated["duplicate"]) == (True, True)
    in_one_go = [stage.entry(sheet, "S0102", SER, "1", lot="S3", id=name) for name in ("a", "b", "c")]
    assert [answer["duplicate"] for answer in stage.send(in_one_go, str(sheet.assignee))] == [False, True, True]
    assert stage.line(count, "S0102", SER, "S3").counted == 1


def test_a_serial_that_was_found_cannot_be_said_to_be_missing_but_can_be_taken_back(stage: Stage) -> None:
    count, sheet = begun(stage)
    stage.scan(sheet, "S0101", SER, "1", lot="S1", id="one")
    assert stage.scan(sheet, "S0101", SER, "0", lot="S1")["code"] == "stocktake.serial_is_there"
    all_scanned(stage, sheet, "S0101")
    assert lines_of(count, "counted")["S0101", "S2"] == (0,)
    assert stage.pda(str(sheet.assignee), "/scans/one/undo", {}).status_code == 200
    sheet.refresh_from_db()
    assert sheet.looked_through == [], "whether all was scanned is open again"
    all_scanned(stage, sheet, "S0101", "again")
    assert lines_of(count, "counted")["S0101", "S1"] == (0,)
    stage.scan(sheet, "S0101", SER, "1", lot="S1")
    assert lines_of(count, "counted")["S0101", "S1"] == (1,), "found after all"


def test_a_serial_in_two_bins_sends_both_to_another_count_and_is_never_posted_like_that(stage: Stage) -> None:
    """S3 is booked in S0102 and found there; the same number turns up in S0101."""
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S1 S2 S3", S0102="S3")
    stage.settle()
    both = lines_of(count, "state", "reasons", "elsewhere")
    assert both["S0101", "S3"] == ("recount", ["serial_twice"], "S0102")
    assert both["S0102", "S3"] == ("recount", ["serial_twice"], "S0101"), "though its own variance is nothing"
    for pass_number in (2, 3):
        again = count.sheets.get(pass_number=pass_number)
        found(stage, again, S0101="S3", S0102="S3")
        stage.settle()
    waiting = lines_of(count, "state")
    assert waiting["S0101", "S3"] == waiting["S0102", "S3"] == ("approve",)
    refused = stage.decide(count)["refused"]
    assert {each["code"] for each in refused} == {"stocktake.serial_in_two_places"}
    stage.decide(count, "keep_book")
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, stage.world.wms.adjusted()) == ("closed", [])


def test_a_line_that_was_settled_is_open_again_when_its_serial_turns_up_elsewhere(
    make_stage: Callable[..., Stage],
) -> None:
    made = make_stage(
        people=("chen", "li", "wang", "sun", "qian"), sheet_lines=1, tolerance={"quantity": "1"}, ambiguity_seconds=5
    )
    made.world.erp.items[SER] = item_row(SER, "电钻", "Drill", price="90", tracking="serial")
    made.world.put("S0101", SER, "1", "S1")
    count = made.start("W2-S")
    made.world.tick()
    first = next(sheet for sheet in count.sheets.all() if "S0101" in sheet.bins)
    found(made, first, S0101="S1")
    made.settle()
    assert lines_of(count, "state")["S0101", "S1"] == ("settled",)
    other = next(sheet for sheet in count.sheets.all() if "S0201" in sheet.bins)
    assert made.scan(other, "S0201", SER, "1", lot="S1")["ok"]
    made.settle()
    line = made.line(count, "S0101", SER, "S1")
    assert (line.state, line.reasons, line.elsewhere) == ("recount", ["serial_twice"], "S0201")
    # It was a slip: taken back, the first line stands by itself once it is counted again.
    scan = Scan.objects.get(sheet=other)
    assert made.pda(str(other.assignee), f"/scans/{scan.source_id}/undo", {}).status_code == 200
    again = count.sheets.get(pass_number=2)
    found(made, again, S0101="S1")
    made.settle()
    line.refresh_from_db()
    assert (line.state, line.reasons) == ("settled", [])


def test_a_serial_that_moved_is_a_transfer_over_the_whole_count(stage: Stage) -> None:
    """S1 is missing in S0101 and lies in S0201, where no serial is booked."""
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S2", S0102="S3", S0201="S1")
    stage.settle()
    here = lines_of(count, "variance", "reasons", "elsewhere", "outcome")
    assert here["S0201", "S1"] == (1, ["serial_moved"], "S0101", "breach")
    (page,) = [stage.api("qian", f"/lines/{stage.line(count, bin, SER, 'S1').pk}/serials").json() for bin in ("S0101",)]
    assert {name: page[name] for name in ("booked", "present", "missing", "extra", "moved", "counted", "total")} == {
        "booked": 2, "present": 1, "missing": 1, "extra": 0, "moved": 1, "counted": 1, "total": 2,
    }  # fmt: skip
    rows = {row["serial"]: row for row in page["rows"]}
    assert (rows["S1"]["state"], rows["S1"]["moved"], rows["S1"]["places"]) == ("missing", True, ["S0201"])
    assert (rows["S2"]["state"], rows["S2"]["moved"], rows["S2"]["places"]) == ("present", False, [])
    places = stage.api("qian", f"/counts/{count.number}/serials?only=variance").json()
    assert [(row["bin"], row["missing"], row["extra"]) for row in places["rows"]] == [("S0101", 1, 0), ("S0201", 0, 1)]
    extra = stage.api("qian", f"/lines/{stage.line(count, 'S0201', SER, 'S1').pk}/serials").json()["rows"][0]
    assert (extra["state"], extra["moved"], extra["places"]) == ("extra", True, ["S0101"])
    Line.objects.filter(bin="S0201", lot="S1").update(reasons=["scan_before_snapshot", "serial_moved"])
    extra = stage.api("qian", f"/lines/{stage.line(count, 'S0201', SER, 'S1').pk}/serials").json()["rows"][0]
    assert extra["reason"] == "The book has this serial in S0101: it changed its place."


def test_a_serial_booked_outside_the_count_names_the_place_and_is_never_settled(stage: Stage) -> None:
    """S9 was counted in W1 the day before, and lies in W2 now."""
    earlier = stage.start("W1-A")
    count, sheet = begun_other(stage, earlier)
    found(stage, sheet, S0101="S1 S2 S9", S0102="S3")
    stage.settle()
    assert lines_of(count, "reasons", "elsewhere", "outcome", "state")["S0101", "S9"] == (
        ["serial_elsewhere"], "A0101", "breach", "recount",
    )  # fmt: skip
    # By movements alone: S9 left A0101 for A0102.
    stage.world.move("A0101", SER, "-1", "S9")
    stage.world.move("A0102", SER, "1", "S9")
    again = count.sheets.get(pass_number=2)
    found(stage, again, S0101="S9")
    stage.settle()
    assert lines_of(count, "elsewhere", "state")["S0101", "S9"] == ("A0102", "approve")


def begun_other(stage: Stage, earlier: Count) -> tuple[Count, Sheet]:
    stage.approve("W2-S")
    stage.flow("notice")
    assert stage.queue.run() == {}
    count = Count.objects.exclude(pk=earlier.pk).latest("pk")
    stage.world.tick()
    return count, count.sheets.get()


def test_a_serial_nobody_ever_knew_needs_approval_and_is_booked_once(stage: Stage) -> None:
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S1 S2 NEW", S0102="S3")
    stage.settle()
    line = stage.line(count, "S0101", SER, "NEW")
    assert (line.variance, line.reasons, line.state) == (1, ["serial_unknown"], "recount")
    found(stage, count.sheets.get(pass_number=2), S0101="NEW")
    stage.settle()
    line.refresh_from_db()
    assert line.state == "approve"
    stage.decide(count)
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.wms.adjusted() == [("S0101", "S-SER", "NEW", Decimal(1))]
    assert stage.world.erp.posted() == [("W2-S", SER, "NEW", Decimal(1))]


def test_a_serial_some_book_knows_without_a_place_is_a_gain_like_any_other(stage: Stage) -> None:
    count, sheet = begun(stage)
    Lot.objects.create(link=stage.link, item=SER, lot="OLD")
    found(stage, sheet, S0101="S1 S2 OLD", S0102="S3")
    stage.settle()
    assert lines_of(count, "reasons", "state")["S0101", "OLD"] == ([], "settled")


def test_who_counts_blind_is_told_no_serial_that_is_booked_nor_how_many(stage: Stage) -> None:
    count, sheet = begun(stage)
    person = str(sheet.assignee)

    def shown() -> dict[str, Any]:
        return stage.pda(person, f"/sheets/{sheet.pk}").json()  # type: ignore[no-any-return]

    def goods(bin: str) -> dict[str, Any]:
        (row,) = [
            each for place in shown()["bins"] if place["bin"] == bin for each in place["goods"] if each["item"] == SER
        ]
        return row  # type: ignore[no-any-return]

    text = stage.pda(person, f"/sheets/{sheet.pk}").content.decode()
    assert not any(f'"{serial}"' in text for serial in ("S1", "S2", "S3", "S9"))
    assert (goods("S0101")["serials"], goods("S0101")["booked"], goods("S0101")["all_scanned"]) == ([], None, False)
    others = count.lines.exclude(item=SER).count()
    assert shown()["sheet"]["lines"] == others + 2, "one for each bin with such goods, however many"
    stage.scan(sheet, "S0101", SER, "1", lot="S1", id="one")
    stage.scan(sheet, "S0101", SER, "1", lot="S2")
    assert [each["serial"] for each in goods("S0101")["serials"]] == ["S1", "S2"]
    assert shown()["sheet"]["counted"] == 0, "that all booked ones are found is not told"
    # All there, and one missing: both are asked for alike.
    for line in sheet.lines.exclude(item=SER):
        stage.scan(sheet, line.bin, line.item, format(line.snapshot, "f"), line.unit, line.lot)
    said = []
    for bin in ("S0101", "S0102"):
        answer = stage.pda(person, f"/sheets/{sheet.pk}/submit", {})
        said.append(
            (
                answer.status_code,
                answer.json()["code"],
                answer.json()["params"]["bin"] if "params" in answer.json() else bin,
            )
        )
        assert set(all_scanned(stage, sheet, bin)) == {"server_time", "all_scanned"}
    assert said == [(422, "stocktake.serials_not_done", "S0101"), (422, "stocktake.serials_not_done", "S0102")]
    rows = stage.pda(person, "/sheets").json()["rows"]
    assert [(row["lines"], row["counted"]) for row in rows] == [(others + 2, others + 2)]
    stage.submit(sheet)


def test_an_open_count_shows_what_is_booked(stage: Stage) -> None:
    stage.flow("sync")
    count = stage.order("zone", "open", zones=["S"])
    sheet = count.sheets.get()
    answer = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}").json()
    (row,) = [
        each for place in answer["bins"] if place["bin"] == "S0101" for each in place["goods"] if each["item"] == SER
    ]
    assert row["booked"] == ["S1", "S2"]


def test_an_empty_bin_holds_no_serial(stage: Stage) -> None:
    count, sheet = begun(stage)
    body = {"id": "gone", "bin": "S0101", "counted_at": stage.world.clock.isoformat()}
    assert stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/empty", body).status_code == 200
    assert lines_of(count, "counted") == {("S0101", "S1"): (0,), ("S0101", "S2"): (0,), ("S0102", "S3"): (None,)}
    sheet.refresh_from_db()
    assert sheet.looked_through == [["S0101", SER]]


def test_saying_twice_that_all_was_scanned_counts_nothing_twice(stage: Stage) -> None:
    count, sheet = begun(stage)
    for _ in range(2):
        all_scanned(stage, sheet, "S0101", "same")
    assert lines_of(count, "counted")["S0101", "S1"] == (0,)
    assert Scan.objects.count() == 2
    refused = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/all-scanned", {
        "id": "x", "bin": "S0101", "code": "00123", "counted_at": stage.world.clock.isoformat()})  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.no_serials")


def test_a_recount_asks_for_the_serials_that_differ_and_keeps_what_stands(stage: Stage) -> None:
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S1 NEW", S0102="S3")
    stage.settle()
    again = count.sheets.get(pass_number=2)
    stands = stage.scan(again, "S0101", SER, "1", lot="S1")
    assert (stands["ok"], stands["code"]) == (True, "stocktake.serial_stands")
    line = stage.line(count, "S0101", SER, "S1")
    assert (line.state, line.counted, line.sheet_id) == ("settled", 1, sheet.pk)
    assert [scan.set_aside for scan in line.scans.order_by("pk")] == ["", "serial_stands"]


def test_a_movement_during_the_count_moves_the_serial_in_the_book_too(stage: Stage) -> None:
    """S2 is picked before anybody looks: it is expected no more, and its absence is no loss."""
    count, sheet = begun(stage)
    stage.world.move("S0101", SER, "-1", "S2")
    stage.world.tick(60)
    found(stage, sheet, S0101="S1", S0102="S3")
    stage.settle()
    assert lines_of(count, "expected", "counted", "variance")["S0101", "S2"] == (0, 0, 0)


def test_many_serials_ask_no_more_questions_than_few(stage: Stage) -> None:
    """What is odd about a serial is looked up for all of them at once."""
    count, sheet = begun(stage)

    def asked(number: int, start: int) -> int:
        entries = [stage.entry(sheet, "S0101", SER, "1", lot=f"N{n}") for n in range(start, start + number)]
        stage.send(entries, str(sheet.assignee))
        lines = list(Line.objects.filter(count=count, lot__startswith="N").select_related("count__link"))
        with CaptureQueriesContext(connection) as captured:
            judge(count, lines)
        return len(captured)

    assert asked(3, 0) == asked(40, 100)


def test_an_older_count_of_the_serial_is_answered_for_by_the_movements_since(stage: Stage) -> None:
    """The book had S9 in A0101, it was shipped since: it is in no other place, so finding it is a plain gain."""
    earlier = stage.start("W1-A")
    stage.world.move("A0101", SER, "-1", "S9", occurred=stage.world.clock - timedelta(seconds=1))
    count, sheet = begun_other(stage, earlier)
    stage.flow("follow_movements")
    found(stage, sheet, S0101="S1 S2 S9", S0102="S3")
    stage.settle()
    assert lines_of(count, "reasons", "elsewhere")["S0101", "S9"] == ([], "")


def test_a_serial_that_moved_to_another_zone_is_told_on_both_lines(stage: Stage) -> None:
    count = stage.start("W2-S", "W2-T")
    stage.world.tick()
    found(stage, count.sheets.get(zone="S"), S0101="S2", S0102="S3")
    stage.settle()
    alone = stage.line(count, "S0101", SER, "S1")
    assert alone.variance == -1
    Line.objects.filter(pk=alone.pk).update(state="recount")  # a loss of one is inside the tolerance: let it wait
    found(stage, count.sheets.get(zone="T"), T0101="S1")
    stage.settle()
    for bin in ("S0101", "T0101"):
        told = stage.api("qian", f"/lines/{stage.line(count, bin, SER, 'S1').pk}").json()["explanation"]
        assert told["decided"], bin
        assert [(story["cause"], story["transfer"], story["sentence"]) for story in told["stories"]] == [
            ("wrong_bin", True, "Moved: serial S1 is missing in S0101 and was found in T0101."),
        ]  # fmt: skip


def test_a_serial_that_moved_is_approved_as_a_transfer_with_its_loss_that_settled_by_itself(stage: Stage) -> None:
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S2", S0102="S3", S0201="S1")
    stage.settle()
    found(stage, count.sheets.get(pass_number=2), S0201="S1")
    stage.settle()
    gone, here = (stage.line(count, bin, SER, "S1") for bin in ("S0101", "S0201"))
    assert (gone.state, gone.variance, here.state, here.variance) == ("settled", -1, "approve", 1)
    body = {"lines": [gone.pk, here.pk], "decision": "transfer", "reason": "seen on the shelf"}
    assert stage.api("qian", "/decisions", body).json() == {"changed": 2, "refused": []}
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, stage.world.erp.posted()) == ("closed", []), "one place of the ERP: nothing changed there"
    ((fields, sent),) = stage.world.wms.of_kind("adjustment")
    assert (fields["reason"], sorted((row["bin"], row["lot"]) for row in sent)) == (
        "transfer",
        [("S0101", "S1"), ("S0201", "S1")],
    )


def test_serials_counted_in_the_wms_follow_the_same_rules(make_stage: Callable[..., Stage]) -> None:
    made = make_stage(people=("chen", "li", "sun", "qian"), counted_in_wms=["S"], ambiguity_seconds=5)
    made.world.erp.items[SER] = item_row(SER, "电钻", "Drill", price="90", tracking="serial")
    made.world.put("S0101", SER, "1", "S1")
    count = made.start("W2-S")
    made.world.tick()
    sheet = count.sheets.get()
    tell(made, sheet, "S0101", "S1")
    again = tell(made, sheet, "S0101", "S1")
    bad = tell(made, sheet, "S0101", "S1", "2")
    made.flow("fetch_results")
    assert lines_of(count, "counted") == {("S0101", "S1"): (1,)}
    assert Scan.objects.get(source_id=again).set_aside == "serial_again"
    held = QuarantinedRecord.objects.get()
    assert (held.source_id, held.code) == (bad, "stocktake.serial_quantity")


def test_two_people_who_count_blind_each_find_their_serials(make_stage: Callable[..., Stage]) -> None:
    """The second sees nothing of the first, and neither is told that a serial was counted before."""
    made = make_stage(people=("chen", "li", "wang", "sun", "qian"), double_blind=True, ambiguity_seconds=5)
    made.world.erp.items[SER] = item_row(SER, "电钻", "Drill", price="90", tracking="serial")
    made.world.put("S0101", SER, "1", "S1")
    count = made.start("W2-S")
    made.world.tick()
    found(made, count.sheets.get(), S0101="S1")
    made.settle()
    second = count.sheets.get(pass_number=2)
    goods = [
        each
        for place in made.pda(str(second.assignee), f"/sheets/{second.pk}").json()["bins"]
        for each in place["goods"]
    ]
    assert [each["serials"] for each in goods if each["item"] == SER] == [[]]
    answer = made.scan(second, "S0101", SER, "1", lot="S1")
    assert (answer["ok"], answer["duplicate"], answer["code"]) == (True, False, None)
    found(made, second)
    made.settle()
    assert lines_of(count, "state", "counted") == {("S0101", "S1"): ("settled", 1)}


def test_a_second_count_says_in_which_of_two_places_the_serial_lies(stage: Stage) -> None:
    """S3 was found in two bins, a second person found it in one of them only: nothing is left to decide."""
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S1 S2", S0102="S3", S0201="S3")
    stage.settle()
    again = count.sheets.get(pass_number=2)
    found(stage, again, S0102="S3")
    stage.settle()
    assert lines_of(count, "state", "counted", "reasons") == {
        ("S0101", "S1"): ("settled", 1, []),
        ("S0101", "S2"): ("settled", 1, []),
        ("S0102", "S3"): ("settled", 1, []),
        ("S0201", "S3"): ("settled", 0, []),
    }
    stage.queue.later()
    count.refresh_from_db()
    assert (count.state, stage.world.wms.adjusted()) == ("closed", [])


def test_a_recount_that_says_gone_may_find_the_serial_after_all(stage: Stage) -> None:
    """What the first count found is no scan of the second: S3 is scanned there as if for the first time."""
    count, sheet = begun(stage)
    found(stage, sheet, S0101="S1 S2", S0102="S3", S0201="S3")
    stage.settle()
    again = count.sheets.get(pass_number=2)
    all_scanned(stage, again, "S0102")
    line = stage.line(count, "S0102", SER, "S3")
    assert line.counted == 0
    answer = stage.scan(again, "S0102", SER, "1", lot="S3")
    assert (answer["ok"], answer["duplicate"]) == (True, False)
    line.refresh_from_db()
    assert line.counted == 1


def test_serials_are_told_to_those_who_may_see_the_count_there_and_page_by_page(stage: Stage) -> None:
    count, _ = begun(stage)
    line = stage.line(count, "S0101", SER, "S1")
    assert stage.api("chen", f"/lines/{line.pk}/serials").status_code == 403, "operators count, they do not read counts"
    assert stage.api("chen", f"/counts/{count.number}/serials").status_code == 403
    assert stage.api("feng", f"/lines/{line.pk}/serials").status_code == 404, "finance of the other warehouse"
    assert stage.api("feng", f"/counts/{count.number}/serials").status_code == 404
    bolt = stage.line(count, "S0101", "00123")
    assert stage.api("qian", f"/lines/{bolt.pk}/serials").status_code == 404, "bolts have no serials"
    first = stage.api("qian", f"/lines/{line.pk}/serials?limit=1").json()
    second = stage.api("qian", f"/lines/{line.pk}/serials?limit=1&offset=1").json()
    assert [(each["total"], each["open"], [row["serial"] for row in each["rows"]]) for each in (first, second)] == [
        (2, 2, ["S1"]), (2, 2, ["S2"]),
    ]  # fmt: skip
    places = stage.api("qian", f"/counts/{count.number}/serials?limit=1&offset=1").json()
    assert (places["total"], [(row["bin"], row["booked"], row["counted"]) for row in places["rows"]]) == (
        2,
        [("S0102", 1, 0)],
    )


def test_saying_so_at_a_moment_still_to_come_is_refused_whole(stage: Stage) -> None:
    _, sheet = begun(stage)
    later = (stage.world.clock + timedelta(hours=1)).isoformat()
    body = {"id": "later", "bin": "S0101", "code": SER, "counted_at": later}
    answer = stage.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/all-scanned", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "stocktake.counted_in_future")
    sheet.refresh_from_db()
    assert (sheet.looked_through, Scan.objects.count()) == ([], 0)
