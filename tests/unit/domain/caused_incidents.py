"""What goes wrong on the floor of a history with known causes: one method for each cause, and losses nobody can explain."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from countbridge.domain.explanation import Cause
from unit.domain.caused_floor import AMBIGUITY, ZERO, Change, Entered, Floor, Happened, Line

NOBODY, TWO = "nobody knows", "two causes"  # what is true of a line no cause, or more than one, is to blame for


class Incidents(Floor):
    """A floor on which things go wrong."""

    def incident(self, cause: str) -> bool:
        """Let it happen once somewhere; False where this floor has no place for it."""
        return bool(getattr(self, f"_{cause}")())

    def pick(self, condition=lambda line: True) -> Line | None:
        """A line that nothing happened to yet; one time in twenty one that something did."""
        rng = self.rng
        twice = rng.random() < 0.05
        fitting = [line for line in self.lines if (twice or not line.truth) and condition(line)]
        return rng.choice(fitting) if fitting else None

    def _nothing(self) -> bool:
        """A loss (two of three) or gain nobody can explain."""
        rng = self.rng
        line = self.pick(lambda line: line.shelf > 0)
        if line is None:
            return False
        item = line.item
        kind = rng.random()
        if kind < 0.45:
            size = Decimal(rng.randint(1, 5)) if item.loose else Decimal(rng.randint(1, 40)) + self._part(item)
        elif kind < 0.7:
            size = Decimal(item.case * rng.randint(1, 4))
        elif kind < 0.9:
            size = Decimal(rng.randint(1, max(1, int(line.shelf * 3 // 10))))
        elif kind < 0.95:
            size = Decimal(rng.randint(max(1, int(line.shelf // 2)), max(1, int(line.shelf))))
        else:
            size = line.shelf
        self._shelf(line, -min(size, line.shelf) if rng.random() < 0.66 else size)
        line.truth.append(NOBODY)
        return True

    def _shelf(self, line: Line, change: Decimal) -> None:
        line.shelf += change

    def _portion(self, line: Line) -> Decimal:
        """A part of what lies there: whole cases, any number, or all of it."""
        rng = self.rng
        kind = rng.random()
        cases = int(line.shelf // line.item.case)
        if kind < 0.5 and cases > 1:
            return Decimal(rng.randint(1, cases - 1) * line.item.case)
        if kind < 0.85 and line.shelf > 2:
            return Decimal(rng.randint(1, int(line.shelf) - 1))
        return line.shelf

    def _neighbour(self, line: Line) -> int:
        """A bin near this one: mostly the next, sometimes one further off."""
        rng = self.rng
        far = rng.choices([1, 2, 3, 4, rng.randint(5, 8)], [60, 20, 8, 5, 7])[0]
        sides = [line.position + side for side in (-far, far) if 1 <= line.position + side <= self.bins]
        return rng.choice(sides or [line.position])

    def _tell(self, cause: Cause, suspect: str, *lines: Line) -> bool:
        for line in lines:
            line.truth.append(cause)
            line.suspect = suspect
        return True

    def _bin_swap(self) -> bool:
        """A part was put next door, from time to time into two or three places; or the WMS booked a receipt next door."""
        rng = self.rng
        line = self.pick(lambda line: line.shelf > 1)
        if line is None:
            return False
        if rng.random() < 0.3:
            return self._misbooked(line)
        if rng.random() < 0.15:
            return self._exchange(line)
        whole = line.shelf
        places = [line]
        for _ in range(rng.choices([1, 2, 3], [80, 15, 5])[0]):
            other = self.line(line.item, self._neighbour(line), line.lot, line.status, empty=True)
            part = self._portion(line)
            if other in places or line.shelf <= 0:
                continue
            self._shelf(line, -part)
            self._shelf(other, part)
            places.append(other)
        if len(places) == 1:
            return False
        # All of it in one place next door has a name of its own.
        cause = Cause.WRONG_BIN if len(places) == 2 and line.shelf == 0 and whole > 0 else Cause.BIN_SWAP
        return self._tell(cause, "shelf", *places)

    def _misbooked(self, line: Line) -> bool:
        """A receipt was put where it belongs and booked next door."""
        rng = self.rng
        received = [m for m in line.movements if m.at < line.scanned - AMBIGUITY and m.quantity > 0 and m.line is None]
        if not received:
            return False
        moved = rng.choice(received)
        other = self.line(line.item, self._neighbour(line), line.lot, line.status, empty=True)
        if other is line or moved.at > other.scanned - AMBIGUITY:
            return False
        booked_alone = not other.movements and other.opening == 0 == other.shelf
        moved.line = other
        # Goods booked only where none of them lie: that is the wrong bin, whoever erred.
        return self._tell(Cause.WRONG_BIN if booked_alone else Cause.BIN_SWAP, "wms", line, other)

    def _exchange(self, line: Line) -> bool:
        """Two items changed places."""
        others = [
            other
            for other in self.lines
            if other.item is not line.item and 0 < abs(other.position - line.position) <= 2 and other.shelf > 0
        ]
        if not others or line.shelf <= 0:
            return False
        other = self.rng.choice([each for each in others if not each.truth] or others)
        here = self.line(other.item, line.position, other.lot, other.status, empty=True)
        there = self.line(line.item, other.position, line.lot, line.status, empty=True)
        for source, target in ((line, there), (other, here)):
            self._shelf(target, source.shelf)
            self._shelf(source, -source.shelf)
        return self._tell(Cause.BIN_SWAP, "shelf", line, there, other, here)

    def _wrong_bin(self) -> bool:
        """All of it lies in, or was counted under, another bin."""
        line = self.pick(lambda line: line.shelf > 0)
        if line is None:
            return False
        other = self.line(line.item, self._neighbour(line), line.lot, line.status, empty=True)
        if other is line:
            return False
        self._shelf(other, line.shelf)
        self._shelf(line, -line.shelf)
        return self._tell(Cause.WRONG_BIN, "shelf", line, other)

    def _lot_swap(self) -> bool:
        line = self.pick(lambda line: line.lot is not None and line.shelf > 0)
        if line is None:
            return False
        lot = self.rng.choice([lot for lot in ("L1", "L2", "L3", "L4") if lot != line.lot])
        here = [other for other in self.lines if (other.item, other.position) == (line.item, line.position)]
        booked = [other.lot for other in here if other.lot != line.lot and other.status == line.status]
        other = self.line(line.item, line.position, self.rng.choice(booked or [lot]), line.status, empty=True)
        if self.rng.random() < 0.3 and other.shelf != line.shelf:
            line.shelf, other.shelf = other.shelf, line.shelf
        else:
            part = self._portion(line)
            self._shelf(line, -part)
            self._shelf(other, part)
        return self._tell(Cause.LOT_SWAP, "shelf", line, other)

    def _status_swap(self) -> bool:
        line = self.pick(lambda line: line.status is not None and line.shelf > 0)
        if line is None:
            return False
        status = "held" if line.status == "free" else "free"
        other = self.line(line.item, line.position, line.lot, status, empty=True)
        part = self._portion(line)
        self._shelf(line, -part)
        self._shelf(other, part)
        return self._tell(Cause.STATUS_SWAP, "shelf", line, other)

    # -- slips of the finger: gone in a recount by somebody else ---------------------------------------------------------

    def _slip(self, cause: Cause, change: Change) -> bool:
        """One entered portion will be changed; a slip that enters the same number is none."""
        if self.recounted:
            return True  # it was there, and the recount has settled it
        line = self.pick(lambda line: line.shelf > 0 and line.slip is None)
        if line is None or self._slipped(line, change) is None:
            return False
        line.slip = change
        return self._tell(cause, "shelf", line)

    def _slipped(self, line: Line, change: Change) -> list[Entered] | None:
        entered = self.enter(line)
        index = self.rng.randrange(len(entered))
        changed = change(line, *entered[index])
        if changed is None or changed[0] * changed[2] == entered[index][0] * entered[index][2]:
            return None
        entered[index] = changed
        return entered

    def entered(self, line: Line) -> list[Entered]:
        """What the counter types, once everything else has happened; without the slip where there is no place for it now."""
        for _ in range(20 if line.slip else 0):
            found = self._slipped(line, line.slip) if line.shelf > 0 else None
            if found is not None:
                return found
        return self.enter(line)

    def enter(self, line: Line) -> list[Entered]:
        """How the person enters what lies there: in cases and the rest, in base units, sometimes in several heaps."""
        rng = self.rng
        base, case = line.item.units[0][0], line.item.case
        if case > 1 and line.shelf >= case and rng.random() < 0.5:
            cases, rest = divmod(line.shelf, case)
            return [(cases, line.item.units[-1][0], case), *([(rest, base, 1)] if rest else [])]
        if line.shelf > 10 and rng.random() < 0.15:
            first = Decimal(rng.randint(1, int(line.shelf) - 1))
            return [(first, base, 1), (line.shelf - first, base, 1)]
        return [(line.shelf, base, 1)]

    def _case_as_each(self) -> bool:
        def change(line, quantity, unit, factor):
            return (quantity, line.item.units[0][0], 1) if factor > 1 and quantity else None

        return self._slip(Cause.CASE_AS_EACH, change)

    def _each_as_case(self) -> bool:
        def change(line, quantity, unit, factor):
            return (quantity, line.item.units[-1][0], line.item.case) if factor == 1 < line.item.case else None

        return self._slip(Cause.EACH_AS_CASE, change)

    def _digits_transposed(self) -> bool:
        def change(line, quantity, unit, factor):
            text = plain(quantity)
            places = [i for i, (a, b) in enumerate(pairwise(text)) if a.isdigit() and b.isdigit()]
            if not places:
                return None
            at = self.rng.choice(places)
            return (Decimal(text[:at] + text[at + 1] + text[at] + text[at + 2 :]), unit, factor)

        return self._slip(Cause.DIGITS_TRANSPOSED, change)

    def _digit_dropped(self) -> bool:
        def change(line, quantity, unit, factor):
            text = plain(quantity)
            places = [index for index, letter in enumerate(text) if letter.isdigit()]
            if len(places) < 2:
                return None
            at = self.rng.choice(places)
            return (Decimal(text[:at] + text[at + 1 :]), unit, factor)

        return self._slip(Cause.DIGIT_DROPPED, change)

    def _digit_added(self) -> bool:
        """A key pressed twice, or the one beside it, too."""

        def change(line, quantity, unit, factor):
            text = plain(quantity)
            at = self.rng.choice([index for index, letter in enumerate(text) if letter.isdigit()])
            extra = text[at] if self.rng.random() < 0.6 else self.rng.choice("0123456789")
            return (Decimal(text[:at] + extra + text[at:]), unit, factor)

        return self._slip(Cause.DIGIT_ADDED, change)

    # -- papers --------------------------------------------------------------------------------------------------------

    def _plain(self, line: Line, moved: Happened) -> bool:
        """A movement of before the scan that is booked as it was."""
        as_it_was = moved.booked_at == moved.at and moved.booked == moved.quantity
        return (
            as_it_was and moved.at < line.scanned - 2 * AMBIGUITY and not (moved.copies or moved.line or moved.awaited)
        )

    def _before(self, line: Line) -> Happened | None:
        fitting = [moved for moved in line.movements if self._plain(line, moved)]
        return self.rng.choice(fitting) if fitting else None

    def book(self, line: Line) -> str:
        return f"{line.key().location if self.fine else 'A'}/{line.item.code}/{line.lot}/{line.status}"

    def _gap(self, line: Line, quantity: Decimal, cause: str) -> None:
        name = self.book(line)
        self.gaps[name] = self.gaps.get(name, ZERO) + quantity
        self.gap_truth.setdefault(name, []).append(cause)

    def _paper(self) -> list[tuple[Line, Happened]]:
        """A document that is booked as it was, all its lines, of which one is of a line nothing happened to yet."""
        line = self.pick(lambda line: bool(line.movements))
        moved = line and self._before(line)
        if not moved:
            return []
        return [(each, m) for each in self.lines for m in each.movements if m.document == moved.document]

    def _whole(self) -> list[tuple[Line, Happened]]:
        """Such a document of which every line had happened before its scan."""
        lines = self._paper()
        return lines if all(self._plain(line, moved) for line, moved in lines) else []

    def _document_not_posted(self) -> bool:
        """Booked hours after it happened; or in the ERP alone; or in the WMS alone, the interface still at it."""
        kind = self.rng.random()
        if kind < 0.45:
            return self._late()
        lines = self._whole()
        for line, moved in lines:
            if kind < 0.75:
                moved.booked = None
                self._gap(line, moved.quantity, Cause.DOCUMENT_NOT_POSTED)
                self._tell(Cause.DOCUMENT_NOT_POSTED, "wms", line)
            else:
                moved.awaited = True
                self._gap(line, -moved.quantity, Cause.DOCUMENT_NOT_POSTED)
        return bool(lines)

    def _late(self) -> bool:
        """Moved up to an hour and a half before one of its lines was scanned, booked up to four hours after that. Lines
        scanned before the goods moved, or after they were booked, show nothing of it."""
        lines = self._whole()
        if not lines:
            return False
        scanned = self.rng.choice(lines)[0].scanned
        at = scanned - timedelta(minutes=self.rng.randint(1, 90))
        booked = scanned + timedelta(minutes=self.rng.randint(1, 240))
        for line, moved in lines:
            if at > line.scanned:
                line.opening += moved.quantity  # it had not moved yet when the shelf was seen
            moved.at, moved.booked_at = at, booked
            if at <= line.scanned < booked:
                self._tell(Cause.DOCUMENT_NOT_POSTED, "timing", line)
        return True

    def _document_posted_twice(self) -> bool:
        """A message sent again, mostly under its own number, sometimes typed again under another. The ERP may have it once."""
        lines = self._whole()
        self.numbers += 1
        same, once = self.rng.random() < 0.9, self.rng.random() < 0.5
        for line, moved in lines:
            moved.copies.append(moved.document if same else f"D{self.numbers:06d}")
            if once:
                self._gap(line, -moved.quantity, Cause.DOCUMENT_POSTED_TWICE)
            self._tell(Cause.DOCUMENT_POSTED_TWICE, "wms", line)
        return bool(lines)

    def _wrong_sign(self) -> bool:
        """Half of them booked as the other kind of movement, too; the ERP may have it right."""
        lines = self._whole()
        other_kind, right = self.rng.random() < 0.5, self.rng.random() < 0.5
        for line, moved in lines:
            moved.booked = -moved.quantity
            if other_kind:
                moved.kind = "receive" if moved.booked > 0 else "pick"
            if right:
                self._gap(line, 2 * moved.quantity, Cause.WRONG_SIGN)
            self._tell(Cause.WRONG_SIGN, "wms", line)
        return bool(lines)

    def _timing(self) -> bool:
        """Goods were moved just before the scan and booked just after it, or the other way round."""
        line = self.pick()
        if line is None:
            return False
        seconds = timedelta(seconds=self.rng.randint(1, 12))
        early = self.rng.random() < 0.6
        moved = self.move(line, line.scanned - seconds if early else line.scanned + seconds)
        other = timedelta(seconds=self.rng.randint(1, 28))
        moved.booked_at = line.scanned + other if early else line.scanned - other
        return self._tell(Cause.TIMING, "timing", line)

    def _interface_gap(self) -> bool:
        """The interface lost a document, or booked it twice, in the ERP; nobody knows."""
        lines = self._whole()
        lost = self.rng.random() < 0.7
        for line, moved in lines:
            self._gap(line, -moved.quantity if lost else moved.quantity, Cause.INTERFACE_GAP)
        return bool(lines)


def plain(quantity: Decimal) -> str:
    text = format(quantity, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
