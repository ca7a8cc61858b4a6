"""A count computed as a set says of every line what the domain says of it alone, or hands the line over: never anything else."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from countbridge.domain.assessment import Assessment, LineFacts, Policy, assess
from countbridge.domain.keys import StockKey
from countbridge.domain.outcome import Outcome
from countbridge.domain.rollforward import Movement
from countbridge.domain.scans import Scan
from countbridge.domain.tolerance import Tolerance
from countbridge.stocktake.recompute import statement
from countbridge.stocktake.recompute.engine import MONEY, Figures, NotInSets, Recomputation, moment, terms_of, whole

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOW = START + timedelta(seconds=30)


def at(second: float) -> datetime:
    return START + timedelta(milliseconds=round(second * 1000))


@dataclass
class Row:
    """One line's facts. Scans are (pass, scan); the domain is told those of the newest pass."""

    snapshot: Decimal = Decimal(12)
    movements: list[Movement] = field(default_factory=list)
    scans: list[tuple[int, Scan]] = field(default_factory=list)
    decimals: int = 0
    price: Decimal | None = None
    residue: Decimal | None = None

    def facts(self, policy: Policy) -> LineFacts:
        newest = max((number for number, _ in self.scans), default=0)
        counting = [scan for number, scan in self.scans if number == newest]
        return LineFacts(
            self.snapshot, START, self.movements, counting, policy, NOW, self.decimals, self.price, self.residue
        )


def said(found: Assessment) -> tuple[object, ...]:
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return (
        found.expected, found.counted, found.variance, low, high, found.value, found.outcome.value, found.reasons,
        {fault.code for fault in found.faults},
    )  # fmt: skip


def told(found: Figures) -> tuple[object, ...]:
    faults = {"unknown_unit", "negative_count", "too_many_decimals"} & set(found.reasons)
    return (
        found.expected, found.counted, found.variance, found.variance_min, found.variance_max, found.value, found.outcome,
        found.reasons, faults,
    )  # fmt: skip


