"""Serials of a count: where else each one is, and what follows from it for its line: a few queries whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from countbridge.domain.decimals import ZERO
from countbridge.domain.outcome import Outcome
from countbridge.domain.serials import Whereabouts, compare, finding, moves, outcome_of
from countbridge.exchange.models import Movement
from countbridge.exchange.queue import follow
from countbridge.links.models import Lot
from countbridge.stocktake.models import BookLine, Count, Line, Scan, Sheet
from countbridge.stocktake.pairs import paired

SERIAL = "serial"
PLACES_LENGTH = 300

Serial = tuple[str, str]  # item, serial


def mark(count: Count, lines: Sequence[Line]) -> None:
    """Say on each found serial what is odd about it, in memory: its reason, the places that is about, and the outcome it leads
    to. `lines` are as they were just computed; the others of the count are as they are stored."""
    found = [line for line in lines if line.tracking == SERIAL and line.counted]
    for line in lines:
        line.elsewhere = ""
    if not found:
        return
    known = _whereabouts(count, found, {line.pk: line for line in lines})
    for line in found:
        said = finding(line.counted, line.variance, known[line.pk])
        if said is None:
            continue
        line.reasons = [*line.reasons, said.reason]
        line.elsewhere = _together(said.places)
        line.outcome = outcome_of(Outcome(line.outcome), said).value


def _together(places: Iterable[str]) -> str:
    """The places as one text; more of them than there is room for end in an ellipsis."""
    text = ", ".join(places)
    return text if len(text) <= PLACES_LENGTH else text[: PLACES_LENGTH - 1] + "…"


def look_again(count: Count, lines: Iterable[Line]) -> None:
    """A serial was found or taken back: what other lines say of it may be wrong now. They are looked at after the commit, in a
    job, because lines of other sheets must not be waited for while somebody scans."""
    if any(line.tracking == SERIAL for line in lines):
        follow("stocktake.serials", lock=f"serials:{count.pk}", once=f"serials:{count.pk}", count=count.pk)


def in_several_places(count: Count) -> QuerySet[Line]:
    """Counted lines of serials that have a line in another bin of the count, too."""
    other = Line.objects.filter(count=count, tracking=SERIAL, item=OuterRef("item"), lot=OuterRef("lot"))
    counted = Line.objects.filter(count=count, tracking=SERIAL, counted__isnull=False)
    return counted.filter(Exists(other.exclude(bin=OuterRef("bin"))))


@dataclass
class _Known:
    """What is known of a serial over all its lines and books."""

    counted: set[str] = field(default_factory=set)
    booked: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    heard_of: bool = False


def _whereabouts(count: Count, found: Sequence[Line], judged: Mapping[int, Line]) -> dict[int, Whereabouts]:
    known: dict[Serial, _Known] = defaultdict(_Known)
    _of_the_count(count, found, judged, known)
    gains = [line for line in found if (line.variance or ZERO) > 0 and not _others(known[_serial(line)], line)]
    if gains:
        _of_the_books(count, gains, known)
    return {
        line.pk: Whereabouts(
            known[_serial(line)].counted - {line.bin},
            known[_serial(line)].booked - {line.bin},
            known[_serial(line)].outside - {line.bin},
            known[_serial(line)].heard_of,
        )
        for line in found
    }


def _others(known: _Known, line: Line) -> set[str]:
    return (known.counted | known.booked) - {line.bin}


def _serial(line: Line) -> Serial:
    return line.item, line.lot


def _asked(lines: Iterable[Line]) -> dict[str, list[str]]:
    """Conditions for a query that is narrowed to the very serials afterwards."""
    items, serials = {line.item for line in lines}, {line.lot for line in lines}
    return {"item__in": sorted(items), "lot__in": sorted(serials)}


def _of_the_count(count: Count, found: Sequence[Line], judged: Mapping[int, Line], known: dict[Serial, _Known]) -> None:
    stored = Line.objects.filter(count=count, tracking=SERIAL, **_asked(found))
    for line in stored.only("bin", "item", "lot", "counted", "expected", "snapshot"):
        now = judged.get(line.pk, line)
        if now.counted:
            known[_serial(now)].counted.add(now.bin)
        if (now.snapshot if now.expected is None else now.expected) > 0:
            known[_serial(now)].booked.add(now.bin)


def _of_the_books(count: Count, gains: Sequence[Line], known: dict[Serial, _Known]) -> None:
    """Places of no line of this count: what the WMS was last known to have there, from the lines of other counts and the
    movements since; without such a place, the ERP's location. And whether anybody ever heard of the serial."""
    asked = _asked(gains)
    for serial, places in _wms_places(count, asked).items():
        known[serial].heard_of = True
        known[serial].outside |= {place for place, quantity in places.items() if quantity > 0}
    here = {_serial(line): line.erp_location for line in gains}
    for item, lot, location, quantity in BookLine.objects.filter(count=count, **asked).values_list(
        "item", "lot", "erp_location", "quantity"
    ):
        known[item, lot].heard_of = True
        if quantity > 0 and here.get((item, lot)) != location and not known[item, lot].outside:
            known[item, lot].outside.add(location)
    for serial in Lot.objects.filter(link_id=count.link_id, **asked).values_list("item", "lot"):
        known[serial].heard_of = True


