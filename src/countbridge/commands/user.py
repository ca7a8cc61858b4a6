"""`countbridge user`: people and the tokens of programs."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from countbridge.errors import InputError, NotFound

if TYPE_CHECKING:
    from countbridge.people.models import User

app = typer.Typer(help="People: who may sign in, with which roles, in which warehouses.", no_args_is_help=True)


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="The login; use the ERP's.")],
    *,
    role: Annotated[
        list[str],
        typer.Option(
            "--role", help="operator, supervisor, planner, finance, consultant, auditor, admin; may be repeated."
        ),
    ],
    warehouse: Annotated[
        list[str] | None,
        typer.Option("--warehouse", help="ERP warehouse code; may be repeated; without it all warehouses."),
    ] = None,
    name: Annotated[str, typer.Option(help="The name to show.")] = "",
    language: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    update: Annotated[bool, typer.Option("--update", help="Change an existing user instead of failing.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Add a person. The password comes from COUNTBRIDGE_PASSWORD, from standard input, or is asked for.

    Example: countbridge user add chen --role operator --warehouse W1
    """
    from countbridge import startup

    startup.start()
    startup.migrate()
    from countbridge.people.accounts import save_user

    password = _password(username)
    user = save_user(
        username, password, roles=role, warehouses=warehouse or [None], name=name, language=language, update=update
    )
    _report(user, as_json)


@app.command()
def skills(
    username: str,
    *,
    skill: Annotated[
        list[str] | None, typer.Option("--skill", help="A skill the policy asks for, e.g. high_bay; may be repeated.")
    ] = None,
    owner: Annotated[
        list[str] | None,
        typer.Option("--owner", help="Whose goods they may count; may be repeated; without it everybody's."),
    ] = None,
) -> None:
    """Set what a person can and whose goods they may count; what is not named is taken away.

    Example: countbridge user skills chen --skill high_bay --skill cold
    """
    from countbridge import startup

    startup.start()
    startup.migrate()
    from countbridge.people.accounts import set_skills
    from countbridge.people.models import User

    found = User.objects.filter(username=username).first()
    if found is None:
        raise NotFound("people.unknown_user", username=username)
    user = set_skills(found.pk, skill or [], owner or [])
    typer.echo(f"{username}: skills {', '.join(user.skills) or '-'}; owners {', '.join(user.owners) or 'all'}")


@app.command()
def token(
    username: str,
    name: Annotated[str, typer.Option(help="Which program will use it.")] = "",
) -> None:
    """Issue an API token that may do what the user may; it is shown this once.

    Example: countbridge user token integration --name esb
    """
    from countbridge import startup

    startup.start()
    from countbridge.people import tokens
    from countbridge.people.models import Token, User

    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound("people.unknown_user", username=username)
    typer.echo(tokens.issue(user, Token.API, name))


def _password(username: str) -> str:
    given = os.environ.get("COUNTBRIDGE_PASSWORD")
    if given:
        return given
    if sys.stdin.isatty():
        return str(typer.prompt(f"Password of {username}", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\n")
    if not line:
        raise InputError("people.no_password")
    return line


def _report(user: User, as_json: bool) -> None:
    roles = [[entry.role, entry.warehouse] for entry in user.memberships.order_by("role", "warehouse")]
    if as_json:
        typer.echo(json.dumps({"username": user.username, "roles": roles}, ensure_ascii=False))
    else:
        typer.echo(f"{user.username}: " + ", ".join(f"{role} in {place or 'all warehouses'}" for role, place in roles))
