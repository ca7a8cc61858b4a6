"""What the explainer is told of the lines of one zone: six queries whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from countbridge.domain.explanation import Breach, Paper, Portion
from countbridge.domain.interval import Interval
from countbridge.domain.keys import TRAITS, StockKey
from countbridge.domain.keys import Key as DomainKey
from countbridge.domain.units import BASE_UNIT, base_sum, unit_factor
from countbridge.exchange.grain import Parts, common
from countbridge.exchange.models import Movement
from countbridge.links.models import Bin, ItemUnit
from countbridge.stocktake.judge import key_of, standing_of, valid_pass
from countbridge.stocktake.models import Count, Line, Scan
from countbridge.stocktake.policy import policy_of

HISTORY = timedelta(days=30)  # before the snapshot: movements older than that explain nothing of today's variance

Units = Mapping[str, tuple[tuple[str, Fraction], ...]]


@dataclass(frozen=True)
class _Pass:
    """What one person counted of a line in one pass, oldest portion first."""

    scans: Sequence[Scan]

    @property
    def portions(self) -> tuple[Portion, ...]:
        return tuple(
            Portion(scan.quantity, scan.unit, unit_factor(scan.numerator, scan.denominator)) for scan in self.scans
        )

    def counted(self, decimals: int) -> Decimal:
        return base_sum([(portion.quantity, portion.factor) for portion in self.portions], decimals)

    @property
    def people(self) -> set[str]:
        return {scan.counter for scan in self.scans}


def breaches_of(count: Count, lines: Sequence[Line]) -> list[Breach]:
    """The facts of counted lines, all of one zone."""
    positions, units = _positions(count, lines), _units(count, lines)
    passes, movements = standing_of(count, lines), _movements(count, lines)
    ambiguity = timedelta(seconds=policy_of(count.policy).ambiguity_seconds)
    grain = common(count.link)
    return [
        replace(
            _breach(line, passes[line.pk], movements[key_of(line)], ambiguity, positions, units),
            book=book_name(erp_key(line, grain)),
        )
        for line in lines
        if passes[line.pk]
    ]


def erp_key(line: Line, grain: Parts) -> StockKey:
    """The ERP key a line belongs to."""
    return StockKey.of(line.erp_location, line).coarser(grain)


def book_name(key: StockKey) -> str:
    """What an ERP key is called where books are told apart by name."""
    return "\0".join(key)


def _breach(
    line: Line,
    passes: Mapping[int, Sequence[Scan]],
    movements: Iterable[Movement],
    ambiguity: timedelta,
    positions: Mapping[str, int],
    units: Units,
) -> Breach:
    assert line.expected is not None
    assert line.counted is not None
    assert line.counted_at is not None
    assert line.variance_min is not None
    assert line.variance_max is not None
    valid = valid_pass(line, passes)
    taken = _Pass(passes[valid])
    others = [_Pass(scans) for number, scans in passes.items() if number != valid]
    moments = [scan.counted_at for scan in taken.scans]
    counted = taken.counted(line.decimals)
    return Breach(
        id=line.pk,
        key=DomainKey(line.item, line.bin, **{name: getattr(line, name) or None for name in TRAITS}),
        zone=f"{line.warehouse}\0{line.zone}",
        position=positions[line.bin],
        expected=line.expected,
        counted=line.counted,
        interval=Interval(line.variance_min, line.variance_max),
        counted_at=line.counted_at,
        portions=taken.portions,
        units=units.get(line.item, ((line.unit, BASE_UNIT),)),
        papers=tuple(_paper(movement, line, moments, ambiguity) for movement in movements),
        decimals=line.decimals,
        confirmed=any(
            other.people.isdisjoint(taken.people) and other.counted(line.decimals) == counted for other in others
        ),
        serial=line.tracking == "serial",
    )


def _paper(movement: Movement, line: Line, moments: Sequence[datetime], ambiguity: timedelta) -> Paper:
    in_snapshot = movement.ledger_seq <= line.watermark
    return Paper(
        id=movement.source_id,
        quantity=movement.quantity,
        occurred=movement.occurred,
        kind=movement.kind,
        document=movement.document,
        applied=in_snapshot or movement.occurred <= max(moments),
        doubtful=not in_snapshot and any(abs(movement.occurred - moment) <= ambiguity for moment in moments),
    )


def _positions(count: Count, lines: Sequence[Line]) -> dict[str, int]:
    """Each bin's place in the walking order of its zone: 1, 2, 3 …"""
    zones = {line.zone for line in lines}
    bins = Bin.objects.filter(link_id=count.link_id, zone__in=zones, warehouse__in={line.warehouse for line in lines})
    return {
        code: place for place, code in enumerate(bins.order_by("walk_order", "code").values_list("code", flat=True), 1)
    }


def _units(count: Count, lines: Sequence[Line]) -> Units:
    found: dict[str, list[tuple[str, Fraction]]] = defaultdict(list)
    units = ItemUnit.objects.filter(item__link_id=count.link_id, item__code__in={line.item for line in lines})
    for item, unit, numerator, denominator in units.order_by("pk").values_list(
        "item__code", "unit", "numerator", "denominator"
    ):
        found[item].append((unit, unit_factor(numerator, denominator)))
    return {item: tuple(rows) for item, rows in found.items()}


def _movements(count: Count, lines: Sequence[Line]) -> dict[StockKey, list[Movement]]:
    """The movements of the lines' keys since some weeks before the snapshot, oldest first."""
    keys = {key_of(line) for line in lines}
    since = (count.snapshot_at or count.created_at) - HISTORY
    found: dict[StockKey, list[Movement]] = defaultdict(list)
    moved = Movement.objects.filter(
        link_id=count.link_id,
        bin__in={key.place for key in keys},
        item__in={key.item for key in keys},
        occurred__gte=since,
    )
    for movement in moved.order_by("ledger_seq"):
        key = StockKey.of(movement.bin, movement)
        if key in keys:
            found[key].append(movement)
    return found
