"""What counted lines come to: accuracy and shrinkage in total and by warehouse, zone, class, person, outcome, reason or cause.

The database adds up, the domain divides (`domain.accuracy`): one aggregate query for each breakdown, whatever the number of
lines. Money is variance × price to the last digit, in the link's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, DecimalField, F, Func, Q, QuerySet, Sum, Value, When
from django.db.models import Count as Number
from django.db.models.fields.json import JSONField, KeyTextTransform, KeyTransform
from django.db.models.functions import Abs, Coalesce

from countbridge.domain.accuracy import ACCURATE, Measure, Results
from countbridge.domain.outcome import Outcome
from countbridge.errors import InputError
from countbridge.stocktake.models import Line

BY = {
    "warehouse": ("warehouse",),
    "zone": ("warehouse", "zone"),
    "class": ("item_class",),
    "person": ("counter",),
    "outcome": ("outcome",),
    "reason": ("reason",),
    "cause": ("likely_cause",),
}
COUNTED = Q(counted__isnull=False)
LASTING = Q(transfer="")  # what was approved as a transfer only changed place, lot or status
# The cause of a line's one likely story; where two fit equally well, or none, there is no telling: "".
LIKELY_CAUSE = Case(
    When(
        explanation__stories__1__isnull=True,
        explanation__stories__0__isnull=False,
        then=KeyTextTransform("cause", KeyTransform("0", KeyTransform("stories", "explanation"))),
    ),
    default=Value(""),
    output_field=CharField(),
)
VALUE = F("variance") * F("price")


def _sum(of: Any, which: Q) -> Coalesce:
    return Coalesce(Sum(of, filter=COUNTED & which), Value(Decimal(0)), output_field=DecimalField())


SUMS: dict[str, Any] = {
    "number": Number("pk"),
    "counted_lines": Number("pk", filter=COUNTED),
    "matches": Number("pk", filter=COUNTED & Q(outcome=Outcome.MATCH)),
    "accurate": Number("pk", filter=COUNTED & Q(outcome__in=sorted(ACCURATE))),
    "varying": Number("pk", filter=COUNTED & ~Q(variance=0)),
    "unpriced": Number("pk", filter=COUNTED & Q(price=None)),
    "quantity_book": _sum(Abs("expected"), Q()),
    "quantity_gain": _sum("variance", LASTING & Q(variance__gt=0)),
    "quantity_loss": _sum("variance", LASTING & Q(variance__lt=0)),
    "quantity_moved": _sum(Abs("variance"), ~LASTING),
    "value_book": _sum(Abs(F("expected") * F("price")), Q()),
    # A price below zero turns a gain of goods into a loss of money: the sign is that of the product.
    "value_gain": _sum(VALUE, LASTING & (Q(variance__gt=0, price__gt=0) | Q(variance__lt=0, price__lt=0))),
    "value_loss": _sum(VALUE, LASTING & (Q(variance__lt=0, price__gt=0) | Q(variance__gt=0, price__lt=0))),
    "value_moved": _sum(Abs(VALUE), ~LASTING),
}


@dataclass(frozen=True)
class Group:
    """The results of the lines that have `key` in common: one word, for a zone warehouse and zone; "" where there is none
    (no class, nobody counted it, no reason)."""

    key: tuple[str, ...]
    results: Results


def total(lines: QuerySet[Line]) -> Results:
    """The results of all the lines."""
    return _results(lines.order_by().aggregate(**SUMS))


def grouped(lines: QuerySet[Line], by: str) -> list[Group]:
    """The results by one of `BY`, what went wrong by most money (then quantity) first. InputError for another word.

    A line with several reasons stands under each of them, so by reason the groups add up to more than the total.
    """
    if by not in BY:
        raise InputError("api.unknown_word", word=by, known=", ".join(BY))
    if by == "reason":
        lines = lines.annotate(reason=_each_reason())
    if by == "cause":
        lines = lines.annotate(likely_cause=LIKELY_CAUSE)
    rows = lines.order_by().values(*BY[by]).annotate(**SUMS)
    groups = [Group(tuple(row[name] for name in BY[by]), _results(row)) for row in rows]
    return sorted(groups, key=lambda g: (-g.results.value.absolute, -g.results.quantity.absolute, g.key))


def _each_reason() -> Func:
    """One row for each reason of a line; one with "" where it has none."""
    told = Case(When(reasons=[], then=Value([""], JSONField())), default=F("reasons"), output_field=JSONField())
    every: Func[Any] = Func(told, function="jsonb_array_elements_text", output_field=CharField())
    every.set_returning = True
    return every


def _results(row: dict[str, Any]) -> Results:
    return Results(
        lines=row["number"],
        counted=row["counted_lines"],
        **{name: row[name] for name in ("matches", "accurate", "varying", "unpriced")},
        quantity=_measure(row, "quantity"),
        value=_measure(row, "value"),
    )


def _measure(row: dict[str, Any], of: str) -> Measure:
    return Measure(row[f"{of}_book"], row[f"{of}_gain"], row[f"{of}_loss"], row[f"{of}_moved"])
