"""Tryton as a Countbridge connector: reads books and approvals, posts corrections, over REST with an API key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from countbridge.connectors.base import BaseConnector
from countbridge.connectors.contract import Document, Page, Receipt, Remember, Row
from countbridge.connectors.exchanges import OnExchange
from countbridge.connectors.http import HttpClient
from countbridge.connectors.systems.tryton.approvals import Approvals
from countbridge.connectors.systems.tryton.lines import LineReader
from countbridge.connectors.systems.tryton.masters import Masters
from countbridge.connectors.systems.tryton.moves import Moves
from countbridge.connectors.systems.tryton.posting import Posting
from countbridge.connectors.systems.tryton.rest import TrytonRest
from countbridge.connectors.systems.tryton.stock import Stock
from countbridge.connectors.systems.tryton.values import dig, whole
from countbridge.errors import ConfigError, InputError


class TrytonConnector(BaseConnector):
    """One company of one Tryton database."""

    def open_http(self, on_exchange: OnExchange | None) -> HttpClient:
        headers = {"authorization": f"Bearer {self.settings['api_key']}"}
        return self.new_client(self.settings["url"], headers, on_exchange)

    @cached_property
    def rest(self) -> TrytonRest:
        return TrytonRest(self.http)

    @cached_property
    def masters(self) -> Masters:
        packs = filter(None, (symbol.strip() for symbol in self.settings["pack_units"].split(",")))
        return Masters(self.rest, language=self.settings["name_language"], pack_units=packs)

    @cached_property
    def company(self) -> int:
        """Id of the company everything is about. Raises ConfigError when that is not clear."""
        wanted = self.settings["company"]
        found = list(self.rest.search("company.company", ["party.name"]))
        names = [str(dig(record, "party.name")) for record in found]
        ids = [whole(record, "id") for record, name in zip(found, names, strict=True) if not wanted or wanted == name]
        if len(ids) != 1:
            raise ConfigError("tryton.which_company", company=wanted or "-", companies=", ".join(names) or "-")
        return ids[0]

    @cached_property
    def user(self) -> int:
        """Id of our own user. Raises ConfigError when the key does not tell (an administrator's key sees all users)."""
        if login := self.settings["login"]:
            users = [whole(record, "id") for record in self.rest.search("res.user", [], [["login", "=", login]])]
        else:
            keys = self.rest.search("res.user.application", ["user"])
            users = sorted({whole(record, "user") for record in keys})
        if len(users) != 1:
            raise ConfigError("tryton.which_user", login=login or "-", count=len(users))
        return users[0]

    @cached_property
    def context(self) -> Mapping[str, int]:
        return {"company": self.company}

    def check(self) -> None:
        """Reach Tryton, know company and user, and see inventories. Raises ConfigError, AuthError, TryLater."""
        self.rest.check()
        _ = self.company, self.user

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        """Pages as connector.yaml declares them. Raises InputError for an unknown dataset, scope or cursor."""
        self.manifest.check_scope(dataset, scope)
        whole_lists: dict[str, Callable[[], Iterator[Row]]] = {
            "warehouses": self.masters.warehouses,
            "locations": self.masters.locations,
            "units": self.masters.units,
            "users": self.masters.users,
            "lots": self.masters.lots,
        }
        if dataset in whole_lists:
            return iter([Page(tuple(whole_lists[dataset]()))])
        if dataset == "items":
            return self.masters.items(cursor, self.context)
        if dataset == "movements":
            return Moves(self.rest, self.user).pages(scope, cursor, self.context)
        if dataset == "stock":
            return Stock(self.rest, self.masters).pages(scope, cursor, self.context)
        return iter([Approvals(self.rest, self.masters).page(scope, self.user)])

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        """Post a correction or finish an approval, as posting.py and approvals.py tell."""
        spec = self.manifest.document(document.kind)
        about = f"{document.kind} {key}"
        if spec.max_lines is not None and len(document.lines) > spec.max_lines:
            raise InputError("tryton.too_many_lines", record=about, count=len(document.lines), limit=spec.max_lines)
        if document.kind == "finish_approval":
            return Approvals(self.rest, self.masters).finish(document, self.context)
        return self._posting().write(document, about, resume=resume, remember=remember)

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        """What became of an earlier write; None: it certainly never took effect and left no draft."""
        self.manifest.document(document.kind)
        if document.kind == "finish_approval":
            return Approvals(self.rest, self.masters).find_finished(document)
        return self._posting().find(document, f"{document.kind} {key}", remembered=remembered)

    def _posting(self) -> Posting:
        create_lots = self.settings["create_lots"] == "true"
        reader = LineReader(self.rest, create_lots=create_lots, context=self.context)
        return Posting(self.rest, reader, company=self.company, ours=self.user)
