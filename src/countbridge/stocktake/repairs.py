"""Repairing drift: the WMS's book, nearer to the floor, is carried into the ERP by an adjustment document, posted once like
any other and read back. Never while a count is open on the key."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db import transaction

from countbridge import clock
from countbridge.connectors.contract import Document
from countbridge.connectors.registry import definition
from countbridge.domain.keys import GOODS, StockKey
from countbridge.domain.units import is_zero
from countbridge.errors import ConfigError, InputError
from countbridge.exchange import events
from countbridge.exchange.deliveries import Then, propose
from countbridge.exchange.maps import translate
from countbridge.exchange.models import Delivery
from countbridge.exchange.queue import follow
from countbridge.exchange.retry import NotYet
from countbridge.links.models import Item, Link
from countbridge.people.access import WarehouseScope
from countbridge.stocktake.books import Books, read_both
from countbridge.stocktake.models import Count, Drift, Line, Reading, Repair
from countbridge.stocktake.policy import policy_of

State = Drift.State
MOST_AT_ONCE = 5000


def ask(link: Link, ids: Sequence[int], reason: str, user: str, scope: WarehouseScope | None = None) -> int:
    """Have these keys repaired, for a reason; returns how many are taken up. Only open drift in the scope is."""
    if policy_of(link.policy).drift == "report":
        raise InputError("stocktake.drift_only_reported", link=link.code)
    with transaction.atomic():
        chosen = _chosen(link, ids, reason, scope)
        size = definition(link.erp.connector).manifest.document("adjustment").max_lines or 1000
        for location, group in groupby(chosen, key=lambda drift: drift.location):
            rows = list(group)
            for start in range(0, len(rows), size):
                repair = Repair.objects.create(link=link, location=location, user=user, reason=reason.strip())
                part = [drift.pk for drift in rows[start : start + size]]
                Drift.objects.filter(pk__in=part).update(
                    state=State.REPAIRING, repair=repair, decided_by=user, decided_at=clock.now(),
                    reason=reason.strip(), message=None,
                )  # fmt: skip
                follow("stocktake.repair", lock=f"repair:{repair.pk}", repair=repair.pk)
        if chosen:
            events.record(
                "drift", "stocktake.repair_asked", actor=user, number=len(chosen), link=link.code, reason=reason.strip()
            )
    return len(chosen)


def dismiss(link: Link, ids: Sequence[int], reason: str, user: str, scope: WarehouseScope | None = None) -> int:
    """The difference may stay as it is, says somebody, and why. It is told again only when it changes."""
    with transaction.atomic():
        chosen = _chosen(link, ids, reason, scope)
        Drift.objects.filter(pk__in=[drift.pk for drift in chosen]).update(
            state=State.DISMISSED, decided_by=user, decided_at=clock.now(), reason=reason.strip()
        )
        if chosen:
            events.record(
                "drift", "stocktake.drift_dismissed", actor=user, number=len(chosen), link=link.code, reason=reason.strip()
            )  # fmt: skip
    return len(chosen)


def _chosen(link: Link, ids: Sequence[int], reason: str, scope: WarehouseScope | None) -> list[Drift]:
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    if len(ids) > MOST_AT_ONCE:
        raise InputError("stocktake.too_many_at_once", most=MOST_AT_ONCE)
    found = Drift.objects.select_for_update(no_key=True).filter(link=link, pk__in=ids, state=State.OPEN)
    if scope is not None:
        found = scope.limit(found, "warehouse")
    return list(found.order_by("location", *GOODS))


def counted_now(link: Link) -> set[str]:
    """ERP locations on which a count is open. NotYet while a count was approved and nobody knows yet where."""
    counts = Count.objects.filter(link=link, state__in=Count.OPEN)
    unknown = counts.filter(state__in=(Count.State.APPROVED, Count.State.PREPARING), readings=None).first()
    if unknown is not None:
        raise NotYet("stocktake.count_begins", after=30.0, count=unknown.number)
    planned = Reading.objects.filter(count__in=counts, side="erp").values_list("part", flat=True)
    counted = Line.objects.filter(count__in=counts).values_list("erp_location", flat=True).distinct()
    return {*planned, *counted}


def write(repair_id: int) -> None:
    """Look once more, then write the document down. What changed since it was told goes back to be looked at."""
    repair = Repair.objects.select_related("link__erp", "link__wms").get(pk=repair_id)
    if repair.delivery_id is not None:
        return
    _nobody_counts(repair)
    keys = {_key(drift) for drift in repair.drift.all()}
    books = read_both(repair.link, [repair.location], keys)
    with transaction.atomic():
        held = Repair.objects.select_for_update(of=("self",), no_key=True).select_related("link__erp").get(pk=repair_id)
        if held.delivery_id is not None:
            return
        _nobody_counts(held)
        rows = [drift for drift in held.drift.order_by(*GOODS) if _still(drift, books)]
        if rows:
            held.delivery = _propose(held, rows)
            held.save(update_fields=["delivery"])


def _nobody_counts(repair: Repair) -> None:
    if repair.location in counted_now(repair.link):
        raise NotYet("stocktake.counted_meanwhile", after=60.0, location=repair.location)


def _still(drift: Drift, books: Books) -> bool:
    key = _key(drift)
    erp, wms = books.erp.get(key, Decimal(0)), books.wms.get(key, Decimal(0))
    if erp - wms == drift.erp - drift.wms:
        return True
    drift.erp, drift.wms, drift.last_seen, drift.repair = erp, wms, clock.now(), None
    drift.state = State.OPEN if erp != wms else State.EXPLAINED
    drift.message = {"code": "stocktake.drift_changed" if erp != wms else "stocktake.drift_agrees", "params": {}}
    drift.save()
    return False


def _key(drift: Drift) -> StockKey:
    return StockKey.of(drift.location, drift)


def _propose(repair: Repair, rows: Sequence[Drift]) -> Delivery:
    link = repair.link
    said, rejects = translate(
        link,
        "adjustment_to_erp",
        [
            {
                "line": str(position), "bin": "", "location": drift.location, **_key(drift).goods(),
                "quantity": format((drift.wms - drift.erp).normalize(), "f"),
            }
            for position, drift in enumerate(rows)
        ],
    )  # fmt: skip
    if rejects:
        first = rejects[0]
        raise ConfigError(
            "stocktake.cannot_say", map="adjustment_to_erp", record=first.row, reason=first.failures[0].code
        )
    fields = {
        "location": repair.location,
        "date": clock.now().astimezone(ZoneInfo(link.time_zone)).date().isoformat(),
        "reference": repair.number,
    }
    return propose(
        link,
        link.erp,
        Document("adjustment", fields, tuple(said)),
        repair.number,
        flow="F4",
        order_key=repair.location,  # as for any correction: the ERP is told of one place by one document at a time
        then=Then("stocktake.repair_settled", {"repair": repair.pk}),
    )


def settled(repair_id: int) -> None:
    """The ERP answered for good: what it took is read back; what it refused is open again, with its words."""
    with transaction.atomic():
        repair = Repair.objects.select_related("delivery", "link").get(pk=repair_id)
        delivery = repair.delivery
        if delivery is None or not delivery.settled:
            return
        refused = {o["line"]: o["message"] for o in delivery.outcomes if not o["ok"]}
        for position, drift in enumerate(repair.drift.filter(state=State.REPAIRING).order_by(*GOODS)):
            if delivery.state != Delivery.State.CONFIRMED or position in refused:
                drift.state = State.OPEN
                drift.message = {
                    "code": "stocktake.repair_refused", "params": {"message": refused.get(position) or delivery.state},
                }  # fmt: skip
                drift.save(update_fields=["state", "message"])
        if delivery.state == Delivery.State.CONFIRMED:
            follow("stocktake.check_repair", once=f"check_repair:{repair.pk}", repair=repair.pk)


def check(repair_id: int) -> None:
    """Read both books back: equal keys are repaired, others are open again."""
    repair = Repair.objects.select_related("link__erp", "link__wms").get(pk=repair_id)
    waiting = {_key(drift) for drift in repair.drift.filter(state=State.REPAIRING)}
    if not waiting:
        return
    books = read_both(repair.link, [repair.location], waiting)
    decimals = dict(
        Item.objects.filter(link=repair.link, code__in={key.item for key in waiting}).values_list("code", "decimals")
    )
    with transaction.atomic():
        done = 0
        for drift in repair.drift.select_for_update(no_key=True).filter(state=State.REPAIRING):
            key = _key(drift)
            erp, wms = books.erp.get(key, Decimal(0)), books.wms.get(key, Decimal(0))
            equal = is_zero(erp - wms, decimals.get(drift.item, 3))
            drift.state = State.REPAIRED if equal else State.OPEN
            drift.message = None if equal else {"code": "stocktake.drift_stays", "params": {}}
            drift.erp, drift.wms = erp, wms
            drift.save(update_fields=["state", "message", "erp", "wms"])
            done += equal
        if done:
            events.record(
                "drift", "stocktake.drift_repaired", actor=repair.user, number=done, location=repair.location,
                document=repair.number,
            )  # fmt: skip
