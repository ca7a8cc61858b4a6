"""Ordering counts here: what a scope comes to, and making the count of it; what the words of a scope can be."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import Q
from ninja import Field, Router, Schema

from countbridge.api import shown
from countbridge.api.auth import Request, needs, needs_pda
from countbridge.api.tables import Natural
from countbridge.errors import InputError, NotFound
from countbridge.links.models import Bin, Item, Link
from countbridge.messages import render
from countbridge.people.access import WarehouseScope, allowed
from countbridge.people.language import language_of
from countbridge.stocktake import cycles, freezes, plans
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.policy_words import MODES, Cycle
from countbridge.stocktake.scope import KINDS, Scope

router = Router(tags=["plans"], by_alias=True)
prefix = ""

MOST_WORDS = 2000
USUAL = Cycle({"A": 30, "B": 90, "C": 180}, any_bin=365, most_bins=50, mode="blind")


class ScopeIn(Schema):
    warehouses: list[str] = []
    zones: list[str] = []
    bins: list[str] = []
    classes: list[str] = []
    abc: list[str] = []
    items: list[str] = []
    not_seen_days: int = 0
    most_bins: int = 0
    at_random: bool = False


class PlanIn(Schema):
    link: str
    kind: str = "zone"
    scope: ScopeIn


class OrderIn(PlanIn):
    mode: str = "blind"
    name: str = ""
    freeze: Literal["", "none", "whole_zones"] = ""


class ZoneBins(Schema):
    warehouse: str
    zone: str
    bins: int


class Overlap(Schema):
    count: str
    bins: int


class PreviewOut(Schema):
    bins: int
    zones: list[ZoneBins]
    locations: int
    items: int | None
    lines: int
    bins_known: int
    minutes: int | None
    people: int
    overlapping: list[Overlap]
    first: list[str]


class ZoneChoice(Schema):
    warehouse: str
    zone: str
    bins: int


class FreezeChoice(Schema):
    """Can zones be frozen, what the policy does unasked, and why it cannot be done where it cannot."""

    possible: bool
    usual: str
    why_not: str | None


class LinkChoices(Schema):
    link: str
    name: str
    zones: list[ZoneChoice]
    classes: list[str]
    abc: list[str]
    freeze: FreezeChoice


class Choices(Schema):
    kinds: list[str]
    modes: list[str]
    links: list[LinkChoices]


class Ordered(Schema):
    number: str


class DueBin(Schema):
    """`why`: never counted; the best class of the goods last found there is counted every so many days; or any bin is."""

    bin: str
    warehouse: str
    zone: str
    due_at: str | None
    seen_at: str | None
    why: Literal["never", "class", "any_bin"]
    abc: str | None
    every_days: int


class DueBins(Schema):
    ordered_by_calendar: bool
    total: int
    rows: list[DueBin]


class AdhocIn(Schema):
    bin: str


class Classified(Schema):
    a: int = Field(alias="A")
    b: int = Field(alias="B")
    c: int = Field(alias="C")


@router.get("/plans/choices", auth=needs("count.plan"), response=Choices)
def choices(request: Request) -> dict[str, Any]:
    """What a count can be ordered of, in the warehouses you plan for."""
    return {
        "kinds": [kind for kind in KINDS if kind != "adhoc"],
        "modes": list(MODES),
        "links": [
            _choices(request, link) for link in Link.objects.select_related("wms").filter(active=True).order_by("code")
        ],
    }


def _choices(request: Request, link: Link) -> dict[str, Any]:
    scope: WarehouseScope = request.warehouses
    items = Item.objects.filter(link=link).exclude(item_class="").order_by("item_class")
    return {
        "link": link.code,
        "name": link.name,
        "zones": plans.zones(link, scope),
        "classes": list(items.values_list("item_class", flat=True).distinct()[:MOST_WORDS]),
        "freeze": shown_freeze(request, link),
        "abc": sorted(set(Item.objects.filter(link=link).exclude(abc="").values_list("abc", flat=True).distinct())),
    }


def shown_freeze(request: Request, link: Link) -> dict[str, Any]:
    can = freezes.possible(link)
    why = None if can else render("stocktake.cannot_freeze", {"system": link.wms.name}, language_of(request))
    return {"possible": can, "usual": policy_of(link.policy).freeze if can else "none", "why_not": why}


@router.get("/links/{code}/due", auth=needs("count.plan"), response=DueBins)
def show_due(request: Request, code: str, offset: Natural = 0, limit: Natural = 200) -> dict[str, Any]:
    """Bins of the warehouses you plan for that are due now, the longest overdue first, with why, by the cycle of the policy (or a
    usual one)."""
    link = _link(code)
    cycle = policy_of(link.policy).cycles
    found, total = cycles.due(link, cycle or USUAL, min(limit, 5000), offset, request.warehouses)
    return {
        "ordered_by_calendar": cycle is not None,
        "total": total,
        "rows": [_due(one, cycle or USUAL) for one in found],
    }


def _due(one: cycles.Due, cycle: Cycle) -> dict[str, Any]:
    by_class = one.best in cycle.days and one.days < cycle.any_bin
    return {
        "bin": one.bin,
        "warehouse": one.warehouse,
        "zone": one.zone,
        "due_at": shown.moment(one.at),
        "seen_at": shown.moment(one.seen_at),
        "why": "never" if one.seen_at is None else "class" if by_class else "any_bin",
        "abc": one.best or None,
        "every_days": one.days,
    }


@router.post("/plans/preview", auth=needs("count.plan"), response=PreviewOut)
def preview(request: Request, body: PlanIn) -> dict[str, Any]:
    """Bins, zones, expected work and overlaps of a scope, without making anything."""
    found = plans.preview(_link(body.link), body.kind, Scope.read(body.scope.dict()), request.warehouses)
    return {
        **vars(found),
        "zones": [{"warehouse": w, "zone": z, "bins": n} for w, z, n in found.zones],
        "overlapping": [{"count": number, "bins": n} for number, n in found.overlapping.items()],
    }


@router.post("/plans", auth=needs("count.plan"), response=Ordered)
def order(request: Request, body: OrderIn) -> dict[str, str]:
    """Order a count of the scope, in the warehouses you plan for. Its preparation begins at once."""
    made = plans.create(
        _link(body.link), body.kind, body.mode, Scope.read(body.scope.dict()), request.auth, request.warehouses,
        name=body.name[:200], freeze=body.freeze,
    )  # fmt: skip
    return {"number": made.number}


def _link(code: str) -> Link:
    link = Link.objects.select_related("erp", "wms").filter(code=code, active=True).first()
    if link is None:
        raise NotFound("links.no_such_link", link=code)
    return link


@router.post("/pda/counts", auth=needs_pda(), response=Ordered)
def order_on_the_floor(request: Request, body: AdhocIn) -> dict[str, str]:
    """Count the bin in front of you, by its code or barcode: a count of it alone, whose sheet is yours. For everybody who may
    count there."""
    named = Bin.objects.filter(Q(code=body.bin) | Q(barcode=body.bin), link__active=True)
    places = list(request.warehouses.limit(named, "warehouse")[:2]) if body.bin else []
    if len(places) != 1:
        raise InputError("stocktake.no_such_bin", bin=body.bin or "-")
    link = Link.objects.select_related("erp", "wms").get(pk=places[0].link_id)
    scope = Scope(bins=(places[0].code,))
    made = plans.create(link, "adhoc", "blind", scope, request.auth, request.warehouses, counter=request.auth)
    return {"number": made.number}


@router.post("/links/{code}/abc", auth=needs("count.plan"), response=Classified)
def classify(request: Request, code: str, days: int = 90) -> dict[str, int]:
    """Class every item of the link A, B or C by the value moved of it in the last days. For a planner of all warehouses."""
    link = _link(code)
    if not allowed(request.auth, "count.plan").everywhere:
        raise InputError("stocktake.abc_everywhere")
    return cycles.classify(link, days)
