"""What goes wrong between two systems, as the transport tells it. Each is told whether the call writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch

from countbridge.errors import AuthError, ContractSurprise, CountbridgeError, OutcomeUnknown, Rejected, TryLater


class Died(BaseException):
    """The process is gone: nothing after this line runs, and nothing catches it."""


Problem = Callable[[str, str, bool], BaseException]
"""system, call, is it a write → what is raised."""


def _about(system: str, call: str) -> dict[str, object]:
    return {"system": system, "call": call, "record": call, "address": "http://model"}


def refused(system: str, call: str, writing: bool) -> CountbridgeError:
    return TryLater("http.unreachable", **_about(system, call))  # type: ignore[arg-type]


def slow(system: str, call: str, writing: bool) -> CountbridgeError:
    if writing:
        return OutcomeUnknown("http.write_timeout", **_about(system, call))
    return TryLater("http.read_timeout", **_about(system, call))  # type: ignore[arg-type]


def unauthorized(system: str, call: str, writing: bool) -> CountbridgeError:
    return AuthError("http.credentials_refused", **_about(system, call), status=401, message="invalid key")


def too_many(system: str, call: str, writing: bool) -> CountbridgeError:
    return TryLater("http.too_many_requests", retry_after=7.0, **_about(system, call), seconds="7")  # type: ignore[arg-type]


def failed(system: str, call: str, writing: bool) -> CountbridgeError:
    about = _about(system, call) | {"status": 500, "message": "internal error"}
    return OutcomeUnknown("http.write_failed", **about) if writing else TryLater("http.read_failed", **about)  # type: ignore[arg-type]


def html(system: str, call: str, writing: bool) -> CountbridgeError:
    kind = OutcomeUnknown if writing else ContractSurprise
    return kind("http.html", **_about(system, call), message="Sign in")


def rejected(system: str, call: str, writing: bool) -> CountbridgeError:
    return Rejected("http.rejected", **_about(system, call), status=400, message="the period is closed")


def died(system: str, call: str, writing: bool) -> BaseException:
    return Died(call)


@dataclass
class Plan:
    call: str
    problem: Problem
    after: bool
    times: int | None
    skip: int


class Calls:
    """Every call of a modelled system passes here: counted, and failed as the test asked."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.seen: Counter[str] = Counter()
        self._plans: list[Plan] = []

    def fail(
        self, call: str, problem: Problem, *, after: bool = False, times: int | None = None, skip: int = 0
    ) -> None:
        """`call` is a name or pattern ("read:stock", "write:*"); `after`: it took effect, only the answer is lost; the first
        `skip` calls go well."""
        self._plans.append(Plan(call, problem, after, times, skip))

    def recover(self) -> None:
        self._plans.clear()

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        self.seen[name] += 1
        self._meet(name, after=False)
        yield
        self._meet(name, after=True)

    def _meet(self, name: str, *, after: bool) -> None:
        for plan in self._plans:
            if plan.after == after and plan.times != 0 and fnmatch(name, plan.call):
                if plan.skip:
                    plan.skip -= 1
                    continue
                if plan.times is not None:
                    plan.times -= 1
                raise plan.problem(self.system, name, name.startswith(("write", "draft", "confirm")))