def _wms_places(count: Count, asked: Mapping[str, list[str]]) -> dict[Serial, dict[str, Decimal]]:
    """Serial → bin → what the WMS's book has there by all that was read of it. Of each bin the newest count tells what was there;
    movements after its ledger position are added."""
    start: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    lines = Line.objects.filter(count__link_id=count.link_id, tracking=SERIAL, **asked).exclude(count=count)
    for line in lines.select_related("count").order_by("count_id"):
        start[line.bin, line.item, line.lot] = (line.watermark, line.snapshot + _posted(line))
    places: dict[Serial, dict[str, Decimal]] = defaultdict(dict)
    for (place, item, lot), (_, quantity) in start.items():
        if quantity:
            places[item, lot][place] = quantity
    moved = Movement.objects.filter(link_id=count.link_id, **asked)
    for place, item, lot, position, quantity in moved.values_list("bin", "item", "lot", "ledger_seq", "quantity"):
        since = start.get((place, item, lot))
        if since is None or position > since[0]:
            places[item, lot][place] = places[item, lot].get(place, ZERO) + quantity
    return places


def _posted(line: Line) -> Decimal:
    """What a count that is over has put into the book beside the snapshot."""
    over = line.count.state == Count.State.CLOSED and line.state in Line.POSTABLE
    return line.variance if over and line.variance is not None else ZERO


def standing(sheet: Sheet, serials: Collection[str]) -> dict[int, tuple[str, datetime]]:
    """Line → who found its serial in the line's present pass, and when; of those found and not taken back. Of two sheets over the
    same lines each knows its own: what the other person found there is not told."""
    if not serials:
        return {}
    found = Scan.objects.filter(
        count=sheet.count_id, line__tracking=SERIAL, line__lot__in=sorted(serials), undone_at=None, quantity__gt=0
    )
    own = F("line__pass_number") if paired(sheet) is None else sheet.pass_number
    found = found.filter(pass_number=own)
    return {line: (who, at) for line, who, at in found.order_by("pk").values_list("line", "counter", "counted_at")}


@dataclass(frozen=True)
class Seen:
    """Of a line that differs: the other places its serial is about, and whether it and the line there are one transfer."""

    places: tuple[str, ...] = ()
    moved: bool = False


def seen(lines: Sequence[Line]) -> dict[int, Seen]:
    """What the other bins of the count tell of these serials, all of one count: of a missing one where it was found, of an extra
    one where it is booked (`Line.elsewhere`)."""
    if not lines:
        return {}
    beside = Line.objects.filter(count=lines[0].count_id, tracking=SERIAL, counted__isnull=False, **_asked(lines))
    booked: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    counted: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in beside.only("bin", "item", "lot", "expected", "counted"):
        if line.expected:
            booked[line.item][line.bin].add(line.lot)
        if line.counted:
            counted[line.item][line.bin].add(line.lot)
    moved: set[tuple[str, str, str]] = set()
    found: dict[Serial, list[str]] = defaultdict(list)
    for item in booked.keys() | counted.keys():
        places = booked[item].keys() | counted[item].keys()
        laid = {place: compare(booked[item][place], counted[item][place]) for place in places}
        for move in moves(laid):
            moved |= {(item, move.source, move.serial), (item, move.target, move.serial)}
        for place, compared in sorted(laid.items()):
            for serial in compared.extra:
                found[item, serial].append(place)
    return {
        line.pk: Seen(
            tuple(line.elsewhere.split(", "))
            if line.elsewhere
            else tuple(place for place in found[_serial(line)] if (line.variance or ZERO) < 0),
            (line.item, line.bin, line.lot) in moved,
        )
        for line in lines
    }


def moved_lines(lines: QuerySet[Line]) -> QuerySet[Line]:
    """Those of the lines that are one half of a transfer: their serial differs the other way in exactly one other bin of the
    count, and nowhere else."""
    beside = Line.objects.filter(
        count=OuterRef("count"), tracking=SERIAL, item=OuterRef("item"), lot=OuterRef("lot")
    ).exclude(pk=OuterRef("pk"))
    lost, gained = Exists(beside.filter(variance__lt=0)), Exists(beside.filter(variance__gt=0))
    return lines.filter(Q(lost & ~gained, variance__gt=0) | Q(gained & ~lost, variance__lt=0))
