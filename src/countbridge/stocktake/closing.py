"""A count closes only when both books, read back, hold the same of every counted key. Otherwise it stays open and says why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from countbridge import clock
from countbridge.domain.keys import GOODS, StockKey
from countbridge.domain.units import is_zero
from countbridge.exchange import events
from countbridge.exchange.grain import common
from countbridge.exchange.queue import follow
from countbridge.stocktake import freezes, paperwork, refused
from countbridge.stocktake.books import Books, read_both
from countbridge.stocktake.models import AdjustmentLine, Count, Difference, Line
from countbridge.stocktake.posting import reopen_changed

AGAIN_AFTER = 60.0


def verify(count_id: int) -> None:
    """Read both books back; close the count, or write down which keys differ and why, and look again later."""
    count = Count.objects.select_related("link__erp", "link__wms").get(pk=count_id)
    if count.state not in (Count.State.VERIFYING, Count.State.DIFFERENCES):
        return
    counted = _counted_keys(count)
    books = read_both(count.link, sorted({key.place for key in counted}), counted)
    with transaction.atomic():
        held = (
            Count.objects.select_for_update(of=("self",), no_key=True)
            .select_related("link__erp", "link__wms")
            .get(pk=count.pk)
        )
        if held.state not in (Count.State.VERIFYING, Count.State.DIFFERENCES):
            return
        if not reopen_changed(held):
            _conclude(held, _differences(held, counted, books))


def _counted_keys(count: Count) -> set[StockKey]:
    lines = count.lines.exclude(state=Line.State.UNCOUNTED)
    return _at_grain(count, lines)


def _at_grain(count: Count, lines: QuerySet[Any]) -> set[StockKey]:
    """The ERP keys of some lines."""
    grain = common(count.link)
    return {key.coarser(grain) for key in StockKey.many(lines.values_list("erp_location", *GOODS).distinct())}


def _differences(count: Count, counted: set[StockKey], books: Books) -> list[Difference]:
    decimals = dict(count.lines.values_list("item", "decimals"))
    unposted = _unposted(count)
    found = []
    for key in sorted(counted):
        erp, wms = books.erp.get(key, Decimal(0)), books.wms.get(key, Decimal(0))
        # Where some bins of a location are not counted, their part of a gap cannot be told: that both systems confirmed what was
        # posted is all there is to be had, and the rest is drift between the books.
        apart = key.place not in count.partial and not is_zero(erp - wms, decimals[key.item])
        if key in unposted or apart:
            code, params = _why(count, key)
            found.append(
                Difference(
                    count=count, erp_location=key.place, **key.goods(), erp=erp, wms=wms, code=code, params=params
                )
            )
    return found


def _unposted(count: Count) -> set[StockKey]:
    """Keys with an adjustment line that the ERP has not confirmed (refused alone or with its document), or on its way again
    to either system: that the books agree proves nothing then. A line given up is no longer waited for."""
    lines = AdjustmentLine.objects.filter(adjustment__count=count, fate="").exclude(ok=True)
    lines = lines.filter(Q(adjustment__side="erp") | Q(ok=None))
    return _at_grain(count, lines)


def _why(count: Count, key: StockKey) -> tuple[str, dict[str, str]]:
    """The likeliest reason the books differ, with the way out in its sentence."""
    at = {"erp_location": key.place, **key.goods(common(count.link))}
    lines = AdjustmentLine.objects.filter(adjustment__count=count, ok=False, **at)
    lines = lines.exclude(fate=AdjustmentLine.Fate.RESENT).select_related("adjustment")
    line = lines.order_by("fate", "pk").first()
    if line is not None:
        code = "stocktake.differs_given_up" if line.fate else "stocktake.differs_refused"
        return code, {"side": line.adjustment.side.upper(), "message": line.message or "-"}
    here = count.lines.filter(**at)
    if here.exclude(state__in=Line.POSTABLE).exists():
        return "stocktake.differs_not_posted", {}
    return "stocktake.differs_gap", {}


def _conclude(count: Count, found: list[Difference]) -> None:
    count.differences.all().delete()
    if found:
        Difference.objects.bulk_create(found, batch_size=1000)
        if count.state != Count.State.DIFFERENCES:
            events.record("state", "stocktake.books_differ", count=count.number, keys=len(found))
        count.state = Count.State.DIFFERENCES
        count.save(update_fields=["state"])
        follow("stocktake.verify", once=f"verify-later:{count.pk}", delay=AGAIN_AFTER, count=count.pk)
        return
    count.state = Count.State.CLOSED
    count.closed_at = clock.now()
    count.save(update_fields=["state", "closed_at"])
    refused.overtaken(count)
    freezes.lift_all(count)
    paperwork.send_end(count)
    events.record("state", "stocktake.closed", count=count.number, keys=len(_counted_keys(count)))
