"""Small pages for people who try the demo: what one would see on this shelf. Countbridge never opens them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from countbridge.sandbox.wms.envelope import Refused, same_key
from countbridge.sandbox.wms.models import Bin
from countbridge.sandbox.wms.people import look_at

COOKIE = "floor_key"
NEEDS_KEY = {
    "zh": "需要现场钥匙",
    "zh_way": "请用 ?key=… 打开一次",
    "en": "The floor key is needed",
    "en_way": "Open this page once with ?key=…",
}
UNITS = {"PCS": ("件", "pcs"), "KGM": ("公斤", "kg"), "GRM": ("克", "g")}


def _for_people(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Needs the floor key once, as `?key=`; a cookie keeps it."""

    def view(request: HttpRequest, **path: str) -> HttpResponse:
        given = request.GET.get("key") or request.COOKIES.get(COOKIE, "")
        if not same_key(given, settings.SANDBOX_FLOOR_KEY):
            return _sorry(request, 403, NEEDS_KEY)
        response = page(request, **path)
        if "key" in request.GET:
            response.set_cookie(COOKIE, given, httponly=True, samesite="Lax")
        return response

    return view


def _sorry(request: HttpRequest, status: int, words: dict[str, str]) -> HttpResponse:
    return render(request, "wms/sorry.html", words, status=status)


@_for_people
def index(request: HttpRequest) -> HttpResponse:
    zones: dict[str, list[str]] = {}
    for place in Bin.objects.order_by("walk_order"):
        zones.setdefault(place.zone, []).append(place.code)
    return render(request, "wms/shelves.html", {"zones": zones})


@_for_people
def shelf(request: HttpRequest, code: str) -> HttpResponse:
    try:
        seen = look_at(code)
    except Refused:
        return _sorry(request, 404, {"zh": f"没有库位 {code}", "en": f"There is no bin {code}"})
    goods = [{**row, **_as_seen(row)} for row in seen["goods"]]
    return render(request, "wms/shelf.html", {"bin": code, "seen_at": seen["seen_at"][11:19], "goods": goods})


def _as_seen(row: dict[str, Any]) -> dict[str, object]:
    """Full boxes and what lies beside them: 77 pieces in boxes of 24 are 3 boxes and 5 pieces."""
    quantity, zh_en = Decimal(row["qty"]), UNITS.get(row["uom"], (row["uom"], row["uom"]))
    pack = int(row["pack_qty"] or 0)
    boxes = int(quantity // pack) if pack else 0
    return {"boxes": boxes, "loose": quantity - boxes * pack, "unit_zh": zh_en[0], "unit_en": zh_en[1]}
