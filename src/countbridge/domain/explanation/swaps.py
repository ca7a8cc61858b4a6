"""Goods that lie in a neighbouring bin, or under another lot or status: variances of one item that cancel out, ΣV = 0.

Worked: bin A01 −10 of 40, bin A02 +10: ten lie next door (bin_swap). A01 −40 of 40 and A02 +40: all of them do (wrong_bin).
Two items that each lie where the other is booked: the two bins were exchanged (bin_swap of four lines).

The search is bounded: lines of one item in one zone, in walking order, from each line on at most NEAR further ones within SPAN
bins, in groups of at most MOST: C(8,1) + C(8,2) + C(8,3) = 92 sums for each line, however many lines there are.

A serial is looked for in every bin, near or far: it is the same one wherever it lies. Missing in A01 and extra in Q77, and
nowhere else missing or extra: it was moved (wrong_bin, form `serial`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import comb, lcm

from countbridge.domain.decimals import total
from countbridge.domain.explanation import chance
from countbridge.domain.explanation.facts import Breach, Paper
from countbridge.domain.explanation.stories import Cause, Story, Suspect
from countbridge.domain.keys import Key
from countbridge.domain.serials import compare, moves

SPAN = 6  # bins apart, in walking order
NEAR = 8  # lines looked at from one line on
MOST = 4  # lines of one group

Group = tuple[Breach, ...]


def stories(breaches: Collection[Breach]) -> list[Story]:
    """Every group of lines whose variances cancel out, once. A line may stand in several that are equally good."""
    differing = [breach for breach in breaches if breach.variance and not breach.serial]
    in_bins = [
        _bin_story(group)
        for family in _families(differing, lambda b: (b.zone, replace(b.key, location=None)))
        for group in _groups(family, SPAN)
    ]
    return [
        *_moved_serials([breach for breach in breaches if breach.serial]),
        *_exchanged(in_bins, {breach.id: breach for breach in differing}),
        *_same_bin(differing, Cause.LOT_SWAP, lambda b: (b.zone, replace(b.key, lot=None))),
        *_same_bin(differing, Cause.STATUS_SWAP, lambda b: (b.zone, replace(b.key, status=None))),
    ]


def _moved_serials(breaches: Iterable[Breach]) -> Iterator[Story]:
    by_item: dict[Key, list[Breach]] = defaultdict(list)
    for breach in breaches:
        by_item[replace(breach.key, location=None, lot=None)].append(breach)
    for lines in by_item.values():
        booked: dict[str, set[str]] = defaultdict(set)
        counted: dict[str, set[str]] = defaultdict(set)
        known: dict[tuple[str, str], Breach] = {}
        for line in lines:
            place, serial = line.key.location or "", line.key.lot or ""
            known[place, serial] = line
            booked[place] |= {serial} if line.expected > 0 else set()
            counted[place] |= {serial} if line.counted > 0 else set()
        for move in moves({place: compare(booked[place], counted[place]) for place in booked.keys() | counted.keys()}):
            pair = sorted(
                (known[move.source, move.serial], known[move.target, move.serial]), key=lambda b: b.key.sort_key()
            )
            if total(line.variance for line in pair) == 0:
                yield Story(
                    Cause.WRONG_BIN,
                    Suspect.SHELF,
                    tuple((line.id, line.variance) for line in pair),
                    form="serial",
                    evidence={"serial": move.serial, "source": move.source, "target": move.target},
                )


def _same_bin(breaches: Iterable[Breach], cause: Cause, same: Callable[[Breach], object]) -> Iterator[Story]:
    for family in _families(breaches, same):
        yield from (_story(cause, group) for group in _groups(family, 0))


def _families(breaches: Iterable[Breach], same: Callable[[Breach], object]) -> Iterator[list[Breach]]:
    """Lines that differ in one part of their key alone, in walking order."""
    families: dict[object, list[Breach]] = defaultdict(list)
    for breach in breaches:
        families[same(breach)].append(breach)
    for family in families.values():
        if len(family) > 1:
            yield sorted(family, key=lambda breach: (breach.position, breach.key.sort_key(), breach.id))


def _groups(family: Sequence[Breach], span: int) -> Iterator[Group]:
    """Groups that cancel out and have no smaller one inside: pairs first, then larger ones of what is left."""
    pairs = _nearest([group for group, _ in _zero_sums(family, span, 2)])
    yield from pairs
    taken = {breach.id for group in pairs for breach in group}
    for size in range(3, MOST + 1):
        left = [breach for breach in family if breach.id not in taken]
        found = [group for group, tried in _zero_sums(left, span, size) if _seldom(group, tried)]
        yield from found
        taken |= {breach.id for group in found for breach in group}


def _zero_sums(family: Sequence[Breach], span: int, size: int) -> Iterator[tuple[Group, int]]:
    """The groups of a size with ΣV = 0, each found from its first line; and how many groups were tried from there."""
    numbers = _whole([breach.variance for breach in family])
    for index, first in enumerate(family):
        near = [
            other
            for other in range(index + 1, min(index + 1 + NEAR, len(family)))
            if family[other].position - first.position <= span
        ]
        for others in combinations(near, size - 1):
            if numbers[index] + sum(numbers[other] for other in others) == 0:
                yield (first, *(family[other] for other in others)), comb(len(near), size - 1)


def _whole(quantities: Sequence[Decimal]) -> list[int]:
    """The quantities as whole numbers of one small enough part: they add up exactly, and fast."""
    parts = [Fraction(quantity) for quantity in quantities]
    common = lcm(*(part.denominator for part in parts))
    return [int(part * common) for part in parts]


def _nearest(pairs: list[Group]) -> list[Group]:
    """A line of several pairs belongs to the nearest; two that are equally near both stay."""
    closest: dict[int, int] = {}
    kept = []
    for pair in sorted(pairs, key=_distance):
        if all(closest.get(breach.id, _distance(pair)) == _distance(pair) for breach in pair):
            kept.append(pair)
            closest |= {breach.id: _distance(pair) for breach in pair}
    return kept


def _distance(group: Group) -> int:
    return group[-1].position - group[0].position


def _seldom(group: Group, tried: int) -> bool:
    """Three and more numbers cancel out by chance, too: as often as groups were tried among the sizes there are."""
    return _chance(group, tried) >= chance.TELLING


def _chance(group: Group, tried: int) -> int:
    variances = [breach.variance for breach in group]
    largest = max(variance.copy_abs() for variance in variances)
    return int(Fraction(largest) / chance.step(variances, group[0].units)) // tried


def _bin_story(group: Group) -> Story:
    whole = len(group) == 2 and any(_all_missing(breach) for breach in group)
    return _story(Cause.WRONG_BIN if whole else Cause.BIN_SWAP, group)


def _all_missing(breach: Breach) -> bool:
    return breach.counted == 0 and breach.expected > 0


def _story(cause: Cause, group: Group) -> Story:
    """The shelf seems wrong, unless a movement was booked on one of the lines that belongs to another."""
    paper = next((paper for breach in group if (paper := _misbooked(breach))), None)
    return Story(
        cause,
        Suspect.WMS if paper else Suspect.SHELF,
        tuple((breach.id, breach.variance) for breach in group),
        form="booked" if paper else "",
        evidence={"document": paper.name, "moved": chance.text(paper.quantity, signed=True)} if paper else {},
    )


def _misbooked(breach: Breach) -> Paper | None:
    """A movement booked here without which the line would match, where that would seldom be so by chance."""
    booked = [paper for paper in breach.papers if paper.applied]
    undone = [paper.quantity.copy_negate() for paper in booked]
    if breach.variance not in undone or chance.one_in(breach, undone) < chance.TELLING:
        return None
    return next(paper for paper in booked if paper.quantity.copy_negate() == breach.variance)


def _exchanged(told: list[Story], lines: dict[int, Breach]) -> list[Story]:
    """Whole goods that went from one bin to another while others went back: one story of all of them."""
    between: dict[frozenset[str | None], list[Story]] = defaultdict(list)
    for story in told:
        if story.cause is Cause.WRONG_BIN:
            between[frozenset(lines[line].key.location for line in story.lines)].append(story)
    joined: list[Story] = []
    gone: set[int] = set()
    for pair in between.values():
        if len({_source(story, lines) for story in pair}) == 2:
            shares = tuple(share for story in pair for share in story.shares)
            joined.append(Story(Cause.BIN_SWAP, Suspect.SHELF, shares, form="exchanged"))
            gone |= {id(story) for story in pair}
    return joined + [story for story in told if id(story) not in gone]


def _source(story: Story, lines: dict[int, Breach]) -> str | None:
    """The bin the goods are missing from."""
    missing: Decimal = min(variance for _, variance in story.shares)
    return next(lines[line].key.location for line, variance in story.shares if variance == missing)
