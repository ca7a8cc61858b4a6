"""Signing a handheld in and out. Its token opens /api/pda and nothing else."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from countbridge.api.auth import Request, anyone, bearer, needs_pda
from countbridge.api.session import shown_language
from countbridge.people import tokens
from countbridge.people.access import require
from countbridge.people.models import Token
from countbridge.people.signin import sign_in

router = Router(tags=["pda"])
prefix = "/pda"


class SignIn(Schema):
    username: str
    password: str
    device: str = ""


class Device(Schema):
    token: str
    username: str
    name: str
    language: str


class Done(Schema):
    done: bool = True


@router.post("/sign-in", auth=anyone, response=Device)
def enter(request: HttpRequest, body: SignIn) -> Device:
    """A token for this handheld, if the person may count. 401 `people.wrong_login`, 403 `people.not_allowed`."""
    user = sign_in(request, body.username, body.password)
    require(user, "count.scan")
    token = tokens.issue(user, Token.PDA, body.device)
    return Device(token=token, username=user.username, name=user.shown_name, language=shown_language(user))


@router.post("/sign-out", auth=needs_pda(), response=Done)
def leave(request: Request) -> Done:
    """Revoke the token this request came with."""
    tokens.revoke(bearer(request) or "")
    return Done()
