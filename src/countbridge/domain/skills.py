"""Which skills and owners' consent it takes to count something, and who has them.

A skill is a word of the site ("high_bay", "cold", "dangerous"); rules of the policy say where it is needed. An owner is whose
goods they are; somebody may be limited to some owners' goods. "" is no owner: everybody may count what is nobody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Work:
    """Something to be counted: where it lies and what it is. `item_class` is "" in an empty bin."""

    warehouse: str
    zone: str
    item_class: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A skill and where it is needed: all conditions must hold, an empty one always does."""

    skill: str
    warehouses: frozenset[str] = field(default_factory=frozenset)
    zones: frozenset[str] = field(default_factory=frozenset)
    classes: frozenset[str] = field(default_factory=frozenset)
    owners: frozenset[str] = field(default_factory=frozenset)

    def fits(self, work: Work) -> bool:
        asked = (
            (self.warehouses, work.warehouse),
            (self.zones, work.zone),
            (self.classes, work.item_class),
            (self.owners, work.owner),
        )
        return all(not wanted or word in wanted for wanted, word in asked)


@dataclass(frozen=True, slots=True, order=True)
class Demand:
    """What one person must have to do some work: every one of the skills, and leave to count each owner's goods. Sorted."""

    skills: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


NOTHING = Demand()


@dataclass(frozen=True, slots=True)
class Able:
    """What a person can: their skills, and the owners they are limited to (none: no limit)."""

    skills: frozenset[str] = field(default_factory=frozenset)
    owners: frozenset[str] = field(default_factory=frozenset)

    def may(self, demand: Demand) -> bool:
        """Have they every skill, and leave for every owner? Worked: {high_bay} may do (high_bay), not (cold, high_bay)."""
        return self.skills.issuperset(demand.skills) and (not self.owners or self.owners.issuperset(demand.owners))


def demand_of(works: Iterable[Work], needs: Collection[Need], *, owners: bool = True) -> Demand:
    """What it takes to do all of these works together. Worked: with "cold needs zone C" and "dangerous needs class DG", a bin of
    zone C that holds class DG and class X needs (cold, dangerous). `owners` False: nobody is limited to some owners' goods, so
    whose they are cuts no sheet."""
    found = list(works)
    skills = {need.skill for work in found for need in needs if need.fits(work)}
    return Demand(tuple(sorted(skills)), tuple(sorted({work.owner for work in found if owners} - {""})))


def unable(people: Mapping[str, Able], demand: Demand) -> frozenset[str]:
    """Those who must not get the work."""
    return frozenset(name for name, able in people.items() if not able.may(demand))
