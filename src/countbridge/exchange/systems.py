"""The one door to a linked system: closed while it is down, no wider than its limits, and it remembers how calls went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from countbridge import clock
from countbridge.connectors.contract import Connector
from countbridge.connectors.exchanges import Exchange, OnExchange
from countbridge.connectors.registry import definition, open_connector
from countbridge.errors import CountbridgeError
from countbridge.exchange import breaker
from countbridge.exchange.calls import Watch
from countbridge.exchange.faults import DOWN, fault_of
from countbridge.exchange.retry import NotYet
from countbridge.exchange.turns import SharedPace, slot
from countbridge.links.models import System
from countbridge.links.secrets import settings_of


@contextmanager
def opened(system: System, listen: OnExchange | None = None) -> Iterator[Connector]:
    """The system's connector, closed afterwards. What it raises is kept as the system's last error, then raised on.

    Raises NotYet before anything is called while the system is down or all its slots are taken.
    """
    try:
        limits = definition(system.connector).manifest.limits
    except CountbridgeError as error:
        _remember(system, error)
        raise
    with slot(system, limits.concurrency):
        watch = _Watch(system, breaker.enter(system), listen)
        try:
            connector = open_connector(
                system.connector, settings_of(system), on_exchange=watch.listen, turns=SharedPace(system, limits)
            )
            try:
                yield connector
            finally:
                connector.close()
        except CountbridgeError as error:
            watch.end(error)
            if not isinstance(error, NotYet):
                _remember(system, error)
            raise
    watch.end(None)
    System.objects.filter(pk=system.pk).update(last_seen=clock.now(), last_error=None)


def _remember(system: System, error: CountbridgeError) -> None:
    System.objects.filter(pk=system.pk).update(last_error={"code": error.code, "params": error.params})


class _Watch(Watch):
    """Tells the breaker: of a probe's first answer at once, of the rest at the end."""

    def __init__(self, system: System, leave: breaker.Pass, listen: OnExchange | None) -> None:
        super().__init__()
        self._system = system
        self._leave = leave
        self._told = listen

    def listen(self, exchange: Exchange) -> None:
        super().listen(exchange)
        if self._leave.troubled and self.answered:
            self._leave = breaker.Pass()
            breaker.went_well(self._system)
        if self._told is not None:
            self._told(exchange)

    def end(self, error: CountbridgeError | None) -> None:
        self.store(self._system)
        if error is not None and not self.heard and fault_of(error) in DOWN:
            self.down += 1  # a connector that does not tell its calls
        if self.down:
            breaker.went_down(self._system, self.down, probing=self._leave.probing, afresh=self.answered)
        elif error is None and self._leave.troubled:
            breaker.went_well(self._system)
        elif self._leave.probing:
            breaker.know_nothing(self._system)
