"""The movement ledger: one writer at a time, so that the order of `seq` is the order of commits.

A reader shares the lock: nothing is half written while it reads, and whatever is written later gets a later moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F

from countbridge.sandbox.wms.models import Bin, Book, ErpPosting, FeedEntry, Floor, Goods, Ledger, Movement

_LOCK = 0x5741  # advisory lock of the ledger, in this database only
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Portion:
    """So much of these goods in this bin, in the goods' own unit; signed where it is a change."""

    place: Bin
    goods: Goods
    parts: Mapping[str, str]  # by the names in models.PARTS
    qty: Decimal

    @property
    def lot(self) -> str:
        return self.parts["lot"]

    def taken(self) -> Portion:
        return replace(self, qty=-self.qty)


@dataclass
class Pen:
    """The right to write. `at` is the moment everything in this transaction happens at."""

    ledger: Ledger
    at: datetime

    def next_document(self, prefix: str) -> str:
        self.ledger.document_no += 1
        return f"{prefix}{self.ledger.document_no:07d}"

    def change_floor(self, portion: Portion) -> None:
        _change(Floor, portion)

    def record(self, number: str, kind: str, portion: Portion, posting: ErpPosting | None = None) -> None:
        """Book a signed portion and put it on the feed. `number` begins with its document's number."""
        _change(Book, portion)
        movement = Movement.objects.create(
            number=number,
            type=kind,
            bin=portion.place,
            goods=portion.goods,
            **portion.parts,
            qty=portion.qty,
            uom=portion.goods.uom,
            occurred_at=self.at,
            document=number.partition("-")[0],
            posting=posting,
        )
        self.emit(movement, "pending" if posting else "none", first=True)

    def emit(self, movement: Movement, erp_state: str, *, first: bool, posted_at: datetime | None = None) -> None:
        self.ledger.seq += 1
        FeedEntry.objects.create(
            seq=self.ledger.seq, movement=movement, first=first, erp_state=erp_state, erp_posted_at=posted_at,
            recorded_at=self.at,
        )  # fmt: skip


@contextmanager
def writing() -> Iterator[Pen]:
    """A transaction that alone may write; its moment is later than every moment given out before."""
    with transaction.atomic():
        _lock("pg_advisory_xact_lock")
        ledger = Ledger.objects.get(pk=1)
        pen = Pen(ledger, max(_clock(), ledger.last_at + _TICK))
        ledger.last_at = pen.at
        yield pen
        ledger.save()


@dataclass(frozen=True)
class Reading:
    """A read between two writers: it contains every movement up to `watermark`, that is everything up to `as_of`."""

    watermark: int
    as_of: datetime


@contextmanager
def reading() -> Iterator[Reading]:
    """A transaction during which nobody writes."""
    with transaction.atomic():
        _lock("pg_advisory_xact_lock_shared")
        ledger = Ledger.objects.get(pk=1)
        yield Reading(ledger.seq, max(_clock(), ledger.last_at))


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_LOCK])


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _change(table: type[Book] | type[Floor], portion: Portion) -> None:
    key = {"bin": portion.place, "goods": portion.goods, **portion.parts}
    if not table.objects.filter(**key).update(qty=F("qty") + portion.qty):
        table.objects.create(**key, qty=portion.qty)
