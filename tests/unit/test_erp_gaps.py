"""Two readings of two books brought to one moment by the movements between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from countbridge.exchange.models import Movement
from countbridge.stocktake.erp_gaps import _book

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
WINDOW = (START, START + timedelta(minutes=10))  # in which the ERP's book was read
MARK = 50  # the ledger position the WMS's book was read at


def moved(quantity: str, *, seq: int = 40, posted: int | None = None, state: str = "posted") -> Movement:
    """A movement the ERP booked so many minutes after the window began."""
    at = None if posted is None else START + timedelta(minutes=posted)
    return Movement(
        source_id="M1", ledger_seq=seq, quantity=Decimal(quantity), kind="receive", document="R1", erp_state=state,
        occurred=START - timedelta(hours=1), erp_posted=at,
    )  # fmt: skip


def gap(found: str, *movements: Movement, marks: tuple[int, int] = (MARK, MARK)) -> tuple[Decimal, int] | None:
    book = _book("K", Decimal(found), marks, movements, WINDOW)
    return None if book is None else (book.gap, len(book.awaited))


@pytest.mark.parametrize(
    ("movement", "expected"),
    [
        (moved("5", posted=-30), (Decimal(-5), 0)),  # in both readings: what differs is something else
        (moved("5", posted=30), (Decimal(0), 0)),  # the ERP has booked it since
        (moved("5", state="pending"), (Decimal(-5), 1)),  # it still has not
        (moved("5", seq=60, state="pending"), (Decimal(-5), 0)),  # in neither reading
        (moved("-5", seq=60, posted=-30), (Decimal(0), 0)),  # the ERP had booked it before the WMS's reading has it
        (moved("5", posted=5), None),  # booked while the ERP was read
        (moved("5", posted=0), None),
        (moved("5", posted=10), None),
        (moved("5"), None),  # booked, and nobody says when
    ],
)
def test_what_is_left_of_a_gap(movement: Movement, expected: tuple[Decimal, int] | None) -> None:
    assert gap("-5", movement) == expected


def test_pages_of_a_zone_read_at_several_positions_leave_movements_between_them_open() -> None:
    between = moved("5", seq=45, posted=-30)
    assert gap("-5", between, marks=(40, 50)) is None
    assert gap("-5", between, marks=(45, 50)) == (Decimal(-5), 0)
    assert gap("-5", between, marks=(40, 44)) == (Decimal(-10), 0)
