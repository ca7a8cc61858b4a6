"""Counts in figures: one aggregate query for any number of counts, zones or bins."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count as Number
from django.db.models import DecimalField, Q, QuerySet, Sum, Value
from django.db.models.functions import Abs, Coalesce

from countbridge.links.models import Warehouse
from countbridge.people.access import WarehouseScope
from countbridge.stocktake import result_figures
from countbridge.stocktake.models import Count, Line

State = Line.State
ZERO = Value(Decimal(0))
NONZERO = Q(variance__isnull=False) & ~Q(variance=0)

FIGURES: dict[str, Any] = {
    "lines": Number("pk"),
    "counted_lines": Number("pk", filter=Q(counted__isnull=False)),
    "settled": Number("pk", filter=Q(state=State.SETTLED)),
    "to_recount": Number("pk", filter=Q(state=State.RECOUNT)),
    "to_approve": Number("pk", filter=Q(state__in=(State.APPROVE, State.HOLD))),
    "final": Number("pk", filter=Q(state__in=Line.FINAL)),
    "variances": Number("pk", filter=NONZERO),
    "gain": result_figures.SUMS["value_gain"],
    "loss": result_figures.SUMS["value_loss"],
    "value_abs": Coalesce(Sum(Abs(result_figures.VALUE)), ZERO, output_field=DecimalField()),
}


def figures(lines: QuerySet[Line], *by: str) -> list[dict[str, Any]]:
    """The figures of the lines, grouped by the given fields. Money in the link's currency."""
    return list(lines.values(*by).annotate(**FIGURES).order_by(*by))


def of_counts(counts: Iterable[Count], scope: WarehouseScope) -> dict[int, dict[str, Any]]:
    """Figures of each count over the warehouses somebody may see; a count without lines has zeros."""
    ids = [count.pk for count in counts]
    empty = {name: Decimal(0) if name in ("gain", "loss", "value_abs") else 0 for name in FIGURES}
    found: dict[int, dict[str, Any]] = {pk: dict(empty) for pk in ids}
    for row in figures(scope.limit(Line.objects.filter(count__in=ids), "warehouse"), "count"):
        found[row["count"]] = row
    return found


def visible(scope: WarehouseScope) -> QuerySet[Count]:
    """Counts with at least one warehouse in the scope, newest first."""
    counts = Count.objects.select_related("link").order_by("-pk")
    if scope.everywhere:
        return counts
    inside = Q(pk__in=[])
    for code in scope.codes:
        inside |= Q(warehouses__contains=[code])
    return counts.filter(inside)


def wholly_visible(scope: WarehouseScope) -> QuerySet[Count]:
    """Counts all of whose warehouses are in the scope: their papers and their timeline may be read as they are."""
    counts = visible(scope)
    return counts if scope.everywhere else counts.filter(warehouses__contained_by=sorted(scope.codes))


def sees_everything(scope: WarehouseScope) -> bool:
    """Does the scope take in every warehouse there is? What belongs to no single one (items, quarantined records in a
    foreign system's words) is shown only then."""
    return scope.everywhere or scope.covers(Warehouse.objects.values_list("code", flat=True))


def accuracy(count: Count, scope: WarehouseScope) -> dict[str, str | None]:
    """IRA by lines and by quantity over the counted lines, matches included (algorithm: accuracy)."""
    found = result_figures.total(scope.limit(count.lines.all(), "warehouse"))
    return {"lines": _text(found.accuracy), "quantity": _text(found.quantity.accuracy)}


def _text(share: Decimal | None) -> str | None:
    return None if share is None else str(share)
