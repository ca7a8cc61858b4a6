"""A connector made of declarations only: what connector.yaml says is what is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from countbridge.connectors.base import BaseConnector, Definition
from countbridge.connectors.contract import Document, LineReceipt, Page, Receipt, Remember
from countbridge.connectors.exchanges import OnExchange
from countbridge.connectors.http import HttpClient, Request, named
from countbridge.connectors.rest.consistency import load_spec
from countbridge.connectors.rest.paging import Pager
from countbridge.connectors.rest.session import Session, required
from countbridge.connectors.rest.spec import DocumentCall, Find, Outcomes
from countbridge.connectors.rest.values import body_of, dig, fill, text_of
from countbridge.errors import ContractSurprise, InputError, NotFound, OutcomeUnknown, RemoteError, SetupError


class RestConnector(BaseConnector):
    """Serves a folder whose connector.yaml has a `rest` section; a subclass may override any one method."""

    def __init__(
        self, definition: Definition, settings: Mapping[str, str], *, on_exchange: OnExchange | None = None
    ) -> None:
        self.spec = load_spec(definition)
        super().__init__(definition, settings, on_exchange=on_exchange)
        self.session = Session(self.http, self.spec, self.settings)

    @staticmethod
    def validate(definition: Definition) -> None:
        """Raises ConfigError with file and line when the `rest` section is wrong or contradicts the manifest."""
        load_spec(definition)

    def open_http(self, on_exchange: OnExchange | None) -> HttpClient:
        base = fill(self.spec.base_url, self.settings, record="base_url", encode=False)
        headers = {
            name: fill(text, self.settings, record="headers", encode=False) for name, text in self.spec.headers.items()
        }
        return self.new_client(base, headers, on_exchange)

    def check(self) -> None:
        """Calls the harmless address that the `check` entry names."""
        self.session.call(Request("GET", self._filled(self.spec.check.path, {}, "check"), "check"))

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        """Pages as declared; also raises InputError for an unknown dataset, scope name or malformed cursor."""
        self.manifest.check_scope(dataset, scope)
        call = next(call for name, call in self.spec.datasets.items() if name == dataset)
        narrowed = "".join(f" {name}={value}" for name, value in scope.items())
        record = f"{dataset}{narrowed}"
        path = self._filled(call.path, scope, record)
        fixed = {**call.parameters, **{call.scope[name]: value for name, value in scope.items() if name in call.scope}}

        def request_for(paging: Mapping[str, str]) -> Request:
            at = "".join(f" {name}={value}" for name, value in paging.items())
            return Request("GET", path, record + at, params={**fixed, **paging})

        declared = self.manifest.dataset(dataset)
        pager = Pager(self.manifest.name, declared, call, request_for=request_for, send=self.session.call)
        return pager.pages(cursor)

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        """Sends the document once. InputError (too many lines, a value of the wrong type): nothing was sent."""
        declared, call = self.manifest.document(document.kind), self._call(document.kind)
        record = record_of(document, key)
        if declared.max_lines is not None and len(document.lines) > declared.max_lines:
            raise InputError("rest.too_many_lines", record=record, count=len(document.lines), limit=declared.max_lines)
        request = Request(
            method=call.method,
            path=self._filled(call.path, {**document.fields, "key": key}, record),
            record=record,
            effect="write",
            headers={call.key_header: key} if call.key_header else {},
            json=body_of(call, document, key, record),
        )
        body = self.session.call(request)
        receipt = self._receipt(body, request, len(document.lines), call.remote_id, call.outcomes)
        if call.read_back and receipt.state == "confirmed":
            self._read_back(document, key, receipt, request)
        return receipt

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        """What became of an earlier write. None for a native key without a look-up: repeating it changes nothing."""
        declared, call = self.manifest.document(document.kind), self._call(document.kind)
        record = record_of(document, key)
        if call.find is None:
            if declared.idempotency == "native":
                return None
            raise OutcomeUnknown("rest.cannot_look_up", system=self.manifest.name, record=record)
        path = self._filled(call.find.path, {**document.fields, "key": key, "remembered": remembered}, record)
        request = Request("GET", path, record, accept=call.find.not_found_status)
        try:
            body = self.session.call(request)
        except NotFound:
            return None
        return self._found(call.find, body, request, len(document.lines))

    def _found(self, find: Find, body: Any, request: Request, lines: int) -> Receipt | None:
        if find.rows:
            matches = required(body, find.rows, request, self.manifest.name)
            if not isinstance(matches, list) or len(matches) > 1:
                params = {"path": find.rows, "count": len(matches) if isinstance(matches, list) else "-"}
                raise ContractSurprise("rest.found_several", **named(self.manifest.name, request), **params)
            if not matches:
                return None
            body = matches[0]
        if any(text_of(dig(body, path)) != text for path, text in find.found.items()):
            return None
        return self._receipt(body, request, lines, find.remote_id, find.outcomes)

    def _read_back(self, document: Document, key: str, receipt: Receipt, request: Request) -> None:
        reason = "-"
        try:
            if self.find(document, key, remembered=receipt.remote_id or None) is not None:
                return
        except (RemoteError, SetupError) as error:
            reason = error.code
        raise OutcomeUnknown("rest.not_read_back", **named(self.manifest.name, request), reason=reason)

    def _receipt(self, body: Any, request: Request, lines: int, id_path: str, outcomes: Outcomes | None) -> Receipt:
        remote_id = text_of(required(body, id_path, request, self.manifest.name)) if id_path else ""
        results = self._outcomes(body, request, lines, outcomes) if outcomes else ()
        refused = bool(results) and not any(result.ok for result in results)
        return Receipt("rejected" if refused else "confirmed", remote_id or "", results)

    def _outcomes(self, body: Any, request: Request, lines: int, outcomes: Outcomes) -> tuple[LineReceipt, ...]:
        listed = required(body, outcomes.path, request, self.manifest.name)
        results: dict[int, LineReceipt] = {}
        for position, entry in enumerate(listed if isinstance(listed, list) else ()):
            number = text_of(dig(entry, outcomes.line)) if outcomes.line else str(position)
            if number is not None and number.isascii() and number.isdigit():
                ok = text_of(dig(entry, outcomes.ok)) in outcomes.accepted
                message = self.http.mask.text(text_of(dig(entry, outcomes.message)) or "") if outcomes.message else ""
                results[int(number)] = LineReceipt(int(number), ok, message)
        if sorted(results) != list(range(lines)):
            missing = next((number for number in range(lines) if number not in results), lines)
            kind = OutcomeUnknown if request.effect == "write" else ContractSurprise
            raise kind("rest.lines_unanswered", **named(self.manifest.name, request), line=missing)
        return tuple(results[number] for number in range(lines))

    def _call(self, kind: str) -> DocumentCall:
        self.manifest.document(kind)
        return next(call for name, call in self.spec.documents.items() if name == kind)

    def _filled(self, path: str, values: Mapping[str, str | None], record: str) -> str:
        return fill(path, {**self.settings, **values}, record=record)


def record_of(document: Document, key: str) -> str:
    """How messages name a document."""
    return f"{document.kind} {key}"
