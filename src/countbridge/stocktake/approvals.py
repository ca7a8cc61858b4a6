"""An approved count in the ERP becomes a count here (A1): noticed by reading, taken once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from countbridge import clock
from countbridge.connectors.contract import Row
from countbridge.exchange import clocks, events
from countbridge.exchange.masters import read_all
from countbridge.exchange.queue import follow
from countbridge.exchange.rows import moment, needed
from countbridge.links.models import Link
from countbridge.stocktake.models import Approval, Count
from countbridge.stocktake.numbers import next_number
from countbridge.stocktake.policy import policy_of


def notice(link: Link) -> list[Count]:
    """Take up the counts approved in the ERP since the last look. Documents that one planner saved for one date belong to
    one count, once none of them has been touched for the link's `quiet_seconds`."""
    rows = read_all(link.erp, "count_approvals")
    taken = set(Approval.objects.filter(link=link).values_list("document", flat=True))
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["id"] not in taken:
            groups[str(row["date"]), str(row["created_by"])].append(row)
    quiet = timedelta(seconds=policy_of(link.policy).quiet_seconds)
    return [_take(link, group) for group in groups.values() if _untouched(link, group, quiet)]


def _untouched(link: Link, group: Iterable[Row], quiet: timedelta) -> bool:
    touched = max(moment(row["written_at"] or row["created_at"], "written_at") for row in group)
    return clock.now() - clocks.ours(link.erp, touched) >= quiet


def _take(link: Link, group: list[Row]) -> Count:
    first = group[0]
    day = datetime.fromisoformat(str(first["date"])).date()
    warehouses = sorted({str(row["warehouse"]) for row in group})
    with transaction.atomic():
        count = Count.objects.create(
            link=link,
            number=next_number(link),
            name=f"{'、'.join(warehouses)} {day.isoformat()}",
            policy=policy_of(link.policy).as_json(),
            blind=policy_of(link.policy).blind,
            warehouses=warehouses,
            responsible=str(first["created_by"]),
            planned_at=datetime.combine(day, time(), ZoneInfo(link.time_zone)),
        )
        Approval.objects.bulk_create(
            Approval(
                count=count,
                link=link,
                document=needed(row, "id"),
                number=row["number"] or "",
                location=needed(row, "location"),
            )
            for row in group
        )
        events.record(
            "state",
            "stocktake.noticed",
            count=count.number,
            actor=count.responsible,
            documents=", ".join(str(row["number"] or row["id"]) for row in group),
            locations=", ".join(str(row["location"]) for row in group),
        )
        follow("stocktake.prepare", lock=f"count:{count.pk}", count=count.pk)
    return count
