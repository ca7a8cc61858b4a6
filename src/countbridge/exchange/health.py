"""How a link is doing: its two systems, its five flows, what waits and what fails."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count as Number
from django.db.models import Exists, Max, OuterRef, Q

from countbridge import clock
from countbridge.exchange import clocks
from countbridge.exchange.calls import Figures, figures
from countbridge.exchange.models import Breaker, Cadence, Delivery, FlowRun, QuarantinedRecord
from countbridge.links.models import Link, System
from countbridge.links.timing import said, timing_of
from countbridge.messages import render

OPEN = (Delivery.State.INTENT, Delivery.State.SENDING, Delivery.State.UNKNOWN)
FAILED = (Delivery.State.REJECTED, Delivery.State.NEEDS_REVIEW)
# Which polled flow of ours feeds each of the five.
FED_BY = {"F1": "items", "F3": "approvals", "F4": "results", "F5": "movements"}


def needs_people() -> Q:
    """Deliveries somebody should look at: in doubt, to be decided, or refused with nobody having dealt with it yet."""
    waiting = QuarantinedRecord.objects.filter(delivery=OuterRef("pk"), state__in=QuarantinedRecord.OPEN)
    refused = Q(state=Delivery.State.REJECTED) & ~Q(error__code="exchange.given_up")
    whole = refused & ~Q(kind__in=Delivery.BY_LINE)
    by_line = refused & Q(Exists(waiting), kind__in=Delivery.BY_LINE)
    return Q(state__in=(Delivery.State.UNKNOWN, Delivery.State.NEEDS_REVIEW)) | whole | by_line


def of_link(link: Link, language: str) -> dict[str, Any]:
    """One link's health, sentences in `language`."""
    hour = figures([link.erp, link.wms])
    breakers = {each.pk: each for each in Breaker.objects.filter(pk__in=[link.erp_id, link.wms_id])}
    erp, wms = (
        _system(each, language) | _called(hour.get(each.pk)) | _breaker(breakers.get(each.pk))
        for each in (link.erp, link.wms)
    )
    return {
        "code": link.code,
        "name": link.name,
        "erp": erp,
        "wms": wms,
        "flows": _flows(link, language),
        "quarantine": QuarantinedRecord.objects.filter(link=link, state=QuarantinedRecord.State.WAITING).count(),
    }


def _system(system: System, language: str) -> dict[str, Any]:
    error, off = system.last_error, clocks.warning(system)
    return {
        "code": system.code,
        "name": system.name,
        "connector": system.connector,
        "ok": error is None and system.last_seen is not None,
        "last_seen": system.last_seen.isoformat() if system.last_seen else None,
        "message": render(error["code"], error["params"], language) if error else None,
        "clock_offset_seconds": round(system.clock_offset.total_seconds()) if system.clock_offset is not None else None,
        "warning": render(str(off["code"]), off["params"], language) if off else None,  # type: ignore[arg-type]
    }


