"""What happens when: the simulation's clock, and everything that is going to happen by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

# Far in the future, so that nothing put off by this clock is ever due by the database's own.
BEGIN = datetime(2100, 3, 1, 8, 0, tzinfo=UTC)

Action = Callable[[], None]


class Agenda:
    """Virtual time. It moves only when told to, and what falls due on the way happens at its own moment, in order."""

    def __init__(self) -> None:
        self.now = BEGIN
        self._due: list[tuple[datetime, int, Action]] = []
        self._numbers = count()

    def at(self, moment: datetime, action: Action) -> None:
        """Let `action` happen at `moment`, or at once when that is past."""
        heappush(self._due, (max(moment, self.now), next(self._numbers), action))

    def after(self, seconds: float, action: Action) -> None:
        self.at(self.now + timedelta(seconds=seconds), action)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.advance_to(self.now + timedelta(seconds=seconds))

    def advance_to(self, moment: datetime) -> None:
        while self._due and self._due[0][0] <= moment:
            due, _, action = heappop(self._due)
            # An action may itself have let time pass (somebody waited for an answer).
            self.now = max(self.now, due)
            action()
        self.now = max(self.now, moment)

    @property
    def next(self) -> datetime | None:
        return self._due[0][0] if self._due else None
