"""Opening a linked system for a piece of work, and remembering whether it answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from countbridge import clock
from countbridge.connectors.contract import Connector
from countbridge.connectors.exchanges import OnExchange
from countbridge.connectors.registry import open_connector
from countbridge.errors import CountbridgeError
from countbridge.links.models import System
from countbridge.links.secrets import settings_of


@contextmanager
def opened(system: System, listen: OnExchange | None = None) -> Iterator[Connector]:
    """The system's connector, closed afterwards. What it raises is kept as the system's last error, then raised on."""
    try:
        connector = open_connector(system.connector, settings_of(system), on_exchange=listen)
        try:
            yield connector
        finally:
            connector.close()
    except CountbridgeError as error:
        System.objects.filter(pk=system.pk).update(last_error={"code": error.code, "params": error.params})
        raise
    System.objects.filter(pk=system.pk).update(last_seen=clock.now(), last_error=None)
