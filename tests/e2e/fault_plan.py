"""What is posted while everything breaks: documents drawn from a seed, so that it is known beforehand what must stand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from countbridge.sandbox.demo.proof import Book, Key
from countbridge.sandbox.world_model import World

PLACES = (
    "W2-Z1", "W2-Z2", "W2-Z3", "W1-A-101", "W1-B-101", "W1-B-102", "W1-B-103", "W1-C-101", "W1-D-101", "W1-D-102",
)  # fmt: skip
TWINS = 0.15  # rounds in which two documents look alike
TOO_MUCH = 0.05  # documents that take more than there is, and are refused
POOL = 6  # keys of a place that keep being corrected


@dataclass(frozen=True)
class Wanted:
    """A document and what must become of it. Documents of one place follow each other."""

    key: str
    place: str
    lines: tuple[tuple[Key, Decimal], ...]
    accepted: bool = True


class Plan:
    """Draws rounds of documents. `book` is what the ERP will hold when all of them stand."""

    def __init__(self, seed: int, start: Book, world: World) -> None:
        self._random = random.Random(seed)
        self._digits = {item.code: item.unit_digits for item in world.items}
        self.start = {key: quantity for key, quantity in start.items() if quantity > 0}
        self.book: Counter[Key] = Counter()
        self._pools = {place: self._pool(place) for place in PLACES}
        for pool in self._pools.values():
            self.book.update({key: self.start[key] for key in pool})
        self._number = 0

    def _pool(self, place: str) -> list[Key]:
        """Keys of a place, with lots and without where it has both."""
        here = sorted(key for key in self.start if key[0] == place)
        self._random.shuffle(here)
        assert len(here) >= 4, f"{place} holds too little to be corrected"
        lots = [key for key in here if key[2]][: POOL // 2]
        return (lots + [key for key in here if key not in lots])[:POOL]

    def rounds(self) -> Iterator[list[Wanted]]:
        while True:
            if self._random.random() < TWINS:
                yield self._twins()
            else:
                yield [self._document() for _ in range(self._random.choice((1, 1, 2)))]

    def _twins(self) -> list[Wanted]:
        """Two that correct the very same keys: easily taken for one another."""
        place = self._random.choice(PLACES)
        keys = self._random.sample(self._pools[place], 2)
        return [self._wanted(place, [(key, self._changed(key)) for key in keys]) for _ in range(2)]

    def _document(self) -> Wanted:
        place = self._random.choice(PLACES)
        keys = self._random.sample(self._pools[place], self._random.randint(2, 4))
        lines = [(key, self._changed(key)) for key in keys]
        if too_much := self._random.random() < TOO_MUCH:
            lines[-1] = (keys[-1], -_decimal(self.book[keys[-1]]) - 1)
        return self._wanted(place, lines, accepted=not too_much)

    def _wanted(self, place: str, lines: list[tuple[Key, Decimal]], *, accepted: bool = True) -> Wanted:
        self._number += 1
        if accepted:
            self.book.update({key: Fraction(change) for key, change in lines})
        return Wanted(f"round-{self._number:04d}", place, tuple(lines), accepted)

    def _changed(self, key: Key) -> Decimal:
        """Any change the book allows, one in four down to nothing."""
        here = _decimal(self.book[key])
        if here and self._random.random() < 0.25:
            return -here
        change = self._some(key) * self._random.choice((1, 1, -1))
        return change if here + change >= 0 else -change

    def _some(self, key: Key) -> Decimal:
        digits = self._digits[key[1]]
        return Decimal(self._random.randint(1, 12 * 10**digits)).scaleb(-digits)


def _decimal(quantity: Fraction) -> Decimal:
    exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
    assert Fraction(exact) == quantity
    return exact
