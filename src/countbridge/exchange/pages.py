"""Reading pages with one's eyes open: a reading that goes in circles or never ends is noticed and told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from countbridge.connectors.contract import Page
from countbridge.errors import ContractSurprise
from countbridge.links.models import System

MOST_PAGES = 200_000  # one reading; at five rows a page still a million of them


def steady(pages: Iterable[Page], system: System, dataset: str, most: int = MOST_PAGES) -> Iterator[Page]:
    """The pages, as long as each leads on. Raises ContractSurprise when a page with rows points to a place that was read
    before, repeats the page before it, or when there is no end to them."""
    seen: set[bytes] = set()
    before = b""
    for number, page in enumerate(pages, start=1):
        told = {"system": system.name, "dataset": dataset, "page": number}
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
        if number > most:
            raise ContractSurprise("exchange.pages_without_end", most=most, **told)
        yield page


def _digest(told: object) -> bytes:
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).digest()
