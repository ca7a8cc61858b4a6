"""Drift: keys on which the two books differ though nobody counts them. Found by comparing everything, zone by zone.

What two compares saw alike, untouched by any movement the company's own interface has not booked, is told. Nothing is
looked at where a count is open: the count finds it and closes it as a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from countbridge import clock
from countbridge.domain.keys import GOODS, StockKey
from countbridge.domain.tolerance import Tolerance, exceeded
from countbridge.domain.units import is_zero
from countbridge.exchange import events, items
from countbridge.links.models import Bin, Item, Link
from countbridge.stocktake import repairs
from countbridge.stocktake.books import Books, read_both
from countbridge.stocktake.judge import domain_policy
from countbridge.stocktake.models import Drift
from countbridge.stocktake.policy import policy_of

State = Drift.State
APART = timedelta(minutes=1)  # two sightings closer together are one
Pair = tuple[Decimal, Decimal]


def compare(link: Link) -> None:
    """Compare both books of the whole link, and the items the WMS holds with what it was told."""
    before = set(Drift.objects.filter(link=link, state=State.OPEN).values_list("pk", flat=True))
    busy = repairs.counted_now(link)
    for locations in _together(link):
        free = locations - busy
        if free:
            _compare(link, free)
    found = Drift.objects.filter(link=link, state=State.OPEN).exclude(pk__in=before).order_by("pk")
    if first := found.first():
        events.record("drift", "stocktake.drift_found", number=found.count(), first=first, link=link.code)
    if policy_of(link.policy).drift == "repair":
        _repair_small(link)
    items.compare(link)


def _together(link: Link) -> Iterator[set[str]]:
    """ERP locations that must be read together, because they share a zone of the WMS: each zone is read once."""
    zones: dict[str, set[str]] = defaultdict(set)
    homes: dict[str, set[str]] = defaultdict(set)
    for zone, location in Bin.objects.filter(link=link).values_list("zone", "erp_location").distinct().order_by("zone"):
        zones[zone].add(location)
        homes[location].add(zone)
    while zones:
        waiting, together = [min(zones)], set()
        while waiting:
            found = zones.pop(waiting.pop(), set())
            together |= found
            waiting += sorted({zone for location in found for zone in homes[location] if zone in zones})
        yield together


def _compare(link: Link, locations: set[str]) -> None:
    # Only what is certain at the first look: a key that is moving is looked at the next time.
    books = read_both(link, sorted(locations), set())
    with transaction.atomic():
        under_way = Drift.objects.select_for_update(no_key=True).filter(link=link, location__in=locations)
        known = {StockKey.of(d.location, d): d for d in under_way.filter(state__in=(State.SUSPECTED, State.OPEN))}
        apart = _apart(link, books, locations)
        for key, (erp, wms) in apart.items():
            _seen(link, known.get(key), key, erp, wms)
        for key, drift in known.items():
            if key in books.erp and key not in apart:
                _agrees_again(drift)


def _apart(link: Link, books: Books, locations: set[str]) -> dict[StockKey, Pair]:
    """The certain keys on which the books differ, without those that a person dismissed just so or that are being repaired."""
    differ = {key: (books.erp[key], books.wms[key]) for key in sorted(books.erp) if books.erp[key] != books.wms[key]}
    decimals = dict(
        Item.objects.filter(link=link, code__in={key.item for key in differ}).values_list("code", "decimals")
    )
    left = {
        StockKey.of(d.location, d): d.erp - d.wms
        for d in Drift.objects.filter(link=link, location__in=locations, state=State.DISMISSED).order_by("pk")
    }
    repairing = Drift.objects.filter(link=link, location__in=locations, state=State.REPAIRING)
    busy = StockKey.many(repairing.values_list("location", *GOODS))
    return {
        key: (erp, wms)
        for key, (erp, wms) in differ.items()
        if key not in busy and left.get(key) != erp - wms and not is_zero(erp - wms, decimals.get(key.item, 3))
    }


def _seen(link: Link, known: Drift | None, key: StockKey, erp: Decimal, wms: Decimal) -> None:
    now = clock.now()
    if known is None:
        place = Bin.objects.filter(link=link, erp_location=key.place).order_by("code").first()
        warehouse = place.warehouse if place else ""
        Drift.objects.create(
            link=link, warehouse=warehouse, location=key.place, **key.goods(), erp=erp, wms=wms,
            first_seen=now, last_seen=now,
        )  # fmt: skip
        return
    same = known.erp - known.wms == erp - wms
    if known.state == State.SUSPECTED and not same:
        known.first_seen = now
    if known.state == State.SUSPECTED and same and now - known.first_seen >= APART:
        known.state = State.OPEN
    known.erp, known.wms, known.last_seen = erp, wms, now
    known.save(update_fields=["erp", "wms", "first_seen", "last_seen", "state"])


def _agrees_again(drift: Drift) -> None:
    if drift.state == State.SUSPECTED:
        drift.delete()
        return
    drift.state, drift.decided_at = State.EXPLAINED, clock.now()
    drift.message = {"code": "stocktake.drift_agrees", "params": {}}
    drift.save(update_fields=["state", "decided_at", "message"])


def _repair_small(link: Link) -> None:
    """What lies inside the policy's tolerance is repaired without asking; the rest waits for a person."""
    tolerance = domain_policy(policy_of(link.policy)).tolerance
    waiting = list(Drift.objects.filter(link=link, state=State.OPEN, message__isnull=True).order_by("pk"))
    prices = dict(Item.objects.filter(link=link, code__in={d.item for d in waiting}).values_list("code", "price"))
    small = [drift.pk for drift in waiting if _is_small(drift, tolerance, prices.get(drift.item))]
    if small:
        repairs.ask(link, small, "policy: within the tolerance", "")


def _is_small(drift: Drift, tolerance: Tolerance, price: Decimal | None) -> bool:
    change = drift.wms - drift.erp
    return not exceeded(tolerance, drift.erp, drift.wms, change, None if price is None else change * price)