def computed(folder: Path, rows: list[Row], policy: Policy) -> dict[int, Figures | None]:
    """By place in `rows`; None: handed over to the domain, while loading or while computing."""
    found: dict[int, Figures | None] = {}
    every: dict[str, list[tuple[object, ...]]] = {"lines": [], "movements": [], "scans": []}
    # Small bands: a count is computed in several of them.
    with Recomputation(folder, memory_mb=64, threads=1, band=max(70, len(rows) // 3)) as count:
        for number, row in enumerate(rows):
            # Four lines of each item in one bin, which their lots and statuses alone tell apart.
            key = StockKey("B", str(number // 4), "L" if number % 2 else "", "HOLD" if number % 4 > 1 else "")
            try:
                line = (number, *key, whole(row.snapshot), 0, row.decimals,
                        None if row.price is None else whole(row.price, MONEY), False, bool(row.residue))  # fmt: skip
                moves = [
                    (*key, whole(m.quantity), 0 if m.in_snapshot else 1, moment(m.occurred)) for m in row.movements
                ]
                scans = [
                    (number, pass_number, whole(scan.quantity), scan.unit is None,
                     None if scan.factor is None else scan.factor.numerator,
                     None if scan.factor is None else scan.factor.denominator, moment(scan.counted_at))
                    for pass_number, scan in row.scans
                ]  # fmt: skip
            except NotInSets:
                found[number] = None
                continue
            every["lines"].append(line)
            every["movements"] += moves
            every["scans"] += scans
        for table, told_rows in every.items():
            count.load(table, told_rows)
        count.run(policy, START, NOW)
        every_figure = list(count.figures())
    assert len(every_figure) == len(every["lines"]), "each line once"
    found |= {each.line: None if each.wide else each for each in every_figure}
    return found


LARGEST = Decimal(2**63 - 1).scaleb(-9)  # of one fact
USUAL = [
    Decimal(text)
    for text in ("0", "1", "2", "3", "6", "9", "12", "-3", "-1", "0.5", "-0.5", "2.5", "0.001", "0.000000001")
]
LARGE = [
    LARGEST, *(Decimal(10) ** power for power in (8, 9, 11, 12, 13)), -(Decimal(10) ** 20), Decimal("9" * 21), Decimal("9" * 30),
    Decimal("999999999.999999999"), Decimal("123456789012345678901234567890.001"), Decimal("0.0000000001"),
]  # fmt: skip
FACTORS = [
    None, Fraction(6), Fraction(6), Fraction(12), Fraction(10, 3), Fraction(10, 3), Fraction(1, 1000), Fraction(5, 2),
    Fraction(10**6 - 1, 10**6 - 3), Fraction(10**6), Fraction(1, 10**6),
]  # fmt: skip


def a_row(chance: random.Random) -> Row:
    """Any line. Small numbers and few moments, so that they meet; now and then a number no set can hold."""
    sizes = USUAL + LARGE if chance.random() < 0.08 else USUAL
    moves = [
        Movement(str(number), chance.choice(sizes), second(chance), in_snapshot=chance.random() < 0.25)
        for number in range(chance.choice([0, 0, 0, 1, 1, 2, 5]))
    ]
    row = Row(
        chance.choice(sizes), moves, [], chance.choice([0] * 9 + [1, 3, 3, 9] * 3 + [10]),
        chance.choice([None, Decimal("8.50"), Decimal("0.000001"), Decimal(0)] * 7 + [Decimal(10) ** 13, Decimal("1.0000001")]),
        chance.choice([None, None, None, None, Decimal(0), Decimal("-0.001")]),
    )  # fmt: skip
    for number in range(chance.choice([0, 1, 1, 1, 2, 2, 3, 4])):
        unit = chance.choice([None, None, None, "BOX"])
        good = [row.snapshot] if row.snapshot >= 0 else [Decimal(0)]
        quantity = chance.choice(good * 8 + [Decimal(n) for n in range(13)] + sizes)
        factor = chance.choice(FACTORS if unit else [None, Fraction(1), Fraction(6)])
        scan = Scan(str(number), quantity, second(chance), unit, factor)
        row.scans.append((chance.choice([1, 1, 1, 1, 1, 1, 2, 3]), scan))
    return row


def second(chance: random.Random) -> datetime:
    return at(chance.randint(-4, 24) / 2)


def some_rows(chance: random.Random, number: int) -> list[Row]:
    return [a_row(chance) for _ in range(number)]


policies = st.builds(
    lambda percent, quantity, value, ambiguity, uncounted: Policy(
        Tolerance(percent, quantity, value), timedelta(milliseconds=ambiguity), uncounted
    ),
    st.sampled_from([None, Decimal(0), Decimal(2), Decimal(50), Decimal("33.333333333")]),
    st.sampled_from([None, Decimal(0), Decimal(1), Decimal("2.5")]),
    st.sampled_from([None, Decimal(0), Decimal("8.50"), Decimal("20.000000000000001")]),
    st.sampled_from([0, 0, 500, 1000, 3000]),
    st.sampled_from(["ignore", "zero"]),
)


def base(quantity: str, second: float, number: str = "s") -> Scan:
    return Scan(number, Decimal(quantity), at(second))


EDGES = [
    Row(Decimal(0), [], [(1, base("0", 5))]),  # nothing booked, nothing there
    Row(Decimal(12), [], [(1, base("0", 5))]),  # nothing counted: no percentage
    Row(Decimal(-2), [], [(1, base("0", 5))]),  # a negative book
    Row(Decimal(12), [Movement("m", Decimal(-3), at(5))], [(1, base("9", 5))]),  # at the scan's moment
    Row(Decimal(12), [Movement("m", Decimal(-3), at(-5))], [(1, base("9", 5))]),  # restates the snapshot
    Row(Decimal(12), [Movement("m", Decimal(-3), at(5))], [(1, base("1", 0)), (1, base("1", 5)), (1, base("1", 10))]),
    Row(Decimal("0.833"), [], [(1, Scan("s", Decimal("0.5"), at(1), "TRAY", Fraction(5, 3)))], 3),
    Row(Decimal(10), [], [(1, Scan(str(n), Decimal(1), at(n), "TRAY", Fraction(10, 3))) for n in range(3)]),
    Row(Decimal(9), [], [(1, base("2", 3)), (2, base("9", 1))]),  # a recount replaces, though it was counted earlier
    Row(Decimal(12), [], [(1, base("11.5", 3))]),  # half a piece
    Row(Decimal(200), [], [(1, base("196", 3))]),  # exactly two percent
    Row(Decimal(2), [], [(1, Scan("g", Decimal(500), at(1), "g", Fraction(1, 1000))), (1, base("1.5", 2))], 3),
]


@settings(max_examples=20, deadline=None, phases=[Phase.generate])  # a seed does not get simpler
@given(st.integers(0, 2**32), policies)
def test_the_set_says_what_the_domain_says(tmp_path_factory: pytest.TempPathFactory, seed: int, policy: Policy) -> None:
    """Lines know nothing of each other: the one that fails is printed, and is the whole story."""
    compare(tmp_path_factory.getbasetemp(), EDGES + some_rows(random.Random(seed), 150), policy)


def compare(folder: Path, rows: list[Row], policy: Policy) -> Counter[str]:
    found = computed(folder, rows, policy)
    assert sorted(found) == list(range(len(rows)))
    seen: Counter[str] = Counter()
    for number, row in enumerate(rows):
        figures = found[number]
        seen["handed over" if figures is None else figures.outcome] += 1
        if figures is not None:
            assert told(figures) == said(assess(row.facts(policy))), row
            seen.update(figures.reasons)
    return seen


def test_every_outcome_and_reason_is_among_what_is_compared(tmp_path: Path) -> None:
    policy = Policy(Tolerance(Decimal(2), Decimal(1), Decimal(20)), timedelta(seconds=1))
    seen = compare(tmp_path, EDGES + some_rows(random.Random(1), 3000), policy)
    seen += compare(tmp_path, EDGES + some_rows(random.Random(2), 3000), replace(policy, uncounted="zero"))
    reasons = {
        "unknown_unit", "negative_count", "too_many_decimals", "closure_residue", "moved_between_scans",
        "ambiguous_movements", "scan_before_snapshot", "snapshot_restated", "negative_book", "not_counted",
        "uncounted_as_zero", "exceeds_percent", "exceeds_quantity", "exceeds_value", "percent_not_applied",
    }  # fmt: skip
    assert {name for name in {*Outcome, *reasons} if seen[name] < 20} == set()
    assert 20 < seen["handed over"] < 1500, "most lines are computed here, and some cannot be"


@settings(max_examples=5, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 2**32), policies)
def test_the_order_of_facts_is_nothing(tmp_path_factory: pytest.TempPathFactory, seed: int, policy: Policy) -> None:
    folder, chance = tmp_path_factory.getbasetemp(), random.Random(seed)
    rows = EDGES + some_rows(chance, 100)
    before = computed(folder, rows, policy)
    for row in rows:
        chance.shuffle(row.movements)
        chance.shuffle(row.scans)
    assert computed(folder, rows, policy) == before


LIMIT = Decimal(2**63).scaleb(-9)  # of a line's figures; statement.py says why


@pytest.mark.parametrize(
    "row",
    [
        Row(LIMIT, [], [(1, base("1", 1))]),
        Row(-LARGEST, [], [(1, base("1", 1))]),
        Row(-LIMIT, [], [(1, base("1", 1))]),
        Row(-LARGEST, [Movement("m", -LIMIT, at(1))], [(1, base("1", 2))]),
        Row(Decimal(1), [], [(1, base(str(LIMIT), 1))]),
        Row(Decimal(1), [], [(1, Scan("s", Decimal(10) ** 9, at(1), "BOX", Fraction(11)))]),
        Row(Decimal(1), [], [(1, Scan("s", Decimal(1), at(1), "BOX", Fraction(10**6)))]),
        Row(Decimal(1), [], [(1, Scan("s", Decimal(1), at(1), "BIT", Fraction(1, 10**6)))]),
        Row(Decimal(1), [], [(1, base(str(LARGEST), 1, str(n))) for n in range(2)], 9),
        Row(Decimal(1), [], [(1, base(str(LARGEST), 1, str(n))) for n in range(1100)], 9),
        Row(Decimal(1), [], [(1, Scan(str(n), LARGEST, at(1), "BIT", Fraction(1, 99999))) for n in range(1100)], 9),
        Row(Decimal(1), [Movement(str(n), LARGEST, at(1)) for n in range(2)], [(1, base("1", 2))]),
        Row(Decimal(1), [], [(1, base("1", 1))], price=Decimal(10) ** 13),
        Row(Decimal(1), [], [(1, base("1", 1))], decimals=10),
        Row(Decimal(1), [], [(1, Scan("a", Decimal(1), at(1), "THIRD", Fraction(1, 3))),
                             (1, Scan("b", Decimal(1), at(1), "G", Fraction(1, 1000)))]),
        Row(Decimal("0.0000000001"), [], []),
        Row(Decimal(10) ** 21, [], []),
        Row(Decimal(1), [Movement("m", LARGEST, at(1)), Movement("n", -LARGEST, at(2))], [(1, base("1", 1.5))]),
    ],
    ids=["book", "variance", "negative book", "movement", "scan", "sum of boxes", "factor", "its other part", "sum of scans",
         "many scans", "many bits", "sum of moves", "price", "decimals", "two fractions", "a tenth billionth",
         "beyond the column",
         "an end of the interval"],
)  # fmt: skip
def test_what_whole_numbers_cannot_hold_is_handed_over(tmp_path: Path, row: Row) -> None:
    others = [Row(Decimal(12), [], [(1, base("9", 1))]), Row()]
    found = computed(tmp_path, [others[0], row, others[1]], Policy(Tolerance(Decimal(2))))
    assert found[1] is None
    assert all(found[number] is not None for number in (0, 2)), "its neighbours are computed"


@pytest.mark.parametrize(
    "policy",
    [
        Policy(Tolerance(percent=Decimal("0.0000000001"))), Policy(Tolerance(percent=Decimal(10) ** 5 + 1)),
        Policy(Tolerance(quantity=Decimal(10) ** 21 + 1)), Policy(Tolerance(value=Decimal(10) ** 21 + 1)), Policy(seen_until=NOW),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_said_here_are_refused(tmp_path: Path, policy: Policy) -> None:
    with Recomputation(tmp_path) as count, pytest.raises(NotInSets):
        count.run(policy, START, NOW)


def test_no_step_has_a_float(tmp_path: Path) -> None:
    """Neither a column of any table, nor a cast within a statement."""
    policy = Policy(Tolerance(Decimal(2), Decimal(1), Decimal(1)), timedelta(seconds=1))
    terms = terms_of(policy, START, NOW)
    with Recomputation(tmp_path) as count:
        count.load("lines", [(1, *StockKey("B", "A"), 12, 0, 3, 8, False, False)])
        count.load("scans", [(1, 1, 12, False, 10, 3, 5), (1, 2, 12, False, 10, 3, 5)])
        count.load("movements", [(*StockKey("B", "A"), 3, 1, 5)])
        count.run(policy, START, NOW)
        tables = count.database.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()

        def plan(query: str) -> str:
            return str(count.database.execute(f"EXPLAIN {query}").fetchall())

        statements = [statement.PLACED, statement.COUNTED, statement.moved(terms, 0, 9), statement.result(terms, 0, 9)]
        plans = [plan(each[re.search("(TABLE \\w+ AS|INTO result)\n", each).end() :]) for each in statements]
        inexact = [plan("SELECT quantity * 0.5::DOUBLE FROM scans"), plan("SELECT quantity / 3 FROM scans")]
    assert {kind for _, _, kind in tables} == {
        "BIGINT",
        "VARCHAR",
        "HUGEINT",
        "SMALLINT",
        "INTEGER",
        "TINYINT",
        "BOOLEAN",
    }
    assert {name for name, _, _ in tables} >= {"lines", "scans", "movements", "counted", "placed", "moved", "result"}
    assert all("DOUBLE" in each for each in inexact), "a plan names the floats there are"
    assert not any(kind in each for each in plans for kind in ("DOUBLE", "FLOAT", "REAL"))
    assert not any("EMPTY_RESULT" in each for each in plans)
