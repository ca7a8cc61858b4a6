"""Freezing the zones a count takes whole, in a WMS that can (A8): asked for before the stock is read, lifted when the count ends.

A freeze makes a count quieter, never truer: what moves all the same is rolled forward as ever. So a person may lift one at any
time, and a count whose zone the WMS would not block can go on without. What must not happen is a zone that stays blocked and
nobody knows: every state short of "lifted" is shown until it is over.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from countbridge import clock
from countbridge.connectors.contract import Document
from countbridge.connectors.registry import definition
from countbridge.errors import ConfigError, InputError, NotFound
from countbridge.exchange import events, resending
from countbridge.exchange.deliveries import Then, propose
from countbridge.exchange.models import Delivery, Event
from countbridge.exchange.queue import follow, hurry
from countbridge.links.models import Bin, Link
from countbridge.people.models import User
from countbridge.stocktake import work
from countbridge.stocktake.models import Count, CountedBin, Freeze, Progress
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.scope import Scope

KIND = "freeze"
FLOW = "F3"
SOON = timedelta(minutes=10)  # how long a WMS may take to let go before somebody should look
State = Freeze.State
Sent = Delivery.State


def possible(link: Link) -> bool:
    """Can the link's WMS block a zone?"""
    return KIND in definition(link.wms.connector).manifest.documents


def check(link: Link, wanted: str) -> None:
    """InputError when zones are to be frozen and the WMS cannot."""
    if wanted != "none" and not possible(link):
        raise InputError("stocktake.cannot_freeze", system=link.wms.name)


def ask(count: Count) -> bool:
    """Ask the WMS to block the zones the count takes whole, once each; is every one answered? Until then its stock is not
    read: what `freeze_settled` starts goes on from here. ConfigError where the WMS refused: a person decides, by lifting
    the freeze that is none, whether the count goes on without."""
    if policy_of(count.policy).freeze == "none":
        return True
    if not possible(count.link):
        if not Event.objects.filter(count=count.number, code="stocktake.not_frozen").exists():
            events.record("state", "stocktake.not_frozen", count=count.number, system=count.link.wms.name)
        return True
    work.begin(count, Progress.Step.FREEZE)
    with transaction.atomic():
        held = Count.objects.select_for_update(of=("self",), no_key=True).get(pk=count.pk)
        if held.state != Count.State.PREPARING:
            raise work.GivenUp("stocktake.given_up", count=count.number)
        for zone, warehouses in _whole_zones(count).items():
            _ask(count, zone, warehouses)
    found = list(count.freezes.select_related("freezing").order_by("zone"))
    for freeze in found:
        if freeze.state == State.REFUSED:
            raise ConfigError("stocktake.freeze_refused", zone=freeze.zone, system=count.link.wms.name)
    waiting = [freeze.zone for freeze in found if freeze.state == State.ASKED]
    if waiting:
        work.report(count, part=waiting[0], done=len(found) - len(waiting), rows=0)
    return not waiting


def _whole_zones(count: Count) -> dict[str, list[str]]:
    """Zones of which the count takes every bin with everything in it, none of them another count's; with their warehouses."""
    if Scope.of(count).bins_wanted(count.kind) != "all":
        return {}
    zones = count.readings.filter(side="wms").values("part")
    bins = Bin.objects.filter(link=count.link, zone__in=zones)
    mine = (
        Q(code__in=count.places.values("bin"))
        if count.chosen
        else Q(erp_location__in=count.readings.filter(side="erp").values("part"))
    )
    others = CountedBin.objects.filter(count__link=count.link, count__state__in=Count.OPEN, left_out="")
    elsewhere = Q(code__in=others.exclude(count=count).values("bin"))
    broken = set(bins.filter(~mine | elsewhere).values_list("zone", flat=True).distinct())
    found: dict[str, list[str]] = {}
    for zone, warehouse in bins.order_by("zone", "warehouse").values_list("zone", "warehouse").distinct():
        if zone not in broken:
            found.setdefault(zone, []).append(warehouse)
    return found


