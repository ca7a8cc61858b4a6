"""The likely story of every line that waits for a person, written onto the line: one zone at a time, because neighbours matter.

A line that differs may be explained by one beside it, so a zone is explained anew as a whole whenever one of its lines was
decided or changed. What is written says which variance it is about; once that changed it is shown no more (`current`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q

from countbridge.domain.decimals import ZERO, decimal_text
from countbridge.domain.explanation import Explanation, Story, explain
from countbridge.domain.keys import TRAITS
from countbridge.exchange import events
from countbridge.exchange.queue import follow
from countbridge.stocktake.breaches import breaches_of
from countbridge.stocktake.columns import store
from countbridge.stocktake.erp_gaps import books_of
from countbridge.stocktake.models import Count, Line
from countbridge.stocktake.serials import SERIAL

State = Line.State
WAITING = (State.RECOUNT, State.APPROVE, State.HOLD)
KEPT_WITH = (*WAITING, State.APPROVED, State.KEPT)  # what was decided keeps what was known when it was

DIFFERS = Q(counted__isnull=False, variance__isnull=False) & ~Q(variance=0)
PORTION = 5000

Place = tuple[str, str]  # warehouse, zone


def soon(count: Count, places: Iterable[Place]) -> None:
    """Explain these zones after the caller's transaction has committed; zones that wait for it already are not added."""
    for warehouse, zone in sorted(set(places)):
        name = f"explain:{count.pk}:{warehouse}:{zone}"
        follow("stocktake.explain", lock=name, once=name, count=count.pk, warehouse=warehouse, zone=zone)


def current(line: Line) -> dict[str, Any] | None:
    """What is known of why the line differs; None where it does not wait, or differs otherwise by now."""
    told: dict[str, Any] | None = line.explanation
    if told is None or line.state not in KEPT_WITH or line.variance is None:
        return None
    return told if told["variance"] == decimal_text(line.variance) else None


def explain_zone(count_id: int, warehouse: str, zone: str) -> None:
    """Find the stories of a zone's lines and write them down where they differ from those written before. Nothing is locked
    meanwhile: who changes a line while it is being explained has its zone explained again, and what is written names the
    variance it is about."""
    count = Count.objects.select_related("link").get(pk=count_id)
    here = Line.objects.filter(count=count, warehouse=warehouse, zone=zone)
    waiting = Q(state__in=WAITING, counted__isnull=False)
    concerned = here.filter(waiting | Q(explanation__isnull=False) | DIFFERS).order_by("pk")
    lines = {line.pk: line for line in concerned}
    told = _told(count, {pk: line for pk, line in lines.items() if line.counted is not None})
    written = {}
    for line in lines.values():
        wanted = told.get(line.pk) if line.state in WAITING else line.explanation if line.state in KEPT_WITH else None
        if line.explanation != wanted:
            written[line.pk] = wanted
    _write(count, written)
    # What is said of a serial here is said of its line in another zone, too.
    changed = [lines[pk] for pk in written if lines[pk].tracking == SERIAL]
    soon(count, {(line.warehouse, line.zone) for line in _same_serials(count, changed)} - {(warehouse, zone)})


def _same_serials(count: Count, lines: Sequence[Line]) -> list[Line]:
    """Every counted line of the count of these serials, wherever it lies."""
    if not lines:
        return []
    asked = {"item__in": sorted({line.item for line in lines}), "lot__in": sorted({line.lot for line in lines})}
    return list(Line.objects.filter(count=count, tracking=SERIAL, counted__isnull=False, **asked).order_by("pk"))


def _write(count: Count, explanations: Mapping[int, dict[str, Any] | None]) -> None:
    keys = sorted(explanations)
    for start in range(0, len(keys), PORTION):
        with transaction.atomic():
            part = keys[start : start + PORTION]
            held = (
                Line.objects.select_for_update(no_key=True).filter(pk__in=part).order_by("pk").only("pk", "explanation")
            )
            lines = list(held)
            for line in lines:
                line.explanation = explanations[line.pk]
            store(lines, "explanation")
            events.announce("line", count.number)