def _called(hour: Figures | None) -> dict[str, Any]:
    """The calls of the last hour; the rate of those that went well in percent, None without any."""
    if hour is None:
        return {"calls": 0, "failed": {}, "success_rate": None, "p50_ms": None, "p95_ms": None}
    return {
        "calls": hour.calls,
        "failed": dict(hour.failures),
        # Cut, not rounded: one failure in a million is not 100 %.
        "success_rate": format(Decimal(1000 * hour.good // hour.calls) / 10, ".1f"),
        "p50_ms": hour.p50,
        "p95_ms": hour.p95,
    }


def _breaker(held: Breaker | None) -> dict[str, Any]:
    """Whether the system is being called, and when it is tried again if not."""
    if held is None:
        return {"breaker": Breaker.State.CLOSED, "retry_at": None}
    return {"breaker": held.state, "retry_at": held.retry_at.isoformat() if held.retry_at else None}


def down(language: str) -> list[dict[str, Any]]:
    """The systems that are left alone for now, and when each is tried again."""
    shut = Breaker.objects.exclude(state=Breaker.State.CLOSED).select_related("system").order_by("system__code")
    return [
        {
            "system": held.system.name,
            "message": render(
                "exchange.system_down", {"system": held.system.name, "failures": held.failures}, language
            ),
            "retry_at": held.retry_at.isoformat() if held.retry_at and held.state == Breaker.State.OPEN else None,
        }
        for held in shut
    ]


def _flows(link: Link, language: str) -> list[dict[str, Any]]:
    totals = (
        Delivery.objects.filter(link=link)
        .values("flow")
        .annotate(
            backlog=Number("pk", filter=Q(state__in=OPEN)),
            success=Number("pk", filter=Q(state=Delivery.State.CONFIRMED)),
            failure=Number("pk", filter=Q(state__in=FAILED)),
            latest=Max("settled_at"),
        )
    )
    sent: dict[str, dict[str, Any]] = {row["flow"]: dict(row) for row in totals}
    polled = {cadence.flow: cadence for cadence in Cadence.objects.filter(link=link).select_related("link")}
    return [
        _flow(name, sent.get(name), polled.get(FED_BY.get(name, "")), language)
        for name in ("F1", "F2", "F3", "F4", "F5")
    ]


def _flow(name: str, sent: dict[str, Any] | None, cadence: Cadence | None, language: str) -> dict[str, Any]:
    error = cadence.last_error if cadence else None
    runs = [at for at in (cadence.last_run if cadence else None, sent["latest"] if sent else None) if at]
    return {
        "flow": name,
        "name": render(f"exchange.flow_{name}", {}, language),
        "every_seconds": cadence.every_seconds if cadence and cadence.kind == Cadence.Kind.INTERVAL else None,
        "polled": cadence.flow if cadence else None,
        "cadence": said(cadence.timing, cadence.link.time_zone, language) if cadence else None,
        "next_due": shown_due(cadence),
        "paused": cadence.paused_reason if cadence and cadence.paused_at else None,
        "last_run": max(runs).isoformat() if runs else None,
        "backlog": sent["backlog"] if sent else 0,
        "success": (sent["success"] if sent else 0) + (cadence.successes if cadence else 0),
        "failure": (sent["failure"] if sent else 0) + (cadence.failures if cadence else 0),
        "message": render(error["code"], error["params"], language) if error else None,
    }


def shown_due(cadence: Cadence | None) -> str | None:
    """When the flow runs next; nothing while it is paused."""
    return cadence.next_due.isoformat() if cadence and not cadence.paused_at else None


def of_flow(cadence: Cadence, language: str) -> dict[str, Any]:
    """One flow with its cadence, spelt out and in words; `following` are its next five turns."""
    timing, zone = cadence.timing, cadence.link.time_zone
    told = timing_of(cadence.told) if cadence.told else None
    error = cadence.last_error
    due = [cadence.next_due, *timing.coming(max(cadence.next_due, clock.now()), zone, 4)]
    return {
        "flow": cadence.flow,
        **timing.as_json(),
        "zone": timing.zone or zone,
        "cadence": said(timing, zone, language),
        "folder_cadence": said(told, zone, language) if told else None,
        "by_hand": cadence.by_hand,
        "next_due": shown_due(cadence),
        "following": [] if cadence.paused_at else [each.isoformat() for each in due],
        "paused_at": _moment(cadence.paused_at),
        "paused_by": cadence.paused_by or None,
        "paused_reason": cadence.paused_reason or None,
        "running_since": _moment(cadence.running_since),
        "last_run": _moment(cadence.last_run),
        "message": render(error["code"], error["params"], language) if error else None,
        "successes": cadence.successes,
        "failures": cadence.failures,
    }


def of_run(run: FlowRun, language: str) -> dict[str, Any]:
    return {
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat(),
        "outcome": run.outcome,
        "rows": run.rows,
        "times": run.times,
        "message": render(run.error["code"], run.error["params"], language) if run.error else None,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
