"""The way of a count from approval to two equal books, step by step, as it stands now."""

from __future__ import annotations

from typing import Any

from django.db.models import Count as Number
from django.db.models import Q

from countbridge.exchange.health import needs_people
from countbridge.exchange.models import Delivery
from countbridge.messages import render
from countbridge.stocktake import work
from countbridge.stocktake.models import Count, Line

ORDER = ("approved", "items", "snapshot", "task", "counting", "posting", "carried", "verified", "closed")
State = Count.State
REACHED = {
    State.APPROVED: 1,
    State.PREPARING: 1,
    State.COUNTING: 4,
    State.POSTING: 5,
    State.VERIFYING: 7,
    State.DIFFERENCES: 7,
    State.CLOSED: 9,
}
# Where each step of a preparation stands in the order above.
AT = {"masters": 1, "wms": 2, "erp": 2, "check": 2, "lines": 2, "papers": 3}


def steps_of(count: Count, language: str) -> list[dict[str, Any]]:
    """Each step with its state: waiting, running, done or failed; the running one with how much is done."""
    under_way = work.shown(count)
    reached = AT[under_way["step"]] if under_way else REACHED.get(State(count.state), 0)
    steps: list[dict[str, Any]] = []
    for index, name in enumerate(ORDER):
        state = "done" if index < reached else "running" if index == reached else "waiting"
        steps.append({"name": name, "state": state, "at": None, "done": 0, "total": 0, "message": None})
    moments = {0: count.created_at, 2: count.snapshot_at, 3: count.started_at, 6: count.posted_at, 8: count.closed_at}
    for index, at in moments.items():
        steps[index]["at"] = at.isoformat() if at else None
    if under_way:
        steps[reached]["done"], steps[reached]["total"] = under_way["done"], under_way["total"] or 0
    _fill_counting(count, steps[4])
    if not (under_way and reached == 3):
        _fill_deliveries(count, steps[3], Q(flow__in=("F2", "F3")) & ~Q(kind="close_count"), language)
    _fill_deliveries(count, steps[5], Q(flow="F4"), language)
    _fill_deliveries(count, steps[6], Q(flow="F5", kind="adjustment"), language)
    if count.state == State.POSTING and steps[5]["total"] and steps[5]["done"] == steps[5]["total"]:
        steps[5]["state"], steps[6]["state"] = "done", "running"
    if count.state == State.DIFFERENCES:
        steps[7]["state"] = "failed"
        steps[7]["message"] = render("stocktake.books_differ", {"keys": count.differences.count()}, language)
    if count.problem:
        running = next((step for step in steps if step["state"] == "running"), None)
        if running:
            running["message"] = render(count.problem["code"], count.problem["params"], language)
    return steps


def _fill_counting(count: Count, step: dict[str, Any]) -> None:
    row = count.lines.aggregate(total=Number("pk"), done=Number("pk", filter=Q(state__in=Line.FINAL)))
    step["done"], step["total"] = row["done"], row["total"]


def _fill_deliveries(count: Count, step: dict[str, Any], which: Q, language: str) -> None:
    papers = Delivery.objects.filter(which, count=count.number)
    row = papers.aggregate(total=Number("pk"), done=Number("pk", filter=Q(state__in=Delivery.SETTLED)))
    step["total"], step["done"] = row["total"], row["done"]
    refused = Q(state=Delivery.State.REJECTED)
    unsettled = papers.filter(refused).filter(needs_people())
    troubled = papers.exclude(error__isnull=True).filter(~refused | Q(pk__in=unsettled.values("pk")))
    error = troubled.order_by("pk").values_list("error", flat=True).first()
    if error:
        step["message"] = render(error["code"], error["params"], language)
    if unsettled.exists():
        step["state"] = "failed"
