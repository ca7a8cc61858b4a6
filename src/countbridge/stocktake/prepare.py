"""From approval to work on the floor: masters, snapshot, sheets, and the three documents the WMS needs (F1, F2, F3).

A count may have a million lines, so this is done in pieces that each commit with the position behind them: a process that
dies loses one page, and nothing is ever held whole in memory. Until the last piece stands, the count is being prepared.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Min

from countbridge import clock
from countbridge.errors import ConfigError
from countbridge.exchange import events, masters
from countbridge.exchange.models import QuarantinedRecord
from countbridge.links.models import Bin
from countbridge.stocktake import cutoff, freezes, layout, paperwork, progress, snapshot, work
from countbridge.stocktake.models import Count, Line, Progress, Reading

SHOWN = 20  # names in one sentence
State = Count.State
Step = Progress.Step


def prepare(count_id: int) -> None:
    """Make the count ready to be counted, going on where an earlier try stopped."""
    count = Count.objects.select_related("link__erp", "link__wms").get(pk=count_id)
    if count.state not in (State.APPROVED, State.PREPARING):
        clear(count)
        return
    Count.objects.filter(pk=count.pk, state=State.APPROVED).update(state=State.PREPARING)
    try:
        if not count.readings.filter(laid_out=True).exists():
            _plan(count)
            if not freezes.ask(count):
                return  # the WMS's answer goes on from here
            _read(count)
            _check(count)
        layout.store_book(count)
        layout.lay_out(count)
        _something_to_count(count)
        paperwork.send_task(count)
        _begin(count)
    except work.GivenUp:
        clear(count)
    else:
        snapshot.clear(count)


def clear(count: Count) -> None:
    """Leave nothing behind of a preparation that is over. Of a count that was given up, neither lines nor sheets."""
    count.refresh_from_db(fields=["state"])
    if count.state == State.CANCELLED and count.started_at is None:
        layout.forget(count)
    snapshot.clear(count)


def _read(count: Count) -> None:
    progress.catch_up(count.link)
    snapshot.take_in(count, "wms")
    snapshot.take_in(count, "erp")
    progress.catch_up(count.link)


def _plan(count: Count) -> None:
    """Write down what is to be read: the approved ERP locations with all beneath them that has bins, and the bins' zones."""
    work.begin(count, Step.MASTERS)
    masters.sync(count.link)
    bins = Bin.objects.filter(link=count.link)
    if count.chosen:
        bins = bins.filter(code__in=count.places.values("bin"))
    else:
        rows = masters.read_all(count.link.erp, "locations")
        parents = {str(row["code"]): row["parent_code"] for row in rows}
        approved = set(count.approvals.values_list("location", flat=True))
        booked = bins.values_list("erp_location", flat=True).distinct()
        beneath = [location for location in booked if _beneath(location, approved, parents)]
        if not beneath:
            raise ConfigError("stocktake.no_bins", count=count.number, locations=", ".join(sorted(approved)))
        bins = bins.filter(erp_location__in=beneath)
    wanted = sorted(bins.values_list("erp_location", flat=True).distinct())
    if not wanted:
        raise ConfigError("stocktake.no_bins", count=count.number, locations="-")
    zones = bins.values_list("zone", flat=True).distinct()
    parts = [("wms", zone) for zone in zones] + [("erp", location) for location in wanted]
    Reading.objects.bulk_create(
        [Reading(count=count, side=side, part=part) for side, part in parts], ignore_conflicts=True, batch_size=2000
    )


def _beneath(location: str, approved: set[str], parents: dict[str, str | None]) -> bool:
    at: str | None = location
    seen: set[str] = set()
    while at and at not in seen:
        if at in approved:
            return True
        seen.add(at)
        at = parents.get(at)
    return False


def _check(count: Count) -> None:
    """Nothing is laid out while a row is missing or a document cannot be said: a count that looks complete would not be.
    What has to be read again once the cause is mended is forgotten."""
    work.begin(count, Step.CHECK)
    if unknown := layout.unknown_items(count):
        snapshot.start_over([reading for _, _, readings in unknown for reading in readings])
        names = ", ".join(item for item, _, _ in unknown[:SHOWN])
        raise ConfigError(
            "stocktake.item_missing", count=count.number, item=names, number=len(unknown), place=unknown[0][1]
        )
    _nothing_in_quarantine(count)
    paperwork.check_baseline(count)


def _nothing_in_quarantine(count: Count) -> None:
    held = list(count.readings.exclude(quarantined=[]).order_by("side", "part"))
    names = {name for reading in held for name in reading.quarantined}
    waiting = set(
        QuarantinedRecord.objects.filter(
            link=count.link, flow="stock", source_id__in=names, state=QuarantinedRecord.State.WAITING
        ).values_list("source_id", flat=True)
    )
    if stopped := [reading for reading in held if waiting & set(reading.quarantined)]:
        snapshot.start_over([reading.pk for reading in stopped])
        row = sorted(waiting)[0]
        raise ConfigError("stocktake.stock_in_quarantine", count=count.number, number=len(waiting), row=row)


def _begin(count: Count) -> None:
    """The sheets go out and the count begins, in one transaction: no result can come before it."""
    with transaction.atomic():
        held = Count.objects.select_for_update(no_key=True).get(pk=count.pk)
        if held.state != State.PREPARING:
            raise work.GivenUp("stocktake.given_up", count=count.number)
        _tell_left_out(held)
        paperwork.send_first_sheets(count)
        read = count.readings.filter(side="wms")
        bins = Bin.objects.filter(link=count.link, erp_location__in=count.readings.filter(side="erp").values("part"))
        held.watermarks = {part: mark or 0 for part, mark in read.values_list("part", "watermark")}
        held.snapshot_at = read.aggregate(at=Min("as_of"))["at"] or clock.now()
        here = bins.filter(code__in=held.places.filter(left_out="").values("bin"))
        held.warehouses = sorted(set(here.values_list("warehouse", flat=True)))
        rest = bins.exclude(code__in=held.places.filter(left_out="").values("bin"))
        held.partial = sorted(set(rest.values_list("erp_location", flat=True)))
        held.cutoff = cutoff.taken(held)
        held.state, held.started_at = State.COUNTING, clock.now()
        held.save(update_fields=["cutoff", "watermarks", "snapshot_at", "warehouses", "partial", "state", "started_at"])
        events.record(
            "state",
            "stocktake.prepared",
            count=count.number,
            lines=Line.objects.filter(count=count).count(),
            bins=here.count(),
            sheets=count.sheets.count(),
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stocktake_line")


def _something_to_count(count: Count) -> None:
    """A count all of whose bins another open count has waits for that; then everything is read and laid out anew."""
    if count.sheets.exists():
        return
    left_out = list(count.places.exclude(left_out="").values_list("left_out", flat=True))
    with transaction.atomic():
        snapshot.start_over(list(count.readings.values_list("pk", flat=True)))
        count.readings.update(laid_out=False)
        count.book.all().delete()
        if count.chosen:
            count.places.update(left_out="")
        else:
            count.places.all().delete()
    if left_out:
        others = ", ".join(sorted(set(left_out)))
        raise ConfigError("stocktake.all_counted_elsewhere", counts=others, bins=len(left_out))
    raise ConfigError("stocktake.nothing_to_count", count=count.number)


def _tell_left_out(count: Count) -> None:
    left_out = list(count.places.exclude(left_out="").values_list("left_out", flat=True))
    if left_out:
        others = ", ".join(sorted(set(left_out)))
        events.record("state", "stocktake.bins_left_out", count=count.number, bins=len(left_out), counts=others)