def _ask(count: Count, zone: str, warehouses: list[str]) -> None:
    known = Freeze.objects.filter(count=count, zone=zone)
    held = Freeze.objects.filter(link=count.link, zone=zone, state__in=Freeze.IN_EFFECT)
    if known.exists() or held.exists():  # answered, lifted by hand, or another count's, which is still to let go
        return
    freeze = Freeze.objects.create(count=count, link=count.link, zone=zone, warehouses=warehouses)
    freeze.freezing = _propose(freeze, True, f"{count.number}-freeze-{zone}")
    freeze.save(update_fields=["freezing"])


def _propose(freeze: Freeze, on: bool, key: str) -> Delivery:
    fields = {"zone": freeze.zone, "on": "true" if on else "false", "count_no": freeze.count.number}
    return propose(
        freeze.link, freeze.link.wms, Document(KIND, fields), key, flow=FLOW, order_key=f"freeze:{freeze.zone}",
        count=freeze.count.number, then=Then("stocktake.freeze_settled", {"freeze": freeze.pk}),
    )  # fmt: skip


def settled(freeze_id: int) -> None:
    """The WMS answered (or a person told what became of it): carry the freeze on to where its deliveries say it is."""
    count_id = Freeze.objects.values_list("count_id", flat=True).get(pk=freeze_id)
    with transaction.atomic():
        # The count first: of two zones answered at once, the later one sees the other, and the count goes on.
        count = Count.objects.select_for_update(of=("self",), no_key=True).select_related("link").get(pk=count_id)
        freeze = _held(freeze_id)
        if freeze.lifting is not None:
            _settle_lift(freeze, freeze.lifting)
        elif freeze.freezing is not None:
            _settle_freeze(count, freeze, freeze.freezing)
        if count.state == Count.State.PREPARING and not count.freezes.filter(state=State.ASKED).exists():
            follow("stocktake.prepare", lock=f"count:{count.pk}", count=count.pk)


def _held(freeze_id: int) -> Freeze:
    found = Freeze.objects.select_for_update(of=("self",), no_key=True).filter(pk=freeze_id)
    freeze = found.select_related("count", "link__wms", "freezing", "lifting").first()
    if freeze is None:
        raise NotFound("stocktake.no_such_freeze", freeze=freeze_id)
    return freeze


def _settle_freeze(count: Count, freeze: Freeze, sent: Delivery) -> None:
    if sent.state == Sent.CONFIRMED:
        wanted = freeze.state in (State.ASKED, State.REFUSED) and count.state in Count.OPEN
        if wanted and not _taken_meanwhile(freeze):
            freeze.state, freeze.frozen_at = State.FROZEN, clock.now()
            freeze.save(update_fields=["state", "frozen_at"])
            events.record("state", "stocktake.zone_frozen", **_said(freeze))
        elif freeze.state != State.FROZEN:  # sent again after all, when nobody wanted it any more
            _lift(freeze)
    elif sent.given_up:  # nobody knows whether the zone is blocked: certainly let it go
        _lift(freeze)
    elif sent.state == Sent.REJECTED and freeze.state == State.ASKED:
        freeze.state = State.REFUSED
        freeze.save(update_fields=["state"])
        events.record("state", "stocktake.zone_not_frozen", **_said(freeze))


def _taken_meanwhile(freeze: Freeze) -> bool:
    """Has another count the zone meanwhile?"""
    others = Freeze.objects.filter(link=freeze.link, zone=freeze.zone, state__in=Freeze.IN_EFFECT)
    return others.exclude(pk=freeze.pk).exists()


def _settle_lift(freeze: Freeze, sent: Delivery) -> None:
    if sent.state == Sent.CONFIRMED and freeze.state != State.LIFTED:
        _lifted(freeze)
    elif sent.state == Sent.REJECTED and freeze.state != State.LIFTED:
        freeze.state = State.STUCK
        freeze.save(update_fields=["state"])
        events.record("state", "stocktake.zone_stuck", **_said(freeze))


def _lifted(freeze: Freeze) -> None:
    freeze.state, freeze.lifted_at = State.LIFTED, clock.now()
    freeze.save(update_fields=["state", "lifted_at", "lifted_by", "reason"])
    events.record("state", "stocktake.zone_lifted", **_said(freeze))


