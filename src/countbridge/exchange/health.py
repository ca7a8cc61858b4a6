"""How a link is doing: its two systems, its five flows, what waits and what fails."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count as Number
from django.db.models import Exists, Max, OuterRef, Q

from countbridge.exchange.calls import Figures, figures
from countbridge.exchange.models import Breaker, Cadence, Delivery, QuarantinedRecord
from countbridge.links.models import Link, System
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
    error = system.last_error
    return {
        "code": system.code,
        "name": system.name,
        "connector": system.connector,
        "ok": error is None and system.last_seen is not None,
        "last_seen": system.last_seen.isoformat() if system.last_seen else None,
        "message": render(error["code"], error["params"], language) if error else None,
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
    polled = {cadence.flow: cadence for cadence in Cadence.objects.filter(link=link)}
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
        "every_seconds": cadence.every_seconds if cadence else None,
        "last_run": max(runs).isoformat() if runs else None,
        "backlog": sent["backlog"] if sent else 0,
        "success": (sent["success"] if sent else 0) + (cadence.successes if cadence else 0),
        "failure": (sent["failure"] if sent else 0) + (cadence.failures if cadence else 0),
        "message": render(error["code"], error["params"], language) if error else None,
    }
