"""Flows of a link: when each runs, what its last runs did; run now, pause, resume, another cadence."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge import clock
from countbridge.api.auth import Request, needs
from countbridge.api.links import editable, get_link
from countbridge.api.tables import Natural
from countbridge.errors import ConfigError, InputError, NotFound
from countbridge.exchange import cadence, health
from countbridge.exchange.models import Cadence
from countbridge.links.models import Link
from countbridge.links.timing import Timing, read_timing, said
from countbridge.people.language import language_of

router = Router(tags=["links"])
prefix = "/links"


class FlowShown(Schema):
    flow: str
    kind: str
    every_seconds: int
    cron: str
    zone: str
    windows: list[str]
    jitter_seconds: int
    cadence: str
    folder_cadence: str | None
    by_hand: bool
    next_due: str | None
    following: list[str]
    paused_at: str | None
    paused_by: str | None
    paused_reason: str | None
    running_since: str | None
    last_run: str | None
    message: str | None
    successes: int
    failures: int


class Flows(Schema):
    rows: list[FlowShown]


class RunShown(Schema):
    started_at: str
    ended_at: str
    outcome: str
    rows: int
    times: int
    message: str | None


class Runs(Schema):
    rows: list[RunShown]


class TimingTold(Schema):
    """As under `cadence` in link.yaml: {"every": 300} | {"cron": "…"} | {"on": "event"}, with zone, windows, jitter."""

    timing: dict[str, Any]


class Change(Schema):
    """Without a timing the flow goes back to what the link's folder says."""

    timing: dict[str, Any] | None = None
    reason: str


class Preview(Schema):
    cadence: str
    following: list[str]


class Why(Schema):
    reason: str = ""


class Reason(Schema):
    reason: str


@router.get("/{code}/flows", auth=needs("link.view"), response=Flows)
def list_flows(request: Request, code: str) -> dict[str, Any]:
    """Every flow that is started by its cadence."""
    found = Cadence.objects.filter(link=get_link(code)).select_related("link").order_by("flow")
    return {"rows": [health.of_flow(each, language_of(request)) for each in found]}


@router.get("/{code}/flows/{flow}", auth=needs("link.view"), response=FlowShown)
def show_flow(request: Request, code: str, flow: str) -> dict[str, Any]:
    """One flow: its cadence in words and figures, its next turns, whether it is paused, by whom and why."""
    return health.of_flow(_get(get_link(code), flow), language_of(request))


@router.get("/{code}/flows/{flow}/runs", auth=needs("link.view"), response=Runs)
def list_runs(request: Request, code: str, flow: str, limit: Natural = 50) -> dict[str, Any]:
    """The last runs, newest first. Runs in a row that found nothing are one entry with `times`."""
    runs = _get(get_link(code), flow).runs.order_by("-pk")[: min(limit, 100)]
    return {"rows": [health.of_run(run, language_of(request)) for run in runs]}


@router.post("/{code}/flows/{flow}/preview", auth=needs("link.edit"), response=Preview)
def preview(request: Request, code: str, flow: str, body: TimingTold) -> dict[str, Any]:
    """What a cadence would mean: in words, and its next five turns. Nothing is changed."""
    link = editable(request, code)
    _get(link, flow)
    timing = _timing(body.timing, link)
    following = timing.coming(clock.now(), link.time_zone)
    return {
        "cadence": said(timing, link.time_zone, language_of(request)),
        "following": [each.isoformat() for each in following],
    }


@router.patch("/{code}/flows/{flow}", auth=needs("link.edit"), response=FlowShown)
def change(request: Request, code: str, flow: str, body: Change) -> dict[str, Any]:
    """Another cadence, with your reason. It stays when the link's folder is applied again; without `timing` the flow follows
    the folder from now on."""
    link = editable(request, code)
    timing = _timing(body.timing, link) if body.timing is not None else None
    changed = cadence.change(link, flow, timing, request.auth.username, body.reason)
    return health.of_flow(changed, language_of(request))


@router.post("/{code}/flows/{flow}/run", auth=needs("link.edit"), response=dict[str, bool])
def run(request: Request, code: str, flow: str, body: Why | None = None) -> dict[str, bool]:
    """One run now, paused or not, inside its windows or not. `queued` is false when a run waits already."""
    link = editable(request, code)
    return {"queued": cadence.run_now(link, flow, request.auth.username, body.reason if body else "")}


@router.post("/{code}/flows/{flow}/pause", auth=needs("link.edit"), response=FlowShown)
def pause(request: Request, code: str, flow: str, body: Reason) -> dict[str, Any]:
    """Nothing starts the flow, neither its cadence nor a webhook, until somebody resumes it."""
    link = editable(request, code)
    cadence.pause(link, flow, request.auth.username, body.reason)
    return health.of_flow(_get(link, flow), language_of(request))


@router.post("/{code}/flows/{flow}/resume", auth=needs("link.edit"), response=FlowShown)
def resume(request: Request, code: str, flow: str, body: Reason) -> dict[str, Any]:
    """The flow goes on; whatever it missed is caught up by one run."""
    link = editable(request, code)
    cadence.resume(link, flow, request.auth.username, body.reason)
    return health.of_flow(_get(link, flow), language_of(request))


def _get(link: Link, flow: str) -> Cadence:
    found = Cadence.objects.select_related("link").filter(link=link, flow=flow).first()
    if found is None:
        raise NotFound("cadence.no_such_flow", flow=flow, link=link.code, known=cadence.flows_of(link))
    return found


def _timing(told: dict[str, Any], link: Link) -> Timing:
    try:
        return read_timing(told, "timing", link.time_zone)
    except ConfigError as error:
        raise InputError(error.code, **error.params) from error
