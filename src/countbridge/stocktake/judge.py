"""Computing lines from their facts: many lines at a time, four queries whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from countbridge import clock
from countbridge.domain.assessment import Assessment, LineFacts, Policy, assess
from countbridge.domain.rollforward import Movement as DomainMovement
from countbridge.domain.scans import Scan as DomainScan
from countbridge.domain.tolerance import Tolerance
from countbridge.domain.units import unit_factor
from countbridge.exchange.models import Movement
from countbridge.stocktake.models import Count, Line, Scan
from countbridge.stocktake.policy import CountPolicy, policy_of

Key = tuple[str, str, str]
COMPUTED = (
    "expected", "counted", "variance", "variance_min", "variance_max", "value", "outcome", "reasons", "counter",
    "counted_at",
)  # fmt: skip


def judge(count: Count, lines: Sequence[Line]) -> None:
    """Recompute the lines from the scans of their newest pass and the movements known now, and store what came out.
    States are not touched: what follows from an outcome is `progress`'s to say."""
    scans = _scans(lines)
    movements = movements_of(count, {key_of(line) for line in lines})
    policy = domain_policy(policy_of(count.policy))
    for line in lines:
        _store(line, scans[line.pk], assess(_facts(count, line, scans[line.pk], movements[key_of(line)], policy)))
    Line.objects.bulk_update(lines, COMPUTED, batch_size=500)


def key_of(line: Line) -> Key:
    return (line.bin, line.item, line.lot)


def domain_policy(policy: CountPolicy) -> Policy:
    limits = {name: Decimal(text) for name, text in policy.tolerance.items() if text is not None}
    return Policy(Tolerance(**limits), timedelta(seconds=policy.ambiguity_seconds))


def movements_of(count: Count, keys: Iterable[Key]) -> dict[Key, list[Movement]]:
    """Every movement known of the keys, oldest first."""
    wanted = set(keys)
    found: dict[Key, list[Movement]] = defaultdict(list)
    bins = {key[0] for key in wanted}
    query = Movement.objects.filter(link_id=count.link_id, bin__in=bins)
    if len(wanted) == 1:
        ((_, item, lot),) = wanted
        query = query.filter(item=item, lot=lot)
    for movement in query.order_by("ledger_seq"):
        key = (movement.bin, movement.item, movement.lot)
        if key in wanted:
            found[key].append(movement)
    return found


def _scans(lines: Sequence[Line]) -> dict[int, list[Scan]]:
    """The scans that count: those of the newest pass that has any. A recount nobody began yet replaces nothing."""
    found: dict[int, list[Scan]] = defaultdict(list)
    for scan in Scan.objects.filter(line__in=lines, undone_at=None).order_by("-pass_number", "counted_at", "pk"):
        newest = found[scan.line_id]
        if not newest or newest[0].pass_number == scan.pass_number:
            newest.append(scan)
    return found


def _facts(count: Count, line: Line, scans: list[Scan], movements: list[Movement], policy: Policy) -> LineFacts:
    return LineFacts(
        snapshot=line.snapshot,
        snapshot_at=count.snapshot_at or count.created_at,
        movements=[
            DomainMovement(m.source_id, m.quantity, m.occurred, in_snapshot=m.ledger_seq <= line.watermark)
            for m in movements
        ],
        scans=[
            DomainScan(
                scan.source_id,
                scan.quantity,
                scan.counted_at,
                None if scan.unit == line.unit else scan.unit,
                unit_factor(scan.numerator, scan.denominator),
                scan.counter,
            )
            for scan in scans
        ],
        policy=policy,
        uncounted_at=clock.now(),
        base_decimals=line.decimals,
        price=line.price,
    )


def _store(line: Line, scans: list[Scan], found: Assessment) -> None:
    line.expected = found.expected
    line.counted = found.counted
    line.variance = found.variance
    line.variance_min = found.interval.low if found.interval else None
    line.variance_max = found.interval.high if found.interval else None
    line.value = found.value
    line.outcome = found.outcome.value
    line.reasons = list(found.reasons)
    line.counter = scans[-1].counter if scans else ""
    line.counted_at = scans[-1].counted_at if scans else None
