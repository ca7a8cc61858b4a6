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
from countbridge.stocktake.policy import policy_of

ORDER = ("approved", "items", "snapshot", "task", "counting", "signed", "posting", "carried", "verified", "closed")
State = Count.State
REACHED = {
    State.APPROVED: 1,
    State.PREPARING: 1,
    State.COUNTING: 4,
    State.SIGNING: 5,
    State.POSTING: 6,
    State.VERIFYING: 8,
    State.DIFFERENCES: 8,
    State.CLOSED: 10,
}
# Where each step of a preparation stands in the order above.
AT = {"masters": 1, "freeze": 2, "wms": 2, "erp": 2, "check": 2, "lines": 2, "papers": 3}


def steps_of(count: Count, language: str) -> list[dict[str, Any]]:
    """Each step with its state: waiting, running, done or failed; the running one with how much is done."""
    under_way = work.shown(count)
    reached = AT[under_way["step"]] if under_way else REACHED.get(State(count.state), 0)
    steps: list[dict[str, Any]] = []
    for index, name in enumerate(ORDER):
        state = "done" if index < reached else "running" if index == reached else "waiting"
        steps.append({"name": name, "state": state, "at": None, "done": 0, "total": 0, "message": None})
    moments = {0: count.created_at, 2: count.snapshot_at, 3: count.started_at, 7: count.posted_at, 9: count.closed_at}
    for index, at in moments.items():
        steps[index]["at"] = at.isoformat() if at else None
    if under_way:
        steps[reached]["done"], steps[reached]["total"] = under_way["done"], under_way["total"] or 0
    _fill_counting(count, steps[4])
    if not (under_way and reached == 3):
        _fill_deliveries(count, steps[3], Q(flow__in=("F2", "F3")) & ~Q(kind__in=("close_count", "freeze")), language)
    _fill_signoffs(count, steps[5])
    _fill_deliveries(count, steps[6], Q(flow="F4"), language)
    _fill_deliveries(count, steps[7], Q(flow="F5", kind="adjustment"), language)
    if count.state == State.POSTING and steps[6]["total"] and steps[6]["done"] == steps[6]["total"]:
        steps[6]["state"], steps[7]["state"] = "done", "running"
    if count.state == State.DIFFERENCES:
        steps[8]["state"] = "failed"
        steps[8]["message"] = render("stocktake.books_differ", {"keys": count.differences.count()}, language)
    if not policy_of(count.policy).levels:
        del steps[ORDER.index("signed")]
    if count.problem:
        running = next((step for step in steps if step["state"] == "running"), None)
        if running:
            running["message"] = render(count.problem["code"], count.problem["params"], language)
    return steps


def _fill_counting(count: Count, step: dict[str, Any]) -> None:
    row = count.lines.aggregate(total=Number("pk"), done=Number("pk", filter=Q(state__in=Line.FINAL)))
    step["done"], step["total"] = row["done"], row["total"]


def _fill_signoffs(count: Count, step: dict[str, Any]) -> None:
    """A count whose sum nobody has to sign for has no such step."""
    asked = list(count.signoffs.exclude(outcome="void").order_by("-round", "level"))
    newest = [one for one in asked if one.round == asked[0].round]
    step["total"], step["done"] = len(newest), sum(one.outcome == "signed" for one in newest)
    step["at"] = max((one.at.isoformat() for one in newest if one.at), default=None)


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
