"""The modelled ERP: books a document as draft → remember its id → confirm, as Tryton does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from countbridge.connectors.contract import Document, LineReceipt, Page, Receipt, Remember
from modelled.wire import ModelledConnector
from modelled.world import PARENTS, WORLDS, Erp, finer, plain


class ModelledErp(ModelledConnector):
    @property
    def erp(self) -> Erp:
        return WORLDS[self.settings["world"]].erp

    def check(self) -> None:
        with self.told(self.erp.calls, "check"):
            return

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        if dataset == "movements":
            with self.told(self.erp.calls, "read:movements"):
                rows = self.erp.ledger[int(cursor or 0) :]
            yield Page(tuple(rows), next=str(len(self.erp.ledger)))
            return
        with self.told(self.erp.calls, f"read:{dataset}"):
            rows = getattr(self, f"_{dataset}")(scope)
        yield Page(tuple(rows))

    def _warehouses(self, scope: Mapping[str, str]) -> list[dict[str, str]]:
        return [{"code": "W1", "name": "上海仓"}, {"code": "W2", "name": "苏州仓"}]

    def _locations(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [
            {"code": code, "name": code, "parent_code": parent or None, "warehouse_code": code[:2], "type": "storage"}
            for code, parent in PARENTS.items()
        ]

    def _items(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return list(self.erp.items.values())

    def _stock(self, scope: Mapping[str, str]) -> list[dict[str, str]]:
        return [
            {"location": key[0], "item": key[1], **finer(key, self.erp.parts), "quantity": plain(quantity), "unit": "u"}
            for key, quantity in self.erp.stock.items()
            if quantity and key[0] == scope["location"]
        ]

    def _count_approvals(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        """Drafts of other people: what the integration's own user wrote is no approval."""
        return [
            row for row in self.erp.approvals.values() if row["state"] == "draft" and row["created_by"] != "integration"
        ]

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        if document.kind == "finish_approval":
            with self.told(self.erp.calls, "write:finish_approval", key):
                self.erp.approvals[str(document.fields["id"])]["state"] = "done"
            return Receipt("confirmed", str(document.fields["id"]))
        if wrong := {
            n: self.erp.refuses[str(x["item"])] for n, x in enumerate(document.lines) if x["item"] in self.erp.refuses
        }:
            lines = tuple(LineReceipt(n, n not in wrong, wrong.get(n, "")) for n in range(len(document.lines)))
            good = tuple(line for n, line in enumerate(document.lines) if n not in wrong)
            if not self.erp.takes_the_rest or not good:
                return Receipt("rejected", lines=lines)
            taken = self.write(Document(document.kind, document.fields, good), key, resume=resume, remember=remember)
            return Receipt(taken.state, taken.remote_id, lines)
        if resume is None:
            with self.told(self.erp.calls, "draft:adjustment", key):
                resume = self._draft(document)
            remember(resume)
        with self.told(self.erp.calls, "confirm:adjustment", key):
            self.erp.confirm(resume)
        return Receipt("confirmed", resume, tuple(LineReceipt(n, True) for n in range(len(document.lines))))

    def _draft(self, document: Document) -> str:
        number = str(next(self.erp.ids))
        lines = [dict(line) for line in document.lines]
        self.erp.documents[number] = {"state": "draft", "fields": dict(document.fields), "lines": lines}
        self.erp.approvals[number] = {
            "id": number, "number": None, "location": document.fields["location"], "warehouse": "W1",
            "date": document.fields["date"], "state": "draft", "created_by": "integration",
            "created_at": "2026-01-01T00:00:00Z", "written_at": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        return number

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        with self.told(self.erp.calls, f"find:{document.kind}", key):
            if document.kind == "finish_approval":
                done = self.erp.approvals[str(document.fields["id"])]["state"] == "done"
                return Receipt("confirmed", str(document.fields["id"])) if done else None
            found = remembered or self._orphan(document)
        if found is None:
            return None
        done = self.erp.documents[found]["state"] == "done"
        lines = tuple(LineReceipt(n, True) for n in range(len(document.lines))) if done else ()
        return Receipt("confirmed" if done else "draft", found, lines)

    def _orphan(self, document: Document) -> str | None:
        """A draft of ours with the same place, day and lines, left by an answer that was lost."""
        wanted = (document.fields["location"], document.fields["date"], [dict(line) for line in document.lines])
        for number, held in self.erp.documents.items():
            fields = held["fields"]
            if held["state"] == "draft" and (fields["location"], fields["date"], held["lines"]) == wanted:  # type: ignore[index]
                return number
        return None
