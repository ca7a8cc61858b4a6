"""People decide what rules may not: approve a variance (as gain or loss, or as a transfer), send it to another
count, or keep the book. Always with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from countbridge import clock
from countbridge.domain.keys import StockKey
from countbridge.domain.serials import TWICE
from countbridge.errors import CountbridgeError, InputError, NotAllowed
from countbridge.exchange import events
from countbridge.exchange.queue import follow
from countbridge.people.access import WarehouseScope
from countbridge.people.models import User
from countbridge.stocktake import freezes, serials, sheets, transfers
from countbridge.stocktake.columns import store
from countbridge.stocktake.judge import judge, key_of, variance_by_pass
from countbridge.stocktake.models import Count, Decision, Line, ReasonCode, Scan, Sheet
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.progress import in_portions
from countbridge.stocktake.written import written_in_wms

APPROVE, RECOUNT, KEEP_BOOK, TRANSFER = "approve", "recount", "keep_book", "transfer"
POSTS = (APPROVE, TRANSFER)
LEADS_TO = {
    APPROVE: Line.State.APPROVED,
    TRANSFER: Line.State.APPROVED,
    RECOUNT: Line.State.RECOUNT,
    KEEP_BOOK: Line.State.KEPT,
}
DECIDABLE = (Line.State.APPROVE, Line.State.HOLD)
LONGEST_LIST = 5000


@dataclass
class Effect:
    """What a decision does, or would do: money in the link's currency, postings as (side, place) → number of lines. `moved`:
    the value of goods that only changed place, lot or status."""

    lines: list[Line] = field(default_factory=list)
    gain: Decimal = Decimal(0)
    loss: Decimal = Decimal(0)
    moved: Decimal = Decimal(0)
    postings: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[tuple[int, CountbridgeError]] = field(default_factory=list)


def preview(
    ids: Sequence[int], decision: str, user: User, scope: WarehouseScope, *, reason_code: str = "",
    take_pass: int | None = None,
) -> Effect:  # fmt: skip
    """The effect of a decision, without making it."""
    _one_line_approved(ids, decision, take_pass)
    lines = _as_counted_in(list(_lines(ids).order_by("pk")), take_pass)
    return _effect(lines, ids, decision, user, scope, _code(reason_code))


def decide(
    ids: Sequence[int], decision: str, reason: str, user: User, scope: WarehouseScope, *, reason_code: str = "",
    take_pass: int | None = None,
) -> Effect:  # fmt: skip
    """Make the decision for every line it is allowed for; the others are refused by name and stay as they are. A reason is
    needed: one of the codes, or words of one's own. `take_pass`: approve what this count of the line found, where several
    disagree."""
    code = _code(reason_code)
    if code is None and len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    _one_line_approved(ids, decision, take_pass)
    with transaction.atomic():
        # The counts first, then the lines: the order in which the other steps lock them.
        list(Count.objects.select_for_update(no_key=True).filter(lines__pk__in=ids).order_by("pk"))
        lines = list(_lines(ids).select_for_update(of=("self",), no_key=True).order_by("pk"))
        effect = _effect(_as_counted_in(lines, take_pass), ids, decision, user, scope, code)
        for line in effect.lines:
            line.state = LEADS_TO[decision]
            line.chosen_pass = None if decision == RECOUNT else take_pass or line.chosen_pass
        if decision == TRANSFER:
            transfers.join(effect.lines)
        store(effect.lines, "state", "chosen_pass", "transfer")
        if take_pass is not None:
            for line in effect.lines:
                judge(line.count, [line])
                serials.look_again(line.count, [line])
        Decision.objects.bulk_create(
            Decision(
                line=line, user=user, decision=decision, reason=reason.strip(), variance=line.variance,
                reason_code=reason_code, taken_pass=take_pass,
            )
            for line in effect.lines
        )  # fmt: skip
        _tell(effect, decision, reason.strip() or reason_code, user)
    return effect


def _code(code: str) -> ReasonCode | None:
    if not code:
        return None
    found = ReasonCode.objects.filter(code=code, active=True).first()
    if found is None:
        raise InputError("stocktake.no_such_reason", code=code)
    return found


def _one_line_approved(ids: Sequence[int], decision: str, take_pass: int | None) -> None:
    if take_pass is not None and (decision != APPROVE or len(ids) != 1):
        raise InputError("stocktake.pass_of_one_line")


def _as_counted_in(lines: Sequence[Line], number: int | None) -> Sequence[Line]:
    """The lines as this count of them found them, in memory only: whether anything is stored is still to be decided."""
    for line in lines if number is not None else ():
        found = variance_by_pass(line).get(number or 0)
        if found is None:
            raise InputError("stocktake.no_such_pass", line=str(line), number=number)
        line.variance, line.value, line.counted = found.variance, found.value, found.counted
    return lines


def _lines(ids: Sequence[int]):  # type: ignore[no-untyped-def]
    if len(ids) > LONGEST_LIST:
        raise InputError("stocktake.too_many_at_once", most=LONGEST_LIST)
    return Line.objects.select_related("count", "sheet").filter(pk__in=ids)


def _effect(
    lines: Iterable[Line], ids: Sequence[int], decision: str, user: User, scope: WarehouseScope, code: ReasonCode | None
) -> Effect:
    if decision not in LEADS_TO:
        raise InputError("stocktake.no_such_decision", decision=decision)
    effect = Effect()
    known = list(lines)
    counted = set(Scan.objects.filter(line__in=known, counter=user.username).values_list("line_id", flat=True))
    posted = _posted(known)
    for line in known:
        refusal = _refusal(line, decision, scope, line.pk in counted)
        if refusal is None and code is not None and not _suits(code, line):
            refusal = InputError("stocktake.reason_unfit", line=str(line), code=code.code)
        if refusal is None and decision in (RECOUNT, TRANSFER) and (line.count_id, key_of(line)) in posted:
            refusal = InputError("stocktake.posted_already", line=str(line))
        if refusal:
            effect.refused.append((line.pk, refusal))
    if decision == TRANSFER:
        effect.refused += transfers.refusals(known, {pk for pk, _ in effect.refused}).items()
    refused = {pk for pk, _ in effect.refused}
    for line in known:
        if line.pk in refused:
            continue
        effect.lines.append(line)
        if decision in POSTS:
            effect.postings["erp", line.erp_location] += 1
            effect.postings["wms", line.bin] += 1
        if decision == TRANSFER:
            effect.moved += max(line.value or Decimal(0), Decimal(0))
        elif decision == APPROVE:
            effect.gain += max(line.value or Decimal(0), Decimal(0))
            effect.loss += min(line.value or Decimal(0), Decimal(0))
    missing = set(ids) - {line.pk for line in known}
    effect.refused += [(pk, InputError("stocktake.no_such_line", line=pk)) for pk in sorted(missing)]
    return effect


def _suits(code: ReasonCode, line: Line) -> bool:
    """Is the code one for gains or losses, as the line is?"""
    sign = (line.variance or 0) > 0
    return code.used_for == "both" or not line.variance or (code.used_for == "gain") == sign


def _posted(lines: Sequence[Line]) -> set[tuple[int, StockKey]]:
    """Those of the lines whose variance is in the books already: counted again they would be compared with those."""
    counts, bins = {line.count for line in lines}, {line.bin for line in lines}
    return {(count.pk, key) for count in counts for key in written_in_wms(count, bins)}


def _refusal(line: Line, decision: str, scope: WarehouseScope, own_count: bool) -> CountbridgeError | None:
    if line.warehouse not in scope:
        return NotAllowed("people.other_warehouse", permission="line.approve", warehouse=line.warehouse)
    if line.count.state != Count.State.COUNTING:
        return InputError("stocktake.count_not_counting", count=line.count.number, state=line.count.state)
    partner = decision == TRANSFER and line.state == Line.State.SETTLED and line.variance
    if line.state not in DECIDABLE and not partner:
        return InputError("stocktake.not_to_decide", line=str(line), state=line.state)
    if decision in POSTS and (barred := _barred(line)):
        return barred
    if own_count and decision != RECOUNT:
        return NotAllowed("stocktake.own_count", line=str(line))
    return None


def _barred(line: Line) -> CountbridgeError | None:
    """Why a variance may be approved by nobody: its ledger does not close, or its serial would be booked in two places."""
    if line.state == Line.State.HOLD:
        return InputError("stocktake.on_hold", line=str(line))
    if TWICE in line.reasons and line.counted:
        return InputError("stocktake.serial_in_two_places", line=str(line), places=line.elsewhere)
    return None


def _tell(effect: Effect, decision: str, reason: str, user: User) -> None:
    counts = {line.count_id: line.count for line in effect.lines}
    for count in counts.values():
        number = sum(line.count_id == count.pk for line in effect.lines)
        events.record(
            "decision",
            f"stocktake.decided_{decision}",
            count=count.number,
            actor=user.username,
            lines=number,
            reason=reason,
        )
        if decision == RECOUNT:
            sheets.recounts_for(count)
        follow("stocktake.advance", once=f"advance:{count.pk}", count=count.pk)


def finish(count_id: int, reason: str, user: User) -> int:
    """Stop counting: what nobody counted adjusts nothing and is named so; open sheets are closed. Returns those lines."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        count = Count.objects.select_for_update(no_key=True).get(pk=count_id)
        _must_be(count, Count.State.COUNTING)
        left = count.lines.filter(state__in=(Line.State.OPEN, Line.State.RECOUNT), counted=None)
        if policy_of(count.policy).uncounted == "zero":
            number = _take_for_empty(count, left)
        else:
            number = left.update(state=Line.State.UNCOUNTED, outcome="uncounted")
        # A line that was counted once and waits for its recount goes to a person as it stands.
        count.lines.filter(state=Line.State.RECOUNT).update(state=Line.State.APPROVE)
        count.sheets.exclude(state=Sheet.State.SUBMITTED).update(state=Sheet.State.CLOSED)
        events.record(
            "state", "stocktake.finished", count=count.number, actor=user.username, lines=number, reason=reason.strip()
        )
        follow("stocktake.advance", once=f"advance:{count.pk}", count=count.pk)
    return number


