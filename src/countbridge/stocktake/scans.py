"""Taking in what people counted: checked, stored with everything needed to compute it again, answered after commit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from countbridge import clock
from countbridge.domain.decimals import has_at_most
from countbridge.errors import CountbridgeError, InputError, NotFound
from countbridge.exchange import events
from countbridge.links.models import Item, ItemUnit
from countbridge.people.models import User
from countbridge.stocktake.goods import Goods
from countbridge.stocktake.judge import judge
from countbridge.stocktake.models import Count, CountedBin, Line, Scan, Sheet
from countbridge.stocktake.pairs import base_of, lock, paired, uncounted_of

QUANTITY = re.compile(r"\d{1,15}(\.\d{1,9})?")
FUTURE = timedelta(minutes=5)


@dataclass(frozen=True)
class Entry:
    """One counted portion as a person or a WMS reports it. `quantity` is text; `code` is anything that names the item."""

    id: str
    bin: str
    code: str
    lot: str
    quantity: str
    unit: str
    counted_at: datetime
    counter: str
    note: str = ""
    told_at: datetime | None = None  # what the device said, where its clock was found off and `counted_at` corrected


@dataclass(frozen=True)
class Taken:
    """What became of an entry: a line, or the error that says what to do."""

    id: str
    line: int | None = None
    duplicate: bool = False
    error: CountbridgeError | None = None


def take(sheet_id: int, entries: Sequence[Entry], source: str, user: User | None = None) -> list[Taken]:
    """Store the entries of one sheet in one transaction. A bad entry is answered with its error, the others are stored;
    an entry that came before is answered as before. `user` None: the sheet's WMS reports."""
    with transaction.atomic():
        lock(sheet_id)
        sheet = Sheet.objects.select_related("count", "assignee").get(pk=sheet_id)
        known = dict(
            Scan.objects.filter(source=source, source_id__in=[entry.id for entry in entries]).values_list(
                "source_id", "line_id"
            )
        )
        goods = Goods(sheet.count, {entry.code for entry in entries})
        taken: list[Taken] = []
        touched: dict[int, Line] = {}
        for entry in entries:
            if entry.id in known:
                taken.append(Taken(entry.id, known[entry.id], duplicate=True))
                continue
            try:
                line = _store(sheet, entry, source, user, goods)
            except InputError as error:
                taken.append(Taken(entry.id, error=error))
                continue
            known[entry.id] = line.pk
            touched[line.pk] = line
            taken.append(Taken(entry.id, line.pk))
        if touched:
            judge(sheet.count, list(touched.values()))
            if sheet.count.kind == "zero_check":
                found = {line.bin for line in touched.values() if line.counted}
                CountedBin.objects.filter(count=sheet.count_id, bin__in=found).update(empty=False)
            Sheet.objects.filter(pk=sheet.pk, state=Sheet.State.OPEN).update(state=Sheet.State.COUNTING)
            events.announce("scan", sheet.count.number)
    return taken


def _store(sheet: Sheet, entry: Entry, source: str, user: User | None, goods: Goods) -> Line:
    _may_count(sheet, user)
    if entry.bin not in sheet.bins:
        raise InputError("stocktake.bin_not_on_sheet", bin=entry.bin, sheet=sheet.number)
    item = goods.item(entry.code)
    lot = goods.lot(item, entry.lot)
    unit = goods.unit(item, entry.unit)
    quantity = _quantity(entry, item, unit)
    if entry.counted_at > clock.now() + FUTURE:
        raise InputError("stocktake.counted_in_future", at=entry.counted_at.isoformat(), bin=entry.bin, item=item.code)
    line = _line(sheet, goods, entry.bin, item, lot)
    Scan.objects.create(
        count=sheet.count,
        line=line,
        sheet=sheet,
        source=source,
        source_id=entry.id,
        pass_number=sheet.pass_number,
        quantity=quantity,
        unit=unit.unit,
        numerator=unit.numerator,
        denominator=unit.denominator,
        counter=entry.counter,
        counted_at=entry.counted_at,
        told_at=entry.told_at,
        note=entry.note,
    )
    if line.state != Line.State.COUNTED:
        line.state = Line.State.COUNTED
        line.save(update_fields=["state"])
    return line


