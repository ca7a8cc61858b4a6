"""Signing in and out of the console, and who one is there."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router, Schema

from countbridge.api.auth import Request, anyone, anyone_from_our_pages, signed_in
from countbridge.errors import InputError
from countbridge.people.access import permissions_of
from countbridge.people.models import User
from countbridge.people.signin import sign_in

router = Router(tags=["session"])
prefix = "/session"

LANGUAGES = {"zh-cn": "zh-hans", "zh-hans": "zh-hans", "zh": "zh-hans", "en": "en"}


class Person(Schema):
    username: str
    name: str
    language: str


class Role(Schema):
    role: str
    warehouse: str | None


class Session(Schema):
    user: Person | None
    roles: list[Role] = []
    permissions: list[str] = []
    csrf: str


class SignIn(Schema):
    username: str
    password: str


class Change(Schema):
    language: str


@router.get("", auth=anyone, response=Session)
def show(request: HttpRequest) -> Session:
    """Who is signed in, what they may do, and the CSRF token for unsafe requests."""
    return _session(request)


@router.post("", auth=anyone_from_our_pages, response=Session)
def enter(request: HttpRequest, body: SignIn) -> Session:
    """Sign in. 401 `people.wrong_login`, 429 `people.too_many_tries`."""
    login(request, sign_in(request, body.username, body.password))
    return _session(request)


@router.delete("", auth=anyone_from_our_pages, response=Session)
def leave(request: HttpRequest) -> Session:
    """Sign out."""
    logout(request)
    return _session(request)


@router.patch("", auth=signed_in, response=Session)
def change(request: Request, body: Change) -> Session:
    """Choose the language: `zh-CN` or `en`."""
    language = LANGUAGES.get(body.language.lower())
    if language is None:
        raise InputError("people.unknown_language", language=body.language)
    request.auth.language = language
    request.auth.save(update_fields=["language"])
    return _session(request)


def _session(request: HttpRequest) -> Session:
    user, csrf = request.user, get_token(request)
    if not isinstance(user, User):
        return Session(user=None, csrf=csrf)
    memberships = user.memberships.order_by("role", "warehouse")
    return Session(
        user=Person(username=user.username, name=user.shown_name, language=shown_language(user)),
        roles=[Role(role=membership.role, warehouse=membership.warehouse) for membership in memberships],
        permissions=permissions_of(user),
        csrf=csrf,
    )


def shown_language(user: User) -> str:
    """The language as browsers write it: `zh-CN` or `en`."""
    return "en" if user.language == "en" else "zh-CN"
