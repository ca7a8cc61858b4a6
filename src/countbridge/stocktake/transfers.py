"""Goods that only changed place, lot or status: lines whose variances cancel out are approved together, and are neither gain nor
loss. Which lines belong together is what the explainer tells of them (`domain.explanation.stories.TRANSFERS`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from countbridge.domain.decimals import ZERO, total
from countbridge.errors import CountbridgeError, InputError
from countbridge.stocktake.columns import store
from countbridge.stocktake.explaining import current
from countbridge.stocktake.models import Count, Line


def partners(line: Line) -> frozenset[int]:
    """The lines of the line's one likely story, itself included, where that is a transfer; empty where it is none."""
    told = current(line)
    if told is None or not told["decided"] or not told["stories"][0]["transfer"]:
        return frozenset()
    return frozenset({line.pk, *(other["line"] for other in told["stories"][0]["others"])})


def refusals(lines: Sequence[Line], refused: Collection[int]) -> dict[int, CountbridgeError]:
    """Which of the lines cannot be approved as a transfer, beside those that are `refused` already: a transfer is approved whole
    or not at all, its variances cancel out, and no line of it tells another story. One that was small enough to settle by itself
    tells none; it belongs to the transfer its partner tells."""
    known = {line.pk: line for line in lines}
    groups = _groups(lines)
    found: dict[int, CountbridgeError] = {}
    for line in lines:
        if line.pk in refused:
            continue
        group = groups.get(line.pk)
        if group is None:
            found[line.pk] = InputError("stocktake.no_transfer", line=str(line))
        elif missing := sorted(pk for pk in group if pk not in known or pk in refused or groups[pk] != group):
            found[line.pk] = InputError("stocktake.transfer_in_part", line=str(line), others=_names(missing))
        elif total(known[pk].variance or ZERO for pk in group):
            found[line.pk] = InputError("stocktake.transfer_unequal", line=str(line))
    return found


def join(lines: Sequence[Line]) -> None:
    """Mark the lines of each transfer, in memory: the lowest of their numbers names it."""
    groups = _groups(lines)
    for line in lines:
        line.transfer = f"T{min(groups[line.pk])}"


def _groups(lines: Iterable[Line]) -> dict[int, frozenset[int]]:
    """The lines of each line's transfer, by what it tells itself, else by what a partner tells."""
    told = {line.pk: partners(line) for line in lines}
    groups = {pk: group for pk, group in told.items() if group}
    for group in list(groups.values()):
        for pk in group:
            groups.setdefault(pk, group)
    return groups


def take_apart(count: Count, changed: Sequence[Line]) -> list[Line]:
    """Some lines of transfers differ otherwise by now, so nothing cancels out any more: neither they nor their partners are
    transfers, and the partners that were approved as such wait for a decision again. Returns those partners."""
    names = {line.transfer for line in changed if line.transfer}
    if not names:
        return []
    mine = {line.pk for line in changed}
    held = Line.objects.select_for_update(no_key=True).filter(count=count, transfer__in=names).exclude(pk__in=mine)
    rest = list(held.order_by("pk"))
    for line in [*changed, *rest]:
        line.transfer = ""
    for line in rest:
        line.state = Line.State.COUNTED if line.state == Line.State.APPROVED else line.state
    store(changed, "transfer")
    store(rest, "state", "transfer")
    return rest


def _names(numbers: Sequence[int]) -> str:
    return ", ".join(str(line) for line in Line.objects.filter(pk__in=numbers).order_by("pk")) or "-"
