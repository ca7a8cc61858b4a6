"""Changing a link's policy and the reasons people choose from. Counts that began keep the policy they began with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from countbridge.errors import ConfigError, Conflict, InputError
from countbridge.exchange import events
from countbridge.links.models import Link
from countbridge.people.models import User
from countbridge.stocktake import freezes
from countbridge.stocktake.models import PolicyVersion, ReasonCode, ReasonList
from countbridge.stocktake.policy import policy_of

USED_FOR = ("both", "gain", "loss")


@dataclass(frozen=True)
class Reason:
    """A reason as an editor sends it."""

    code: str
    name_zh: str
    name_en: str
    used_for: str = "both"
    active: bool = True


def version(link: Link) -> int:
    """The number of the link's policy; 0 before anybody changed it here."""
    return PolicyVersion.objects.filter(link=link).aggregate(last=Max("number"))["last"] or 0


def change(link_id: int, told: Mapping[str, Any], based_on: int, user: User, reason: str) -> PolicyVersion:
    """Set the policy of the counts that begin from now on. InputError naming a wrong word or an unknown
    person, Conflict when somebody changed it since version `based_on`."""
    try:
        policy = policy_of(told).as_json()
    except ConfigError as wrong:  # of a link's folder that is a fault of the installation; here somebody typed it
        raise InputError(wrong.code, **wrong.params) from wrong
    _people_known(policy)
    freezes.check(Link.objects.select_related("wms").get(pk=link_id), policy["freeze"])
    with transaction.atomic():
        link = Link.objects.select_for_update(of=("self",), no_key=True).get(pk=link_id)
        newest = version(link)
        if newest != based_on:
            raise Conflict("stocktake.policy_changed_meanwhile", name=link.name, number=newest)
        if newest == 0:  # what it was before the first change can be had again
            first = policy_of(link.policy).as_json()
            PolicyVersion.objects.create(link=link, number=1, policy=first, user="-", reason="")
            newest = 1
        made = PolicyVersion.objects.create(
            link=link, number=newest + 1, policy=policy, user=user.username, reason=reason.strip()
        )
        link.policy = policy
        link.save(update_fields=["policy"])
        events.record(
            "link", "stocktake.policy_set", link=link.code, name=link.name, actor=user.username, number=made.number,
            reason=reason.strip() or "-",
        )  # fmt: skip
    return made


def _people_known(policy: Mapping[str, Any]) -> None:
    wanted = {name for level in policy["approval"] for name in [*level.get("users", ()), *level.get("substitutes", ())]}
    known = set(User.objects.filter(username__in=wanted, is_active=True).values_list("username", flat=True))
    if missing := sorted(wanted - known):
        raise InputError("stocktake.policy_person", users=", ".join(missing))


def reasons_version() -> int:
    """How often the list of reasons was set."""
    return ReasonList.objects.filter(pk=1).values_list("number", flat=True).first() or 0


def set_reasons(told: Sequence[Reason], based_on: int, user: User) -> None:
    """Store the whole list in this order. A reason left out is kept, but nobody can choose it any more. Conflict when somebody
    set it since version `based_on`."""
    codes = [reason.code for reason in told]
    for number, reason in enumerate(told, 1):
        names = (reason.code.strip(), reason.name_zh.strip(), reason.name_en.strip())
        if not all(names) or codes.count(reason.code) > 1 or reason.used_for not in USED_FOR or len(reason.code) > 40:
            raise InputError("stocktake.reason_row", row=number, code=reason.code or "-")
    with transaction.atomic():
        ReasonList.objects.get_or_create(pk=1)
        held = ReasonList.objects.select_for_update(no_key=True).get(pk=1)
        if held.number != based_on:
            raise Conflict("stocktake.reasons_changed_meanwhile", number=held.number)
        held.number += 1
        held.save(update_fields=["number"])
        ReasonCode.objects.exclude(code__in=codes).update(active=False)
        for position, reason in enumerate(told, 1):
            ReasonCode.objects.update_or_create(
                code=reason.code,
                defaults={
                    "name_zh": reason.name_zh.strip(), "name_en": reason.name_en.strip(), "used_for": reason.used_for,
                    "active": reason.active, "position": position,
                },
            )  # fmt: skip
        events.record("link", "stocktake.reasons_set", actor=user.username, number=sum(one.active for one in told))
