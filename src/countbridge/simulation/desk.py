"""The process people talk to: a database connection of its own, apart from the workers', that may die under them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

from countbridge.simulation.network import Died, Network

Answer = TypeVar("Answer")


class Desk:
    """Does what people ask, one thing at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self.deaths = 0

    def ask(self, look: Callable[[], Answer]) -> Answer:
        """Look something up."""
        return self._thread.submit(look).result()

    def attempt(self, work: Callable[[], object]) -> bool:
        """Do something; False when the process died over it, so that nobody was answered."""
        return self._thread.submit(self._attempt, work).result()

    def _attempt(self, work: Callable[[], object]) -> bool:
        try:
            with connection.execute_wrapper(self._network.statement):
                work()
        except Died:
            self.deaths += 1
            connection.close()
            return False
        return True

    def close(self) -> None:
        self._thread.submit(_hang_up).result()
        self._thread.shutdown()


def _hang_up() -> None:
    connection.close()
