"""The figures of a count: what the database adds up is what the domain says of the same lines."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countbridge.domain.accuracy import Results, results
from countbridge.domain.assessment import Assessment
from countbridge.domain.decimals import multiply, subtract
from countbridge.domain.outcome import Outcome
from countbridge.errors import InputError
from countbridge.stocktake import summaries
from countbridge.stocktake.models import Count, Line
from countbridge.stocktake.result_figures import BY, grouped, total
from modelled.stage import Stage

pytest_plugins = ["modelled.fixtures"]
REASONS = ("exceeds_value", "exceeds_quantity", "negative_book", "ambiguous_movements")
CAUSES = ([], ["timing"], ["bin_swap"], ["timing", "bin_swap"])
EXPLANATIONS = [None, *({"stories": [{"cause": cause} for cause in causes]} for causes in CAUSES)]


def assessed(line: Line) -> Assessment:
    return Assessment(
        line.expected or Decimal(0), line.counted, line.variance, None, line.value, Outcome(line.outcome),
        tuple(line.reasons),
    )  # fmt: skip


def by_the_domain(lines: list[Line]) -> Results:
    return results((assessed(line), line.price) for line in lines)


def fill(count: Count, number: int, seed: int) -> None:
    """Lines as no small company has them: long quantities, prices with six decimals or none, negative books."""
    chance = random.Random(seed)
    made = []
    for n in range(number):
        expected = Decimal(chance.randint(-(10**15), 10**15)).scaleb(-chance.randint(0, 9))
        outcome = chance.choice(list(Outcome))
        uncounted = outcome in (Outcome.UNCOUNTED, Outcome.ERROR)
        counted = (
            None if uncounted else expected if outcome == Outcome.MATCH else Decimal(chance.randint(0, 10**12)) / 1000
        )
        price = chance.choice([None, Decimal(chance.randint(-(10**7), 10**9)).scaleb(-6)])
        variance = None if counted is None else subtract(counted, expected)
        made.append(
            Line(
                count=count, warehouse=chance.choice(["W1", "W2"]), zone=chance.choice(["A", "B"]), bin=f"X{n}",
                erp_location="L", item=f"I{n % 7}", item_name_zh="件", item_name_en="Part", unit="u", decimals=9,
                item_class=chance.choice(["", "fastener", "powder"]), price=price, snapshot=expected, watermark=0,
                expected=expected, counted=counted, variance=variance, outcome=outcome.value,
                value=None if price is None or variance is None else multiply(variance, price).quantize(Decimal("0.000001")),
                explanation=chance.choice(EXPLANATIONS),
                reasons=chance.sample(REASONS, chance.randint(0, 3)), counter="" if uncounted else chance.choice("ab"),
            )
        )  # fmt: skip
    Line.objects.bulk_create(made)


@pytest.fixture
def count(make_stage: Callable[..., Stage]) -> Count:
    stage = make_stage(people=("sun",))
    count = stage.start("W1")
    count.lines.all().delete()
    return count


@pytest.mark.parametrize("seed", range(4))
def test_the_database_adds_up_what_the_domain_adds_up(count: Count, seed: int) -> None:
    fill(count, 300, seed)
    lines = list(Line.objects.filter(count=count))
    assert total(count.lines.all()) == by_the_domain(lines)
    for by, fields in BY.items():
        expected: dict[tuple[str, ...], list[Line]] = defaultdict(list)
        for line in lines:
            if by == "reason":
                for reason in line.reasons or [""]:
                    expected[(reason,)].append(line)
            elif by == "cause":
                stories = line.explanation["stories"] if line.explanation else []
                expected[(stories[0]["cause"] if len(stories) == 1 else "",)].append(line)
            else:
                expected[tuple(getattr(line, field) for field in fields)].append(line)
        found = grouped(count.lines.all(), by)
        assert {group.key: group.results for group in found} == {
            key: by_the_domain(theirs) for key, theirs in expected.items()
        }, by
        stakes = [group.results.value.absolute for group in found]
        assert stakes == sorted(stakes, reverse=True), by


def test_each_breakdown_is_one_query_whatever_the_number_of_lines(count: Count) -> None:
    numbers = []
    for number in (5, 400):
        count.lines.all().delete()
        fill(count, number, 1)
        for by in (None, *BY):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                grouped(count.lines.all(), by) if by else total(count.lines.all())
            numbers.append(len(asked))
    assert numbers == [1] * (2 * (len(BY) + 1))


def test_a_count_nobody_counted_has_lines_and_nothing_else(count: Count) -> None:
    assert total(count.lines.all()) == Results()
    assert grouped(count.lines.all(), "zone") == []
    with pytest.raises(InputError, match=r"api\.unknown_word"):
        grouped(count.lines.all(), "colour")


def test_the_overview_says_the_same_money_as_the_results(count: Count) -> None:
    fill(count, 300, 7)
    found, row = total(count.lines.all()), summaries.figures(count.lines.all(), "count")[0]
    assert (row["gain"], row["loss"], row["value_abs"]) == (found.value.gain, found.value.loss, found.value.absolute)
    said: dict[str, Any] = summaries.accuracy(count, summaries.WarehouseScope(everywhere=True))
    assert said == {"lines": str(found.accuracy), "quantity": str(found.quantity.accuracy)}
