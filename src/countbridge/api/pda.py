"""What a handheld sees and sends. A blind count's answers hold no expected quantity; a scan is answered after its commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count as Number
from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime
from ninja import Router, Schema

from countbridge import clock
from countbridge.api import shown
from countbridge.api.auth import Request, needs_pda
from countbridge.domain.keys import FINER, GOODS
from countbridge.domain.units import base_sum, unit_factor
from countbridge.errors import CountbridgeError, InputError, NotFound
from countbridge.links.models import Bin, Item
from countbridge.messages import render
from countbridge.people.language import language_of
from countbridge.stocktake import pairs, progress, scans
from countbridge.stocktake.models import Count, Line, Scan, Sheet

router = Router(tags=["pda"], by_alias=True)
prefix = "/pda"

MOST_SCANS = 500
LONGEST_ID = 120


class ScanIn(Schema):
    id: str
    sheet: int
    bin: str
    code: str
    lot: str | None = None
    status: str | None = None  # null: not said; empty: none
    owner: str | None = None
    package: str | None = None
    quantity: str
    unit: str
    counted_at: str
    note: str = ""
    expires: str | None = None


class ScansIn(Schema):
    sent_at: datetime | None = None
    scans: list[ScanIn]


class EmptyIn(Schema):
    id: str
    bin: str
    counted_at: datetime
    sent_at: datetime | None = None


class EverySerialIn(Schema):
    id: str
    bin: str
    code: str
    counted_at: datetime
    sent_at: datetime | None = None


@router.get("/sheets", auth=needs_pda(), response=dict[str, Any])
def my_sheets(request: Request) -> dict[str, Any]:
    """Sheets given to me that are not handed in."""
    # What somebody else counts of the same lines at the same time is not told.
    mine = (
        Sheet.objects.filter(assignee=request.auth, counted_with="pda", count__state=Count.State.COUNTING)
        .filter(state__in=(Sheet.State.OPEN, Sheet.State.COUNTING))
        .select_related("count")
        .order_by("-pass_number", "number")
    )
    sheets = list(pairs.figures(mine))
    serials = _serial_goods(sheets)
    return {
        "server_time": shown.moment(clock.now()),
        "rows": [
            _sheet(sheet, sheet.n + serials[sheet.pk].more, sheet.done + serials[sheet.pk].more_done)
            for sheet in sheets
        ],
    }


@dataclass
class _SerialGoods:
    """A sheet's goods with serials: each item in a bin is one thing to count, however many serials are booked there."""

    lines: int = 0
    counted: int = 0
    goods: int = 0
    done: int = 0

    @property
    def more(self) -> int:
        return self.goods - self.lines

    @property
    def more_done(self) -> int:
        return self.done - self.counted


def _serial_goods(sheets: Iterable[Sheet]) -> dict[int, _SerialGoods]:
    found: dict[int, _SerialGoods] = defaultdict(_SerialGoods)
    looked = {sheet.pk: {(place, item) for place, item in sheet.looked_through} for sheet in sheets}
    counted = Number("pk", filter=Q(state=Line.State.COUNTED))
    goods = Line.objects.filter(sheet__in=list(looked), tracking="serial").values("sheet", "bin", "item")
    for row in goods.annotate(n=Number("pk"), counted=counted):
        of = found[row["sheet"]]
        of.lines, of.counted, of.goods = of.lines + row["n"], of.counted + row["counted"], of.goods + 1
        of.done += (row["bin"], row["item"]) in looked[row["sheet"]]
    return found


def _sheet(sheet: Sheet, lines: int, counted: int) -> dict[str, Any]:
    return {
        "id": sheet.pk,
        "number": sheet.number,
        "count": sheet.count.number,
        "warehouse": sheet.warehouse,
        "zone": sheet.zone,
        # Of two who count at once both count for the first time: neither is told that there is another.
        "pass": 1 if sheet.beside_id else sheet.pass_number,
        "lines": lines,
        "counted": counted,
        "state": sheet.state,
        "blind": sheet.count.blind,
    }


@router.get("/sheets/{sheet}", auth=needs_pda(), response=dict[str, Any])
def show_sheet(request: Request, sheet: int) -> dict[str, Any]:
    """Everything needed to count the sheet without a network: bins in walking order, goods, codes, units."""
    found = _mine(request, sheet)
    lines = list(pairs.lines_of(found).order_by(*GOODS))
    items = {item.code: item for item in _items(found)}
    by_bin: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_bin[line.bin].append(line)
    counted = _counted(found, lines)
    places = {place.code: place for place in Bin.objects.filter(link_id=found.count.link_id, code__in=found.bins)}
    serials = _serial_goods([found])[found.pk]
    done = sum(line.pk in counted for line in lines)
    return {
        "server_time": shown.moment(clock.now()),
        "sheet": _sheet(found, len(lines) + serials.more, done + serials.more_done),
        "bins": [
            {
                "bin": code,
                "barcodes": [places[code].barcode] if places[code].barcode else [],
                "order": places[code].walk_order,
                "goods": [
                    *(
                        _goods(line, items[line.item], found.count, counted.get(line.pk))
                        for line in by_bin[code]
                        if line.tracking != "serial"
                    ),
                    *_serials(
                        found, code, [line for line in by_bin[code] if line.tracking == "serial"], items, counted
                    ),
                ],
            }
            for code in found.bins
        ],
        "items": [_item(item) for item in items.values()],
    }


