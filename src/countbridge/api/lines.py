"""Lines of a count: the table, one line with everything its figures come from, and the export."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from ninja import Router

from countbridge.api import schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.counts import get_count
from countbridge.api.tables import Natural, csv_answer
from countbridge.domain.decimals import round_half_up
from countbridge.domain.explanation import Cause
from countbridge.domain.keys import GOODS, TRAITS, StockKey
from countbridge.domain.units import to_base, unit_factor
from countbridge.errors import InputError, NotFound
from countbridge.exchange.grain import common
from countbridge.people.access import allowed
from countbridge.stocktake.explaining import KEPT_WITH
from countbridge.stocktake.judge import key_of, movements_of, passes_of, standing_of, valid_pass, variance_by_pass
from countbridge.stocktake.models import AdjustmentLine, Line, Scan

router = Router(tags=["lines"], by_alias=True)
prefix = ""

SORTABLE = {
    "bin", *GOODS, "zone", "warehouse", "state", "outcome", "snapshot", "expected", "counted", "variance", "value",
    "counted_at", "counter", "unit", "price",
}  # fmt: skip
NO_CAUSE = "none"
BOOK_FIELDS = {"snapshot", "expected", "variance", "value", "price", "outcome"}
ONLY = {
    "variance": Q(variance__isnull=False) & ~Q(variance=0),
    "open": Q(state=Line.State.OPEN),
    "recount": Q(state=Line.State.RECOUNT),
    "approve": Q(state__in=(Line.State.APPROVE, Line.State.HOLD)),
}


def narrowed(
    lines: QuerySet[Line],
    request: Request,
    *,
    state: str,
    zone: str,
    bin: str,
    q: str,
    only: str,
    sort: str,
    cause: str = "",
) -> QuerySet[Line]:
    """Lines of the reader's warehouses, filtered and sorted as asked. InputError for a word that is not known."""
    lines = told_of(request.warehouses.limit(lines, "warehouse"), request)
    for field, value in (("state", state), ("zone", zone), ("bin", bin)):
        if value:
            lines = lines.filter(**{f"{field}__in": value.split(",")})
    if only:
        if only not in ONLY:
            raise InputError("api.unknown_word", word=only, known=", ".join(ONLY))
        lines = lines.filter(ONLY[only])
    if cause:
        lines = of_cause(lines, request, cause)
    if q:
        text = Q(item__icontains=q) | Q(item_name_zh__icontains=q) | Q(item_name_en__icontains=q)
        lines = lines.filter(
            text | Q(bin__icontains=q) | reduce(or_, (Q(**{f"{name}__icontains": q}) for name in TRAITS))
        )
    return lines.order_by(*_order(request, sort))


def told_of(lines: QuerySet[Line], request: Request) -> QuerySet[Line]:
    """Without the serials that are booked and were not found, where the reader may not see the book: their lines are the book."""
    seen = allowed(request.auth, "line.expected")
    return (
        lines
        if seen.everywhere
        else lines.filter(~Q(tracking="serial") | Q(counted__gt=0) | seen.condition("warehouse"))
    )


def of_cause(lines: QuerySet[Line], request: Request, cause: str) -> QuerySet[Line]:
    """Lines that wait and of which one of these causes is said, decided or not; "none": nothing that fits was found. Only
    lines whose book the reader may see: a cause tells of it."""
    asked = cause.split(",")
    if unknown := sorted(set(asked) - {*Cause, NO_CAUSE}):
        raise InputError("api.unknown_word", word=unknown[0], known=", ".join([*Cause, NO_CAUSE]))
    said = Q(pk__in=())
    for one in asked:
        if one == NO_CAUSE:
            said |= Q(explanation__stories=[], explanation__gap=None)
        else:
            said |= Q(explanation__contains={"stories": [{"cause": one}]})
            said |= Q(explanation__contains={"gap": {"cause": one}})
    seen = allowed(request.auth, "line.expected").limit(lines, "warehouse")
    return seen.filter(said, state__in=KEPT_WITH)


def _order(request: Request, sort: str) -> list[Any]:
    field = sort.removeprefix("-")
    if not field:
        return ["zone", "bin", *GOODS, "pk"]
    if field not in SORTABLE:
        raise InputError("api.unknown_word", word=field, known=", ".join(sorted(SORTABLE)))
    if field in BOOK_FIELDS and not allowed(request.auth, "line.expected").everywhere:
        # The order of lines would tell what the fields themselves may not.
        visible = allowed(request.auth, "line.expected")
        if not all(code in visible for code in request.warehouses.codes) or request.warehouses.everywhere:
            return ["zone", "bin", *GOODS, "pk"]
    by = F(field)
    return [by.desc(nulls_last=True) if sort.startswith("-") else by.asc(nulls_last=True), "pk"]


