"""Tryton's REST API: its way of asking, its paging, its errors."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from countbridge.connectors.answers import http_date, remote_message
from countbridge.connectors.http import Answer, HttpClient, Request, named
from countbridge.connectors.systems.tryton.values import whole
from countbridge.errors import ConfigError, ContractSurprise, Rejected

Record = dict[str, Any]
Domain = list[Any]
PAGE = 500  # records a request
FORBIDDEN = 403  # a right that is missing, but also a closed stock period: Tryton keeps its reasons to itself
FAILED = 500  # Tryton's page when its own code raised; its transaction is rolled back by then


class TrytonRest:
    """Calls on models. `context` is Tryton's own word for what a request is about: company, locations."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def check(self) -> None:
        """Ask for the companies. Raises ConfigError "tryton.no_database" when the address names none."""
        request = Request("GET", "/rest/model/company.company", "company.company", params={"s": "1"}, accept=(404,))
        answer = self._read(request)
        if answer.status == 404:
            raise ConfigError("tryton.no_database", system=self.http.system)
        answer.json()

    def page(
        self,
        model: str,
        fields: Sequence[str],
        domain: Domain | None = None,
        *,
        context: Mapping[str, Any] | None = None,
        language: str = "en",
        after: int = 0,
        limit: int = PAGE,
    ) -> tuple[list[Record], datetime | None]:
        """At most `limit` records with ids above `after`, in id order, and the server's clock.

        `language` decides translated texts. Raises ContractSurprise "tryton.failed" when Tryton's own code failed,
        for example because a field is unknown there.
        """
        narrowed = [domain or [], ["id", ">", after]]
        params: dict[str, str | list[str]] = {
            "f": [*fields, "id"],
            "d": _encoded(narrowed),
            "o": _encoded([["id", "ASC"]]),
            "s": str(limit),
        }
        path, about = f"/rest/model/{model}", f"{model} after id {after}"
        request = Request("GET", path, about, params=params, headers=_headers(context, language))
        answer = self._read(request)
        found = answer.json()
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise ContractSurprise("tryton.no_list", **named(self.http.system, request))
        return found, http_date(answer.headers.get("date", ""))

    def search(
        self,
        model: str,
        fields: Sequence[str],
        domain: Domain | None = None,
        *,
        context: Mapping[str, Any] | None = None,
        language: str = "en",
    ) -> Iterator[Record]:
        """Every record. Pages go by id, so that none is skipped or doubled when others come or go meanwhile."""
        after = 0
        while True:
            found, _ = self.page(model, fields, domain, context=context, language=language, after=after)
            yield from found
            if len(found) < PAGE:
                return
            after = whole(found[-1], "id")

    def get(self, model: str, id_: str, fields: Sequence[str], about: str) -> Record | None:
        """One record, None when there is none with that id."""
        path, params = f"/rest/model/{model}/{id_}", {"f": list(fields)}
        request = Request("GET", path, about, params=params, headers=_headers(None, "en"), accept=(404,))
        answer = self._read(request)
        return None if answer.status == 404 else _record(answer)

    def change(
        self,
        method: str,
        path: str,
        values: Record,
        fields: Sequence[str],
        about: str,
        *,
        context: Mapping[str, Any],
        harmless: bool,
    ) -> Record:
        """Create (POST), write (PUT) or press a button (POST); returns `fields` of the record afterwards.

        `harmless`: nothing is booked even if it took effect unseen, so Tryton's own failure page is a plain Rejected.
        Otherwise that page is OutcomeUnknown, as is every lost answer.
        """
        request = Request(
            method,
            f"/rest/model/{path}",
            about,
            effect="write",
            params={"f": list(fields)},
            headers=_headers(context, "en"),
            json=values,
            accept=(FORBIDDEN, FAILED) if harmless else (FORBIDDEN,),
        )
        answer = self.http.send(request)
        if answer.status in (FORBIDDEN, FAILED):
            code = "tryton.refused" if answer.status == FORBIDDEN else "tryton.failed"
            raise Rejected(code, **named(self.http.system, request), message=remote_message(answer.body))
        return _record(answer)

    def delete(self, path: str, about: str) -> None:
        """Delete a record."""
        headers = _headers(None, "en")
        self.http.send(Request("DELETE", f"/rest/model/{path}", about, effect="write", headers=headers))

    def _read(self, request: Request) -> Answer:
        answer = self.http.send(replace(request, accept=(*request.accept, FAILED)))
        if answer.status == FAILED:
            message = remote_message(answer.body)
            raise ContractSurprise("tryton.failed", **named(self.http.system, request), message=message)
        return answer


def _record(answer: Answer) -> Record:
    found = answer.json()
    if not isinstance(found, dict):
        raise answer.surprise("tryton.no_record")
    return found


def _headers(context: Mapping[str, Any] | None, language: str) -> dict[str, str]:
    headers = {"accept-language": language.replace("_", "-")}
    return headers | {"x-tryton-context": _encoded(context)} if context else headers


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode()