def _take_for_empty(count: Count, left: QuerySet[Line]) -> int:
    """The policy takes what nobody counted for empty: as of now. Each line is put before a person, unless nothing is booked."""
    now, number = clock.now(), 0
    for lines in in_portions(left):
        for line in lines:
            line.assumed_at = now
        judge(count, lines)
        for line in lines:
            line.state = Line.State.SETTLED if line.outcome == "match" else Line.State.APPROVE
        store(lines, "state", "assumed_at")
        number += len(lines)
    return number


def cancel(count_id: int, reason: str, user: User) -> None:
    """Give the count up before anything is posted. Nothing changes in either book."""
    if len(reason.strip()) < 3:
        raise InputError("stocktake.reason_missing")
    with transaction.atomic():
        count = Count.objects.select_for_update(no_key=True).get(pk=count_id)
        _must_be(count, Count.State.APPROVED, Count.State.PREPARING, Count.State.COUNTING)
        count.state = Count.State.CANCELLED
        count.save(update_fields=["state"])
        count.sheets.update(state=Sheet.State.CLOSED)
        freezes.lift_all(count)
        events.record("state", "stocktake.cancelled", count=count.number, actor=user.username, reason=reason.strip())


def _must_be(count: Count, *states: str) -> None:
    if count.state not in states:
        raise InputError("stocktake.count_state", count=count.number, state=count.state, wanted=", ".join(states))
