"""A whole count looked at as a set: finds exactly the lines on which something else stands than the domain says now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bench.support.counts import lay_out
from django.db import transaction

from countbridge.exchange.models import Movement
from countbridge.people.models import User
from countbridge.stocktake import posting
from countbridge.stocktake.judge import judge
from countbridge.stocktake.models import Count, Line, Scan
from countbridge.stocktake.recompute.compare import FIGURES, differing

LINES = 300


@contextmanager
def undone() -> Iterator[None]:
    """What the block does to the database is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def count(db: None) -> Count:
    """A count of which every line was judged by the domain, all of its recounts and portions among them."""
    found = lay_out("set", LINES, User.objects.create(username="chen"), counted=True).count
    recounted = found.lines.order_by("pk")[110]
    Line.objects.filter(pk=recounted.pk).update(pass_number=2)
    first = recounted.scans.get()
    Scan.objects.create(
        count=found, line=recounted, sheet=recounted.sheet, source="pda", source_id="again", pass_number=2, quantity=3,
        unit="BOX", numerator=12, denominator=1, counter="li", counted_at=first.counted_at - timedelta(minutes=1),
    )  # fmt: skip
    Scan.objects.create(
        count=found, line=recounted, sheet=recounted.sheet, source="pda", source_id="slip", pass_number=2, quantity=900,
        unit="u", numerator=1, denominator=1, counter="li", counted_at=first.counted_at, undone_at=first.counted_at,
    )  # fmt: skip
    judge(found, list(found.lines.all()))
    return found


def suspects(count: Count) -> list[int]:
    return [number for part in differing(count) for number in part]


def test_what_the_domain_stored_is_what_the_set_computes(count: Count) -> None:
    outcomes = set(count.lines.values_list("outcome", flat=True))
    assert outcomes == {"match", "within_tolerance", "breach", "timing", "recount", "error", "uncounted"}
    assert suspects(count) == []


def touched(count: Count, at: int = 0) -> Line:
    """A counted line on which goods moved."""
    return count.lines.filter(counted__isnull=False, bin__in=Movement.objects.values("bin")).order_by("pk")[at]


def late(line: Line, quantity: str = "-2") -> None:
    Movement.objects.create(
        link_id=line.count.link_id, source_id=f"late-{line.pk}", ledger_seq=5000, bin=line.bin, item=line.item, lot=line.lot,
        erp_location=line.erp_location, quantity=Decimal(quantity), kind="move", occurred=line.count.snapshot_at,
        recorded=line.counted_at, erp_state="posted",
    )  # fmt: skip


CHANGES: dict[str, Callable[[Line], Any]] = {
    "a movement known late": late,
    "a scan taken back": lambda line: line.scans.update(undone_at=line.counted_at),
    "a scan of another moment": lambda line: line.scans.update(counted_at=line.counted_at + timedelta(seconds=1)),
    "a variance nobody computed": lambda line: Line.objects.filter(pk=line.pk).update(variance=Decimal("0.000000001")),
    "another expectation": lambda line: Line.objects.filter(pk=line.pk).update(expected=line.expected + 1),
    "an end of the interval": lambda line: Line.objects.filter(pk=line.pk).update(variance_max=line.variance_max + 1),
    "another outcome": lambda line: Line.objects.filter(pk=line.pk).update(outcome="hold"),
    "another reason": lambda line: Line.objects.filter(pk=line.pk).update(reasons=["closure_residue", *line.reasons]),
    "a count that is lost": lambda line: Line.objects.filter(pk=line.pk).update(counted=None, variance=None),
    "a price beyond the set": lambda line: Line.objects.filter(pk=line.pk).update(price=Decimal(10) ** 13),
}


def test_a_line_that_differs_is_found_and_no_other(count: Count) -> None:
    line = touched(count)
    for name, change in CHANGES.items():
        with undone():
            change(line)
            assert suspects(count) == [line.pk], name
    assert suspects(count) == []


def test_codes_that_look_like_nothing_or_like_signs_are_codes(count: Count) -> None:
    """Empty lots, quotes, commas, line ends: what a file could swallow."""
    for number, lot in enumerate(['"', ",", "a\nb", "''", "\\N", " ", "NULL", "é中"]):
        line = touched(count, number)
        Movement.objects.filter(bin=line.bin, item=line.item).update(lot=lot)
        Line.objects.filter(pk=line.pk).update(lot=lot)
    assert suspects(count) == []
    late(touched(count, 2))
    assert suspects(count) == [touched(count, 2).pk]


