"""Reading pages with one's eyes open: a reading that goes in circles or never ends is noticed and told, and the remote clock
in each answer is measured against ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from countbridge import clock
from countbridge.connectors.contract import Connector, Page
from countbridge.errors import ContractSurprise
from countbridge.exchange import clocks, runs
from countbridge.links.models import System

MOST_PAGES = 200_000  # one reading; at five rows a page still a million of them


def read(
    connector: Connector, system: System, dataset: str, scope: Mapping[str, str], cursor: str | None
) -> Iterator[Page]:
    """The dataset's pages from `cursor` on, as long as each leads on; `as_of` by our clock."""
    pages = iter(connector.read(dataset, scope, cursor))
    incremental = connector.manifest.dataset(dataset).cursor == "incremental"
    return steady(_timed(pages, system, incremental), system, dataset)


def steady(pages: Iterable[Page], system: System, dataset: str, most: int = MOST_PAGES) -> Iterator[Page]:
    """The pages, as long as each leads on. Raises ContractSurprise when a page with rows points to a place that was read
    before, repeats the page before it, or when there is no end to them."""
    seen: set[bytes] = set()
    before = b""
    for number, page in enumerate(pages, start=1):
        runs.count_rows(len(page.rows))
        told = {"system": system.name, "dataset": dataset, "page": number}
        if number > most:
            raise ContractSurprise("exchange.pages_without_end", most=most, **told)
        if page.rows:
            rows = _digest([dict(row) for row in page.rows])
            if rows == before:
                raise ContractSurprise("exchange.page_repeats", **told)
            before = rows
        if page.rows and page.next is not None:
            place = _digest(page.next)
            if place in seen:
                raise ContractSurprise("exchange.pages_in_circles", cursor=page.next[:80], **told)
            seen.add(place)
        yield page


def _timed(pages: Iterator[Page], system: System, incremental: bool) -> Iterator[Page]:
    """A feed's page with rows may tell up to when it is complete, which is earlier than its clock: only its last, empty one
    is a measurement."""
    while True:
        asked = clock.now()
        page = next(pages, None)
        if page is None:
            return
        if page.as_of is not None:
            if not (incremental and page.rows):
                clocks.keep(system, clocks.measured(page.as_of, asked, clock.now()))
            page = replace(page, as_of=clocks.ours(system, page.as_of))
        yield page


def _digest(told: object) -> bytes:
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).digest()
