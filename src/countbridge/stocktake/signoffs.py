"""Who signs for the sum of a count's variances before it is posted: level after level, each another person, none of whom counted.

The levels and their limits are the policy's (`approval`); how many are needed follows from net and absolute value
(domain.approval). Without levels a count whose lines are decided is posted at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count as Number
from django.db.models import Max, Q, Sum
from django.db.models.functions import Abs

from countbridge import clock
from countbridge.domain.approval import at_stake, levels_needed
from countbridge.domain.decimals import multiply
from countbridge.errors import CountbridgeError, InputError, NotAllowed, NotFound
from countbridge.exchange import events
from countbridge.exchange.queue import follow
from countbridge.people.access import WarehouseScope, allowed
from countbridge.people.models import User
from countbridge.stocktake.judge import key_of
from countbridge.stocktake.models import Count, Line, Scan, Signoff
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.policy_words import Level
from countbridge.stocktake.result_figures import VALUE
from countbridge.stocktake.written import owes, written_in_wms

Outcome = Signoff.Outcome
SHORTEST_REASON = 3
MOST_SHOWN = 500


@dataclass(frozen=True)
class Stake:
    """What posting the count would book, in the link's currency. `unpriced`: lines that change a book and have no price."""

    net: Decimal
    absolute: Decimal
    unpriced: int


def stake_of(count: Count) -> Stake:
    """Net and absolute value of what would be posted. Of a count that was posted before (a late paper opened it again) that is
    the difference to what its documents hold already: nobody signs for the same twice. Goods that only changed place, lot or
    status are no gain and no loss."""
    return _of_all(count) if count.posted_at is None else _of_changes(count)


def _of_changes(count: Count) -> Stake:
    written = written_in_wms(count)
    changed = []
    for line in count.lines.filter(state__in=Line.POSTABLE, transfer="").iterator(2000):
        if change := owes(line, written[key_of(line)]) - written[key_of(line)]:
            changed.append(None if line.price is None else multiply(change, line.price))
    net, absolute = at_stake(value for value in changed if value is not None)
    return Stake(net, absolute, changed.count(None))


def _of_all(count: Count) -> Stake:
    posted = count.lines.filter(state__in=Line.POSTABLE, transfer="").exclude(variance=None).exclude(variance=0)
    row = posted.aggregate(net=Sum(VALUE), absolute=Sum(Abs(VALUE)), unpriced=Number("pk", filter=Q(price=None)))
    return Stake(row["net"] or Decimal(0), row["absolute"] or Decimal(0), row["unpriced"])


def ask_or_post(count: Count) -> None:
    """Every line is decided: ask for the signatures that are needed, or go on to posting. Called inside a transaction that
    holds the count."""
    levels = policy_of(count.policy).levels
    stake = stake_of(count)
    needed = levels_needed([level.limit for level in levels], stake.net, stake.absolute, unpriced=stake.unpriced > 0)
    if not needed:
        _post(count)
        return
    count.signoffs.filter(outcome__in=(Outcome.WAITING, Outcome.SIGNED)).update(outcome=Outcome.VOID)
    number = (count.signoffs.aggregate(last=Max("round"))["last"] or 0) + 1
    _ask(count, number, 1, levels[0], stake)
    count.state = Count.State.SIGNING
    count.save(update_fields=["state"])


def _ask(count: Count, round_: int, number: int, level: Level, stake: Stake) -> None:
    asked = Signoff.objects.create(
        count=count, round=round_, level=number, name=level.name, users=list(level.users), substitutes=list(level.substitutes),
        net=stake.net, absolute=stake.absolute, unpriced=stake.unpriced, due_at=clock.now() + timedelta(hours=level.due_hours),
    )  # fmt: skip
    events.record(
        "decision", "stocktake.signoff_asked", count=count.number, level=level.name,
        net=format(stake.net, ".2f"), absolute=format(stake.absolute, ".2f"),
    )  # fmt: skip
    follow("stocktake.signoff_due", delay=level.due_hours * 3600, signoff=asked.pk)


def _post(count: Count) -> None:
    count.state = Count.State.POSTING
    count.save(update_fields=["state"])
    events.announce("state", count.number)
    follow("stocktake.post", lock=f"count:{count.pk}", count=count.pk)


def waiting(scope: WarehouseScope) -> list[Signoff]:
    """Signatures that are waited for, of counts all of whose warehouses lie in `scope`; the first due first."""
    if not scope:
        return []
    asked = Signoff.objects.filter(outcome=Outcome.WAITING, count__state=Count.State.SIGNING)
    if not scope.everywhere:
        asked = asked.filter(count__warehouses__contained_by=sorted(scope.codes))
    return list(asked.select_related("count", "user").order_by("due_at", "pk")[:MOST_SHOWN])


