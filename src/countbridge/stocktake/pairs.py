"""Two sheets over the same lines, counted at the same time by two people who know nothing of each other (double-blind).

The lines belong to the first sheet (pass 1); the second (pass 2) lies `beside` it. Nothing is decided of a line before both
are in. Where only one person may count, no second sheet is made: the second count is given out when the first is in.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count as Number
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from countbridge.stocktake.models import Line, Scan, Sheet


def base_of(sheet: Sheet) -> int:
    """The sheet the lines belong to."""
    return sheet.beside_id or sheet.pk


def lines_of(sheet: Sheet) -> QuerySet[Line]:
    """The lines to be counted with the sheet."""
    return Line.objects.filter(sheet_id=base_of(sheet))


def paired(sheet: Sheet) -> Sheet | None:
    """The other sheet over the same lines."""
    return sheet.beside if sheet.beside_id else Sheet.objects.filter(beside=sheet).first()


def uncounted_of(sheet: Sheet) -> QuerySet[Line]:
    """Lines of the sheet without a scan of its own; that the other person counted them says nothing."""
    own = Scan.objects.filter(line=OuterRef("pk"), pass_number=sheet.pass_number, undone_at=None)
    return lines_of(sheet).filter(~Exists(own))


def counted_the_other(sheet: Sheet, username: str) -> bool:
    """Has this person the other sheet over the same lines, or counted with it?"""
    other = paired(sheet)
    if other is None:
        return False
    holds = other.assignee is not None and other.assignee.username == username
    return holds or Scan.objects.filter(sheet=other, counter=username).exists()


def lock(sheet_id: int) -> None:
    """Nobody else changes the sheet, or the other one over the same lines, until the transaction ends. Always the first of the
    two before the second."""
    found = Sheet.objects.filter(Q(pk=sheet_id) | Q(twin=sheet_id) | Q(beside=sheet_id)).values_list("pk", flat=True)
    list(Sheet.objects.select_for_update(no_key=True).filter(pk__in=list(found)).order_by("pass_number", "pk"))


def figures(found: QuerySet[Sheet]) -> QuerySet[Any]:
    """The sheets with `n`, the lines to be counted with each, and `done`, those that were counted with it."""
    return found.annotate(
        n=_lines("lines") + _lines("beside__lines"), done=_counted("lines") + _counted("beside__lines")
    )


def _lines(path: str) -> Number:
    return Number(path, distinct=True)


def _counted(path: str) -> Number:
    own = Q(**{f"{path}__scans__pass_number": F("pass_number"), f"{path}__scans__undone_at": None})
    return Number(path, filter=own & Q(**{f"{path}__scans__isnull": False}), distinct=True)