def _said(freeze: Freeze) -> dict[str, Any]:
    return {"count": freeze.count.number, "zone": freeze.zone, "system": freeze.link.wms.name}


def lift_all(count: Count) -> None:
    """The count is over: let its zones go, in the transaction that ends it."""
    for pk in count.freezes.filter(state__in=(State.ASKED, State.FROZEN)).order_by("pk").values_list("pk", flat=True):
        _lift(_held(pk))


def _lift(freeze: Freeze) -> None:
    """Ask the WMS to let go, behind whatever was asked of the zone before. Also where the freeze may not have arrived: letting
    go of what is not held changes nothing."""
    lifts = Delivery.objects.filter(key__startswith=f"{freeze.count.number}-lift-{freeze.zone}-").count()
    freeze.state, freeze.lift_asked_at = State.LIFTING, clock.now()
    freeze.lifting = _propose(freeze, False, f"{freeze.count.number}-lift-{freeze.zone}-{lifts + 1}")
    freeze.save(update_fields=["state", "lift_asked_at", "lifting", "lifted_by", "reason"])


def lift_by_hand(freeze_id: int, reason: str, user: User, *, in_wms: bool = False) -> Freeze:
    """Lift a freeze before its count ends, or one that the WMS would not let go: it is asked again. `in_wms`: somebody did it in
    the WMS itself. Of a freeze the WMS refused: the count goes on without it. By name and with a reason."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        count_id = Freeze.objects.filter(pk=freeze_id).values_list("count_id", flat=True).first()
        if count_id is None:
            raise NotFound("stocktake.no_such_freeze", freeze=freeze_id)
        Count.objects.select_for_update(no_key=True).get(pk=count_id)
        freeze = _held(freeze_id)
        if freeze.state in (State.LIFTED, State.LIFTING) or (in_wms and freeze.state != State.STUCK):
            raise InputError("stocktake.freeze_state", zone=freeze.zone, state=freeze.state)
        freeze.lifted_by, freeze.reason = user.username, reason.strip()
        events.record(
            "state", "stocktake.zone_lift_asked", count=freeze.count.number, actor=user.username, zone=freeze.zone,
            reason=reason.strip(),
        )  # fmt: skip
        if in_wms or freeze.state == State.REFUSED:
            _lifted(freeze)
            hurry([f"count:{count_id}"])
        elif freeze.state == State.STUCK and freeze.lifting is not None and not freeze.lifting.given_up:
            freeze.state, freeze.lift_asked_at = State.LIFTING, clock.now()
            freeze.save(update_fields=["state", "lift_asked_at", "lifted_by", "reason"])
            resending.resend(Delivery.objects.filter(pk=freeze.lifting.pk), reason, user.username)
        else:
            _lift(freeze)
    return freeze


def get(freeze_id: int) -> Freeze:
    """With what it takes to show it."""
    return Freeze.objects.select_related("count", "link__wms", "freezing", "lifting").get(pk=freeze_id)


def in_effect() -> QuerySet[Freeze]:
    """Zones that are or may be blocked, and those a count waits for in vain; the longest first."""
    vain = Q(state=State.REFUSED, count__state=Count.State.PREPARING)
    found = Freeze.objects.filter(Q(state__in=Freeze.IN_EFFECT) | vain)
    return found.select_related("count", "link__wms", "freezing", "lifting").order_by("asked_at", "pk")


def needs_people() -> QuerySet[Freeze]:
    """Those of them somebody should look at: the WMS refused, would not let go, or takes long to."""
    late = Q(state__in=(State.ASKED, State.FROZEN)) & ~Q(count__state__in=Count.OPEN)
    slow = Q(state=State.LIFTING, lift_asked_at__lt=clock.now() - SOON)
    doubt = Q(freezing__state=Sent.NEEDS_REVIEW) | Q(lifting__state=Sent.NEEDS_REVIEW)
    return in_effect().filter(Q(state__in=(State.STUCK, State.REFUSED)) | late | slow | doubt)