@router.get("/counts/{number}/lines", auth=needs("count.view"), response=schemas.LinePage)
def list_lines(
    request: Request, number: str, offset: Natural = 0, limit: Natural = 100, sort: str = "", state: str = "", zone: str = "",
    bin: str = "", q: str = "", only: str = "", cause: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Lines of a count. `sort` is a field, with - for descending; `only` one of variance, open, recount, approve;
    `cause` one or several causes, parted by commas, that the explainer names (none: it found nothing that fits)."""
    count = get_count(request, number)
    lines = narrowed(
        count.lines.all(), request, state=state, zone=zone, bin=bin, q=q, only=only, sort=sort, cause=cause
    )
    page = lines.select_related("count", "sheet__assignee")[offset : offset + min(limit, 500)]
    expected = allowed(request.auth, "line.expected")
    return {"total": lines.count(), "rows": [shown.line(line, request, expected) for line in page]}


@router.get("/counts/{number}/lines.csv", auth=needs("count.view"))
def export_lines(
    request: Request, number: str, sort: str = "", state: str = "", zone: str = "", bin: str = "", q: str = "",
    only: str = "", cause: str = "",
) -> HttpResponse:  # fmt: skip
    """The same lines as CSV."""
    count = get_count(request, number)
    lines = narrowed(
        count.lines.all(), request, state=state, zone=zone, bin=bin, q=q, only=only, sort=sort, cause=cause
    )
    expected = allowed(request.auth, "line.expected")

    def rows() -> Iterator[dict[str, Any]]:
        for line in lines.select_related("count", "sheet__assignee").iterator(2000):
            row = shown.line(line, request, expected)
            yield {**row, "explanation": _sentences(row["explanation"])}

    columns = [field.alias or name for name, field in schemas.LineShown.model_fields.items()]
    return csv_answer(f"{number}.csv", rows(), columns)


def _sentences(explanation: dict[str, Any] | None) -> list[str]:
    """Everything said of a line, for a cell of a table."""
    if explanation is None:
        return []
    said = [*explanation["stories"], *([explanation["gap"]] if explanation["gap"] else [])]
    return [story["sentence"] for story in said]


@router.get("/lines/{line}", auth=needs("count.view"), response=schemas.LineDetail)
def show_line(request: Request, line: int) -> dict[str, Any]:
    """One line: snapshot, every movement, every scan, decisions and postings."""
    row = Line.objects.select_related("count__link", "sheet__assignee").filter(pk=line).first()
    if row is None or row.warehouse not in request.warehouses:
        raise NotFound("stocktake.no_such_line", line=line)
    expected = allowed(request.auth, "line.expected")
    sees = row.warehouse in expected
    return {
        **shown.line(row, request, expected),
        "movements": _movements(row) if sees else [],
        "scans": [_scan(scan, row) for scan in row.scans.order_by("pk")],
        "passes": _passes(row) if sees else [],
        "decisions": [
            {
                "at": shown.moment(d.at),
                "user": d.user.username,
                "decision": d.decision,
                "reason": d.reason,
                "reason_code": d.reason_code or None,
                "taken_pass": d.taken_pass,
            }
            for d in row.decisions.select_related("user").order_by("pk")
        ],
        "postings": _postings(row) if sees else [],
    }


def _passes(row: Line) -> list[dict[str, Any]]:
    """Each count of the line by itself, for whoever has to say which is right."""
    counted = passes_of([row])[row.pk]
    valid = valid_pass(row, standing_of(row.count, [row])[row.pk])
    return [
        {
            "pass": number, "counter": counted[number][-1].counter, "counted_at": shown.moment(found.judged_at),
            "counted": shown.plain(found.counted), "expected": shown.plain(found.expected),
            "variance": shown.plain(found.variance), "outcome": found.outcome.value, "valid": number == valid,
        }
        for number, found in variance_by_pass(row).items()
    ]  # fmt: skip


def _movements(row: Line) -> list[dict[str, Any]]:
    """Movements after the snapshot; `included` says whether it is part of the expected quantity."""
    return [
        {
            "id": m.source_id,
            "occurred": shown.moment(m.occurred),
            "posted": shown.moment(m.erp_posted),
            "seen": shown.moment(m.seen),
            "quantity": shown.plain(m.quantity),
            "kind": m.kind,
            "document": m.document,
            "included": row.counted_at is None or m.occurred <= row.counted_at,
        }
        for m in movements_of(row.count, [key_of(row)])[key_of(row)]
        if m.ledger_seq > row.watermark
    ]


def _scan(scan: Scan, row: Line) -> dict[str, Any]:
    exact = to_base(scan.quantity, unit_factor(scan.numerator, scan.denominator))
    return {
        "id": scan.source_id,
        "pass": scan.pass_number,
        "quantity": shown.plain(scan.quantity),
        "unit": scan.unit,
        "base": shown.plain(round_half_up(exact, row.decimals)),
        "counter": scan.counter,
        "counted_at": shown.moment(scan.counted_at),
        "received_at": shown.moment(scan.received_at),
        "source": scan.source,
        "undone": scan.undone_at is not None,
        "note": scan.note,
        "expires": shown.day(scan.expires),
        "set_aside": scan.set_aside or None,
    }


def _postings(row: Line) -> list[dict[str, Any]]:
    """The adjustment lines of this key: the ERP's (at its own grain) and the WMS's (this bin)."""
    key = StockKey.of(row.bin, row)
    erp = Q(bin="", erp_location=row.erp_location, **key.coarser(common(row.count.link)).goods())
    lines = AdjustmentLine.objects.filter(erp | Q(bin=row.bin, **key.goods()), adjustment__count=row.count)
    return [
        {
            "system": line.adjustment.side,
            "delivery": line.adjustment.delivery_id,
            "state": line.adjustment.delivery.state if line.adjustment.delivery else "intent",
            "remote_id": line.adjustment.delivery.remote_id or None if line.adjustment.delivery else None,
            "quantity": shown.plain(line.quantity),
        }
        for line in lines.select_related("adjustment__delivery").order_by("pk")
    ]
