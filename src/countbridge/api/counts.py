"""Counts: the list, one count with its progress, its bins, sheets and timeline, and what a planner may do with it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from ninja import Router

from countbridge import clock
from countbridge.api import cutoff, schemas, shown
from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural, csv_answer
from countbridge.domain.keys import GOODS
from countbridge.errors import NotFound
from countbridge.exchange.models import Event
from countbridge.exchange.queue import follow
from countbridge.links.models import Bin, Item, Warehouse
from countbridge.messages import render
from countbridge.people.access import WarehouseScope, allowed, require
from countbridge.people.language import language_of
from countbridge.people.models import User
from countbridge.stocktake import decisions, pairs, sheets, summaries, work
from countbridge.stocktake.models import Count, Line, Sheet
from countbridge.stocktake.steps import steps_of

router = Router(tags=["counts"], by_alias=True)
prefix = ""


def get_count(request: Request, number: str) -> Count:
    """The count, if the reader may see one of its warehouses; NotFound otherwise, whether or not it exists."""
    count = summaries.visible(request.warehouses).filter(number=number).first()
    if count is None:
        raise NotFound("stocktake.no_such_count", count=number)
    return count


def summary(count: Count, row: dict[str, Any], names: dict[str, str], sees_money: bool) -> dict[str, Any]:
    money = {name: shown.money(row[name]) if sees_money else None for name in ("gain", "loss")}
    net = shown.money(row["gain"] + row["loss"]) if sees_money else None
    return {
        "number": count.number,
        "name": count.name,
        "kind": count.kind,
        "blind": count.blind,
        "mode": count.mode,
        "state": count.state,
        "warehouses": [{"code": code, "name": names.get(code, code)} for code in count.warehouses],
        "planned_at": shown.moment(count.planned_at),
        "started_at": shown.moment(count.started_at),
        "closed_at": shown.moment(count.closed_at),
        "responsible": count.responsible,
        "counted": row["counted_lines"],
        **{name: row[name] for name in ("lines", "settled", "to_recount", "to_approve", "final")},
        "variances": row["variances"] if sees_money else 0,
        **money,
        "net": net,
    }


def summarized(request: Request, counts: list[Count]) -> list[dict[str, Any]]:
    rows = summaries.of_counts(counts, request.warehouses)
    names = dict(Warehouse.objects.values_list("code", "name"))
    sees = allowed(request.auth, "line.expected")
    return [summary(count, rows[count.pk], names, _sees_all(count, request.warehouses, sees)) for count in counts]


def _sees_all(count: Count, scope: WarehouseScope, expected: WarehouseScope) -> bool:
    return all(code in expected for code in count.warehouses if code in scope)


def _found(request: Request, state: str, q: str) -> Any:
    counts = summaries.visible(request.warehouses)
    if state:
        counts = counts.filter(state__in=state.split(","))
    return counts.filter(Q(number__icontains=q) | Q(name__icontains=q)) if q else counts


@router.get("/counts", auth=needs("count.view"), response=schemas.CountPage)
def list_counts(
    request: Request, state: str = "", q: str = "", offset: Natural = 0, limit: Natural = 50
) -> dict[str, Any]:
    """Counts with a warehouse of yours, newest first. `state` may list several, parted by commas."""
    counts = _found(request, state, q)
    return {"total": counts.count(), "rows": summarized(request, list(counts[offset : offset + min(limit, 200)]))}


@router.get("/counts.csv", auth=needs("count.view"))
def export_counts(request: Request, state: str = "", q: str = "") -> HttpResponse:
    """The same list as CSV."""
    rows = summarized(request, list(_found(request, state, q)))
    for row in rows:
        row["warehouses"] = " ".join(place["code"] for place in row["warehouses"])
    return csv_answer("counts.csv", rows, list(rows[0]) if rows else ["number"])


@router.get("/counts/{number}", auth=needs("count.view"), response=schemas.CountDetail)
def show_count(request: Request, number: str) -> dict[str, Any]:
    """One count: its steps, figures by zone, policy, and the keys on which the books differ."""
    count = get_count(request, number)
    head = summarized(request, [count])[0]
    lines = request.warehouses.limit(Line.objects.filter(count=count), "warehouse")
    sees = _sees_all(count, request.warehouses, allowed(request.auth, "line.expected"))
    return {
        **head,
        "currency": count.link.currency,
        "steps": steps_of(count, language_of(request)),
        "zones": [_zone(row, sees) for row in summaries.figures(lines, "warehouse", "zone")],
        "approvals": [
            {"system_number": a.number or a.document, "location": a.location} for a in count.approvals.order_by("pk")
        ],
        "differences": _differences(request, count) if sees else [],
        "cutoff": cutoff.seen(count, request.warehouses),
        "policy": count.policy,
        "progress": {"done": head["counted"], "total": head["lines"], "eta_seconds": _eta(count, head)},
        "accuracy": summaries.accuracy(count, request.warehouses) if sees and head["counted"] else None,
        "problem": shown.sentence(request, count.problem),
        "work": work.shown(count),
    }


def _zone(row: dict[str, Any], sees: bool) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("warehouse", "zone", "lines", "settled", "to_recount", "to_approve", "final")},
        "counted": row["counted_lines"],
        "variance_lines": row["variances"] if sees else 0,
        "gain": shown.money(row["gain"]) if sees else None,
        "loss": shown.money(row["loss"]) if sees else None,
    }


def _eta(count: Count, head: dict[str, Any]) -> int | None:
    """Seconds until all lines are counted at the pace so far; None before there is a pace to speak of."""
    done, total = head["counted"], head["lines"]
    if count.state != Count.State.COUNTING or count.started_at is None or done < 5 or done >= total:
        return None
    elapsed = int((clock.now() - count.started_at).total_seconds())
    return elapsed * int(total - done) // int(done)


def _differences(request: Request, count: Count) -> list[dict[str, Any]]:
    mine = request.warehouses.limit(Bin.objects.filter(link=count.link), "warehouse").values("erp_location")
    found = count.differences.filter(erp_location__in=mine)
    rows = list(found.order_by("erp_location", *GOODS)[:1000])
    field = "name_zh" if shown.chinese(request) else "name_en"
    names = dict(Item.objects.filter(link=count.link, code__in={row.item for row in rows}).values_list("code", field))
    return [
        {
            "location": row.erp_location,
            "item": row.item,
            "item_name": names.get(row.item, row.item),
            **shown.parts(row),
            "erp": shown.plain(row.erp),
            "wms": shown.plain(row.wms),
            "pending": shown.plain(row.pending),
            "reason": render(row.code, row.params, language_of(request)),
        }
        for row in rows
    ]


@router.get("/counts/{number}/bins", auth=needs("count.view"), response=schemas.Bins)
def show_bins(request: Request, number: str) -> dict[str, Any]:
    """The bin map: every bin of the count with its figures, in walking order."""
    count = get_count(request, number)
    scope = request.warehouses
    sees = _sees_all(count, scope, allowed(request.auth, "line.expected"))
    rows = {row["bin"]: row for row in summaries.figures(scope.limit(count.lines.all(), "warehouse"), "bin")}
    on_sheets = {code for bins in count.sheets.filter(pass_number=1).values_list("bins", flat=True) for code in bins}
    places = scope.limit(Bin.objects.filter(link=count.link, code__in=on_sheets | set(rows)), "warehouse")
    return {"rows": [_bin(place, rows.get(place.code), sees) for place in places.order_by("walk_order", "code")]}


def _bin(place: Bin, row: dict[str, Any] | None, sees: bool) -> dict[str, Any]:
    found = row or {"lines": 0, "counted_lines": 0, "variances": 0, "to_recount": 0, "to_approve": 0, "final": 0}
    return {
        "warehouse": place.warehouse,
        "zone": place.zone,
        "bin": place.code,
        "order": place.walk_order,
        "lines": found["lines"],
        "counted": found["counted_lines"],
        "variance_lines": found["variances"] if sees else 0,
        "gain": shown.money(found.get("gain")) if sees else None,
        "loss": shown.money(found.get("loss")) if sees else None,
        "value_abs": shown.money(found.get("value_abs")) if sees else None,
        "state": _bin_state(found, sees),
    }


def _bin_state(row: dict[str, Any], sees: bool) -> str:
    if row["to_recount"] or row["to_approve"]:
        return "recount"
    if not row["counted_lines"]:
        return "open"
    if row["counted_lines"] < row["lines"]:
        return "counting"
    if sees and row["variances"]:
        return "variance"
    return "final" if row["final"] == row["lines"] else "match"


@router.get("/counts/{number}/timeline", auth=needs("count.view"), response=schemas.Timeline)
def show_timeline(request: Request, number: str, before: int | None = None, limit: Natural = 100) -> dict[str, Any]:
    """What happened, newest first; `before` continues."""
    count = get_count(request, number)
    events = Event.objects.filter(count=count.number).order_by("-pk")
    if not request.warehouses.covers(count.warehouses):
        # Single lines, sheets and documents of other warehouses are not told of; how the whole count fares is.
        events = events.filter(kind="state")
    events = events.filter(pk__lt=before) if before else events
    rows = events[: min(limit, 500)]
    return {
        "rows": [
            {
                "id": event.pk,
                "at": shown.moment(event.at),
                "kind": event.kind,
                "text": render(event.code, event.params, language_of(request)),
                "actor": event.actor,
                "delivery": event.delivery,
            }
            for event in rows
        ]
    }


@router.get("/counts/{number}/sheets", auth=needs("count.view"), response=schemas.Sheets)
def show_sheets(request: Request, number: str) -> dict[str, Any]:
    """Who counts what, and how far they are."""
    count = get_count(request, number)
    rows = request.warehouses.limit(Sheet.objects.filter(count=count), "warehouse").select_related("assignee")
    found = list(pairs.figures(rows).order_by("number"))
    there = {code: sheets.counters(code) for code in {one.warehouse for one in found if one.assignee is None}}
    language = language_of(request)
    return {"rows": [sheet_row(sheet, there.get(sheet.warehouse, []), language) for sheet in found]}


def sheet_row(sheet: Any, there: list[User], language: str) -> dict[str, Any]:
    why = sheets.waits(sheet, there)
    return {
        "skills": sheet.skills,
        "owners": sheet.owners,
        "waits": render(why[0], why[1], language) if why else None,
        "id": sheet.pk,
        "number": sheet.number,
        "warehouse": sheet.warehouse,
        "zone": sheet.zone,
        "pass": sheet.pass_number,
        "at_once": sheet.beside_id is not None,
        "counted_with": sheet.counted_with,
        "assignee": sheet.assignee.username if sheet.assignee else None,
        "state": sheet.state,
        "lines": sheet.n,
        "counted": sheet.done,
    }


@router.get("/counts/{number}/people", auth=needs("count.assign"), response=schemas.People)
def show_people(request: Request, number: str, warehouse: str = "") -> dict[str, Any]:
    """People who may count in the count's warehouses (or in one of them)."""
    count = get_count(request, number)
    wanted = [warehouse] if warehouse else count.warehouses
    found = {user.pk: user for code in wanted if code in request.warehouses for user in sheets.counters(code)}
    return {"rows": [{"username": user.username, "name": user.shown_name} for user in found.values()]}


