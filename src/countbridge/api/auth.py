"""Who may call a route. Each says so, `@router.get("/counts", auth=needs("count.view"))`; the default is nobody."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from countbridge.errors import NotAllowed
from countbridge.people import tokens
from countbridge.people.access import WarehouseScope, require
from countbridge.people.models import Token, User

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Request(HttpRequest):
    """What a route behind `needs` receives: the person, and the warehouses in which the permission holds."""

    auth: User
    warehouses: WarehouseScope


class Gate(AuthBase):
    """Lets a request in or not. `permission` is None where being signed in, or nothing, is asked."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    permission: str | None = None

    def __call__(self, request: HttpRequest) -> object | None:
        raise NotImplementedError


class Nobody(Gate):
    """The default of a route that forgot to say who may call it."""

    def __call__(self, request: HttpRequest) -> object | None:
        return None


class Anyone(Gate):
    """Open to all; with `csrf`, an unsafe request must come from our own pages."""

    def __init__(self, *, csrf: bool) -> None:
        self.csrf = csrf
        super().__init__()

    def __call__(self, request: HttpRequest) -> object | None:
        if self.csrf:
            _refuse_foreign_page(request)
        return True


class Needs(Gate):
    """A signed-in person (session cookie, or an API token) with the permission somewhere; with None any such person."""

    def __init__(self, permission: str | None) -> None:
        self.permission = permission
        super().__init__()

    def __call__(self, request: HttpRequest) -> object | None:
        user = self.who(request)
        if user is None:
            return None
        if self.permission is not None:
            request.warehouses = require(user, self.permission)  # type: ignore[attr-defined]
        return user

    def who(self, request: HttpRequest) -> User | None:
        token = bearer(request)
        if token is not None:
            return tokens.owner(token, Token.API)
        user = request.user
        if not isinstance(user, User):
            return None
        _refuse_foreign_page(request)
        return user


class NeedsPda(Needs):
    """A handheld's token, and nothing else; only routes under /api/pda use it."""

    def who(self, request: HttpRequest) -> User | None:
        token = bearer(request)
        return None if token is None else tokens.owner(token, Token.PDA)


@cache
def needs(permission: str) -> Needs:
    """For `auth=`: people with `permission`, by session or API token. `request.warehouses` then says where."""
    return Needs(permission)


@cache
def needs_pda(permission: str = "count.scan") -> NeedsPda:
    """For `auth=` under /api/pda: handhelds of people with `permission`. `request.warehouses` then says where."""
    return NeedsPda(permission)


signed_in = Needs(None)
anyone = Anyone(csrf=False)
anyone_from_our_pages = Anyone(csrf=True)
nobody = Nobody()


def bearer(request: HttpRequest) -> str | None:
    """The token after `Authorization: Bearer`, None where the header is missing or of another kind."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


def _refuse_foreign_page(request: HttpRequest) -> None:
    """A cookie alone proves nothing on an unsafe method: another site's page could have sent it."""
    if request.method not in SAFE_METHODS and check_csrf(request):
        raise NotAllowed("people.foreign_page")
