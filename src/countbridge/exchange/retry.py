"""When what could not finish is tried again: one table by kind of failure. A job stays in the queue, so order is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from countbridge import clock
from countbridge.errors import CountbridgeError, RemoteError
from countbridge.exchange import chance
from countbridge.exchange.faults import Fault, fault_of

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
LONGEST_OF_JOB = 5 * MINUTE


@dataclass(frozen=True)
class Rule:
    """Pauses in seconds: the first, by how much each grows, the longest; `jitter` spreads them by that share both ways."""

    first: float
    growth: float
    longest: float
    jitter: float = 0.25


# Nothing is ever given up by a counter: an outage of days is waited out at the longest pause. A refusal is no failure: its
# document is settled and its lines wait for a person; only a job that is not a delivery meets REFUSED here.
POLICY: Mapping[Fault, Rule] = {
    Fault.UNREACHABLE: Rule(first=1, growth=2, longest=6 * HOUR),
    Fault.SILENT: Rule(first=2, growth=2, longest=6 * HOUR),
    Fault.FAILED: Rule(first=2, growth=2, longest=6 * HOUR),
    Fault.THROTTLED: Rule(first=5, growth=2, longest=30 * MINUTE),
    Fault.BUSY: Rule(first=1, growth=2, longest=15 * MINUTE),
    Fault.UNKNOWN: Rule(first=0.5, growth=2, longest=15 * MINUTE),
    Fault.SURPRISE: Rule(first=5, growth=2, longest=6 * HOUR),
    Fault.AUTH: Rule(first=30, growth=2, longest=1 * HOUR),
    Fault.SETUP: Rule(first=15, growth=2, longest=1 * HOUR),
    Fault.REFUSED: Rule(first=60, growth=2, longest=6 * HOUR),
    Fault.OURS: Rule(first=1, growth=2, longest=15 * MINUTE),
}


class NotYet(CountbridgeError):
    """The job has to wait for something that is expected to happen: `after` seconds, without counting as a failure."""

    def __init__(self, code: str, *, after: float, **params: object) -> None:
        self.after = after
        super().__init__(code, **params)


def pause(error: BaseException, setbacks: int) -> float:
    """Seconds until the next try after `setbacks` failures before this one: what the other system asked for, else by the
    table. With first=2 and growth=2: about 2, 4, 8 … seconds, at most the longest."""
    if isinstance(error, NotYet):
        return error.after
    if isinstance(error, CountbridgeError) and error.again_after is not None:
        return error.again_after
    if isinstance(error, RemoteError) and error.retry_after is not None:
        return min(DAY, max(0.1, error.retry_after))
    rule = POLICY[fault_of(error)]
    length = min(rule.longest, rule.first * rule.growth ** min(setbacks, 60))
    return length * chance.between(1 - rule.jitter, 1 + rule.jitter)


def pause_of_job(error: BaseException, tries: int) -> float:
    """Seconds until a job is run again after `tries` runs. The queue counts those, too, in which it only waited its turn, and
    a system that is down is left alone by its breaker: so without a pause of its own no job waits long for the next look.
    (A delivery counts its own setbacks and brings its pause along.)"""
    length = pause(error, tries)
    asked = isinstance(error, NotYet) or (
        isinstance(error, CountbridgeError)
        and (error.again_after is not None or getattr(error, "retry_after", None) is not None)
    )
    return length if asked else min(length, LONGEST_OF_JOB)


class Patiently(BaseRetryStrategy):
    """Tries for ever: a job is given up by a person, never by a counter."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        return RetryDecision(retry_at=clock.after(pause_of_job(exception, job.attempts)))
