"""Evening out the work when somebody falls behind: sheets nobody began go to those who have less before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count as Number
from django.db.models import Q

from countbridge.domain.assignment import Load, rebalance
from countbridge.people.access import WarehouseScope
from countbridge.people.models import User
from countbridge.stocktake import sheets
from countbridge.stocktake.models import Count, Line, Scan, Sheet


@dataclass(frozen=True)
class Move:
    """A sheet that would go to somebody else. `before` is None where it is nobody's; `lines` are those not counted yet."""

    sheet: int
    number: str
    lines: int
    before: str | None
    after: str


@dataclass(frozen=True)
class Balance:
    """Lines still to be counted by person, as it is and as the moves would make it."""

    now: dict[str, int]
    then: dict[str, int]
    moves: list[Move]


def propose(count: Count, scope: WarehouseScope) -> Balance:
    """Who should take over which sheets, warehouse by warehouse, in the warehouses somebody may assign in."""
    found = _under_way(count, scope)
    moves: list[Move] = []
    now: dict[str, int] = {}
    for warehouse in sorted({sheet.warehouse for sheet, _, _ in found}):
        here = [one for one in found if one[0].warehouse == warehouse]
        recounts = [sheet.pk for sheet, _, _ in here if sheet.pass_number > 1]
        barred = sheets.counted_by_of(Scan.objects.filter(line__sheet__in=recounts), "line__sheet")
        people = sheets.operators(warehouse)
        without = sheets.unable_for(people, [sheet.demand for sheet, _, _ in here])
        loads = [
            Load(
                sheet.pk,
                left,
                _name(sheet),
                begun == 0 and sheet.counted_with == "pda",
                frozenset(barred[sheet.pk]) | less,
            )
            for (sheet, left, begun), less in zip(here, without, strict=True)
        ]
        for name in people:
            now.setdefault(name, 0)
        for load in loads:
            if load.person:
                now[load.person] = now.get(load.person, 0) + load.lines
        by_id = {sheet.pk: (sheet, left) for sheet, left, _ in here}
        for pk, to in rebalance(loads, people):
            sheet, left = by_id[pk]
            moves.append(Move(pk, sheet.number, left, _name(sheet), to))
    then = dict(now)
    for move in moves:
        then[move.after] = then.get(move.after, 0) + move.lines
        if move.before:
            then[move.before] -= move.lines
    return Balance(dict(sorted(now.items())), dict(sorted(then.items())), moves)


def carry_out(count: Count, scope: WarehouseScope, wanted: Sequence[tuple[int, str]], actor: User) -> list[Move]:
    """Make those of the proposed moves that were agreed to and still hold; what changed meanwhile is left as it is."""
    made = []
    for move in propose(count, scope).moves:
        if (move.sheet, move.after) in set(wanted):
            with transaction.atomic():
                sheets.reassign(move.sheet, move.after, actor)
            made.append(move)
    return made


def _under_way(count: Count, scope: WarehouseScope) -> list[tuple[Sheet, int, int]]:
    """Sheets not handed in, with their lines that have no result and those that have one."""
    left = Number("lines", filter=Q(lines__state__in=(Line.State.OPEN, Line.State.RECOUNT)), distinct=True)
    begun = Number("scans", distinct=True)
    found = scope.limit(count.sheets.filter(state__in=sheets.UNDER_WAY), "warehouse").select_related("assignee")
    return [(sheet, sheet.left, sheet.begun) for sheet in found.annotate(left=left, begun=begun).order_by("pk")]


def _name(sheet: Sheet) -> str | None:
    return sheet.assignee.username if sheet.assignee else None