def _mine(request: Request, sheet: int) -> Sheet:
    found = Sheet.objects.select_related("count", "assignee").filter(pk=sheet).first()
    if found is None or found.warehouse not in request.warehouses:
        raise NotFound("stocktake.no_such_sheet", sheet=sheet)
    if found.assignee_id != request.auth.pk:
        raise InputError("stocktake.sheet_of_other", sheet=found.number, assignee=found.assignee or "-")
    return found


def _items(sheet: Sheet) -> Iterable[Item]:
    """Items with a line in the sheet's warehouse: goods found where nobody expected them are mostly these."""
    there = Line.objects.filter(count=sheet.count, warehouse=sheet.warehouse).values("item")
    return Item.objects.filter(link_id=sheet.count.link_id, code__in=there).prefetch_related("units").order_by("code")


def _counted(sheet: Sheet, lines: list[Line]) -> dict[int, list[Scan]]:
    """What was counted of each line with this sheet."""
    found: dict[int, list[Scan]] = defaultdict(list)
    for scan in Scan.objects.filter(line__in=lines, pass_number=sheet.pass_number, undone_at=None).order_by("pk"):
        found[scan.line_id].append(scan)
    return found


def _goods(line: Line, item: Item, count: Count, counted: list[Scan] | None) -> dict[str, Any]:
    told = _told(counted, line) if counted else None
    return {
        **_item(item),
        "line": line.pk,
        **shown.parts(line),
        "expires": shown.day(line.expires),
        "expected": None if count.blind else shown.plain(line.snapshot),
        "counted": told,
    }


def _serials(
    sheet: Sheet, place: str, lines: list[Line], items: dict[str, Item], counted: dict[int, list[Scan]]
) -> list[dict[str, Any]]:
    """Goods with serials, one row for each item: what was found of them so far, and whether the person said that this was all.
    Which serials are booked, and how many, is told in an open count only."""
    by_item: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_item[line.item].append(line)
    said = {(bin_code, item) for bin_code, item in sheet.looked_through}
    return [
        {
            **_item(items[item]),
            "line": None,
            "lot": None,
            "expected": None,
            "counted": None,
            "serials": [
                {"serial": line.lot, "scan": counted[line.pk][-1].source_id}
                for line in theirs
                if any(scan.quantity for scan in counted.get(line.pk, []))
            ],
            "booked": None if sheet.count.blind else [line.lot for line in theirs if line.snapshot],
            "all_scanned": (place, item) in said,
        }
        for item, theirs in by_item.items()
    ]


def _told(counted: list[Scan], line: Line) -> dict[str, Any]:
    """What the person counted so far: as typed when it was one portion, else their sum in base units."""
    last = counted[-1]
    if len(counted) == 1:
        return {"quantity": shown.plain(last.quantity), "unit": last.unit, "scan": last.source_id}
    total = base_sum(
        [(scan.quantity, unit_factor(scan.numerator, scan.denominator)) for scan in counted], line.decimals
    )
    return {"quantity": shown.plain(total), "unit": line.unit, "scan": last.source_id}


def _item(item: Item) -> dict[str, Any]:
    return {
        "item": item.code,
        "name_zh": item.name_zh,
        "name_en": item.name_en,
        "codes": [code for code in (item.code, item.sku, item.barcode) if code],
        "lot_tracked": item.lot_tracked,
        "tracking": item.tracking,
        "units": [
            {
                "code": unit.unit,
                "name_zh": _unit_name(unit.unit, "zh"),
                "name_en": _unit_name(unit.unit, "en"),
                "numerator": shown.plain(unit.numerator),
                "denominator": shown.plain(unit.denominator),
                "decimals": item.decimals if unit.unit == item.unit else 0,
            }
            for unit in sorted(item.units.all(), key=lambda unit: (unit.unit != item.unit, unit.unit))
        ],
    }


def _unit_name(code: str, language: str) -> str:
    name = render(f"stocktake.unit_{code}", {}, language)
    return code if name.startswith("stocktake.unit_") else name


