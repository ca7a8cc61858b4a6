"""The one place that decides who may do what, and in which warehouses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from countbridge.errors import NotAllowed
from countbridge.people.models import Membership, User
from countbridge.people.roles import PERMISSIONS, ROLES

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class WarehouseScope:
    """The warehouses in which something is allowed: all of them, or those listed; false when none."""

    everywhere: bool = False
    codes: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.codes)

    def __contains__(self, warehouse: object) -> bool:
        return self.everywhere or warehouse in self.codes

    def covers(self, warehouses: Iterable[str]) -> bool:
        """True when all of `warehouses` lie inside (and something is allowed at all)."""
        return bool(self) and all(code in self for code in warehouses)

    def within(self, other: WarehouseScope) -> WarehouseScope:
        """The warehouses in both scopes."""
        if self.everywhere or other.everywhere:
            return other if self.everywhere else self
        return WarehouseScope(codes=self.codes & other.codes)

    def condition(self, field: str) -> Q:
        """For a query: rows whose `field` (a warehouse code) lies inside: `scope.condition("sheet__warehouse")`."""
        return Q() if self.everywhere else Q(**{f"{field}__in": sorted(self.codes)})

    def limit(self, rows: QuerySet[Row], field: str) -> QuerySet[Row]:
        return rows.filter(self.condition(field))


def allowed(user: User | AnonymousUser, permission: str) -> WarehouseScope:
    """Where `user` may do `permission`; a false scope means nowhere.

    A supervisor of W1 who is also an auditor everywhere: `allowed(u, "line.recount")` is W1, `"audit.view"` everywhere.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"{permission} is not one of the permissions in people/roles.py")
    if not isinstance(user, User) or not user.is_active:
        return WarehouseScope()
    roles = _roles_with(permission)
    places = set(Membership.objects.filter(user=user, role__in=roles).values_list("warehouse", flat=True))
    return WarehouseScope(None in places, frozenset(place for place in places if place is not None))


def require(user: User | AnonymousUser, permission: str, *warehouses: str) -> WarehouseScope:
    """Like `allowed`, but NotAllowed when that is nowhere, or leaves out one of `warehouses`."""
    scope = allowed(user, permission)
    if not scope:
        raise NotAllowed("people.not_allowed", permission=permission)
    for code in warehouses:
        if code not in scope:
            raise NotAllowed("people.other_warehouse", permission=permission, warehouse=code)
    return scope


def permissions_of(user: User) -> list[str]:
    """Everything `user` may do somewhere, in the order of the list of permissions."""
    if not user.is_active:
        return []
    roles = set(Membership.objects.filter(user=user).values_list("role", flat=True))
    return [permission for permission in PERMISSIONS if any(permission in ROLES[role] for role in roles)]


def people_with(permission: str, warehouse: str) -> QuerySet[User]:
    """Active people who may do `permission` in `warehouse`, by username."""
    there = Q(memberships__warehouse=warehouse) | Q(memberships__warehouse=None)
    return _people(there & Q(memberships__role__in=_roles_with(permission)))


def anybody_with(permission: str) -> QuerySet[User]:
    """Active people who may do `permission` in some warehouse, by username."""
    return _people(Q(memberships__role__in=_roles_with(permission)))


def _people(which: Q) -> QuerySet[User]:
    return User.objects.filter(which, is_active=True).distinct().order_by("username")


def _roles_with(permission: str) -> list[str]:
    return [role for role, permissions in ROLES.items() if permission in permissions]
