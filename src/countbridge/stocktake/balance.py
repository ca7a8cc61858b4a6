"""Evening out the work when somebody falls behind: sheets nobody began go to those who have less before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count as Number

from countbridge.domain.assignment import Load, rebalance
from countbridge.people.access import WarehouseScope
from countbridge.people.models import User
from countbridge.stocktake import pairs, sheets
from countbridge.stocktake.models import Count, Scan, Sheet


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
        # One of two people counting the same lines never gets the other's sheet: so only the first sheet of a pair may move.
        others = _others(here)
        loads = [
            Load(
                sheet.pk,
                left,
                _name(sheet),
                begun == 0 and sheet.counted_with == "pda" and sheet.beside_id is None,
                frozenset(barred[sheet.pk]) | others.get(sheet.pk, frozenset()) | less,
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
    """Sheets not handed in, with their lines that have no result and the scans made with them."""
    under_way = scope.limit(count.sheets.filter(state__in=sheets.UNDER_WAY), "warehouse").select_related("assignee")
    scanned = dict(
        Scan.objects.filter(sheet__in=under_way.values("pk"))
        .values("sheet")
        .annotate(n=Number("pk"))
        .values_list("sheet", "n")
    )
    found = pairs.figures(under_way).order_by("pk")
    return [(sheet, max(0, sheet.n - sheet.done), scanned.get(sheet.pk, 0)) for sheet in found]


def _others(found: Sequence[tuple[Sheet, int, int]]) -> dict[int, frozenset[str]]:
    """First sheet of a pair → who has the second, and who counted with it."""
    second = Sheet.objects.filter(beside__in=[sheet.pk for sheet, _, _ in found]).select_related("assignee")
    people: dict[int, set[str]] = defaultdict(set)
    for sheet in second:
        people[sheet.beside_id or 0].add(_name(sheet) or "")
    counted = Scan.objects.filter(sheet__in=second, sheet__beside__isnull=False)
    for first, counter in counted.values_list("sheet__beside", "counter").distinct():
        people[first or 0].add(counter)
    return {first: frozenset(names) for first, names in people.items()}


def _name(sheet: Sheet) -> str | None:
    return sheet.assignee.username if sheet.assignee else None
