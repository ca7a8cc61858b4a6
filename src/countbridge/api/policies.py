"""A link's policy and the reasons for variances: read by whoever sees counts, changed by whoever may."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.plans import FreezeChoice, shown_freeze
from countbridge.errors import NotAllowed, NotFound
from countbridge.links.models import Bin, Item, Link
from countbridge.people.access import allowed, anybody_with
from countbridge.stocktake import policies
from countbridge.stocktake.models import PolicyVersion, ReasonCode
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.scope import KINDS

router = Router(tags=["policies"], by_alias=True)
prefix = ""

SHOWN = 50
MOST_WORDS = 500


class Person(Schema):
    username: str
    name: str


class Words(Schema):
    """What the conditions of a rule can be."""

    warehouses: list[str]
    zones: list[str]
    classes: list[str]
    abc: list[str]
    kinds: list[str]
    approvers: list[Person]


class PolicyOut(Schema):
    link: str
    name: str
    currency: str
    version: int
    policy: dict[str, Any]
    words: Words
    freeze: FreezeChoice
    may_edit: bool


class PolicyIn(Schema):
    policy: dict[str, Any]
    based_on: int
    reason: str = ""


class VersionShown(Schema):
    number: int
    user: str
    at: str
    reason: str
    policy: dict[str, Any]


class Versions(Schema):
    rows: list[VersionShown]


class LinkName(Schema):
    link: str
    name: str


class LinkNames(Schema):
    rows: list[LinkName]


class ReasonShown(Schema):
    code: str
    name_zh: str
    name_en: str
    used_for: str
    active: bool = True


class Reasons(Schema):
    version: int
    rows: list[ReasonShown]


class ReasonsIn(Schema):
    rows: list[ReasonShown]
    based_on: int


@router.get("/policies", auth=needs("count.view"), response=LinkNames)
def list_policies(request: Request) -> dict[str, Any]:
    """The links that have a policy."""
    return {"rows": [{"link": one.code, "name": one.name} for one in Link.objects.filter(active=True).order_by("code")]}


@router.get("/policies/{link}", auth=needs("count.view"), response=PolicyOut)
def show_policy(request: Request, link: str) -> dict[str, Any]:
    """The policy counts of the link begin with, and the words its rules can use."""
    found = _link(link)
    bins = Bin.objects.filter(link=found)
    items = Item.objects.filter(link=found)
    return {
        "link": found.code,
        "name": found.name,
        "currency": found.currency,
        "version": policies.version(found),
        "policy": policy_of(found.policy).as_json(),
        "words": {
            "warehouses": _distinct(bins, "warehouse"),
            "zones": _distinct(bins, "zone"),
            "classes": [one for one in _distinct(items, "item_class") if one],
            "abc": ["A", "B", "C"],
            "kinds": list(KINDS),
            "approvers": [
                {"username": user.username, "name": user.shown_name} for user in anybody_with("line.approve")
            ],
        },
        "freeze": shown_freeze(request, found),
        "may_edit": allowed(request.auth, "policy.edit").everywhere,
    }


def _distinct(rows: Any, field: str) -> list[str]:
    return list(rows.order_by(field).values_list(field, flat=True).distinct()[:MOST_WORDS])


@router.post("/policies/{link}", auth=needs("policy.edit"), response=VersionShown)
def change_policy(request: Request, link: str, body: PolicyIn) -> dict[str, Any]:
    """Set the policy for counts that begin from now on. It holds for all warehouses of the link, so it takes somebody of all."""
    if not request.warehouses.everywhere:
        raise NotAllowed("stocktake.policy_everywhere")
    return _version(policies.change(_link(link).pk, body.policy, body.based_on, request.auth, body.reason))


@router.get("/policies/{link}/versions", auth=needs("count.view"), response=Versions)
def list_versions(request: Request, link: str) -> dict[str, Any]:
    """What the policy was, newest first; any of them can be set again."""
    return {"rows": [_version(one) for one in _link(link).policy_versions.order_by("-number")[:SHOWN]]}


def _version(one: PolicyVersion) -> dict[str, Any]:
    return {
        "number": one.number, "user": one.user, "at": shown.moment(one.at), "reason": one.reason, "policy": one.policy,
    }  # fmt: skip


@router.get("/reasons", auth=needs("count.view"), response=Reasons)
def list_reasons(request: Request, all: bool = False) -> dict[str, Any]:
    """Reasons for a variance, in order; `all` adds those nobody can choose any more."""
    rows = ReasonCode.objects.all()
    return {"version": policies.reasons_version(), "rows": list((rows if all else rows.filter(active=True)).values())}


@router.post("/reasons", auth=needs("policy.edit"), response=Reasons)
def set_reasons(request: Request, body: ReasonsIn) -> dict[str, Any]:
    """Store the list, in this order. What is left out stays with the decisions it was given for. 409 when somebody set it since
    the version it is based on."""
    if not request.warehouses.everywhere:
        raise NotAllowed("stocktake.policy_everywhere")
    policies.set_reasons([policies.Reason(**row.dict()) for row in body.rows], body.based_on, request.auth)
    return {"version": policies.reasons_version(), "rows": list(ReasonCode.objects.values())}


def _link(code: str) -> Link:
    found = Link.objects.filter(code=code).first()
    if found is None:
        raise NotFound("links.no_such_link", link=code)
    return found