def refusals(asked: Sequence[Signoff], user: User) -> dict[int, CountbridgeError]:
    """Why the person may not give some of these signatures, by their number; those they may give are left out. A few queries
    for any number of them."""
    scope, now = allowed(user, "line.approve"), clock.now()
    counts = {one.count_id for one in asked}
    counted = set(
        Scan.objects.filter(count__in=counts, counter=user.username, undone_at=None)
        .values_list("count", flat=True)
        .distinct()
    )
    given = Signoff.objects.filter(count__in=counts, user=user).values_list("pk", "count", "round")
    others = {(count, round_): pk for pk, count, round_ in given}
    able = _who_can(asked)
    found: dict[int, CountbridgeError] = {}
    for one in asked:
        if not scope.covers(one.count.warehouses):
            found[one.pk] = NotAllowed("people.not_allowed", permission="line.approve")
        elif one.count_id in counted:
            found[one.pk] = NotAllowed("stocktake.signoff_counted", count=one.count.number)
        elif others.get((one.count_id, one.round), one.pk) != one.pk:
            found[one.pk] = NotAllowed("stocktake.signoff_twice", level=one.name)
        elif not _is_named(one, user, now, able):
            found[one.pk] = NotAllowed("stocktake.signoff_of_others", level=one.name, users=", ".join(one.users))
    return found


def _is_named(one: Signoff, user: User, now: datetime, able: Mapping[str, WarehouseScope]) -> bool:
    """Those named may sign, their substitutes once it is due. Where none of those named can sign any more, whoever may approve
    in all of the count's warehouses can: a count does not hang on a person who left."""
    named = [*one.users, *(one.substitutes if now >= one.due_at else ())]
    everybody = [*one.users, *one.substitutes]
    somebody_can = any(name in able and able[name].covers(one.count.warehouses) for name in everybody)
    return not one.users or user.username in named or not somebody_can


def _who_can(asked: Sequence[Signoff]) -> dict[str, WarehouseScope]:
    """Where each of those named in the signatures may approve; without those who left."""
    names = {name for one in asked for name in [*one.users, *one.substitutes]}
    people = User.objects.filter(username__in=names, is_active=True)
    return {user.username: allowed(user, "line.approve") for user in people}


def sign(signoff_id: int, user: User, reason: str = "") -> Signoff:
    """Sign; the next level is asked, or the count is posted. NotAllowed for those who counted, signed before or are not named."""
    with transaction.atomic():
        signoff, count = _held(signoff_id)
        _must_wait(signoff, count)
        if refused := refusals([signoff], user).get(signoff.pk):
            raise refused
        stake = stake_of(count)
        if (stake.net, stake.absolute, stake.unpriced) != (signoff.net, signoff.absolute, signoff.unpriced):
            raise InputError("stocktake.signoff_changed", count=count.number)
        _end(signoff, Outcome.SIGNED, user, reason)
        events.record(
            "decision",
            "stocktake.signed",
            count=count.number,
            actor=user.username,
            level=signoff.name,
            reason=reason or "-",
        )
        levels = policy_of(count.policy).levels
        limits = [level.limit for level in levels]
        needed = levels_needed(limits, stake.net, stake.absolute, unpriced=stake.unpriced > 0)
        if signoff.level < needed:
            _ask(count, signoff.round, signoff.level + 1, levels[signoff.level], stake)
        else:
            _post(count)
    return signoff


def send_back(signoff_id: int, user: User, reason: str) -> Signoff:
    """Do not sign: the lines somebody approved wait for a decision again, with the reason in the timeline."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        signoff, count = _held(signoff_id)
        _must_wait(signoff, count)
        if refused := refusals([signoff], user).get(signoff.pk):
            raise refused
        _end(signoff, Outcome.RETURNED, user, reason)
        count.state = Count.State.COUNTING
        count.save(update_fields=["state"])
        varied = count.lines.filter(state__in=(Line.State.APPROVED, Line.State.SETTLED)).exclude(variance=0)
        number = varied.update(state=Line.State.APPROVE, transfer="")
        events.record(
            "decision", "stocktake.sent_back", count=count.number, actor=user.username, level=signoff.name,
            lines=number, reason=reason.strip(),
        )  # fmt: skip
    return signoff


def _held(signoff_id: int) -> tuple[Signoff, Count]:
    found = Signoff.objects.filter(pk=signoff_id).values_list("count_id", flat=True).first()
    if found is None:
        raise NotFound("stocktake.no_such_signoff", signoff=signoff_id)
    count = Count.objects.select_for_update(of=("self",), no_key=True).select_related("link").get(pk=found)
    signoff = Signoff.objects.get(pk=signoff_id)
    signoff.count = count
    return signoff, count


def _must_wait(signoff: Signoff, count: Count) -> None:
    if count.state != Count.State.SIGNING or signoff.outcome != Outcome.WAITING:
        raise InputError("stocktake.signoff_over", level=signoff.name, count=count.number)


def _end(signoff: Signoff, outcome: str, user: User, reason: str) -> None:
    signoff.outcome, signoff.user, signoff.at, signoff.reason = outcome, user, clock.now(), reason.strip()
    signoff.save(update_fields=["outcome", "user", "at", "reason"])


def tell_due(signoff_id: int) -> None:
    """A signature that is still missing when it was due is told, and from now on its substitutes may give it."""
    signoff = Signoff.objects.select_related("count").filter(pk=signoff_id, outcome=Outcome.WAITING).first()
    if signoff is None or signoff.count.state != Count.State.SIGNING:
        return
    left = (signoff.due_at - clock.now()).total_seconds()
    if left > 0:
        follow("stocktake.signoff_due", delay=left, signoff=signoff.pk)
    else:
        events.record(
            "decision", "stocktake.signoff_overdue", count=signoff.count.number, level=signoff.name,
            substitutes=", ".join(signoff.substitutes) or "-",
        )  # fmt: skip
