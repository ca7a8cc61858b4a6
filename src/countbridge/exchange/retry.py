"""When a job that could not finish is tried again. The same job stays in the queue, so order is kept."""

from __future__ import annotations

from datetime import timedelta

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from countbridge import chance, clock
from countbridge.errors import CountbridgeError, OutcomeUnknown, SetupError, TryLater

LONGEST = 3600.0
SETUP_PAUSE = 60.0


class NotYet(CountbridgeError):
    """The job has to wait for something that is expected to happen: `after` seconds, without counting as a failure."""

    def __init__(self, code: str, *, after: float, **params: object) -> None:
        self.after = after
        super().__init__(code, **params)


def pause(error: BaseException, tries: int) -> float:
    """Seconds until the next try: what the remote asked for, else doubling with jitter up to an hour."""
    if isinstance(error, NotYet):
        return error.after
    if isinstance(error, TryLater) and error.retry_after is not None:
        return max(0.1, error.retry_after)
    doubling = min(LONGEST, 0.5 * 2.0 ** min(tries, 20))
    if isinstance(error, OutcomeUnknown):
        return min(doubling, 30.0)
    if isinstance(error, SetupError):
        return min(max(doubling, 5.0), SETUP_PAUSE)
    return doubling * chance.spread(0.75, 1.25)


class Patiently(BaseRetryStrategy):
    """Tries for ever: a job is given up by a person, never by a counter."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        return RetryDecision(retry_at=clock.now() + timedelta(seconds=pause(exception, job.attempts)))
