"""Taking in what people counted: checked, stored with everything needed to compute it again, answered after commit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from countbridge import clock
from countbridge.domain.decimals import has_at_most
from countbridge.domain.keys import FINER, GOODS, StockKey
from countbridge.domain.serials import is_one_or_none
from countbridge.domain.units import unit_factor
from countbridge.errors import CountbridgeError, InputError, NotFound
from countbridge.exchange import events
from countbridge.links.models import Item, ItemUnit
from countbridge.people.models import User
from countbridge.stocktake import serials
from countbridge.stocktake.goods import Goods
from countbridge.stocktake.judge import judge, key_of
from countbridge.stocktake.models import Count, CountedBin, Line, Scan, Sheet
from countbridge.stocktake.pairs import base_of, lines_of, lock, paired, uncounted_of

QUANTITY = re.compile(r"\d{1,15}(\.\d{1,9})?")
FUTURE = timedelta(minutes=5)
# Why a scan of a serial is kept and not counted: it was found there before, or the line's count stands and is not asked again.
AGAIN, STANDS = "serial_again", "serial_stands"
MOST_LISTED = 20


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
    parts: Mapping[str, str] = field(default_factory=dict)  # status, owner, package where they were named; "" = none
    expires: date | None = None  # the last good day on the label
    told_at: datetime | None = None  # what the device said, where its clock was found off and `counted_at` corrected


@dataclass(frozen=True)
class Taken:
    """What became of an entry: a line, or the error that says what to do. `note`: it was kept and changes nothing; why."""

    id: str
    line: int | None = None
    duplicate: bool = False
    error: CountbridgeError | None = None
    note: CountbridgeError | None = None


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
        found = serials.standing(sheet, {entry.lot for entry in entries if entry.lot})
        taken: list[Taken] = []
        touched: dict[int, Line] = {}
        for entry in entries:
            if entry.id in known:
                taken.append(Taken(entry.id, known[entry.id], duplicate=True))
                continue
            try:
                line, note = _store(sheet, entry, source, user, goods, found)
            except InputError as error:
                taken.append(Taken(entry.id, error=error))
                continue
            known[entry.id] = line.pk
            if note is None:
                touched[line.pk] = line
            taken.append(Taken(entry.id, line.pk, duplicate=note is not None, note=note))
        if touched:
            judge(sheet.count, list(touched.values()))
            serials.look_again(sheet.count, touched.values())
            if sheet.count.kind == "zero_check":
                holding = {line.bin for line in touched.values() if line.counted}
                CountedBin.objects.filter(count=sheet.count_id, bin__in=holding).update(empty=False)
            Sheet.objects.filter(pk=sheet.pk, state=Sheet.State.OPEN).update(state=Sheet.State.COUNTING)
            events.announce("scan", sheet.count.number)
    return taken


def _store(
    sheet: Sheet, entry: Entry, source: str, user: User | None, goods: Goods, found: dict[int, tuple[str, datetime]]
) -> tuple[Line, CountbridgeError | None]:
    """The line the entry is of, and why it is not counted where it is kept only. `found`: serials that stand (serials.standing);
    this one is put among them."""
    _may_count(sheet, user)
    if entry.bin not in sheet.bins:
        raise InputError("stocktake.bin_not_on_sheet", bin=entry.bin, sheet=sheet.number)
    item = goods.item(entry.code)
    lot = goods.lot(item, entry.lot)
    unit = goods.unit(item, entry.unit)
    quantity = _quantity(entry, item, unit)
    if entry.counted_at > clock.now() + FUTURE:
        raise InputError("stocktake.counted_in_future", at=entry.counted_at.isoformat(), bin=entry.bin, item=item.code)
    if item.is_serial and not is_one_or_none(quantity, unit_factor(unit.numerator, unit.denominator)):
        raise InputError(
            "stocktake.serial_quantity",
            bin=entry.bin,
            item=item.code,
            serial=lot,
            quantity=entry.quantity,
            unit=unit.unit,
        )
    line = _line(sheet, goods, StockKey(entry.bin, item.code, lot, **entry.parts), item, set(entry.parts))
    aside = _aside(sheet, line, quantity, found)
    note = InputError(f"stocktake.{aside}", **_seen(line, found)) if aside else None
    if item.is_serial and quantity and not aside:
        found[line.pk] = (entry.counter, entry.counted_at)
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
        expires=entry.expires,
        set_aside=aside,
        undone_at=clock.now() if aside else None,
    )
    if aside:
        return line, note
    if line.state != Line.State.COUNTED:
        line.state = Line.State.COUNTED
        line.save(update_fields=["state"])
    return line, None


def _aside(sheet: Sheet, line: Line, quantity: Decimal, found: dict[int, tuple[str, datetime]]) -> str:
    """Is the scan of a serial to be kept without being counted, and why? "" if it counts. A serial that was found cannot be said
    not to be there: which of the two is right only its person knows, who takes the scan back."""
    if line.tracking != serials.SERIAL:
        return ""
    if line.sheet_id != base_of(sheet):
        return STANDS
    if line.pk not in found:
        return ""
    if not quantity:
        raise InputError("stocktake.serial_is_there", **_seen(line, found))
    return AGAIN


def _seen(line: Line, found: dict[int, tuple[str, datetime]]) -> dict[str, object]:
    counter, at = found.get(line.pk, (line.counter, line.counted_at))
    moment = at.isoformat(timespec="seconds") if at else "-"
    return {"bin": line.bin, "item": line.item, "serial": line.lot, "counter": counter or "-", "at": moment}


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


def _line(sheet: Sheet, goods: Goods, key: StockKey, item: Item, named: Set[str]) -> Line:
    """The line of the key, found by what was `named`: a part nobody named is that of the only line there. Several lines: the
    person has to say which. Goods nobody expected there make a new line with nothing booked."""
    here = Line.objects.filter(count=sheet.count, bin=key.place, **key.goods({"lot", *named}))
    known = list(here.order_by(*GOODS)[:MOST_LISTED])
    if not known:
        return goods.new_line(sheet, key, item)
    if len(known) > 1:
        told = "; ".join(told_parts(line) for line in known)
        raise InputError("stocktake.several_lines", bin=key.place, item=key.item, lot=key.lot or "-", known=told)
    line = known[0]
    if line.sheet_id != base_of(sheet) and not (item.is_serial and sheet.pass_number > 1):
        told = key_of(line).told
        raise InputError("stocktake.not_on_sheet", sheet=sheet.number, bin=key.place, item=key.item, lot=told)
    return line


def told_parts(line: Line) -> str:
    """What a person is told of a line to choose it by: "status=HOLD owner=-"."""
    return " ".join(f"{name}={getattr(line, name) or '-'}" for name in FINER)


def empty_bin(sheet_id: int, bin_code: str, entry_id: str, counted_at: datetime, user: User) -> list[Taken]:
    """The person says nothing lies in the bin: every line of the sheet there that has no scan yet is counted as zero."""
    lines = uncounted_of(Sheet.objects.get(pk=sheet_id)).filter(bin=bin_code, state__in=Line.TO_COUNT)
    entries = [
        Entry(
            f"{entry_id}:{line.pk}",
            bin_code,
            line.item,
            line.lot,
            "0",
            line.unit,
            counted_at,
            user.username,
            parts={name: getattr(line, name) for name in FINER},
        )
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
        _looked_through(
            sheet, {(bin_code, line.item) for line in lines_of(sheet).filter(bin=bin_code, tracking="serial")}
        )
    return taken


def every_serial_scanned(
    sheet_id: int, bin_code: str, code: str, entry_id: str, counted_at: datetime, user: User
) -> list[Taken]:
    """The person says that every one of these goods in the bin was scanned: its serials on the sheet that were not are counted
    as not there. One that is scanned afterwards is there all the same. All of it is done or nothing."""
    with transaction.atomic():
        lock(sheet_id)
        sheet = Sheet.objects.select_related("count", "assignee").get(pk=sheet_id)
        _may_count(sheet, user)
        if bin_code not in sheet.bins:
            raise InputError("stocktake.bin_not_on_sheet", bin=bin_code, sheet=sheet.number)
        item = Goods(sheet.count, {code}).item(code)
        if not item.is_serial:
            raise InputError("stocktake.no_serials", item=item.code)
        left = uncounted_of(sheet).filter(bin=bin_code, item=item.code, state__in=Line.TO_COUNT)
        entries = [
            Entry(f"{entry_id}:{line.pk}", bin_code, line.item, line.lot, "0", line.unit, counted_at, user.username)
            for line in left.order_by("pk")
        ]
        taken = take(sheet_id, entries, "pda", user) if entries else []
        for each in taken:
            if each.error is not None:
                raise each.error
        sheet.refresh_from_db(fields=["looked_through"])
        _looked_through(sheet, {(bin_code, item.code)})
    return taken


def _looked_through(sheet: Sheet, places: Iterable[tuple[str, str]], *, done: bool = True) -> None:
    """Note, or take back, that every serial of these items in these bins was scanned. Called with the sheet locked."""
    before = {(place, item) for place, item in sheet.looked_through}
    after = before | set(places) if done else before - set(places)
    if after != before:
        sheet.looked_through = [list(pair) for pair in sorted(after)]
        sheet.save(update_fields=["looked_through"])


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
        if line.tracking == serials.SERIAL:
            held = Sheet.objects.select_for_update(no_key=True).get(pk=scan.sheet_id)
            _looked_through(held, {(line.bin, line.item)}, done=False)
            serials.look_again(scan.sheet.count, [line])
        events.announce("scan", scan.sheet.count.number)
    return line


def entries_by_sheet(pairs: Iterable[tuple[int, Entry]]) -> dict[int, list[Entry]]:
    """Group entries by their sheet, keeping their order."""
    grouped: dict[int, list[Entry]] = {}
    for sheet, entry in pairs:
        grouped.setdefault(sheet, []).append(entry)
    return grouped
