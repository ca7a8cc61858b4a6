"""What follows from an outcome: settle, recount, approval, hold; and when a count has nothing left to decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from countbridge import clock
from countbridge.domain.agreement import PASSES_DISAGREE
from countbridge.domain.keys import GOODS, StockKey
from countbridge.domain.policies import Rule
from countbridge.errors import InputError
from countbridge.exchange import events, picks
from countbridge.exchange.feeds import pull_movements
from countbridge.exchange.models import FeedCursor, Movement
from countbridge.exchange.queue import follow
from countbridge.links.models import Link
from countbridge.stocktake import explaining, serials, sheets, signoffs, transfers
from countbridge.stocktake.columns import store
from countbridge.stocktake.judge import judge, key_of, standing_of
from countbridge.stocktake.models import Count, CountedBin, Line, Scan, Sheet
from countbridge.stocktake.pairs import lines_of, lock, uncounted_of
from countbridge.stocktake.policy import CountPolicy, policy_of
from countbridge.stocktake.written import written_in_wms

State = Line.State
SUBMITTED = (Sheet.State.SUBMITTED, Sheet.State.CLOSED)
WATCHED = timedelta(days=30)  # how long after closing a count still answers for movements that come in late
PORTION = 5000


def catch_up(link: Link) -> None:
    """Take in the picks the WMS has not booked yet, the movements it has recorded since the last look, and all that follows."""
    picks.pull(link, lambda keys: moved(link, keys))
    pull_movements(link, lambda keys: moved(link, keys))


def moved(link: Link, keys: Iterable[StockKey]) -> None:
    """Movements of these keys became known: compute the counted lines again. A settled or approved variance that changed
    is open again: nobody agreed to the new one."""
    wanted = set(keys)
    if not wanted:
        return
    bins = {key.place for key in wanted}
    for count in Count.objects.filter(link=link, state=Count.State.COUNTING):
        with transaction.atomic():
            known = (
                Line.objects.select_for_update(no_key=True)
                .filter(count=count, bin__in=bins, counted__isnull=False)
                .order_by("pk")
            )
            changed = judge_again(count, [line for line in known if key_of(line) in wanted])
            if changed:
                events.announce("line", count.number)
                explaining.soon(count, places_of(changed))
    watch_posted(link, wanted)


def watch_posted(link: Link, keys: set[StockKey]) -> None:
    """The watchdog for late papers: a movement that becomes known after a count was posted, for a moment before the scan, was
    counted as a loss or gain and is now booked a second time. Its line is open again, and what a person agrees to is posted
    as the difference to what was posted before. (Both our books take deltas; one that is set as of a moment would heal by
    itself.) A later count of the same key has seen the goods since, so only the newest one answers for them."""
    since = clock.now() - WATCHED
    posted = Q(state__in=(Count.State.VERIFYING, Count.State.DIFFERENCES)) | Q(
        state=Count.State.CLOSED, closed_at__gte=since
    )
    for count in Count.objects.filter(posted, link=link).order_by("pk"):
        with transaction.atomic():
            held = Count.objects.select_for_update(of=("self",), no_key=True).get(pk=count.pk)
            if held.state != count.state:
                continue  # it moved on meanwhile, and looks at its lines itself
            lines = list(_late_lines(held, {key.place for key in keys}).order_by("pk"))
            changed = judge_again(held, [line for line in lines if key_of(line) in keys])
            if changed:
                _reopen(held, changed)


def _late_lines(count: Count, bins: set[str]) -> QuerySet[Line]:
    """Counted lines of some bins for which a movement of before their scan became known after they were posted, and which no
    later count has counted again."""
    same_key = {"bin": OuterRef("bin"), "item": OuterRef("item"), "lot": OuterRef("lot")}
    margin = timedelta(seconds=policy_of(count.policy).ambiguity_seconds)
    late = Movement.objects.filter(
        link_id=count.link_id, **same_key, occurred__lte=OuterRef("counted_at") + margin, seen__gte=count.posted_at
    )
    newer = Line.objects.filter(
        count__link_id=count.link_id, **same_key, counted_at__gt=OuterRef("counted_at")
    ).exclude(count__state=Count.State.CANCELLED)
    counted = Line.objects.select_for_update(of=("self",), no_key=True).filter(count=count, bin__in=bins)
    return counted.filter(Exists(late), ~Exists(newer), counted__isnull=False)


def _reopen(count: Count, lines: Sequence[Line]) -> None:
    count.state, count.closed_at = Count.State.COUNTING, None
    count.save(update_fields=["state", "closed_at"])
    for line in lines:
        events.record(
            "line", "stocktake.late_movement", count=count.number, line=line, variance=format(line.variance or 0, "f")
        )
    follow("stocktake.advance", once=f"advance:{count.pk}", count=count.pk)


def judge_again(count: Count, lines: Sequence[Line]) -> list[Line]:
    """Compute lines anew and open those again whose variance or outcome changed; returns them. (A line that keeps the book
    posts nothing whatever its outcome, so only another variance opens it.) So are the partners of a transfer that does not
    cancel out any more."""
    before = {line.pk: (line.variance, line.outcome) for line in lines}
    judge(count, lines)
    changed = []
    for line in lines:
        variance, outcome = before[line.pk]
        if line.variance != variance or (line.outcome != outcome and line.state != State.KEPT):
            changed.append(line)
            if line.state in (State.SETTLED, State.APPROVED, State.APPROVE, State.KEPT, State.HOLD):
                line.state = State.COUNTED
    store(changed, "state")
    return [*changed, *transfers.take_apart(count, changed)]


def serials_again(count_id: int) -> None:
    """Compute the lines of serials that stand in several bins of the count again: what one line found tells of another. A line
    that was settled before its serial turned up elsewhere is open again."""
    with transaction.atomic():
        count = Count.objects.select_for_update(of=("self",), no_key=True).select_related("link").get(pk=count_id)
        if count.state != Count.State.COUNTING:
            return
        held = serials.in_several_places(count).select_for_update(of=("self",), no_key=True)
        changed = [line for lines in in_portions(held) for line in judge_again(count, lines)]
        if changed:
            events.announce("line", count.number)
            explaining.soon(count, places_of(changed))
            follow("stocktake.advance", once=f"advance:{count.pk}", count=count.pk)


def advance(count_id: int) -> None:
    """Decide every line that can be decided, give out recounts, and go on to posting when nothing is left to do."""
    with transaction.atomic():
        count = Count.objects.select_for_update(of=("self",), no_key=True).select_related("link").get(pk=count_id)
        if count.state != Count.State.COUNTING:
            return
        decided = _decide(count)
        if decided or Line.objects.filter(count=count, state=State.RECOUNT, sheet__state__in=SUBMITTED).exists():
            sheets.recounts_for(count)
            events.announce("line", count.number)
        explaining.soon(count, decided)
        if is_complete(count):
            events.record("state", "stocktake.counted", count=count.number, lines=count.lines.count())
            signoffs.ask_or_post(count)


def is_complete(count: Count) -> bool:
    """Every line final and every sheet handed in."""
    lines_left = count.lines.exclude(state__in=Line.FINAL).exists()
    return not lines_left and not count.sheets.exclude(state__in=SUBMITTED).exists()


def places_of(lines: Iterable[Line]) -> set[tuple[str, str]]:
    """The zones the lines lie in, by warehouse and zone."""
    return {(line.warehouse, line.zone) for line in lines}


def _decide(count: Count) -> set[tuple[str, str]]:
    """Lines of submitted sheets whose scans lie far enough in the past that no ambiguous movement can still come in. Returns
    the zones in which lines were decided."""
    policy = policy_of(count.policy)
    ripe = known_until(count.link)
    if ripe is None:
        return set()
    ready = Line.objects.select_for_update(of=("self",), no_key=True).filter(
        count=count,
        state=State.COUNTED,
        sheet__state__in=SUBMITTED,
        counted_at__lte=ripe - timedelta(seconds=policy.ambiguity_seconds),
    )
    decided: set[tuple[str, str]] = set()
    if policy.double_blind:
        ready = _both_in(ready, ripe - timedelta(seconds=policy.ambiguity_seconds))
    for lines in in_portions(ready):
        judge(count, lines)
        if policy.asks_causes:
            _ask_causes(count, lines)
        written = written_in_wms(count, {line.bin for line in lines})
        alone = _counted_by_one(count, lines) if policy.double_blind else set()
        for line in lines:
            key = key_of(line)
            again = following(line, policy, alone=line.pk in alone)
            line.state = after_posting(line, written[key]) if key in written else again
        store(lines, "state", "pass_number")
        decided |= places_of(lines)
    return decided


def _ask_causes(count: Count, lines: Sequence[Line]) -> None:
    """A rule hangs on why a line differs: what is likely is found out before the rules are asked once more."""
    causes = explaining.causes_of(count, [line for line in lines if line.variance])
    asked = [line for line in lines if line.cause != causes.get(line.pk, "")]
    for line in asked:
        line.cause = causes.get(line.pk, "")
    store(asked, "cause")
    judge(count, asked)


def _both_in(lines: QuerySet[Line], known: datetime) -> QuerySet[Line]:
    """Lines both of whose people handed in what they counted, all of it long enough ago."""
    fresh = Scan.objects.filter(line=OuterRef("pk"), undone_at=None, counted_at__gt=known)
    waiting = Sheet.objects.filter(beside=OuterRef("sheet")).exclude(state__in=SUBMITTED)
    return lines.filter(~Exists(fresh), ~Exists(waiting))


def _counted_by_one(count: Count, lines: Sequence[Line]) -> set[int]:
    """Those of the lines that still need a second count. One that two people had at once is past its second count now, also
    where only one of them found the goods there."""
    at_once = set(Sheet.objects.filter(beside__in={line.sheet_id for line in lines}).values_list("beside", flat=True))
    passes = standing_of(count, lines)
    for line in lines:
        if line.sheet_id in at_once:
            line.pass_number = max(line.pass_number, 2)
    return {line.pk for line in lines if line.chosen_pass is None and len(passes[line.pk]) < 2}


def in_portions(lines: QuerySet[Line]) -> Iterator[list[Line]]:
    """The lines in the order of their numbers, a few thousand at a time: a large count is never held whole."""
    after = 0
    while part := list(lines.filter(pk__gt=after).order_by("pk")[:PORTION]):
        after = part[-1].pk
        yield part


def known_until(link: Link) -> datetime | None:
    cursor = FeedCursor.objects.filter(link=link, dataset="movements").first()
    return cursor.seen_until if cursor else None


def after_posting(line: Line, written: Decimal) -> str:
    """The state of a line whose variance is in the books already: another one than that is always for a person. It is not
    counted again: what lies there now would be compared with the corrected book."""
    return State.SETTLED if line.variance == written else State.APPROVE


def following(line: Line, policy: CountPolicy, *, alone: bool = False) -> str:
    """The state an outcome leads to under the line's rule. Inside tolerance: settled, and posted or kept as the rule says.
    Outside: somebody else counts again, or a person decides at once; what a recount confirms, and what several recounts cannot
    settle, goes to a person. Of a double-blind count two people must have found the same; `alone`: only one has counted it."""
    if line.assumed_at and not line.counter:
        return State.SETTLED if line.outcome == "match" else State.APPROVE  # nobody counted it: a person looks at each
    if line.outcome in ("hold", "uncounted"):
        return State.HOLD if line.outcome == "hold" else State.OPEN
    rule = policy.rule(line.rule)
    if alone or _must_count_again(line, rule):
        return State.RECOUNT if line.pass_number < max(rule.max_passes, 2 if alone else 1) else State.APPROVE
    if line.outcome == "match":
        return State.SETTLED
    if line.outcome == "within_tolerance":
        return State.SETTLED if rule.within == "post" else State.KEPT
    return State.APPROVE


def _must_count_again(line: Line, rule: Rule) -> bool:
    """Is this count of the line nothing to go by? Another one of the same is not made of a confirmed breach."""
    if PASSES_DISAGREE in line.reasons:
        return True
    if line.outcome == "breach":
        return line.pass_number == 1 and rule.beyond == "recount"
    return line.outcome in ("recount", "timing", "error")


def submit(sheet: Sheet) -> None:
    """The sheet is handed in. Lines nobody counted stay open: they are never taken as zero."""
    if sheet.state not in SUBMITTED:
        sheet.state = Sheet.State.SUBMITTED
        sheet.submitted_at = clock.now()
        sheet.save(update_fields=["state", "submitted_at"])
        here = CountedBin.objects.filter(count=sheet.count_id, bin__in=sheet.bins)
        here.update(seen_at=sheet.submitted_at, seen_by=sheet.assignee.username if sheet.assignee else "")
        events.record(
            "sheet", "stocktake.sheet_handed_in", count=sheet.count.number, sheet=sheet.number,
            actor=sheet.assignee.username if sheet.assignee else "",
        )  # fmt: skip
    follow("stocktake.advance", once=f"advance:{sheet.count_id}", count=sheet.count_id)


def hand_in(sheet_id: int) -> None:
    """A person hands the sheet in. Refused while one of its lines has no result: nothing is taken as zero unasked."""
    with transaction.atomic():
        lock(sheet_id)
        sheet = Sheet.objects.select_related("count", "assignee").get(pk=sheet_id)
        if sheet.count.state != Count.State.COUNTING:
            raise InputError("stocktake.count_not_counting", count=sheet.count.number, state=sheet.count.state)
        _serials_looked_through(sheet)
        left = uncounted_of(sheet).filter(state__in=Line.TO_COUNT).order_by("bin", *GOODS)
        first = left.first()
        if first is not None:
            raise InputError(
                "stocktake.sheet_not_done", sheet=sheet.number, lines=left.count(), bin=first.bin, item=first.item
            )
        _empty_bins_confirmed(sheet)
        submit(sheet)
        if policy_of(sheet.count.policy).double_blind:
            judge(sheet.count, list(lines_of(sheet).order_by("pk")))  # what is handed in stands from now on


def _serials_looked_through(sheet: Sheet) -> None:
    """Of goods with serials the person says in each bin that every one was scanned. Asked wherever there are any, missing or not:
    whether it is asked must not tell how many are booked."""
    said = {(place, item) for place, item in sheet.looked_through}
    there = (
        lines_of(sheet).filter(tracking=serials.SERIAL).order_by("bin", "item").values_list("bin", "item").distinct()
    )
    left = next((place for place in there if place not in said), None)
    if left is not None:
        raise InputError("stocktake.serials_not_done", sheet=sheet.number, bin=left[0], item=left[1])


def _empty_bins_confirmed(sheet: Sheet) -> None:
    """Where it is the question whether bins are empty, each has to be answered: by a tap or by what was found."""
    if sheet.count.kind != "zero_check" or sheet.pass_number > 1:
        return
    scanned = set(sheet.scans.filter(undone_at=None).values_list("line__bin", flat=True))
    left = CountedBin.objects.filter(count=sheet.count_id, bin__in=set(sheet.bins) - scanned, empty=False)
    first = left.order_by("bin").first()
    if first is not None:
        raise InputError("stocktake.bin_not_confirmed", sheet=sheet.number, bins=left.count(), bin=first.bin)


def submit_counted_in_wms(link: Link) -> None:
    """Sheets counted in the WMS are handed in when each of their lines has a result: the WMS does not say it otherwise."""
    waiting = Sheet.objects.select_related("count", "assignee").filter(
        count__link=link, count__state=Count.State.COUNTING, counted_with="wms", pass_number=1
    )
    uncounted = Q(lines__state__in=(State.OPEN,))
    for sheet in waiting.exclude(state__in=SUBMITTED).exclude(uncounted):
        with transaction.atomic():
            submit(sheet)
