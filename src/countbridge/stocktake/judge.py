"""Computing lines from their facts: many lines at a time, four queries whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from countbridge import clock
from countbridge.domain.agreement import PASSES_DISAGREE, disagree, standing
from countbridge.domain.assessment import Assessment, LineFacts, Policy, assess
from countbridge.domain.expiry import differing
from countbridge.domain.expiry import reasons as expiry_reasons
from countbridge.domain.keys import StockKey
from countbridge.domain.policies import Case, Rule, rule_for
from countbridge.domain.rollforward import Movement as DomainMovement
from countbridge.domain.scans import Scan as DomainScan
from countbridge.domain.tolerance import Tolerance
from countbridge.domain.units import unit_factor
from countbridge.exchange import picks
from countbridge.exchange.models import Movement
from countbridge.stocktake import serials
from countbridge.stocktake.columns import store
from countbridge.stocktake.models import Count, Line, Scan, Sheet
from countbridge.stocktake.policy import CountPolicy, policy_of

NO_TOLERANCE = Policy()
COMPUTED = (
    "expected", "counted", "variance", "variance_min", "variance_max", "value", "outcome", "rule", "reasons", "counter",
    "counted_at", "elsewhere", "label_expires",
)  # fmt: skip


def judge(count: Count, lines: Sequence[Line]) -> None:
    """Recompute the lines from the scans that count and the movements known now, and store what came out.
    States are not touched: what follows from an outcome is `progress`'s to say."""
    passes = standing_of(count, lines)
    movements = movements_of(count, {key_of(line) for line in lines})
    policy = policy_of(count.policy)
    for line in lines:
        counted = passes[line.pk]
        scans = counted.get(valid_pass(line, counted), [])
        found, rule = _judged(count, line, scans, movements[key_of(line)], policy)
        disagree = (
            policy.double_blind
            and line.chosen_pass is None
            and _disagree(count, line, counted, movements[key_of(line)])
        )
        _store(line, scans, found, rule, (PASSES_DISAGREE,) if disagree else ())
        _expiry(count, line, scans)
    serials.mark(count, lines)
    store(lines, *COMPUTED)


def valid_pass(line: Line, passes: Mapping[int, Sequence[Scan]]) -> int:
    """The pass whose scans count: the one a person took, else the newest that has any (0: nobody counted). A recount nobody
    began yet replaces nothing."""
    return line.chosen_pass if line.chosen_pass and line.chosen_pass in passes else max(passes, default=0)


def variance_by_pass(line: Line) -> dict[int, Assessment]:
    """What each pass of the line comes to by itself, each compared with the book at its own moments."""
    movements = movements_of(line.count, [key_of(line)])[key_of(line)]
    policy = policy_of(line.count.policy)
    return {
        number: _judged(line.count, line, scans, movements, policy)[0]
        for number, scans in sorted(passes_of([line])[line.pk].items())
    }


def _disagree(count: Count, line: Line, passes: Mapping[int, Sequence[Scan]], movements: Sequence[Movement]) -> bool:
    facts = {number: _facts(count, line, scans, movements, NO_TOLERANCE) for number, scans in passes.items()}
    return disagree({number: assess(each).variance for number, each in facts.items()})


def _judged(
    count: Count, line: Line, scans: Sequence[Scan], movements: Sequence[Movement], policy: CountPolicy
) -> tuple[Assessment, Rule]:
    """The line under the rule that fits it. Which one does may hang on what it comes to, so that is computed first."""
    base = domain_policy(policy)
    facts = _facts(count, line, scans, movements, base)
    if not policy.line_rules:
        return assess(facts), policy.base_rule
    found = assess(replace(facts, policy=replace(base, tolerance=Tolerance())))
    case = Case(
        line.warehouse, line.zone, line.item_class, line.abc, count.kind, line.price, found.value, found.reasons,
        line.cause,
    )  # fmt: skip
    rule = rule_for(case, policy.line_rules, policy.base_rule)
    return assess(replace(facts, policy=replace(base, tolerance=rule.tolerance))), rule


