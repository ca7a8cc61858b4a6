"""Giving out both counts of a double-blind count at once."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Exists, OuterRef

from countbridge.domain.assignment import share_out
from countbridge.people.models import User
from countbridge.stocktake import sheets
from countbridge.stocktake.models import Count, Line, Sheet
from countbridge.stocktake.policy import policy_of


def give_out(count: Count) -> None:
    """Make the second sheets of a double-blind count, each for somebody else than the first; the longest first, evenly."""
    if not policy_of(count.policy).double_blind:
        return
    first = count.sheets.filter(pass_number=1, counted_with="pda", twin=None).exclude(assignee=None)
    # What one person says of a serial is answered by where it was found before: the other one counts after them.
    first = first.filter(~Exists(Line.objects.filter(sheet=OuterRef("pk"), tracking="serial")))
    sized = first.select_related("assignee").annotate(n=sheets.ON_SHEET).filter(n__gt=0).order_by("pk")
    by_warehouse: dict[str, list[Sheet]] = defaultdict(list)
    for sheet in sized:
        by_warehouse[sheet.warehouse].append(sheet)
    for warehouse, mine in sorted(by_warehouse.items()):
        people = sheets.operators(warehouse)
        without = sheets.unable_for(people, [sheet.demand for sheet in mine])
        barred = [less | {str(sheet.assignee)} for sheet, less in zip(mine, without, strict=True)]
        sizes = [sheet.n for sheet in mine]  # type: ignore[attr-defined]
        names = share_out(sizes, sorted(people), sheets.load(people), barred)
        made = [
            _second(sheet, people[name]) for sheet, name in zip(mine, names, strict=True) if name is not None
        ]  # fmt: skip
        Sheet.objects.bulk_create(made, batch_size=1000)


def _second(first: Sheet, person: User) -> Sheet:
    return Sheet(
        count_id=first.count_id, number=f"{first.number}B", warehouse=first.warehouse, zone=first.zone, pass_number=2,
        bins=first.bins, assignee=person, beside=first, skills=first.skills, owners=first.owners,
    )  # fmt: skip
