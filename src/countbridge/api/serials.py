"""Serials of a count: of each item in a bin which are there, missing, extra, and where those that moved came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count as Number
from django.db.models import Min, Q
from ninja import Router

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.counts import get_count
from countbridge.api.lines import told_of
from countbridge.api.tables import Natural
from countbridge.domain.serials import REASONS
from countbridge.errors import NotFound
from countbridge.people.access import allowed
from countbridge.people.language import language_of
from countbridge.stocktake import reasons
from countbridge.stocktake.models import Line
from countbridge.stocktake.serials import SERIAL, Seen, moved_lines, seen

router = Router(tags=["serials"], by_alias=True)
prefix = ""

MOST = 500


@router.get("/counts/{number}/serials", auth=needs("count.view"), response=schemas.SerialPlaces)
def list_places(
    request: Request, number: str, offset: Natural = 0, limit: Natural = 100, only: str = ""
) -> dict[str, Any]:
    """Bins with serials of a count, by bin and item, in the warehouses you may see; `only=variance`: those with one missing or
    extra. `line` is one of the bin's lines: `/lines/{line}/serials` has the serials. Booked, missing and extra are told where you
    may see the book (`line.expected`)."""
    count = get_count(request, number)
    expected = allowed(request.auth, "line.expected")
    lines = told_of(request.warehouses.limit(count.lines.filter(tracking=SERIAL), "warehouse"), request)
    missing, extra = Number("pk", filter=Q(variance__lt=0)), Number("pk", filter=Q(variance__gt=0))
    booked = Number("pk", filter=Q(expected__gt=0) | Q(expected=None, snapshot__gt=0))
    if only == "variance":
        lines = expected.limit(lines, "warehouse").filter(variance__isnull=False).exclude(variance=0)
    places = lines.values("warehouse", "bin", "item", "item_name_zh", "item_name_en").annotate(
        line=Min("pk"), found=Number("pk", filter=Q(counted__gt=0)), booked=booked, missing=missing, extra=extra
    )
    page = places.order_by("bin", "item")[offset : offset + min(limit, MOST)]
    return {
        "total": lines.values("bin", "item").distinct().count(),
        "rows": [_place(dict(row), request, row["warehouse"] in expected) for row in page],
    }


def _place(row: dict[str, Any], request: Request, sees: bool) -> dict[str, Any]:
    told = {name: row[name] if sees else None for name in ("booked", "missing", "extra")}
    name = row["item_name_zh"] if shown.chinese(request) else row["item_name_en"]
    same = {part: row[part] for part in ("line", "bin", "item")}
    return {**same, "counted": row["found"], "item_name": name, **told}


@router.get("/lines/{line}/serials", auth=needs("count.view"), response=schemas.SerialPage)
def list_serials(request: Request, line: int, offset: Natural = 0, limit: Natural = 100) -> dict[str, Any]:
    """All serials of the line's item in its bin. Who may not see the book (`line.expected`) is told those that were found."""
    row = Line.objects.select_related("count").filter(pk=line, tracking=SERIAL).first()
    if row is None or row.warehouse not in request.warehouses:
        raise NotFound("stocktake.no_such_line", line=line)
    sees = row.warehouse in allowed(request.auth, "line.expected")
    here = Line.objects.filter(count=row.count, tracking=SERIAL, bin=row.bin, item=row.item)
    if not sees:
        here = here.filter(counted__gt=0)
    found = here.aggregate(
        found=Number("pk", filter=Q(counted__gt=0)),
        booked=Number("pk", filter=Q(expected__gt=0) | Q(expected=None, snapshot__gt=0)),
        present=Number("pk", filter=Q(counted__gt=0, variance=0)),
        missing=Number("pk", filter=Q(variance__lt=0)),
        extra=Number("pk", filter=Q(variance__gt=0)),
        open=Number("pk", filter=Q(counted=None, snapshot__gt=0)),
    )
    found["counted"] = found.pop("found")
    found["moved"] = moved_lines(here).count()
    page = list(here.order_by("lot", "pk")[offset : offset + min(limit, MOST)])
    rows = _rows(request, page, sees)
    hidden = {} if sees else dict.fromkeys(("booked", "present", "missing", "extra", "open", "moved"))
    return {"bin": row.bin, "item": row.item, "total": here.count(), **found, **hidden, "rows": rows}


def _rows(request: Request, lines: Sequence[Line], sees: bool) -> list[dict[str, Any]]:
    places = seen(lines)
    return [_row(request, line, places[line.pk], sees) for line in lines]


def _row(request: Request, line: Line, found: Seen, sees: bool) -> dict[str, Any]:
    said = reasons.sentences(line, language_of(request), REASONS) if sees else []
    return {
        "line": line.pk,
        "serial": line.lot,
        "state": _state(line) if sees else "counted",
        "booked": (line.snapshot if line.expected is None else line.expected) > 0 if sees else None,
        "counted": None if line.counted is None else line.counted > 0,
        "moved": sees and found.moved,
        "places": list(found.places) if sees else [],
        "reason": " ".join(said) or None,
        "counter": line.counter or None,
        "counted_at": shown.moment(line.counted_at),
    }


def _state(line: Line) -> str:
    if line.counted is None:
        return "open"
    if not line.variance:
        return "present" if line.counted else "absent"
    return "extra" if line.variance > 0 else "missing"