def key_of(line: Line) -> StockKey:
    return StockKey.of(line.bin, line)


def domain_policy(policy: CountPolicy) -> Policy:
    """What holds for a line no rule names."""
    return Policy(policy.base_rule.tolerance, timedelta(seconds=policy.ambiguity_seconds))


def movements_of(count: Count, keys: Iterable[StockKey]) -> dict[StockKey, list[Movement]]:
    """Every movement known of the keys, oldest first; picks the WMS has not booked yet come last."""
    wanted = set(keys)
    found: dict[StockKey, list[Movement]] = defaultdict(list)
    bins = {key.place for key in wanted}
    query = Movement.objects.filter(link_id=count.link_id, bin__in=bins)
    if len(wanted) == 1:
        (only,) = wanted
        query = query.filter(**only.goods())
    for movement in [*query.order_by("ledger_seq"), *picks.provisional(count.link_id, bins)]:
        key = StockKey.of(movement.bin, movement)
        if key in wanted:
            found[key].append(movement)
    return found


def passes_of(lines: Sequence[Line]) -> dict[int, dict[int, list[Scan]]]:
    """Line → pass → its scans that were not undone, in the order in which they were made."""
    found: dict[int, dict[int, list[Scan]]] = defaultdict(dict)
    for scan in Scan.objects.filter(line__in=lines, undone_at=None).order_by("counted_at", "pk"):
        found[scan.line_id].setdefault(scan.pass_number, []).append(scan)
    return found


def standing_of(count: Count, lines: Sequence[Line]) -> dict[int, dict[int, list[Scan]]]:
    """As `passes_of`; where two people count at once, without what one of them has not handed in while the other has."""
    found = passes_of(lines)
    if not policy_of(count.policy).double_blind:
        return found
    made_on = {scan.sheet_id for passes in found.values() for scans in passes.values() for scan in scans}
    done = Sheet.objects.filter(pk__in=made_on, state=Sheet.State.SUBMITTED)
    handed_in = set(done.values_list("pk", flat=True))
    stands: dict[int, dict[int, list[Scan]]] = defaultdict(dict)
    for line, passes in found.items():
        known = {number for number, scans in passes.items() if scans[-1].sheet_id in handed_in}
        stands[line] = standing(passes, known)
    return stands


def _facts(count: Count, line: Line, scans: Sequence[Scan], movements: Sequence[Movement], policy: Policy) -> LineFacts:
    assumed = line.assumed_at if not scans else None
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
        policy=replace(policy, uncounted="zero") if assumed else policy,
        uncounted_at=assumed or clock.now(),
        base_decimals=line.decimals,
        price=line.price,
    )


def _expiry(count: Count, line: Line, scans: Sequence[Scan]) -> None:
    """What the labels say of the last good day, and whether it is over on the day the line was counted (where the link is)."""
    told = [scan.expires for scan in scans]
    line.label_expires = differing(line.expires, told)
    if line.counted_at is None or (line.expires is None and not any(told)):
        return
    day = line.counted_at.astimezone(ZoneInfo(count.link.time_zone)).date()
    line.reasons = [*line.reasons, *expiry_reasons(line.expires, told, day)]


def _store(line: Line, scans: Sequence[Scan], found: Assessment, rule: Rule, more: Sequence[str]) -> None:
    line.expected = found.expected
    line.counted = found.counted
    line.variance = found.variance
    line.variance_min = found.interval.low if found.interval else None
    line.variance_max = found.interval.high if found.interval else None
    line.value = found.value
    line.outcome = found.outcome.value
    line.rule = rule.name
    line.reasons = [*found.reasons, *more]
    line.counter = scans[-1].counter if scans else ""
    line.counted_at = scans[-1].counted_at if scans else line.assumed_at