@router.post("/sheets/{sheet}/assign", auth=needs("count.assign"), response=schemas.Assignee)
def assign(request: Request, sheet: int, body: schemas.Assignee) -> dict[str, str]:
    """Give a sheet to someone else. 422 when they counted its lines before or may not count there."""
    found = Sheet.objects.filter(pk=sheet).first()
    if found is None or found.warehouse not in request.warehouses:
        raise NotFound("stocktake.no_such_sheet", sheet=sheet)
    done = sheets.reassign(sheet, body.assignee, request.auth)
    return {"assignee": done.assignee.username if done.assignee else ""}


def _planned(request: Request, number: str) -> Count:
    count = get_count(request, number)
    permission = "count.plan" if allowed(request.auth, "count.plan") else "count.assign"
    require(request.auth, permission, *count.warehouses)
    return count


@router.post("/counts/{number}/finish", auth=needs("count.view"), response=dict[str, int])
def finish(request: Request, number: str, body: schemas.Reason) -> dict[str, int]:
    """Stop counting. Lines nobody counted adjust nothing; the answer says how many. Planner or supervisor of all warehouses."""
    return {"uncounted": decisions.finish(_planned(request, number).pk, body.reason, request.auth)}


@router.post("/counts/{number}/cancel", auth=needs("count.plan"), response=dict[str, bool])
def cancel(request: Request, number: str, body: schemas.Reason) -> dict[str, bool]:
    """Give the count up before anything is posted."""
    count = get_count(request, number)
    require(request.auth, "count.plan", *count.warehouses)
    decisions.cancel(count.pk, body.reason, request.auth)
    return {"cancelled": True}


@router.post("/counts/{number}/verify", auth=needs("count.view"), response=dict[str, bool])
def verify(request: Request, number: str) -> dict[str, bool]:
    """Read both books again now, for a count whose books differ. Planner or supervisor of all its warehouses."""
    count = _planned(request, number)
    # Not the lock of the look that waits for its time: that one must not keep this one from being now.
    queued = follow("stocktake.verify", once=f"verify_now:{count.pk}", count=count.pk)
    return {"queued": queued}
