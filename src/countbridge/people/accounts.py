"""Adding and changing people."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from countbridge.errors import Conflict, InputError
from countbridge.people.models import Membership, User
from countbridge.people.roles import ROLES

LONGEST_WORD = 60


@transaction.atomic
def save_user(
    username: str,
    password: str,
    *,
    roles: Sequence[str],
    warehouses: Sequence[str | None] = (None,),
    name: str = "",
    language: str = "zh-CN",
    update: bool = False,
    check_password: bool = True,
) -> User:
    """Add `username` with each of `roles` in each of `warehouses` (None = all), or with `update` make it so.

    InputError `people.unknown_role`, `people.weak_password`; Conflict `people.username_taken`.
    """
    for role in roles:
        if role not in ROLES:
            raise InputError("people.unknown_role", role=role, roles=", ".join(ROLES))
    user = User.objects.filter(username=username).first()
    if user is not None and not update:
        raise Conflict("people.username_taken", username=username)
    user = user or User(username=username)
    user.first_name, user.language = name, "en" if language == "en" else "zh-hans"
    if check_password:
        _check(password, user)
    user.set_password(password)
    user.save()
    user.memberships.all().delete()
    Membership.objects.bulk_create(
        Membership(user=user, role=role, warehouse=warehouse)
        for role in dict.fromkeys(roles)
        for warehouse in dict.fromkeys(warehouses)
    )
    return user


def set_skills(user_id: int, skills: Sequence[str], owners: Sequence[str]) -> User:
    """What a person can and whose goods they may count (no owner named: everybody's). It holds for work given out from now on.

    InputError `people.bad_skill` for an empty, long or repeated word.
    """
    for words in (skills, owners):
        for word in words:
            if not word.strip() or word != word.strip() or len(word) > LONGEST_WORD or list(words).count(word) > 1:
                raise InputError("people.bad_skill", word=word or "-", most=LONGEST_WORD)
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user_id)
        user.skills, user.owners = sorted(skills), sorted(owners)
        user.save(update_fields=["skills", "owners"])
    return user


def _check(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InputError("people.weak_password", problem=" ".join(error.messages)) from error
