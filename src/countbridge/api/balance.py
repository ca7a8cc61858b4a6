"""Evening out the work of a count: a proposal, and carrying out what the supervisor agrees to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ninja import Router, Schema

from countbridge.api.auth import Request, needs
from countbridge.api.counts import get_count
from countbridge.stocktake import balance

router = Router(tags=["balance"], by_alias=True)
prefix = ""


class PersonLoad(Schema):
    username: str
    now: int
    then: int


class MoveShown(Schema):
    sheet: int
    number: str
    lines: int
    before: str | None
    after: str


class Proposal(Schema):
    people: list[PersonLoad]
    moves: list[MoveShown]


class Agreed(Schema):
    sheet: int
    after: str


class AgreedMoves(Schema):
    moves: list[Agreed]


class Made(Schema):
    moves: list[MoveShown]


@router.get("/counts/{number}/balance", auth=needs("count.assign"), response=Proposal)
def show_balance(request: Request, number: str) -> dict[str, Any]:
    """Lines everybody still has to count, and which sheets nobody began could go to whom to even that out."""
    found = balance.propose(get_count(request, number), request.warehouses)
    people = [{"username": name, "now": lines, "then": found.then[name]} for name, lines in found.now.items()]
    return {"people": people, "moves": [asdict(move) for move in found.moves]}


@router.post("/counts/{number}/balance", auth=needs("count.assign"), response=Made)
def carry_out(request: Request, number: str, body: AgreedMoves) -> dict[str, Any]:
    """Carry out the moves that were agreed to, as far as they still make sense. The answer lists those that were made."""
    wanted = [(move.sheet, move.after) for move in body.moves]
    made = balance.carry_out(get_count(request, number), request.warehouses, wanted, request.auth)
    return {"moves": [asdict(move) for move in made]}
