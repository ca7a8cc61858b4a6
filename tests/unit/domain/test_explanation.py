"""Each cause with the worked number of docs/explainer.md, and each reason not to say anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from countbridge.domain.explanation import Breach, ErpBook, Explanation, Paper, Portion, explain
from countbridge.domain.interval import variance_interval
from countbridge.domain.keys import Key
from countbridge.domain.rollforward import Movement

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
PIECE, CASE = ("PCE", Fraction(1)), ("CTN", Fraction(24))


def paper(
    quantity: str, minutes: float = -60, document: str = "D1", kind: str = "", name: str = "", **words: bool
) -> Paper:
    """A movement so many minutes after the scan (or before it)."""
    at = AT + timedelta(minutes=minutes)
    doubtful = abs(at - AT) <= timedelta(seconds=30)
    return Paper(name or f"{document}/{minutes}", Decimal(quantity), at, kind, document, at <= AT, doubtful, **words)


def line(
    number: int,
    expected: str,
    counted: str,
    *,
    bin: int = 1,
    item: str = "X",
    lot: str | None = None,
    status: str | None = None,
    papers: Iterable[Paper] = (),
    entered: Iterable[tuple[str, tuple[str, Fraction]]] = (),
    units: tuple[tuple[str, Fraction], ...] = (PIECE, CASE),
    **words: object,
) -> Breach:
    papers = tuple(papers)
    movements = [Movement(p.id, p.quantity, p.occurred) for p in papers]
    opening = Decimal(expected) - sum((p.quantity for p in papers if p.applied), Decimal(0))
    portions = list(entered) or [(counted, PIECE)]
    return Breach(
        id=number,
        key=Key(item, f"A{bin:02d}", lot, status),
        zone="A",
        position=bin,
        expected=Decimal(expected),
        counted=Decimal(counted),
        interval=variance_interval(Decimal(counted), opening, movements, [AT], timedelta(seconds=30)),
        counted_at=AT,
        portions=tuple(Portion(Decimal(quantity), unit, factor) for quantity, (unit, factor) in portions),
        units=units,
        papers=papers,
        decimals=0,
        **words,  # type: ignore[arg-type]
    )


def said(found: Explanation) -> list[tuple[str, str]]:
    return [(str(story.cause), str(story.suspect)) for story in found.stories]


def told(*lines: Breach, books: Iterable[ErpBook] = ()) -> list[list[tuple[str, str]]]:
    found = explain(lines, books)
    return [said(found[breach.id]) for breach in lines]


# -- one cause each, as docs/explainer.md tells it -----------------------------------------------------------------------


def test_ten_of_forty_lie_next_door() -> None:
    found = explain([line(1, "40", "30"), line(2, "0", "10", bin=2)])
    (story,) = found[1].stories
    assert found[1].decided
    assert found[2].stories == (story,)
    assert (story.cause, story.suspect, story.transfer, story.sure) == ("bin_swap", "shelf", True, "strong")
    assert story.shares == ((1, Decimal(-10)), (2, Decimal(10)))


def test_all_forty_lie_next_door() -> None:
    assert told(line(1, "40", "0"), line(2, "0", "40", bin=2)) == [[("wrong_bin", "shelf")]] * 2


def test_two_bins_whose_goods_changed_places_are_one_story_of_four_lines() -> None:
    lines = [
        line(1, "40", "0", item="X"), line(2, "0", "40", bin=2, item="X"),
        line(3, "0", "7", item="Y"), line(4, "7", "0", bin=2, item="Y"),
    ]  # fmt: skip
    found = explain(lines)
    assert {said(each)[0] for each in found.values()} == {("bin_swap", "shelf")}
    assert sorted(found[1].stories[0].lines) == [1, 2, 3, 4]


def test_three_bins_that_cancel_out() -> None:
    lines = [line(1, "300", "150"), line(2, "0", "97", bin=2), line(3, "0", "53", bin=3)]
    assert told(*lines) == [[("bin_swap", "shelf")]] * 3


def test_a_receipt_booked_next_door_accuses_the_wms() -> None:
    booked = line(1, "170", "73", papers=[paper("97")])
    assert told(booked, line(2, "40", "137", bin=2)) == [[("bin_swap", "wms")]] * 2


def test_lots_of_one_bin_mixed_up() -> None:
    assert told(line(1, "40", "28", lot="L1"), line(2, "9", "21", lot="L2")) == [[("lot_swap", "shelf")]] * 2


def test_a_status_not_changed() -> None:
    lines = line(1, "40", "28", status="free"), line(2, "0", "12", status="held")
    assert told(*lines) == [[("status_swap", "shelf")]] * 2


def test_ten_boxes_entered_as_pieces() -> None:
    assert told(line(1, "245", "15", entered=[("10", PIECE), ("5", PIECE)])) == [[("case_as_each", "shelf")]]


def test_pieces_entered_as_boxes() -> None:
    assert told(line(1, "37", "888", entered=[("37", CASE)])) == [[("each_as_case", "shelf")]]


@pytest.mark.parametrize(
    ("expected", "counted", "cause"),
    [("120", "210", "digits_transposed"), ("438", "48", "digit_dropped"), ("438", "4338", "digit_added")],
)
def test_slips_of_the_finger(expected: str, counted: str, cause: str) -> None:
    assert told(line(1, expected, counted, units=(PIECE,))) == [[(cause, "shelf")]]


def test_a_pick_booked_after_the_scan_had_happened_before() -> None:
    found = explain([line(1, "100", "88", papers=[paper("-12", 14)])])
    (story,) = found[1].stories
    assert (story.cause, story.suspect, story.form) == ("document_not_posted", "timing", "late")
    assert dict(story.evidence) == {"document": "D1", "quantity": "-12", "minutes": "14"}
    assert story.one_in == 12


def test_the_erp_has_a_document_the_wms_has_not() -> None:
    assert told(line(1, "100", "76", book="K"), books=[ErpBook("K", Decimal(-24))]) == [
        [("document_not_posted", "wms")]
    ]


def test_a_receipt_booked_twice() -> None:
    papers = [paper("24", -90, "R7", "receive", "a"), paper("24", -80, "R7", "receive", "b")]
    assert told(line(1, "100", "76", papers=papers)) == [[("document_posted_twice", "wms")]]
    other = [papers[0], replace(papers[1], document="R8")]
    assert told(line(1, "100", "76", papers=other)) == [[]], "another document of that quantity is no repetition"


def test_an_issue_booked_as_a_receipt() -> None:
    assert told(line(1, "115", "85", papers=[paper("15")])) == [[("wrong_sign", "wms")]]
    assert told(line(1, "55", "85", papers=[paper("15")])) == [[]], "the other way round it would be 60 off"


def test_a_pick_within_the_clocks_uncertainty() -> None:
    assert told(line(1, "40", "35", papers=[paper("-5", 0.2)])) == [[("timing", "timing")]]
    assert told(line(1, "40", "37", papers=[paper("-5", 0.2)])) == [[]], "with or without it something else is missing"


def test_the_erp_alone_differs() -> None:
    found = explain([line(1, "100", "100", book="K")], [ErpBook("K", Decimal(12))])
    assert found[1].stories == ()
    assert found[1].gap is not None
    assert (found[1].gap.cause, found[1].gap.suspect) == ("interface_gap", "erp")
    waiting = ErpBook("K", Decimal(-12), (paper("12", document="R9", awaited=True),))
    (gap,) = [explain([line(1, "100", "100", book="K")], [waiting])[1].gap]
    assert gap is not None
    assert (gap.cause, gap.suspect, gap.evidence["documents"]) == ("document_not_posted", "erp", "R9")
    assert explain([line(1, "100", "100", book="K")], [replace(waiting, whole=False)])[1].gap is None


# -- what is not said ----------------------------------------------------------------------------------------------------


def test_a_small_number_that_anything_would_fit_is_not_explained() -> None:
    assert told(line(1, "100", "96", papers=[paper("2"), paper("-3", 20), paper("1")])) == [[]]


def test_lost_cases_are_no_story_about_cases() -> None:
    papers = [paper("-24", 30), paper("-48", 40, "D2")]
    assert told(line(1, "240", "216", papers=papers)) == [[]]


def test_what_two_stories_explain_equally_well_is_said_as_both() -> None:
    found = explain([line(1, "110", "11", units=(PIECE, ("TEN", Fraction(10))))])
    assert not found[1].decided
    assert {cause for cause, _ in said(found[1])} == {"case_as_each", "digit_dropped"}
    assert found[1].cause is None


def test_two_partners_equally_near_leave_all_three_undecided() -> None:
    found = explain([line(1, "40", "30", bin=2), line(2, "0", "10", bin=1), line(3, "0", "10", bin=3)])
    assert [found[number].decided for number in (1, 2, 3)] == [False] * 3
    assert [len(found[number].stories) for number in (1, 2, 3)] == [2, 1, 1]


def test_the_nearer_of_two_partners_is_meant() -> None:
    lines = [line(1, "40", "30"), line(2, "0", "10", bin=2), line(3, "0", "10", bin=5)]
    assert told(*lines) == [[("bin_swap", "shelf")], [("bin_swap", "shelf")], []]


def test_bins_far_apart_zones_items_and_owners_are_no_neighbours() -> None:
    here = line(1, "40", "30")
    for there in (
        line(2, "0", "10", bin=8),
        line(2, "0", "10", bin=2, item="Y"),
        replace(line(2, "0", "10", bin=2), zone="B"),
        replace(line(2, "0", "10", bin=2), key=Key("X", "A02", owner="other")),
        line(2, "0", "10", bin=2, lot="L1"),
    ):
        assert told(here, there) == [[], []]


def test_several_lines_at_once_beat_a_single_one() -> None:
    slip = line(1, "120", "210", units=(PIECE,))
    assert told(slip) == [[("digits_transposed", "shelf")]]
    assert told(slip, line(2, "140", "50", bin=2, units=(PIECE,))) == [[("bin_swap", "shelf")]] * 2


def test_somebody_else_who_counted_the_same_rules_out_a_slip() -> None:
    assert told(line(1, "120", "210", units=(PIECE,), confirmed=True)) == [[]]
    assert told(line(1, "37", "888", entered=[("37", CASE)], confirmed=True)) == [[]]


def test_an_erp_that_agrees_with_the_shelf_rules_out_a_slip() -> None:
    slip = line(1, "120", "210", units=(PIECE,), book="K")
    assert told(slip, books=[ErpBook("K", Decimal(90))]) == [[("document_not_posted", "wms")]]
    assert told(slip, books=[ErpBook("K", Decimal(80))]) == [[("digits_transposed", "shelf")]]


def test_an_erp_that_agrees_names_the_paper_where_it_is_known() -> None:
    turned = line(1, "115", "85", papers=[paper("15")], book="K")
    assert told(turned, books=[ErpBook("K", Decimal(-30))]) == [[("wrong_sign", "wms")]]
    small = line(1, "102", "98", papers=[paper("2")], book="K")
    (both,) = told(small, books=[ErpBook("K", Decimal(-4))])
    assert sorted(both) == [("document_not_posted", "wms"), ("wrong_sign", "wms")]


def test_a_pick_that_brings_goods_is_turned_round_whatever_its_size() -> None:
    picks = [paper("-1", -600 - number, f"P{number}", "pick") for number in range(30)]
    turned = line(1, "102", "98", papers=[*picks, paper("2", -30, "P99", "pick")])
    assert told(turned) == [[("wrong_sign", "wms")]]


def test_beside_full_boxes_nobody_means_a_box_of_loose_pieces() -> None:
    entered = [("3", CASE), ("2", PIECE)]
    assert told(line(1, "97", "74", entered=entered)) == [[]], "25 loose pieces typed as 2? They would be a box and one"


def test_a_bin_that_overflows_with_lines_is_searched_in_bounded_time() -> None:
    lines = [line(number, "1000", str(1000 - 7**4 % (number + 3)), bin=number // 40 + 1) for number in range(1, 4001)]
    assert len(explain(lines)) == 4000


def test_thirty_digits_stay_exact() -> None:
    huge = "123456789012345678901234567890"
    short = str(int(huge) - 10**20)
    assert told(line(1, huge, short), line(2, "0", str(10**20), bin=2)) == [[("bin_swap", "shelf")]] * 2
    off = str(10**20 + 1)
    assert told(line(1, huge, short, units=(PIECE,)), line(2, "0", off, bin=2, units=(PIECE,)))[1] == []


# -- documents of several lines ------------------------------------------------------------------------------------------


def late_order(*missing: str) -> list[Breach]:
    """Lines of one order booked twenty minutes after the scan, far apart; what of it is missing on each."""
    return [
        line(
            number,
            "100",
            str(100 - int(gone)),
            bin=20 * number,
            item=f"I{number}",
            papers=[paper(f"-{picked}", 20, "O7")],
        )
        for number, (picked, gone) in enumerate(zip(("2", "3", "5"), missing, strict=True), 1)
    ]


def test_an_order_booked_late_is_one_story_of_all_its_lines() -> None:
    found = explain(late_order("2", "3", "5"))
    (story,) = found[1].stories
    assert [found[number].decided for number in (1, 2, 3)] == [True] * 3
    assert story.shares == ((1, Decimal(-2)), (2, Decimal(-3)), (3, Decimal(-5)))
    assert (story.cause, story.suspect, story.one_in, story.transfer) == ("document_not_posted", "timing", 480, False)
    assert [found[number].stories[0].evidence["quantity"] for number in (1, 2, 3)] == ["-2", "-3", "-5"]


def test_lines_of_the_order_that_do_not_fit_count_against_it() -> None:
    found = explain(late_order("2", "3", "4"))
    assert found[3].stories == ()
    # 1 in 2, 1 in 3, and that the second differs at all: 24; three choices of two lines: 1 in 8.
    assert found[1].stories[0].one_in == 8
    alone = explain(late_order("2", "0", "4"))
    assert [alone[number].stories for number in (1, 3)] == [(), ()]


def test_an_order_without_a_number_is_none() -> None:
    lines = [replace(each, papers=(replace(each.papers[0], document=""),)) for each in late_order("2", "3", "4")]
    assert told(*lines) == [[], [], []]


def test_a_document_with_two_lines_of_the_key_counts_as_their_sum() -> None:
    late = [paper("-28", 20, "O7"), paper("-13", 21, "O7")]
    assert told(line(1, "100", "59", papers=late)) == [[("document_not_posted", "timing")]]
    apart = [late[0], replace(late[1], document="O8")]
    assert told(line(1, "100", "59", papers=apart)) == [[]]


# -- where the rules end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("missing", "said"), [("5", True), ("4", False)])
def test_one_in_five_is_still_told(missing: str, said: bool) -> None:
    late = line(1, "100", str(100 - int(missing)), papers=[paper(f"-{missing}", 20)])
    assert bool(told(late)[0]) is said


@pytest.mark.parametrize(("hours", "said"), [(8, True), (9, False)])
def test_a_movement_is_late_for_a_shift(hours: int, said: bool) -> None:
    assert bool(told(line(1, "100", "88", papers=[paper("-12", 60 * hours)]))[0]) is said


@pytest.mark.parametrize(("picks", "said"), [(20, True), (19, False)])
def test_a_kind_goes_one_way_if_but_one_in_twenty_goes_the_other(picks: int, said: bool) -> None:
    usual = [paper("-1", -600 - number, f"P{number}", "pick") for number in range(picks)]
    turned = line(1, "102", "98", papers=[*usual, paper("2", -30, "P99", "pick")])
    assert bool(told(turned)[0]) is said


@pytest.mark.parametrize(("bin", "said"), [(7, True), (8, False)])
def test_neighbours_are_at_most_six_bins_apart(bin: int, said: bool) -> None:
    assert bool(told(line(1, "40", "30"), line(2, "0", "10", bin=bin))[0]) is said


def test_a_second_document_of_the_quantity_may_be_the_same_typed_again_where_the_erp_has_it_once() -> None:
    papers = [paper("24", -90, "R7", "receive"), paper("24", -80, "R8", "receive")]
    (both,) = told(line(1, "100", "76", papers=papers, book="K"), books=[ErpBook("K", Decimal(-24))])
    assert sorted(both) == [("document_not_posted", "wms"), ("document_posted_twice", "wms")]
    (one,) = told(line(1, "100", "76", papers=papers[:1], book="K"), books=[ErpBook("K", Decimal(-24))])
    assert one == [("document_not_posted", "wms")]


def test_three_small_numbers_that_cancel_out_by_chance_are_no_swap() -> None:
    lines = [line(1, "300", "297"), line(2, "10", "12", bin=2), line(3, "20", "21", bin=3)]
    assert told(*lines) == [[], [], []]


def test_nothing_entered_is_no_slip_and_one_digit_drops_nothing() -> None:
    assert told(line(1, "10", "0", units=(PIECE,))) == [[]]
    assert told(line(1, "50", "0", units=(PIECE,))) == [[]]


def test_documents_that_only_the_erp_has_are_named() -> None:
    alone = (paper("12", document="SO7"), paper("5", document="SO8"))
    found = explain([line(1, "100", "100", book="K")], [ErpBook("K", Decimal(12), only=alone)])
    gap = found[1].gap
    assert gap is not None
    assert (gap.cause, gap.form, gap.evidence["documents"]) == ("interface_gap", "document", "SO7")
    assert (gap.evidence["quantity"], gap.shares) == ("+12", ((1, Decimal(0)),))
    found = explain([line(1, "100", "100", book="K")], [ErpBook("K", Decimal(17), only=alone)])
    assert found[1].gap is not None
    assert found[1].gap.evidence["documents"] == "SO7, SO8", "all of them together"
    found = explain([line(1, "100", "100", book="K")], [ErpBook("K", Decimal(13), only=alone)])
    assert found[1].gap is not None
    assert (found[1].gap.form, "documents" in found[1].gap.evidence) == ("", False), "what does not fit is not named"
    (story,) = explain(
        [line(1, "100", "76", book="K")], [ErpBook("K", Decimal(-24), only=(paper("-24", document="SO9"),))]
    )[1].stories
    assert (story.cause, story.suspect, story.form) == ("document_not_posted", "wms", "wms_document")
    assert (story.evidence["documents"], story.evidence["quantity"]) == ("SO9", "-24")
    found = explain([line(1, "100", "100", book="K")], [ErpBook("K", Decimal(-5), only=(paper("5", document="SO8"),))])
    assert found[1].gap is not None
    assert (found[1].gap.form, found[1].gap.evidence["quantity"]) == ("", "-5"), "the sign has to fit, too"


def test_movements_the_erp_waits_for_are_named_when_one_or_all_of_them_make_the_difference() -> None:
    waiting = tuple(
        paper(quantity, document=name, awaited=True) for quantity, name in (("12", "R9"), ("12", "R10"), ("3", "R11"))
    )

    def documents(gap: str) -> str | None:
        found = explain([line(1, "100", "100", book="K")], [ErpBook("K", Decimal(gap), waiting)])[1].gap
        assert found is not None
        return found.evidence.get("documents")

    assert documents("-12") == "R9", "one of two that fit"
    assert documents("-27") == "R9, R10, R11", "all of them together"
    assert documents("-24") is None, "some of them are a guess"


def serial(number: int, name: str, expected: str, counted: str, bin: int, **words: object) -> Breach:
    return line(number, expected, counted, bin=bin, lot=name, serial=True, units=(PIECE,), **words)


def test_a_serial_is_found_again_however_far_it_lies() -> None:
    near = [serial(n, f"N{n}", "1", "1", n) for n in range(3, 40)]
    found = explain([serial(1, "S7", "1", "0", 1), serial(2, "S7", "0", "1", 77), *near])
    (story,) = found[1].stories
    assert (story.cause, story.form, story.transfer, story.sure, found[1].decided) == (
        "wrong_bin",
        "serial",
        True,
        "strong",
        True,
    )
    assert story.evidence == {"serial": "S7", "source": "A01", "target": "A77"}
    assert [shares for shares, _ in story.shares] == [1, 2]
    assert said(found[2]) == [("wrong_bin", "shelf")]


def test_two_serials_that_differ_in_one_bin_are_not_two_lots_mixed_up() -> None:
    assert told(serial(1, "S1", "1", "0", 1), serial(2, "S2", "0", "1", 1)) == [[], []]


def test_of_a_serial_that_is_found_twice_nobody_says_where_it_went() -> None:
    assert told(serial(1, "S7", "1", "0", 1), serial(2, "S7", "0", "1", 2), serial(3, "S7", "0", "1", 3)) == [
        [],
        [],
        [],
    ]
    still_there = told(serial(1, "S7", "1", "1", 1), serial(2, "S7", "0", "1", 2))
    assert still_there == [[], []]