@router.post("/scans", auth=needs_pda(), response=dict[str, Any])
def send_scans(request: Request, body: ScansIn) -> dict[str, Any]:
    """Store counted portions. Each is answered by itself; an id that came before is answered as before, not stored again."""
    if len(body.scans) > MOST_SCANS:
        raise InputError("stocktake.too_many_at_once", most=MOST_SCANS)
    results: dict[str, dict[str, Any]] = {}
    pairs: list[tuple[int, scans.Entry]] = []
    for scan in body.scans:
        try:
            pairs.append((scan.sheet, _entry(scan, request.auth.username)))
        except InputError as error:
            results[scan.id] = _result(request, scans.Taken(scan.id, error=error))
    for sheet, entries in scans.entries_by_sheet(pairs).items():
        for taken in _take(request, sheet, entries):
            results[taken.id] = _result(request, taken)
    return {"server_time": shown.moment(clock.now()), "results": [results[scan.id] for scan in body.scans]}


def _take(request: Request, sheet: int, entries: list[scans.Entry]) -> list[scans.Taken]:
    """A sheet that is not there or not in the person's warehouses refuses each of its scans, not the whole request."""
    found = Sheet.objects.filter(pk=sheet).first()
    if found is None or found.warehouse not in request.warehouses:
        error = InputError("stocktake.no_such_sheet", sheet=sheet)
        return [scans.Taken(entry.id, error=error) for entry in entries]
    return scans.take(sheet, entries, "pda", request.auth)


def _entry(scan: ScanIn, username: str) -> scans.Entry:
    counted_at, lot = _moment(scan.counted_at), scan.lot or ""
    if counted_at is None:
        raise InputError("stocktake.time_without_offset", scan=scan.id[:LONGEST_ID])
    parts = {name: value for name in FINER if (value := getattr(scan, name)) is not None}
    texts = (scan.id, scan.bin, scan.code, lot, *parts.values(), scan.quantity, scan.unit, scan.note)
    if len(scan.id) > LONGEST_ID or any("\0" in text for text in texts):
        raise InputError("stocktake.unusable_text", scan=scan.id[:LONGEST_ID], longest=LONGEST_ID)
    return scans.Entry(
        scan.id, scan.bin, scan.code, lot, scan.quantity, scan.unit, counted_at, username, scan.note[:500], parts,
        expires=_day(scan),
    )  # fmt: skip


def _day(scan: ScanIn) -> date | None:
    if not scan.expires:
        return None
    try:
        found = parse_date(scan.expires)
    except ValueError:  # the thirtieth of February
        found = None
    if found is None:
        raise InputError("stocktake.bad_day", scan=scan.id[:LONGEST_ID], value=scan.expires[:40])
    return found


def _moment(text: str) -> datetime | None:
    """A time with its offset, None when it is not one."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _result(request: Request, taken: scans.Taken) -> dict[str, Any]:
    error: CountbridgeError | None = taken.error
    said = error or taken.note
    return {
        "id": taken.id,
        "ok": error is None,
        "line": taken.line,
        "code": said.code if said else None,
        "message": render(said.code, said.params, language_of(request)) if said else None,
        "duplicate": taken.duplicate,
    }


@router.post("/scans/{scan}/undo", auth=needs_pda(), response=dict[str, Any])
def undo(request: Request, scan: str) -> dict[str, Any]:
    """Take back an own scan of a sheet that is not handed in; it stays in the history."""
    return {"line": scans.undo(scan, request.auth).pk}


@router.post("/sheets/{sheet}/empty", auth=needs_pda(), response=dict[str, Any])
def empty(request: Request, sheet: int, body: EmptyIn) -> dict[str, Any]:
    """Nothing lies in the bin: its goods that have no scan yet are counted as zero."""
    found = _mine(request, sheet)
    if body.counted_at.tzinfo is None:
        raise InputError("stocktake.time_without_offset", scan=body.id)
    taken = scans.empty_bin(found.pk, body.bin, body.id, body.counted_at, request.auth)
    return {"server_time": shown.moment(clock.now()), "results": [_result(request, each) for each in taken]}


@router.post("/sheets/{sheet}/all-scanned", auth=needs_pda(), response=dict[str, Any])
def every_serial_scanned(request: Request, sheet: int, body: EverySerialIn) -> dict[str, Any]:
    """Every serial of these goods in the bin was scanned: those on the sheet that were not are counted as not there. The answer
    does not say which, or whether there are any."""
    found = _mine(request, sheet)
    if body.counted_at.tzinfo is None:
        raise InputError("stocktake.time_without_offset", scan=body.id[:LONGEST_ID])
    if len(body.id) > LONGEST_ID - 20 or "\0" in body.id + body.bin + body.code:
        raise InputError("stocktake.unusable_text", scan=body.id[:LONGEST_ID], longest=LONGEST_ID - 20)
    scans.every_serial_scanned(found.pk, body.bin, body.code, body.id, body.counted_at, request.auth)
    return {"server_time": shown.moment(clock.now()), "all_scanned": True}


@router.post("/sheets/{sheet}/submit", auth=needs_pda(), response=dict[str, Any])
def submit(request: Request, sheet: int) -> dict[str, Any]:
    """Hand the sheet in. 422 `stocktake.sheet_not_done` while one of its goods has neither a quantity nor a zero."""
    progress.hand_in(_mine(request, sheet).pk)
    return {"submitted": True}
