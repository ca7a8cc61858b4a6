"""Counts ordered here rather than in the ERP: what a scope comes to, shown before anything is made, and making the count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count as Number
from django.db.models import Max, Q, QuerySet

from countbridge import clock
from countbridge.domain.decimals import round_half_up
from countbridge.domain.skills import Work, demand_of
from countbridge.errors import InputError
from countbridge.exchange import chance, events
from countbridge.exchange.queue import follow
from countbridge.links.models import Bin, Item, Link
from countbridge.people.access import WarehouseScope
from countbridge.people.models import User
from countbridge.stocktake import freezes
from countbridge.stocktake.models import Count, CountedBin, Line
from countbridge.stocktake.numbers import next_number
from countbridge.stocktake.policy import CHOICES, CountPolicy, policy_of
from countbridge.stocktake.policy_words import MODES
from countbridge.stocktake.scope import KINDS, Scope
from countbridge.stocktake.sheets import able_of, operators

SHOWN = 50
EVER = datetime.min.replace(tzinfo=UTC)
# Seconds a line took, over the last counts of the link: from a sheet's first scan to its last, its lines spread evenly.
PACE = """
SELECT sum(seconds), sum(lines) FROM (
    SELECT extract(epoch FROM max(s.counted_at) - min(s.counted_at))::bigint AS seconds, count(DISTINCT s.line_id) - 1 AS lines
    FROM stocktake_scan s JOIN stocktake_count c ON c.id = s.count_id
    WHERE c.link_id = %s AND s.undone_at IS NULL AND s.source = 'pda' AND s.counted_at > %s
    GROUP BY s.sheet_id HAVING count(DISTINCT s.line_id) > 1
) AS walks"""
# Lines each bin had when it was last counted as a whole.
KNOWN_LINES = """
SELECT count(*) FROM stocktake_line l
WHERE (l.bin, l.count_id) IN (
    SELECT DISTINCT ON (c.bin) c.bin, c.count_id FROM stocktake_countedbin c JOIN stocktake_count n ON n.id = c.count_id
    WHERE n.link_id = %s AND c.bin = ANY(%s) AND c.seen_at IS NOT NULL ORDER BY c.bin, c.seen_at DESC)"""


@dataclass(frozen=True)
class Preview:
    """What a scope comes to. `lines`: as many as the bins had when last counted (`bins_known` of them ever were). `minutes` of
    work for one person at the pace of the last ninety days; None where nobody has counted yet. `overlapping`: bins an open count
    has, which this one would leave out: its number → how many."""

    bins: int
    zones: list[tuple[str, str, int]]
    locations: int
    items: int | None
    lines: int
    bins_known: int
    minutes: int | None
    people: int
    overlapping: dict[str, int]
    first: list[str]


def preview(link: Link, kind: str, scope: Scope, may: WarehouseScope) -> Preview:
    """What the count would be, without making it. InputError for a scope that names nothing."""
    bins = _bins(link, kind, scope, may)
    codes = [place.code for place in bins]
    busy = _busy(link, codes)
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_LINES, [link.pk, codes])
        lines = int(cursor.fetchone()[0])
    known = (
        CountedBin.objects.filter(count__link=link, bin__in=codes, seen_at__isnull=False)
        .values("bin")
        .distinct()
        .count()
    )
    people = {name for warehouse in {place.warehouse for place in bins} for name in operators(warehouse)}
    zones = Counter((place.warehouse, place.zone) for place in bins)
    pace = _seconds_per_line(link)
    return Preview(
        bins=len(bins),
        zones=[(warehouse, zone, number) for (warehouse, zone), number in sorted(zones.items())],
        locations=len({place.erp_location for place in bins}),
        items=_items(link, scope).count() if scope.narrowed else None,
        lines=lines,
        bins_known=known,
        minutes=None if pace is None or not lines else int(round_half_up(pace * lines / 60, 0)),
        people=len(people),
        overlapping=dict(sorted(Counter(busy.values()).items())),
        first=codes[:SHOWN],
    )


def create(
    link: Link, kind: str, mode: str, scope: Scope, user: User | None, may: WarehouseScope, *, name: str = "",
    counter: User | None = None, freeze: str = "",
) -> Count:  # fmt: skip
    """Make the count; its preparation follows. `user` None: the calendar orders it. `counter`: who gets all of its sheets, when
    somebody on the floor asked for it. `freeze`: as in the policy, whose own word holds where none is given. InputError for an
    unknown kind or mode, a scope that names nothing, or bins all of which are being counted already."""
    if mode not in MODES:
        raise InputError("stocktake.no_such_mode", mode=mode, known=", ".join(MODES))
    bins = _bins(link, kind, scope, may)
    busy = _busy(link, [place.code for place in bins])
    if len(busy) == len(bins):
        raise InputError(
            "stocktake.all_counted_elsewhere", counts=", ".join(sorted(set(busy.values()))), bins=len(bins)
        )
    frozen = {"freeze": freeze} if freeze else {}
    if freeze not in ("", *CHOICES["freeze"]):
        raise InputError("stocktake.policy_value", word="freeze", value=freeze)
    freezes.check(link, freeze or "none")
    policy = policy_of({**link.policy, **frozen, "blind": mode != "open", "double_blind": mode == "double_blind"})
    if counter is not None:
        _must_be_able(counter, bins, policy)
    warehouses = sorted({place.warehouse for place in bins})
    now = clock.now()
    day = now.astimezone(ZoneInfo(link.time_zone)).date().isoformat()
    with transaction.atomic():
        count = Count.objects.create(
            link=link, number=next_number(link), name=name.strip() or f"{'、'.join(warehouses)} {day}",
            kind=kind, policy=policy.as_json(), blind=policy.blind, warehouses=warehouses,
            responsible=user.username if user else "", planned_at=now, chosen=True,
            scope=scope.as_json(), given_to=counter.username if counter else "",
        )  # fmt: skip
        CountedBin.objects.bulk_create((CountedBin(count=count, bin=place.code) for place in bins), batch_size=5000)
        events.record(
            "state", "stocktake.ordered", count=count.number, actor=user.username if user else "", bins=len(bins),
            zones=len({(place.warehouse, place.zone) for place in bins}),
        )  # fmt: skip
        follow("stocktake.prepare", lock=f"count:{count.pk}", count=count.pk)
    return count


def _must_be_able(user: User, bins: list[Bin], policy: CountPolicy) -> None:
    """What the places ask of whoever wants to count there; what lies in them is asked when it is known."""
    demand = demand_of((Work(place.warehouse, place.zone) for place in bins), policy.needs)
    if not able_of(user).may(demand):
        raise InputError(
            "stocktake.place_takes_skill", user=user.username, bin=bins[0].code, skills=", ".join(demand.skills)
        )


def zones(link: Link, may: WarehouseScope) -> list[dict[str, object]]:
    """Warehouse, zone and number of bins of every zone somebody may plan in."""
    bins = may.limit(Bin.objects.filter(link=link), "warehouse").values("warehouse", "zone")
    return [dict(row) for row in bins.annotate(bins=Number("pk")).order_by("warehouse", "zone")]


def last_seen(link: Link) -> dict[str, datetime]:
    """Bin → when somebody last handed in what they saw there, of bins that ever were counted."""
    seen = CountedBin.objects.filter(count__link=link, seen_at__isnull=False)
    return {row["bin"]: row["at"] for row in seen.values("bin").annotate(at=Max("seen_at"))}


def _bins(link: Link, kind: str, scope: Scope, may: WarehouseScope) -> list[Bin]:
    """The bins of the scope in walking order."""
    if kind not in KINDS:
        raise InputError("stocktake.no_such_kind", kind=kind, known=", ".join(KINDS))
    bins = may.limit(Bin.objects.filter(link=link), "warehouse")
    for field, wanted in (("warehouse", scope.warehouses), ("zone", scope.zones), ("code", scope.bins)):
        if wanted:
            known = set(bins.filter(**{f"{field}__in": wanted}).values_list(field, flat=True).distinct())
            if missing := [one for one in wanted if one not in known]:
                raise InputError(
                    "stocktake.scope_unknown", word=field, value=", ".join(missing[:5]), number=len(missing)
                )
            bins = bins.filter(**{f"{field}__in": wanted})
    if scope.narrowed and not _items(link, scope).exists():
        raise InputError("stocktake.scope_no_items")
    found = list(bins.order_by("warehouse", "walk_order", "code"))
    if scope.not_seen_days or scope.most_bins:
        found = _chosen(link, scope, found)
    if not found:
        raise InputError("stocktake.scope_empty")
    return found


def _items(link: Link, scope: Scope) -> QuerySet[Item]:
    wanted = Q(link=link)
    for field, words in (("item_class", scope.classes), ("abc", scope.abc), ("code", scope.items)):
        wanted &= Q(**{f"{field}__in": words}) if words else Q()
    return Item.objects.filter(wanted)


def _chosen(link: Link, scope: Scope, bins: list[Bin]) -> list[Bin]:
    """Those due, the longest not counted first, or by lot; then again in walking order."""
    seen = _last_counted(link, scope)
    since = clock.now() - timedelta(days=scope.not_seen_days)
    due = [place for place in bins if not scope.not_seen_days or place.code not in seen or seen[place.code] < since]
    if scope.most_bins and len(due) > scope.most_bins:
        if scope.at_random:
            # Each draws a number; the smallest win. Codes tell equal ones apart, so that a drawing can be had again.
            drawn = sorted((chance.between(0, 1), place.code, place) for place in due)
            due = [place for _, _, place in drawn[: scope.most_bins]]
        else:
            due = sorted(due, key=lambda place: (seen.get(place.code, EVER), place.walk_order, place.code))[
                : scope.most_bins
            ]
    return sorted(due, key=lambda place: (place.warehouse, place.walk_order, place.code))


def _last_counted(link: Link, scope: Scope) -> dict[str, datetime]:
    """When each bin was last counted; of some goods only: when any of them was counted in it."""
    if not scope.narrowed:
        return last_seen(link)
    codes = _items(link, scope).values("code")
    lines = Line.objects.filter(count__link=link, item__in=codes, counted_at__isnull=False)
    return {row["bin"]: row["at"] for row in lines.values("bin").annotate(at=Max("counted_at"))}


def _busy(link: Link, bins: list[str]) -> dict[str, str]:
    """Bins of open counts → the count's number."""
    rows = CountedBin.objects.filter(count__link=link, count__state__in=Count.OPEN, left_out="", bin__in=bins)
    return dict(rows.order_by("-count").values_list("bin", "count__number"))


def _seconds_per_line(link: Link) -> Fraction | None:
    with connection.cursor() as cursor:
        cursor.execute(PACE, [link.pk, clock.now() - timedelta(days=90)])
        seconds, lines = cursor.fetchone()
    return Fraction(Decimal(seconds)) / Fraction(Decimal(lines)) if seconds and lines else None
