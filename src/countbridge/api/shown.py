"""How values appear in answers: decimals as plain text, lines without what the reader may not see."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from countbridge.domain.expiry import EXPIRED
from countbridge.domain.keys import TRAITS
from countbridge.messages import render
from countbridge.people.access import WarehouseScope
from countbridge.people.language import language_of
from countbridge.stocktake import reasons
from countbridge.stocktake.explaining import current
from countbridge.stocktake.models import Line

ZERO = Decimal(0)
HIDDEN_WHEN_BLIND = (
    "snapshot", "expected", "variance", "variance_min", "variance_max", "value", "price",
)  # fmt: skip


def plain(value: Decimal | None) -> str | None:
    """A decimal as people write it: no exponent, no trailing zeros, no "-0"."""
    if value is None:
        return None
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def money(value: Decimal | None) -> str | None:
    return None if value is None else format(value.quantize(Decimal("0.01")), "f")


def moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def sentence(request: HttpRequest, error: dict[str, Any] | None) -> str | None:
    """A stored error in the reader's language."""
    return render(error["code"], error["params"], language_of(request)) if error else None


def parts(row: object) -> dict[str, str | None]:
    """What tells the goods apart beside their item; None = none."""
    return {name: getattr(row, name) or None for name in TRAITS}


def chinese(request: HttpRequest) -> bool:
    return language_of(request).startswith("zh")


def explanation(row: Line, request: HttpRequest) -> dict[str, Any] | None:
    """Why the line differs, in the reader's language; None where it does not wait or nothing was sought yet. It tells book
    quantities: only for those who may see them."""
    told = current(row)
    if told is None:
        return None
    language = language_of(request)
    return {
        "decided": told["decided"],
        "stories": [_story(story, language) for story in told["stories"]],
        "gap": _story(told["gap"], language) if told["gap"] else None,
    }


def _story(story: dict[str, Any], language: str) -> dict[str, Any]:
    return {**story, "sentence": render(story["code"], story["params"], language)}


def line(row: Line, request: HttpRequest, expected: WarehouseScope) -> dict[str, Any]:
    """One line as the API shows it. Book quantities and variances only where the reader may see them (`line.expected`)."""
    shown: dict[str, Any] = {
        "id": row.pk,
        "count": row.count.number,
        "warehouse": row.warehouse,
        "zone": row.zone,
        "bin": row.bin,
        "erp_location": row.erp_location,
        "item": row.item,
        "item_name": row.item_name_zh if chinese(request) else row.item_name_en,
        **parts(row),
        "tracking": row.tracking,
        "expires": day(row.expires),
        "label_expires": day(row.label_expires),
        "expired": EXPIRED in row.reasons,
        "unit": row.unit,
        "state": row.state,
        "outcome": row.outcome or None,
        "rule": row.rule or None,
        "item_class": row.item_class or None,
        "abc": row.abc or None,
        "reasons": reasons.sentences(row, language_of(request)),
        "snapshot": plain(row.snapshot),
        "expected": plain(row.expected),
        "counted": plain(row.counted),
        "variance": plain(row.variance),
        "variance_min": plain(row.variance_min),
        "variance_max": plain(row.variance_max),
        "value": money(row.value),
        "price": plain(row.price),
        "counter": row.counter or None,
        "counted_at": moment(row.counted_at),
        "pass": row.pass_number,
        "assignee": row.sheet.assignee.username if row.sheet and row.sheet.assignee else None,
        "explanation": None,
    }
    if row.warehouse in expected:
        shown["explanation"] = explanation(row, request)
    else:
        shown |= dict.fromkeys(HIDDEN_WHEN_BLIND) | {"outcome": None, "rule": None, "reasons": []}
    return shown
