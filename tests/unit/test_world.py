"""The sandbox company: enough of everything, the same on every run, and wrong on the floor in the intended ways."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest

from countbridge.sandbox.world import World, from_json, generate


@pytest.fixture(scope="module")
def world() -> World:
    return generate()


def by_key(lines) -> dict[tuple[str, str, str], Decimal]:
    return {(line.bin, line.item, line.lot): line.quantity for line in lines}


def test_company_is_as_large_as_promised(world: World) -> None:
    assert len(world.items) >= 420
    assert len([place for place in world.bins if place.warehouse == "W1"]) == 64
    assert len([place for place in world.bins if place.warehouse == "W2"]) == 24
    assert len(world.erp_stock()) >= 1100
    assert 1200 <= len(world.wms_stock()) <= 1300
    assert Decimal("0.32") < Decimal(sum(item.lot_tracked for item in world.items)) / len(world.items) < Decimal("0.35")


def test_codes_are_unique_and_differ_between_the_systems(world: World) -> None:
    for name in ("code", "sku", "barcode"):
        assert len({getattr(item, name) for item in world.items}) == len(world.items)
    assert {"00123", "123", "1E5", "100000", "12_3"} <= {item.code for item in world.items}
    assert not {item.code for item in world.items} & {item.sku for item in world.items}
    assert not {user.login for user in world.users} & {user.wms_operator for user in world.users}
    assert not {place.code for place in world.bins} & {place.code for place in world.erp_locations}


def test_barcodes_carry_their_check_digit(world: World) -> None:
    for item in world.items:
        digits = [int(digit) for digit in item.barcode]
        assert len(digits) == 13
        assert (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_erp_keeps_bins_in_shanghai_and_zones_in_suzhou(world: World) -> None:
    holders = {place.code: place.warehouse for place in world.erp_locations if place.holds_stock}
    assert list(holders.values()).count("W1") == 64
    assert list(holders.values()).count("W2") == 3
    assert {place.erp_location for place in world.bins} == set(holders)
    seen: set[str] = set()
    for place in world.erp_locations:
        assert not place.parent or place.parent in seen
        seen.add(place.code)


def test_both_opening_books_agree_at_the_grain_of_the_erp(world: World) -> None:
    tables = world.code_tables()
    location = {row["wms"]: row["erp"] for row in tables["bins"]}
    code = {row["wms"]: row["erp"] for row in tables["items"]}
    factor = {row["wms"]: Fraction(row["factor"]) for row in tables["units"]}
    sums: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for row in world.wms_stock():
        sums[location[row["bin"]], code[row["sku"]], row["lot"]] += Fraction(row["qty"]) * factor[row["uom"]]
    erp = {(row["location"], row["item"], row["lot"]): Fraction(row["quantity"]) for row in world.erp_stock()}
    assert sums == erp


def test_quantities_keep_to_their_unit(world: World) -> None:
    for line in (*world.book, *world.shelf):
        item = world.item_by_code[line.item]
        assert line.quantity > 0
        assert line.quantity == round(line.quantity, item.unit_digits)
        assert item.in_wms(line.quantity) == line.quantity * item.wms_per_unit
        assert bool(line.lot) == item.lot_tracked
    assert {item.wms_unit for item in world.items} == {"PCS", "KGM", "GRM"}


def test_floor_differs_from_the_book_in_45_percent_of_the_records(world: World) -> None:
    book, shelf = by_key(world.book), by_key(world.shelf)
    wrong = [key for key, quantity in book.items() if shelf.get(key, Decimal(0)) != quantity]
    assert Decimal("0.43") < Decimal(len(wrong)) / len(book) < Decimal("0.47")
    changes: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for cause in world.deviations:
        changes[cause.bin, cause.item, cause.lot] += cause.delta
    for key in book.keys() | shelf.keys():
        assert shelf.get(key, Decimal(0)) - book.get(key, Decimal(0)) == changes[key]


def test_floor_is_wrong_in_every_known_way(world: World) -> None:
    kinds = [cause.kind for cause in world.deviations]
    wanted = {"miscount": 300, "bin_swapped": 40, "lot_swapped": 30, "empty": 20, "misplaced": 8, "found": 5}
    for kind, least in wanted.items():
        assert kinds.count(kind) >= least, kind
    for kind in ("bin_swapped", "lot_swapped", "misplaced"):
        assert sum(cause.delta for cause in world.deviations if cause.kind == kind) == 0
    book = by_key(world.book)
    boxes = [cause for cause in world.deviations if cause.kind in ("box_as_piece", "piece_as_box")]
    assert len(boxes) >= 8
    for cause in boxes:
        booked = book[cause.bin, cause.item, cause.lot]
        less, more = sorted((booked, booked + cause.delta))
        assert more == less * world.item_by_code[cause.item].pack_quantity


def test_same_seed_same_world_other_seed_other_world(world: World) -> None:
    assert generate() == world
    assert generate(7).book != world.book


def test_world_survives_its_file(world: World) -> None:
    assert from_json(world.to_json()) == world