def _may_count(sheet: Sheet, user: User | None) -> None:
    count = sheet.count
    if count.state != Count.State.COUNTING:
        raise InputError("stocktake.count_not_counting", count=count.number, state=count.state)
    if user is not None and sheet.assignee_id != user.pk:
        raise InputError("stocktake.sheet_of_other", sheet=sheet.number, assignee=sheet.assignee or "-")
    if sheet.state in (Sheet.State.SUBMITTED, Sheet.State.CLOSED):
        raise InputError("stocktake.sheet_submitted", sheet=sheet.number)


def _quantity(entry: Entry, item: Item, unit: ItemUnit) -> Decimal:
    where = {"bin": entry.bin, "item": item.code, "quantity": entry.quantity}
    if entry.quantity.startswith("-") and QUANTITY.fullmatch(entry.quantity[1:]):
        raise InputError("stocktake.negative_quantity", **where)
    if not QUANTITY.fullmatch(entry.quantity):
        raise InputError("stocktake.malformed_quantity", **where)
    quantity = Decimal(entry.quantity)
    if unit.unit == item.unit and not has_at_most(quantity, item.decimals):
        raise InputError("stocktake.too_many_decimals", **where, unit=unit.unit, decimals=item.decimals)
    return quantity


def _line(sheet: Sheet, goods: Goods, bin_code: str, item: Item, lot: str) -> Line:
    """The line of the key; goods nobody expected there make a new one with nothing booked."""
    line = Line.objects.filter(count=sheet.count, bin=bin_code, item=item.code, lot=lot).first()
    if line is None:
        return goods.new_line(sheet, bin_code, item, lot)
    if line.sheet_id != base_of(sheet):
        raise InputError("stocktake.not_on_sheet", sheet=sheet.number, bin=bin_code, item=item.code, lot=lot or "-")
    return line


def empty_bin(sheet_id: int, bin_code: str, entry_id: str, counted_at: datetime, user: User) -> list[Taken]:
    """The person says nothing lies in the bin: every line of the sheet there that has no scan yet is counted as zero."""
    lines = uncounted_of(Sheet.objects.get(pk=sheet_id)).filter(bin=bin_code, state__in=Line.TO_COUNT)
    entries = [
        Entry(f"{entry_id}:{line.pk}", bin_code, line.item, line.lot, "0", line.unit, counted_at, user.username)
        for line in lines.order_by("pk")
    ]
    with transaction.atomic():
        taken = take(sheet_id, entries, "pda", user)
        sheet = Sheet.objects.select_related("count", "assignee").get(pk=sheet_id)
        _may_count(sheet, user)
        if bin_code not in sheet.bins:
            raise InputError("stocktake.bin_not_on_sheet", bin=bin_code, sheet=sheet.number)
        here = CountedBin.objects.filter(count=sheet.count_id, bin=bin_code)
        here.update(empty=True, seen_at=clock.now(), seen_by=user.username)
    return taken


def undo(source_id: str, user: User) -> Line:
    """Take back an own scan of a sheet that is not submitted yet. The scan stays in the history, marked."""
    with transaction.atomic():
        scan = (
            Scan.objects.select_for_update(of=("self",), no_key=True).select_related("sheet__count", "sheet__assignee", "line")
            .filter(source="pda", source_id=source_id).first()
        )  # fmt: skip
        if scan is None:
            raise NotFound("stocktake.no_such_scan", scan=source_id)
        lock(scan.sheet_id)
        _may_count(scan.sheet, user)
        if scan.undone_at is None:
            scan.undone_at = clock.now()
            scan.save(update_fields=["undone_at"])
        line = scan.line
        passes = (1, 2) if paired(scan.sheet) else (scan.pass_number,)
        if not line.scans.filter(pass_number__in=passes, undone_at=None).exists():
            line.state = Line.State.OPEN if line.pass_number == 1 else Line.State.RECOUNT
            line.save(update_fields=["state"])
        judge(scan.sheet.count, [line])
        events.announce("scan", scan.sheet.count.number)
    return line


def entries_by_sheet(pairs: Iterable[tuple[int, Entry]]) -> dict[int, list[Entry]]:
    """Group entries by their sheet, keeping their order."""
    grouped: dict[int, list[Entry]] = {}
    for sheet, entry in pairs:
        grouped.setdefault(sheet, []).append(entry)
    return grouped
