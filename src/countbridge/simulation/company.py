"""The physical truth: what lies where, how goods move, and how both books hear of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from countbridge.simulation.agenda import Agenda
from countbridge.simulation.erp import Erp
from countbridge.simulation.places import BY_ITEM, BY_SKU, ERP_LOCATION, ERP_LOCATIONS, GOODS, Goods, Key
from countbridge.simulation.profiles import Profile
from countbridge.simulation.wms import Wms


@dataclass
class Company:
    """Floor, ERP and WMS. Quantities of the floor and the ERP are base units, those of the WMS its own."""

    agenda: Agenda
    random: Random
    profile: Profile
    floor: dict[Key, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    erp: Erp = field(default_factory=Erp)
    wms: Wms = field(default_factory=Wms)
    skew: dict[str, timedelta] = field(default_factory=dict)
    moves: int = 0
    unbooked: int = 0  # movements the company's own interface still has to post
    places: list[str] = field(default_factory=list)  # ERP locations that hold anything

    def stock_up(self) -> None:
        """Fill the shelves; let the WMS's book be wrong about some of them and the ERP's differ from the WMS's on a few."""
        for system in ("erp", "wms"):
            self.skew[system] = timedelta(seconds=self.random.uniform(-self.profile.skew, self.profile.skew))
        self.places = [self.random.choice(ERP_LOCATIONS)] if self.profile.few else ERP_LOCATIONS
        for bin_code in (code for code, place in ERP_LOCATION.items() if place in self.places):
            for goods in self.random.sample(GOODS, self.random.randint(1, 2 if self.profile.few else 3)):
                for lot in goods.lots[: self.random.randint(1, len(goods.lots))]:
                    self._put(bin_code, goods, lot)

    def _put(self, bin_code: str, goods: Goods, lot: str) -> None:
        there = self.amount(goods, 1, 60)
        booked = there
        if self.random.random() < 0.4:
            booked = max(Decimal(0), there + self.amount(goods, -9, 9))
        if self.profile.few and lot:
            booked = max(booked, Decimal(1))  # a lot that no book has anywhere is unknown: nobody could count it
        if self.random.random() < 0.1:
            there = Decimal(0)
        self.floor[bin_code, goods.item, lot] = there
        self.wms.stock[bin_code, goods.sku, lot] = booked * goods.per_unit
        in_erp = booked + (self.amount(goods, 1, 5) if self.random.random() < 0.15 else 0)
        self.erp.stock[ERP_LOCATION[bin_code], goods.item, lot] += in_erp

    def amount(self, goods: Goods, least: int, most: int) -> Decimal:
        """Some quantity of the goods, as fine as they are kept."""
        scale: int = 10**goods.decimals
        return Decimal(self.random.randint(least * scale, most * scale)) / Decimal(scale)

    # -- goods in motion -----------------------------------------------------------------------------------------------

    def move_something(self) -> None:
        """Somebody picks or puts away. The floor changes now, the WMS's book when they confirm it, the ERP's after that."""
        key = self.random.choice(sorted(self.floor))
        goods = BY_ITEM[key[1]]
        quantity = self.amount(goods, 1, 6)
        if self.random.random() < 0.6:
            quantity = -min(quantity, self.floor[key])
        if not quantity:
            return
        self.floor[key] += quantity
        self.moves += 1
        self.unbooked += 1
        name, occurred = f"M{self.moves}", self.agenda.now
        late = self.random.random() < self.profile.late
        delay = self.random.uniform(*self.profile.lateness) if late else self.random.uniform(0.5, 8)
        self.agenda.after(delay, lambda: self._record(name, key, quantity, occurred))

    def _record(self, name: str, key: Key, quantity: Decimal, occurred: datetime) -> None:
        goods, skew = BY_ITEM[key[1]], self.skew["wms"]
        self.wms.move(
            name, key[0], goods.sku, key[2], quantity * goods.per_unit, occurred + skew, self.agenda.now + skew,
            kind="pick" if quantity < 0 else "receive", erp_state="pending",
        )  # fmt: skip
        self.agenda.after(self.random.uniform(2, 45), lambda: self._book(name, key, quantity))

    def _book(self, name: str, key: Key, quantity: Decimal) -> None:
        self.erp.stock[ERP_LOCATION[key[0]], key[1], key[2]] += quantity
        self.wms.booked_in_erp(name, self.agenda.now + self.skew["wms"])
        self.unbooked -= 1

    # -- the truth -----------------------------------------------------------------------------------------------------

    def books(self) -> tuple[dict[Key, Decimal], dict[Key, Decimal], dict[Key, Decimal]]:
        """ERP, WMS and floor in base units by (ERP location, item, lot), zeros left out: equal when all is well."""
        wms: dict[Key, Decimal] = defaultdict(Decimal)
        for (bin_code, item, lot), quantity in self.wms_by_bin().items():
            wms[ERP_LOCATION[bin_code], item, lot] += quantity
        floor: dict[Key, Decimal] = defaultdict(Decimal)
        for (bin_code, item, lot), quantity in self.floor.items():
            floor[ERP_LOCATION[bin_code], item, lot] += quantity
        return nonzero(self.erp.stock), nonzero(wms), nonzero(floor)

    def wms_by_bin(self) -> dict[Key, Decimal]:
        return {
            (bin_code, BY_SKU[sku].item, lot): quantity / BY_SKU[sku].per_unit
            for (bin_code, sku, lot), quantity in self.wms.stock.items()
        }


def nonzero(rows: dict[Key, Decimal]) -> dict[Key, Decimal]:
    return {key: quantity for key, quantity in rows.items() if quantity}
