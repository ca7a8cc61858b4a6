"""Reading a dataset page by page, and noticing when the other system's pages do not add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from countbridge.connectors.contract import Page, Row
from countbridge.connectors.http import Request, named
from countbridge.connectors.manifest import Dataset
from countbridge.connectors.rest.session import required
from countbridge.connectors.rest.spec import DatasetCall
from countbridge.connectors.rest.values import MISSING, dig, flatten, text_of
from countbridge.errors import ContractSurprise, CursorExpired, InputError, NotFound


class Pager:
    """One reading of one dataset. `request_at` makes the request for a cursor, `call` answers it with a parsed body."""

    def __init__(
        self,
        system: str,
        dataset: Dataset,
        call: DatasetCall,
        *,
        request_for: Callable[[Mapping[str, str]], Request],
        send: Callable[[Request], Any],
    ) -> None:
        self._system = system
        self._dataset = dataset
        self._call = call
        self._request_for = request_for
        self._send = send

    def pages(self, cursor: str | None) -> Iterator[Page]:
        """Pages from `cursor` on. Raises ContractSurprise when pages overlap or lead in a circle."""
        before: set[tuple[str | None, ...]] = set()
        visited = {cursor}
        while True:
            request = self._request_for(self._parameters(cursor))
            page = self._page(self._asked(request, cursor), request, cursor)
            # Rows that come twice prove that one was left out, unless the numbers of the rows prove that none was.
            before = set() if self._dataset.sequence else self._refuse_overlap(page.rows, before, request)
            ended = page.next is None or (not page.rows) or (self._incremental and page.next == cursor)
            yield page if self._incremental or not ended else Page(page.rows, None, page.watermark, page.as_of)
            if ended:
                return
            if page.next in visited:
                raise ContractSurprise("rest.paging_in_circles", **named(self._system, request), cursor=page.next)
            visited.add(page.next)
            cursor = page.next

    def _asked(self, request: Request, cursor: str | None) -> Any:
        """The answer; a status that means an unknown cursor is CursorExpired where we sent one."""
        if cursor is None or not self._call.expired_status:
            return self._send(request)
        try:
            return self._send(replace(request, accept=self._call.expired_status))
        except NotFound as error:
            raise CursorExpired("rest.cursor_expired", **named(self._system, request), cursor=cursor) from error

    @property
    def _incremental(self) -> bool:
        return self._dataset.cursor == "incremental"

    def _parameters(self, cursor: str | None) -> dict[str, str]:
        paging, limit = self._call.paging, self._dataset.page_limit
        parameters = {paging.limit: str(limit)} if paging.limit else {}
        if paging.kind in ("page", "offset"):
            start = str(paging.first) if paging.kind == "page" else "0"
            if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
                raise InputError("rest.wrong_cursor", system=self._system, cursor=cursor)
            parameters[paging.parameter] = cursor or start
        elif paging.kind == "cursor" and cursor is not None:
            parameters[paging.parameter] = cursor
        return parameters

    def _page(self, body: Any, request: Request, cursor: str | None) -> Page:
        listed = required(body, self._call.rows, request, self._system)
        if not isinstance(listed, list):
            raise self._surprise("rest.not_a_list", request, path=self._call.rows)
        rows = tuple(self._row(record, number, request) for number, record in enumerate(listed))
        return Page(
            rows=rows,
            next=self._next(body, len(rows), request, cursor),
            watermark=self._text(body, self._call.watermark, request),
            as_of=self._moment(body, request),
        )

    def _row(self, record: Any, number: int, request: Request) -> Row:
        if not isinstance(record, dict):
            raise self._surprise("rest.not_a_record", request, row=number)
        try:
            row = flatten(record)
        except ValueError as error:
            raise self._surprise("rest.field_twice", request, row=number, field=error) from error
        for name in self._dataset.unique:
            if name not in row:
                raise self._surprise("rest.no_field", request, row=number, field=name, found=", ".join(row)[:200])
        return row

    def _next(self, body: Any, count: int, request: Request, cursor: str | None) -> str | None:
        paging = self._call.paging
        match paging.kind:
            case "none":
                return None
            case "cursor":
                value = dig(body, paging.next)
                if value is MISSING or (self._incremental and not text_of(value)):
                    raise self._surprise("rest.no_cursor", request, path=paging.next)
                return text_of(value) or None
            case "page":
                # A short page is not the end: some systems cut pages below the size asked for. Only an empty one is.
                return str(int(cursor or paging.first) + 1) if count else None
            case "offset":
                return str(int(cursor or 0) + count) if count else None

    def _text(self, body: Any, path: str, request: Request) -> str | None:
        if not path:
            return None
        text = text_of(required(body, path, request, self._system))
        if text is None:
            raise self._surprise("rest.empty_value", request, path=path)
        return text

    def _moment(self, body: Any, request: Request) -> datetime | None:
        text = self._text(body, self._call.as_of, request)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise self._surprise("rest.not_a_moment", request, path=self._call.as_of, value=text[:60])
        return moment

    def _refuse_overlap(
        self, rows: tuple[Row, ...], before: set[tuple[str | None, ...]], request: Request
    ) -> set[tuple[str | None, ...]]:
        """The identities on this page; a row met twice means that another one was left out."""
        names = self._dataset.unique
        seen: set[tuple[str | None, ...]] = set()
        for number, row in enumerate(rows):
            identity = tuple(row[name] for name in names)
            if names and (identity in before or identity in seen):
                shown = ", ".join(f"{name}={row[name]}" for name in names)
                raise self._surprise("rest.pages_overlap", request, row=number, identity=shown)
            seen.add(identity)
        return seen

    def _surprise(self, code: str, request: Request, **params: object) -> ContractSurprise:
        return ContractSurprise(code, **named(self._system, request), **params)
