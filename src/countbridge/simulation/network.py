"""The way between us and the two systems: slow, lossy, and sometimes twice. And the moments our own process dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from django.db import connection

from countbridge.errors import AuthError, ContractSurprise, CountbridgeError, OutcomeUnknown, TryLater
from countbridge.simulation.agenda import Agenda
from countbridge.simulation.profiles import FATES, Fate, Profile

Answer = TypeVar("Answer")
TIMEOUT = 30.0  # seconds we wait for an answer
LATEST = 120.0  # seconds after which no request is still under way


class Died(BaseException):
    """Our process is gone: nothing after this line runs, and nothing catches it."""


class Network:
    """Calls pass here. Each meets a fate, takes time, and other things happen meanwhile."""

    def __init__(self, agenda: Agenda, random: Random, profile: Profile) -> None:
        self.agenda, self.profile = agenda, profile
        self._random = random
        self.calm = False  # nothing goes wrong any more
        self.down: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.meanwhile: Callable[[], None] = lambda: None

    def call(self, system: str, name: str, effect: Callable[[], Answer], *, writing: bool, repeatable: bool) -> Answer:
        """What the system answers. `repeatable`: the system itself notices the same request coming twice, so that the
        network may do that to it."""
        # A system is never waited for while rows are locked.
        assert not connection.in_atomic_block, f"{system} is called inside a transaction: {name}"
        about: dict[str, Any] = {"system": system, "record": name, "address": f"http://{system}"}
        self._may_die()
        fate = self._fate(writing, repeatable)
        self._take_time(self._random.uniform(0.05, 0.8))
        if self.down[system]:
            raise TryLater("http.unreachable", **about)
        answer = self._meet(fate, effect, writing=writing, about=about)
        self._take_time(self._random.uniform(0.05, 0.4))
        self._may_die()
        return answer

    def _fate(self, writing: bool, repeatable: bool) -> Fate:
        if self.calm or self._random.random() >= self.profile.trouble:
            return "well"
        fate = self._random.choices([name for name, _ in FATES], [weight for _, weight in FATES])[0]
        if fate == "duplicate" and not (writing and repeatable):
            return "well"
        if fate == "late_request" and not writing:
            fate = "lost_request"
        self.met[fate] += 1
        return fate

    def _meet(self, fate: Fate, effect: Callable[[], Answer], *, writing: bool, about: dict[str, Any]) -> Answer:
        match fate:
            case "well":
                return effect()
            case "duplicate":
                answer = effect()
                self.agenda.after(self._random.uniform(0, LATEST / 2), lambda: _quietly(effect))
                return answer
            case "late_request":
                self.agenda.after(TIMEOUT + self._random.uniform(0, LATEST - TIMEOUT), lambda: _quietly(effect))
            case "lost_reply":
                effect()
            case "gateway" if self._random.random() < 0.5:
                effect()
        if fate in ("lost_request", "late_request", "lost_reply"):
            self._take_time(TIMEOUT)
        raise _failure(fate, writing, about)

    def _take_time(self, seconds: float) -> None:
        self.agenda.advance(seconds)
        if self._random.random() < self.profile.interleave:
            self.meanwhile()

    def _may_die(self) -> None:
        if not self.calm and self._random.random() < self.profile.crash_at_call:
            self.met["crash_at_call"] += 1
            raise Died

    def statement(
        self, execute: Callable[..., object], sql: str, params: object, many: bool, context: object
    ) -> object:
        """Stands before every database statement: our process may die there, too."""
        if not self.calm and self._random.random() < self.profile.crash_at_statement:
            self.met["crash_at_statement"] += 1
            raise Died
        return execute(sql, params, many, context)


def _quietly(effect: Callable[[], object]) -> None:
    """A request nobody waits for: the system may refuse it, and nobody hears of it."""
    try:
        effect()
    except CountbridgeError:
        return


def _failure(fate: Fate, writing: bool, about: dict[str, Any]) -> CountbridgeError:
    match fate:
        case "too_many":
            return TryLater("http.too_many_requests", retry_after=7.0, **about, seconds="7")
        case "unauthorized":
            return AuthError("http.credentials_refused", **about, status=401, message="the key server is restarting")
        case "gateway":
            told = about | {"status": "502", "message": "bad gateway"}
            return OutcomeUnknown("http.write_failed", **told) if writing else TryLater("http.read_failed", **told)
        case "garbage":
            kind = OutcomeUnknown if writing else ContractSurprise
            return kind("http.html", **about, message="Sign in")
    if writing:
        return OutcomeUnknown("http.write_timeout", **about)
    return TryLater("http.read_timeout", **about)
