"""Two books of the same goods, at two grains."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.books import Difference, Split, absolute_target, by_grain, differences, split
from countbridge.domain.decimals import total
from countbridge.domain.keys import Key

pieces = st.integers(-50, 200).map(Decimal)


def test_the_gap_is_no_loss():
    """ERP 100 for the zone, WMS 60 + 37, counted 58 and 37."""
    assert split(Decimal(100), Decimal(97), [Decimal(-2), Decimal(0)]) == Split(Decimal(-5), Decimal(-2), Decimal(3))


@given(pieces, st.lists(st.tuples(pieces, st.none() | pieces), min_size=1, max_size=6))
def test_after_posting_each_its_own_both_books_say_the_same(erp, bins):
    """Bins are (WMS book, counted or not); what nobody counted stays as the WMS has it."""
    wms = total(book for book, _ in bins)
    parts = split(erp, wms, [counted - book for book, counted in bins if counted is not None])
    assert erp + parts.erp == wms + parts.wms
    assert wms + parts.wms == total(book if counted is None else counted for book, counted in bins)
    assert erp - wms == parts.gap


def test_bins_of_one_erp_location_add_up_and_keep_lots_apart():
    books = {
        Key("A1", "B1", "L7"): Decimal(3), Key("A1", "B2", "L7"): Decimal(4), Key("A1", "B2"): Decimal(9),
        Key("A1", "X"): Decimal(1), Key("A1"): Decimal(5),
    }  # fmt: skip
    assert by_grain(books, {"B1": "ZONE", "B2": "ZONE"}) == {
        Key("A1", "ZONE", "L7"): 7, Key("A1", "ZONE"): 9, Key("A1", "X"): 1, Key("A1"): 5,
    }  # fmt: skip


def test_books_differ_from_half_a_step_on_and_a_missing_key_is_zero():
    erp = {Key("K1"): Decimal("1.235"), Key("A1", "B2"): Decimal(1), Key("A2"): Decimal(0)}
    wms = {Key("K1"): Decimal("1.2346"), Key("A1", "B1"): Decimal(2), Key("A3"): Decimal("0.4")}
    assert differences(erp, wms, {"A3": 0}) == [
        Difference(Key("A1", "B1"), Decimal(0), Decimal(2)),
        Difference(Key("A1", "B2"), Decimal(1), Decimal(0)),
    ]
    assert len(differences(erp, wms, {"A3": 1})) == 3
    assert len(differences(erp, wms, {"A3": 0, "K1": 4})) == 3


def test_an_absolute_system_is_told_its_own_book_plus_the_variance():
    assert absolute_target(Decimal(40), Decimal(-2)) == 38


def test_keys_sort_part_by_part_and_none_is_first():
    keys = [
        Key("A", "B", None),
        Key("A", None, "L"),
        Key("A10"),
        Key("A2"),
        Key("A", "B", "L", owner="O"),
        Key("A", "B", "L"),
    ]
    ordered = [
        Key("A", None, "L"),
        Key("A", "B", None),
        Key("A", "B", "L"),
        Key("A", "B", "L", owner="O"),
        Key("A10"),
        Key("A2"),
    ]
    assert sorted(keys, key=Key.sort_key) == ordered
    assert Key("A", "B", owner="O").parts() == {"item": "A", "location": "B", "owner": "O"}
    assert Key("A", "B", package="P").at("Z") == Key("A", "Z", package="P")
    assert Key("A", lot="x").sort_key() == ("A", "", "x", "", "", "")
    assert Key("A", status="s", package="p").sort_key() == ("A", "", "", "s", "", "p")
