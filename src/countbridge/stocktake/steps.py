"""The way of a count from approval to two equal books, step by step, as it stands now."""

from __future__ import annotations

from typing import Any

from django.db.models import Count as Number
from django.db.models import Q

from countbridge.exchange.health import needs_people
from countbridge.exchange.models import Delivery
from countbridge.messages import render
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


def steps_of(count: Count, language: str) -> list[dict[str, Any]]:
    """Each step with its state: waiting, running, done or failed; the running one with how much is done."""
    reached = REACHED.get(State(count.state), 0)
    steps: list[dict[str, Any]] = []
    for index, name in enumerate(ORDER):
        state = "done" if index < reached else "running" if index == reached else "waiting"
        steps.append({"name": name, "state": state, "at": None, "done": 0, "total": 0, "message": None})
    moments = {0: count.created_at, 2: count.snapshot_at, 3: count.started_at, 6: count.posted_at, 8: count.closed_at}
    for index, at in moments.items():
        steps[index]["at"] = at.isoformat() if at else None
    _fill_counting(count, steps[4])
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
    rows = list(Delivery.objects.filter(which, count=count.number).values("pk", "state", "error"))
    unsettled = set(
        Delivery.objects.filter(which, needs_people(), count=count.number, state=Delivery.State.REJECTED)
        .values_list("pk", flat=True)
    )  # fmt: skip
    step["total"] = len(rows)
    step["done"] = sum(row["state"] in Delivery.SETTLED for row in rows)
    refused = Delivery.State.REJECTED
    troubled = next((r["error"] for r in rows if r["error"] and (r["state"] != refused or r["pk"] in unsettled)), None)
    if troubled:
        step["message"] = render(troubled["code"], troubled["params"], language)
    if unsettled:
        step["state"] = "failed"