def _told(count: Count, known: Mapping[int, Line]) -> dict[int, dict[str, Any]]:
    """What is written on each line. Lines of the same ERP keys elsewhere are looked at, too: they tell what the gap is about."""
    if not any(line.state in WAITING for line in known.values()):
        return {}
    found, lines = _found(count, known)
    return {pk: _written(line, found[pk], lines) for pk, line in known.items() if pk in found}


def causes_of(count: Count, lines: Sequence[Line]) -> dict[int, str]:
    """Why each of the lines most likely differs, as far as the counted lines of its zone tell by now: line → cause. Lines of
    which nothing, or two things, can be told are left out."""
    if not lines:
        return {}
    zones = reduce(
        or_, (Q(warehouse=place[0], zone=place[1]) for place in {(one.warehouse, one.zone) for one in lines})
    )
    counted = Line.objects.filter(zones, DIFFERS, count=count)
    found, _ = _found(count, {line.pk: line for line in [*counted, *lines]})
    return {line.pk: found[line.pk].cause or "" for line in lines if line.pk in found and found[line.pk].cause}


def _found(count: Count, known: Mapping[int, Line]) -> tuple[Mapping[int, Explanation], dict[int, Line]]:
    """The explanation of each line, and every line that was looked at for it."""
    books, beside = books_of(count, list(known.values()))
    serials = _same_serials(count, [line for line in known.values() if line.tracking == SERIAL])
    lines = {**{line.pk: line for line in (*beside, *serials)}, **known}
    by_zone: dict[Place, list[Line]] = {}
    for line in lines.values():
        by_zone.setdefault((line.warehouse, line.zone), []).append(line)
    breaches = [breach for zone in by_zone.values() for breach in breaches_of(count, zone)]
    return explain(breaches, books), lines


def _written(line: Line, found: Explanation, lines: Mapping[int, Line]) -> dict[str, Any]:
    return {
        "variance": decimal_text(line.variance or ZERO),
        "decided": found.decided,
        "stories": [_story(line, story, lines) for story in found.stories],
        "gap": _story(line, found.gap, lines) if found.gap else None,
    }


def _story(line: Line, story: Story, lines: Mapping[int, Line]) -> dict[str, Any]:
    """A story as seen from one of its lines: `code` finds the sentence in countbridge.messages, `params` fill it in."""
    others = [
        {
            "line": pk,
            "bin": lines[pk].bin,
            "item": lines[pk].item,
            **{name: getattr(lines[pk], name) or None for name in TRAITS},
            "variance": decimal_text(variance),
        }
        for pk, variance in story.shares
        if pk != line.pk and variance
    ]
    return {
        "cause": story.cause.value,
        "suspect": story.suspect.value,
        "sure": story.sure.value,
        "one_in": story.one_in,
        "transfer": story.transfer,
        "code": f"explanation.{story.cause}" + (f"_{story.form}" if story.form else ""),
        "params": {**story.evidence, **_figures(line, others)},
        "others": others,
    }


def _figures(line: Line, others: list[dict[str, Any]]) -> dict[str, str]:
    """The line's own figures and its partners, as every sentence may use them."""
    assert line.variance is not None
    return {
        "base": line.unit,
        "bin": line.bin,
        "variance": _signed(decimal_text(line.variance)),
        "others": ", ".join(f"{_name(other, line)} {_signed(other['variance'])}" for other in others),
    }


def _name(other: Mapping[str, Any], line: Line) -> str:
    parts = [
        other["bin"] if other["bin"] != line.bin else "",
        other["item"] if other["item"] != line.item else "",
        *(other[name] or "" for name in TRAITS if (other[name] or "") != getattr(line, name)),
    ]
    return " ".join(part for part in parts if part)


def _signed(text: str) -> str:
    return text if text.startswith("-") or text == "0" else f"+{text}"
