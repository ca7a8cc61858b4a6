"""A warehouse in true order: shelves that differ from the books, goods that move while people count.

Here nothing is compared with formulas. The shelf is known; people count what lies there at that moment; the variance
must be exactly what was wrong on the shelf before, and booking it must make the book say what is on the shelf.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from countbridge.domain.assessment import LineFacts, Policy, assess
from countbridge.domain.decimals import total
from countbridge.domain.outcome import Outcome
from countbridge.domain.rollforward import Movement, closure_residue, expected
from countbridge.domain.scans import Scan
from countbridge.domain.tolerance import Tolerance

START = datetime(2026, 3, 1, tzinfo=UTC)
CERTAIN = Policy(ambiguity=timedelta(seconds=0))


@dataclass
class Shelf:
    """One key's shelf and its book, stepped through time one event a second."""

    physical: Decimal
    book: Decimal
    clock: datetime = START
    movements: list[Movement] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)

    def tick(self):
        self.clock += timedelta(seconds=10)
        return self.clock

    def move(self, quantity, *, reported=True):
        moment = self.tick()
        self.physical += quantity
        if reported:
            self.book += quantity
            self.movements.append(Movement(f"m{moment}", quantity, moment))

    def count(self, share=Fraction(1)):
        """Somebody counts a share of the shelf, to whole pieces."""
        portion = Decimal(int(self.physical * share.numerator // share.denominator))
        self.scans.append(Scan(f"s{self.clock}", portion, self.tick()))
        return portion

    def facts(self, snapshot, **more):
        return LineFacts(snapshot, START, self.movements, self.scans, CERTAIN, self.clock, 0, **more)


pieces = st.integers(0, 40).map(Decimal)
moves = st.lists(st.integers(-5, 9).map(Decimal), max_size=6)


def keep_above_zero(shelf, quantity):
    return max(quantity, -shelf.physical)


@settings(max_examples=300, deadline=None)
@given(pieces, st.integers(-30, 30).map(Decimal), moves, moves)
def test_the_variance_is_what_was_wrong_before_whatever_moved(physical, book, before, after):
    shelf = Shelf(physical, book)
    wrong = physical - book
    for quantity in before:
        shelf.move(keep_above_zero(shelf, quantity))
    shelf.count()
    for quantity in after:
        shelf.move(keep_above_zero(shelf, quantity))
    line = assess(shelf.facts(book))
    assert line.variance == wrong
    assert shelf.book + line.variance == shelf.physical
    assert closure_residue(book, shelf.book, shelf.movements, shelf.clock) == 0


@settings(max_examples=200, deadline=None)
@given(pieces, moves, st.integers(1, 5).map(Decimal), st.sampled_from(["before", "after"]))
def test_a_movement_nobody_reported_is_held_wherever_it_happened(physical, known, hidden, when):
    """The other system booked it and told us nothing: without the closure test it would become a gain or a loss."""
    shelf = Shelf(physical, physical)
    for quantity in known:
        shelf.move(keep_above_zero(shelf, quantity))
    if when == "before":
        shelf.move(hidden, reported=False)
    shelf.count()
    if when == "after":
        shelf.move(hidden, reported=False)
    end_book = shelf.book + hidden
    residue = closure_residue(physical, end_book, shelf.movements, shelf.clock)
    line = assess(shelf.facts(physical, residue=residue))
    assert residue == hidden
    assert line.outcome is Outcome.HOLD


@settings(max_examples=200, deadline=None)
@given(pieces, st.integers(1, 9), st.lists(st.integers(1, 9).map(Decimal), max_size=3), pieces)
def test_portions_counted_one_by_one_add_up_unless_the_shelf_moved_between(physical, part, moved, book):
    shelf = Shelf(physical, book)
    first = shelf.count(Fraction(part, 10))
    for quantity in moved:
        shelf.move(quantity)
    shelf.scans.append(Scan("rest", shelf.physical - first, shelf.tick()))
    line = assess(shelf.facts(book))
    if moved:
        assert line.outcome is Outcome.RECOUNT
    else:
        assert line.variance == physical - book


@settings(max_examples=200, deadline=None)
@given(pieces, pieces, st.lists(st.integers(-4, 4).map(Decimal), min_size=1, max_size=6), st.data())
def test_the_truth_is_in_the_interval_however_the_clocks_were_wrong(physical, book, quantities, data):
    """Movements confirmed a little early or late: what was really on the shelf is one of the possibilities."""
    lag = timedelta(seconds=5)
    shelf = Shelf(physical, book)
    seen_on_shelf = physical
    counted_at = START + timedelta(minutes=1)
    for number, quantity in enumerate(quantities):
        offset = timedelta(seconds=data.draw(st.integers(-5, 5)))
        happened = data.draw(st.booleans())
        shelf.movements.append(Movement(str(number), quantity, counted_at + offset))
        if happened:
            seen_on_shelf += quantity
    if seen_on_shelf < 0:
        return
    shelf.scans.append(Scan("s", seen_on_shelf, counted_at))
    line = assess(LineFacts(book, START, shelf.movements, shelf.scans, Policy(ambiguity=lag), counted_at, 0))
    assert line.interval.low <= physical - book <= line.interval.high
    reachable = total(abs(q) for q in quantities)
    assert line.interval.high - line.interval.low == reachable


def test_a_backdated_movement_restates_the_snapshot_and_is_counted_once():
    """Recorded after the snapshot for a moment before it: the live ledger says so by watermark, not by moment."""
    at = START + timedelta(hours=1)
    backdated = Movement("m", Decimal(-4), START - timedelta(minutes=5))
    contained = Movement("n", Decimal(-9), START - timedelta(minutes=5), in_snapshot=True)
    facts = LineFacts(Decimal(10), START, [backdated, contained], [Scan("s", Decimal(6), at)], CERTAIN, at, 0)
    line = assess(facts)
    assert (line.expected, line.variance, line.outcome) == (6, 0, Outcome.MATCH)
    assert line.reasons == ("snapshot_restated",)
    at_once = replace(facts, movements=[Movement("m", Decimal(-4), START)])
    assert assess(at_once).reasons == ("snapshot_restated",)


def test_a_movement_seen_late_changes_the_line_by_exactly_itself():
    at = START + timedelta(hours=1)
    late = Movement("m", Decimal(-4), START + timedelta(minutes=5), seen=at + timedelta(hours=2))
    before = assess(LineFacts(Decimal(10), START, [late], [Scan("s", Decimal(6), at)], Policy(seen_until=at), at, 0))
    after = assess(LineFacts(Decimal(10), START, [late], [Scan("s", Decimal(6), at)], Policy(), at, 0))
    assert (before.variance, after.variance) == (-4, 0)
    assert after.interval.is_point  # unless a policy says so, nothing is ambiguous
    assert after.variance == before.variance - late.quantity


moments = st.integers(0, 30).map(lambda minute: START + timedelta(minutes=minute))
histories = st.lists(st.tuples(st.integers(-9, 9).map(Decimal), moments), max_size=8)


@settings(max_examples=200, deadline=None)
@given(pieces, histories, st.integers(0, 40).map(Decimal), moments, moments)
def test_a_history_split_in_two_and_put_together_says_the_same(book, history, counted, cut, at):
    """Half of it in a later snapshot, half still to be rolled: nothing is lost at the seam, nothing counted twice."""
    at = max(at, cut + timedelta(minutes=1))
    movements = [Movement(str(number), quantity, moment) for number, (quantity, moment) in enumerate(history)]
    whole = assess(LineFacts(book, START, movements, [Scan("s", counted, at)], CERTAIN, at, 0))
    later_book = expected(book, movements, cut)
    rest = [replace(movement, in_snapshot=movement.occurred <= cut) for movement in movements]
    split = assess(LineFacts(later_book, cut, rest, [Scan("s", counted, at)], CERTAIN, at, 0))
    assert (split.expected, split.counted, split.variance) == (whole.expected, whole.counted, whole.variance)
    assert (split.interval, split.outcome) == (whole.interval, whole.outcome)


@settings(max_examples=100, deadline=None)
@given(pieces, histories, st.integers(0, 40).map(Decimal), moments)
def test_counted_again_after_posting_nothing_is_left_to_post(book, history, counted, at):
    """The variance booked at its moment makes the book what was counted; the same shelf counted again is a match."""
    movements = [Movement(str(number), quantity, moment) for number, (quantity, moment) in enumerate(history)]
    first = assess(LineFacts(book, START, movements, [Scan("s", counted, at)], CERTAIN, at, 0))
    booked = [*movements, Movement("adjustment", first.variance, at)]
    assert assess(LineFacts(book, START, booked, [Scan("s", counted, at)], CERTAIN, at, 0)).variance == 0


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_figure_is_a_decimal(data):
    """By its type, not by its looks: no float, no fraction and no whole number of Python's."""
    quantity = data.draw(st.decimals(0, 99, places=3))
    scan = Scan(
        "s", quantity, START, "THIRD", data.draw(st.sampled_from([Fraction(10, 3), Fraction(1, 7), Fraction(6)]))
    )
    move = Movement(
        "m", data.draw(st.decimals(-9, 9, places=3)), START + timedelta(seconds=data.draw(st.integers(0, 9)))
    )
    policy = Policy(Tolerance(Decimal(2), Decimal(1), Decimal(1)), timedelta(seconds=5))
    line = assess(LineFacts(quantity, START, [move], [scan], policy, START, 3, Decimal("8.50")))
    figures = [line.expected, line.counted, line.variance, line.interval.low, line.interval.high, line.value]
    assert {type(figure) for figure in figures} == {Decimal}
