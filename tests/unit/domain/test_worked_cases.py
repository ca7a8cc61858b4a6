"""docs/worked-cases.md is run: every row of every table, by the code that judges a live count."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from countbridge.domain.accuracy import accuracy
from countbridge.domain.assessment import LineFacts, Policy, assess
from countbridge.domain.books import absolute_target, split
from countbridge.domain.decimals import decimal_text, total
from countbridge.domain.interval import Interval
from countbridge.domain.rollforward import Movement, closure_residue
from countbridge.domain.scans import Scan
from countbridge.domain.tolerance import Tolerance, exceeded
from countbridge.domain.units import base_sum, is_zero

PAGE = (Path(__file__).parents[3] / "docs" / "worked-cases.md").read_text(encoding="utf-8")
TABLES = re.findall(r"^<!-- table: (\w+) -->\n\|(.+)\|\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
FACTORS = {"BOX": Fraction(6), "TRAY": Fraction(10, 3)}
TOLERANCE = Tolerance(Decimal(2), Decimal(1), Decimal(100))
PRICE = Decimal("8.50")


def cells(text):
    return [cell.strip() for cell in text.strip().strip("|").split("|")]


def rows():
    for kind, heads, body in TABLES:
        for number, line in enumerate(body.splitlines(), start=1):
            values = cells(line)
            assert len(values) == len(cells(heads)), line
            yield pytest.param(kind, values, id=f"{kind}-{number}: {' | '.join(values)}"[:90])


def moment(clock):
    return datetime.fromisoformat(f"2026-03-01T{clock if clock.count(':') == 2 else clock + ':00'}+08:00")


SNAPSHOT_AT, CLOSING_AT = moment("08:00"), moment("18:00")


def items(cell):
    return [part.strip() for part in cell.split(",") if part.strip() and part.split()[0] != "none"]


def number(cell):
    """A figure, None for "none"."""
    return None if cell.startswith("none") else Decimal(cell)


def words(cell):
    """The code of each, without its Chinese."""
    return [part.split()[0] for part in items(cell)]


def movements(cell):
    found = [part.split(" @") for part in items(cell)]
    return [Movement(str(place), Decimal(text), moment(at)) for place, (text, at) in enumerate(found)]


def scans(cell):
    found = []
    for place, part in enumerate(items(cell)):
        entered, at = part.split(" @")
        text, *unit = entered.split()
        found.append(
            Scan(str(place), Decimal(text), moment(at), unit[0] if unit else None, FACTORS[unit[0]] if unit else None)
        )
    return found


def judged(book, moves, counted, policy=None):
    usual = Policy(TOLERANCE, timedelta(seconds=30))
    return assess(LineFacts(Decimal(book), SNAPSHOT_AT, moves, counted, policy or usual, CLOSING_AT, 0, PRICE))


def line(book, moved, scanned, expected, counted, variance, interval, outcome, why):
    found = judged(book, movements(moved), scans(scanned))
    ends = None if interval.startswith("none") else Interval(*(Decimal(end) for end in interval.split(" … ")))
    assert (found.expected, found.counted, found.variance) == (number(expected), number(counted), number(variance))
    assert (found.interval, found.outcome, list(found.reasons)) == (ends, outcome.split()[0], words(why))


def tolerance(expected, counted, price, percent, quantity, value, beyond):
    limits = Tolerance(number(percent), number(quantity), number(value))
    variance = Decimal(counted) - Decimal(expected)
    worth = None if number(price) is None else variance * number(price)
    assert exceeded(limits, Decimal(expected), Decimal(counted), variance, worth) == words(beyond)


def closure(snapshot, moved, closing, residue):
    assert closure_residue(Decimal(snapshot), Decimal(closing), movements(moved), CLOSING_AT) == Decimal(residue)
    facts = LineFacts(Decimal(snapshot), SNAPSHOT_AT, [], [], Policy(), CLOSING_AT, residue=Decimal(residue))
    assert (assess(facts).outcome == "hold") is (Decimal(residue) != 0)


def late(book, scanned, variance, paper, new, again):
    before = judged(book, [], scans(scanned))
    after = judged(book, movements(paper), scans(scanned))
    assert (before.variance, after.variance) == (Decimal(variance), Decimal(new))
    assert after.variance - before.variance == Decimal(again)


def books(erp, bins, variances, gap, to_wms, to_erp, both):
    wms = total(map(Decimal, items(bins)))
    parts = split(Decimal(erp), wms, map(Decimal, items(variances)))
    assert (parts.gap, parts.wms, parts.erp) == (Decimal(gap), Decimal(to_wms), Decimal(to_erp))
    assert Decimal(erp) + parts.erp == wms + parts.wms == Decimal(both)


def target(book, variance, quantity):
    assert absolute_target(Decimal(book), Decimal(variance)) == Decimal(quantity)


def units(entered, decimals, base):
    portions = [part.split(" × ") for part in items(entered)]
    found = base_sum([(Decimal(text), Fraction(factor)) for text, factor in portions], int(decimals))
    assert decimal_text(found) == base


def zero(one, other, decimals, same):
    assert is_zero(Decimal(one) - Decimal(other), int(decimals)) is same.startswith("yes")
    assert is_zero(Decimal(other) - Decimal(one), int(decimals)) is same.startswith("yes")


def rates(lines, by_lines, by_quantity):
    counted = [part.split("→") for part in items(lines)]
    some = [judged(book, [], [] if seen == "none" else scans(f"{seen} @09:30")) for book, seen in counted]
    found = accuracy(some)
    assert (found.lines, found.quantity) == (number(by_lines), number(by_quantity))


CHECKS = {
    "line": line, "tolerance": tolerance, "closure": closure, "late": late, "books": books, "target": target,
    "units": units, "zero": zero, "accuracy": rates,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), list(rows()))
def test_row(kind, values):
    CHECKS[kind](*values)


def test_every_kind_of_table_is_on_the_page_with_both_languages():
    assert {kind for kind, _, _ in TABLES} == CHECKS.keys()
    assert len(TABLES) == PAGE.count("<!-- table:") == len(re.findall(r"^\|[-|]+\|$", PAGE, re.MULTILINE))
    for _, heads, _ in TABLES:
        assert all(re.search("[一-鿿]", head) and re.search("[A-Z]", head) for head in cells(heads)), heads
