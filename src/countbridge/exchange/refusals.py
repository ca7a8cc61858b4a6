"""Items another system refused, one line or a whole document of them: each waits in quarantine with the system's words."""

from __future__ import annotations

from typing import Any

from countbridge.exchange import quarantine
from countbridge.exchange.models import Delivery
from countbridge.exchange.quarantine import Refused

FLOW = "F1"


def said(delivery: Delivery) -> str:
    """Why a document was refused as a whole: the system's own words, else the code of the error."""
    if not delivery.error:
        return ""
    return str(delivery.error["params"].get("message") or delivery.error["code"])


def note(delivery: Delivery) -> None:
    """Of a settled item document: what was refused waits, what was taken no longer does. The document itself is history:
    a refused item goes again with its content of that day, so that no old version overwrites a newer one."""
    settled = delivery.state in (Delivery.State.CONFIRMED, Delivery.State.REJECTED)
    if delivery.kind != "item" or not settled or delivery.given_up:
        return
    taken_whole = delivery.state == Delivery.State.CONFIRMED
    words: dict[int, str] = {each["line"]: each["message"] for each in delivery.outcomes if not each["ok"]}
    lines: list[dict[str, Any]] = delivery.payload["lines"]
    taken, refused = [], []
    for position, line in enumerate(lines):
        sku = str(line["sku"])
        if taken_whole and position not in words:
            taken.append(sku)
        else:
            refused.append(Refused(sku, line, words.get(position) or said(delivery)))
    quarantine.settle_many(delivery.link, FLOW, taken)
    quarantine.put_refused(delivery, FLOW, refused)