def test_a_tolerance_with_more_digits_than_a_set_compares_leaves_all_to_the_domain(count: Count) -> None:
    Count.objects.filter(pk=count.pk).update(policy={"tolerance": {"percent": "0.00000000001"}})
    count.refresh_from_db()
    assert len(suspects(count)) == LINES


def test_the_pass_a_person_took_is_the_one_that_is_computed(count: Count) -> None:
    twice = count.lines.get(pass_number=2)
    Line.objects.filter(pk=twice.pk).update(chosen_pass=1)
    assert suspects(count) == [twice.pk]
    judge(count, list(count.lines.filter(pk=twice.pk)))
    assert suspects(count) == []
    Line.objects.filter(pk=twice.pk).update(chosen_pass=7)  # nobody counted it so: the newest stands
    assert suspects(count) == [twice.pk]


def test_a_line_taken_as_zero_is_for_the_domain(count: Count) -> None:
    line = count.lines.filter(counted=None, scans=None).order_by("pk")[0]
    Line.objects.filter(pk=line.pk).update(assumed_at=count.snapshot_at)
    judge(count, list(count.lines.filter(pk=line.pk)))
    line.refresh_from_db()
    assert line.counted == 0
    assert suspects(count) == [line.pk]


def test_two_people_who_must_agree_are_for_the_domain(count: Count) -> None:
    Count.objects.filter(pk=count.pk).update(policy={**count.policy, "double_blind": True})
    count.refresh_from_db()
    assert len(suspects(count)) == LINES


def test_where_rules_have_limits_of_their_own_the_figures_tell(count: Count) -> None:
    """A rule changes outcomes and reasons: what was stored under it stands while the figures do."""
    rule = {"name": "dear", "price_from": "0.50", "tolerance": {"value": "0"}}
    Count.objects.filter(pk=count.pk).update(policy={**count.policy, "rules": [rule]})
    count.refresh_from_db()
    before = dict(count.lines.values_list("pk", "reasons"))
    judge(count, list(count.lines.all()))
    assert before != dict(count.lines.values_list("pk", "reasons")), "the rule decides somewhere"
    assert suspects(count) == []
    line = touched(count)
    for name in ("a movement known late", "a scan taken back", "a variance nobody computed", "another reason"):
        with undone():
            CHANGES[name](line)
            assert suspects(count) == [line.pk], name


def test_posting_opens_the_same_lines_again_however_it_looks(count: Count) -> None:
    """Every line decided; then something changed. One by one and as a set come to the same, in every column of every line."""
    count.lines.update(state=Line.State.SETTLED)
    Count.objects.filter(pk=count.pk).update(state=Count.State.POSTING)
    line = touched(count)
    some = ["a movement known late", "a scan taken back", "another outcome", "another reason", "a price beyond the set"]
    for name in (*some, "nothing"):
        came = []
        for large in (10**9, 1):
            with undone():
                CHANGES.get(name, lambda _: None)(line)
                fresh = Count.objects.get(pk=count.pk)
                opened = posting.reopen_changed(fresh, large)
                came.append((opened, fresh.state, list(Line.objects.order_by("pk").values())))
        assert came[0] == came[1], name
        opened, _, rows = came[1]
        assert opened == (name in some[:3])
        assert {row["id"] for row in rows if row["state"] == Line.State.COUNTED} == ({line.pk} if opened else set())


def test_columns_have_the_digits_the_set_reads_them_with() -> None:
    """A file of PostgreSQL's writes as many digits after the point as the column has: 12.500000000 is read as 12500000000."""
    digits = {
        9: [*(Line._meta.get_field(name) for name in (*FIGURES, "snapshot")), Scan._meta.get_field("quantity"),
            Movement._meta.get_field("quantity")],
        6: [Line._meta.get_field("price")],
        0: [Scan._meta.get_field("numerator"), Scan._meta.get_field("denominator")],
    }  # fmt: skip
    for places, columns in digits.items():
        assert {column.decimal_places for column in columns} == {places}
