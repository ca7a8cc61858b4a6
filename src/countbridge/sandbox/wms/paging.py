"""Lists in pages: each page is read in one transaction and says up to which movement and moment it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from countbridge.sandbox.wms.envelope import INVALID, Data, Refused
from countbridge.sandbox.wms.ledger import Reading

LIMIT, MOST = 200, 500
CHINA = timezone(timedelta(hours=8))


def iso(moment: datetime | None) -> str | None:
    """The WMS writes its times in China's offset: 2026-03-12T09:30:00.123456+08:00."""
    return moment.astimezone(CHINA).isoformat(timespec="microseconds") if moment else None


def only(request: HttpRequest, *names: str) -> None:
    """A filter misspelt must not be a filter ignored."""
    unknown = sorted(set(request.GET) - {"cursor", "limit", *names})
    if unknown:
        raise Refused(INVALID, f"未知查询参数 unknown query parameter {unknown[0]!r}")


def limit_of(request: HttpRequest) -> int:
    text = request.GET.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise Refused(INVALID, f"limit 必须是 1–{MOST} must be 1–{MOST}, got {text!r}")
    return int(text)


def number_cursor(request: HttpRequest) -> int:
    """The number after which to go on; 0 = from the beginning."""
    text = request.GET.get("cursor") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(INVALID, f"cursor 无效 is not a cursor of ours: {text!r}")
    return int(text)


def listing(request: HttpRequest, rows: QuerySet[Any], key: str, show: Callable[[Any], Data], read: Reading) -> Data:
    """A page of `rows` after the cursor in the order of `key`; `next` is null on the last page."""
    limit = limit_of(request)
    after: object = number_cursor(request) if _is_number(rows, key) else request.GET.get("cursor") or ""
    found = list(rows.filter(**{f"{key}__gt": after}).order_by(key)[: limit + 1])
    more = len(found) > limit
    last = str(getattr(found[limit - 1], key)) if more else None
    return page((show(row) for row in found[:limit]), last, read)


def page(rows: Iterable[Data], following: str | None, read: Reading, as_of: datetime | None = None) -> Data:
    return {"rows": list(rows), "next": following, "watermark": str(read.watermark), "as_of": iso(as_of or read.as_of)}


def _is_number(rows: QuerySet[Model], key: str) -> bool:
    return rows.model._meta.get_field(key).get_internal_type() != "CharField"
