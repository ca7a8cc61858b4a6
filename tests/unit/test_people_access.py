"""Who may do what, where: the one place that decides, and the table it decides by."""

from __future__ import annotations

import pytest

from countbridge.errors import Conflict, InputError, NotAllowed
from countbridge.people.access import WarehouseScope, allowed, people_with, permissions_of, require
from countbridge.people.accounts import save_user
from countbridge.people.models import Membership, User
from countbridge.people.roles import PERMISSIONS, ROLES

pytestmark = pytest.mark.django_db


def person(*roles: tuple[str, str | None], active: bool = True) -> User:
    user = User.objects.create_user(f"user{User.objects.count()}", is_active=active)
    for role, warehouse in roles:
        Membership.objects.create(user=user, role=role, warehouse=warehouse)
    return user


def test_a_role_holds_in_its_warehouse_alone() -> None:
    user = person(("supervisor", "W1"), ("auditor", None))
    assert allowed(user, "line.recount") == WarehouseScope(codes=frozenset({"W1"}))
    assert "W2" not in allowed(user, "line.recount")
    assert "W2" in allowed(user, "count.view"), "as auditor, everywhere"
    assert not allowed(user, "line.approve")


def test_two_scopes_together_are_what_both_allow() -> None:
    everywhere, some = WarehouseScope(everywhere=True), WarehouseScope(codes=frozenset({"W1", "W2"}))
    other, nowhere = WarehouseScope(codes=frozenset({"W2", "W3"})), WarehouseScope()
    assert some.within(other) == other.within(some) == WarehouseScope(codes=frozenset({"W2"}))
    assert everywhere.within(some) == some.within(everywhere) == some
    assert everywhere.within(everywhere) == everywhere
    assert not nowhere.within(everywhere)
    assert not everywhere.within(nowhere)
    assert not nowhere.within(some)


def test_require_names_what_is_missing() -> None:
    user = person(("finance", "W1"))
    assert require(user, "line.approve", "W1").codes == {"W1"}
    with pytest.raises(NotAllowed) as elsewhere:
        require(user, "line.approve", "W1", "W2")
    assert (elsewhere.value.code, elsewhere.value.params["warehouse"]) == ("people.other_warehouse", "W2")
    with pytest.raises(NotAllowed) as nowhere:
        require(user, "link.edit")
    assert nowhere.value.code == "people.not_allowed"


def test_djangos_own_flags_grant_nothing() -> None:
    user = User.objects.create_superuser("root")
    assert not any(allowed(user, permission) for permission in PERMISSIONS)
    assert permissions_of(user) == []


def test_an_inactive_person_may_nothing() -> None:
    user = person(("admin", None), active=False)
    assert not any(allowed(user, permission) for permission in PERMISSIONS)
    assert permissions_of(user) == []


def test_an_operator_may_only_count() -> None:
    assert permissions_of(person(("operator", "W1"))) == ["count.scan"]


def test_an_unknown_permission_is_a_defect_not_a_refusal() -> None:
    with pytest.raises(ValueError, match=r"count\.veiw"):
        allowed(person(("admin", None)), "count.veiw")


def test_roles_use_known_permissions_and_admin_has_all() -> None:
    assert set().union(*ROLES.values()) == set(PERMISSIONS)
    assert ROLES["admin"] == set(PERMISSIONS)


def test_a_scope_limits_queries() -> None:
    first, second = person(("operator", "W1")), person(("operator", "W2"))
    only = WarehouseScope(codes=frozenset({"W2"}))
    assert [row.user for row in only.limit(Membership.objects.all(), "warehouse")] == [second]
    assert {row.user for row in WarehouseScope(everywhere=True).limit(Membership.objects.all(), "warehouse")} == {
        first,
        second,
    }
    assert not WarehouseScope().limit(Membership.objects.all(), "warehouse").exists()


def test_people_who_may_count_in_a_warehouse() -> None:
    here, everywhere = person(("operator", "W1")), person(("operator", None))
    person(("operator", "W2"))
    person(("finance", "W1"))
    person(("operator", "W1"), active=False)
    assert list(people_with("count.scan", "W1")) == [here, everywhere]


def test_role_and_warehouse_must_belong_to_the_same_membership() -> None:
    person(("operator", "W2"), ("finance", "W1"))
    assert not people_with("count.scan", "W1").exists()


def test_saving_a_person_twice_needs_the_word_update() -> None:
    save_user("chen", "correct horse 9", roles=["operator"], warehouses=["W1"])
    with pytest.raises(Conflict):
        save_user("chen", "correct horse 9", roles=["operator"])
    changed = save_user("chen", "other horse 10", roles=["planner", "finance"], warehouses=["W1", "W2"], update=True)
    assert {(row.role, row.warehouse) for row in changed.memberships.all()} == {
        (role, place) for role in ("planner", "finance") for place in ("W1", "W2")
    }
    assert User.objects.get(username="chen").check_password("other horse 10")


@pytest.mark.parametrize(("role", "password", "code"), [
    ("boss", "correct horse 9", "people.unknown_role"),
    ("operator", "12345", "people.weak_password"),
    ("operator", "password", "people.weak_password"),
])  # fmt: skip
def test_a_person_with_a_wrong_role_or_weak_password_is_refused(role: str, password: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        save_user("chen", password, roles=[role])
    assert refused.value.code == code
    assert not User.objects.exists()
