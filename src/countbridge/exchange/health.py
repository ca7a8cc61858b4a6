"""How a link is doing: its two systems, its five flows, what waits and what fails."""

from __future__ import annotations

from typing import Any

from django.db.models import Count as Number
from django.db.models import Max, Q

from countbridge.exchange import clocks
from countbridge.exchange.models import Cadence, Delivery, QuarantinedRecord
from countbridge.links.models import Link, System
from countbridge.messages import render

OPEN = (Delivery.State.INTENT, Delivery.State.SENDING, Delivery.State.UNKNOWN)
FAILED = (Delivery.State.REJECTED, Delivery.State.NEEDS_REVIEW)
# Which polled flow of ours feeds each of the five.
FED_BY = {"F1": "items", "F3": "approvals", "F4": "results", "F5": "movements"}


def of_link(link: Link, language: str) -> dict[str, Any]:
    """One link's health, sentences in `language`."""
    return {
        "code": link.code,
        "name": link.name,
        "erp": _system(link.erp, language),
        "wms": _system(link.wms, language),
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
