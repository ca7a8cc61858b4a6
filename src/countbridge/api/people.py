"""People as an administrator sees them: roles, and what each can and may count."""

from __future__ import annotations

from typing import Any

from ninja import Router, Schema

from countbridge.api.auth import Request, needs
from countbridge.api.tables import Natural
from countbridge.errors import NotAllowed, NotFound
from countbridge.exchange import events
from countbridge.people import accounts
from countbridge.people.models import User

router = Router(tags=["people"])
prefix = "/people"


class RoleShown(Schema):
    role: str
    warehouse: str | None


class PersonShown(Schema):
    """`owners`: whose goods they may count; none named: everybody's."""

    username: str
    name: str
    active: bool
    roles: list[RoleShown]
    skills: list[str]
    owners: list[str]


class PeopleShown(Schema):
    total: int
    rows: list[PersonShown]


class SkillsIn(Schema):
    skills: list[str]
    owners: list[str] = []


@router.get("", auth=needs("user.admin"), response=PeopleShown)
def list_people(request: Request, q: str = "", offset: Natural = 0, limit: Natural = 50) -> dict[str, Any]:
    """Everybody, by username. For an administrator of all warehouses."""
    _everywhere(request)
    found = User.objects.filter(username__icontains=q).order_by("username").prefetch_related("memberships")
    return {"total": found.count(), "rows": [_row(one) for one in found[offset : offset + min(limit, 200)]]}


@router.post("/{username}/skills", auth=needs("user.admin"), response=PersonShown)
def set_skills(request: Request, username: str, body: SkillsIn) -> dict[str, Any]:
    """Set what a person can and whose goods they may count, for work given out from now on. Of all warehouses."""
    _everywhere(request)
    found = User.objects.filter(username=username).first()
    if found is None:
        raise NotFound("people.unknown_user", username=username)
    user = accounts.set_skills(found.pk, body.skills, body.owners)
    events.record(
        "link", "people.skills_set", actor=request.auth.username, user=username, skills=", ".join(user.skills) or "-",
        owners=", ".join(user.owners) or "*",
    )  # fmt: skip
    return _row(user)


def _everywhere(request: Request) -> None:
    if not request.warehouses.everywhere:
        raise NotAllowed("people.skills_everywhere")


def _row(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.shown_name,
        "active": user.is_active,
        "roles": [{"role": one.role, "warehouse": one.warehouse} for one in user.memberships.all()],
        "skills": user.skills,
        "owners": user.owners,
    }
