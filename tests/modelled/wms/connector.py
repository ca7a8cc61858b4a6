"""The modelled WMS: every write carries a key, and the same key takes effect once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from countbridge.connectors.contract import Document, LineReceipt, Page, Receipt, Remember
from countbridge.errors import CursorExpired, Rejected
from modelled.wire import ModelledConnector
from modelled.world import SKUS, UOM, WORLDS, Wms, World, finer, key_of, plain

PAGE = 3
ITEMS = {sku: item for item, sku in SKUS.items()}


class ModelledWms(ModelledConnector):
    @property
    def world(self) -> World:
        return WORLDS[self.settings["world"]]

    @property
    def wms(self) -> Wms:
        return self.world.wms

    def check(self) -> None:
        with self.told(self.wms.calls, "check"):
            return

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        if dataset in ("movements", "results"):
            yield from self._feed(dataset, int(cursor or 0))
            return
        if dataset == "stock":
            yield from self._stock(scope["zone"], cursor)
            return
        with self.told(self.wms.calls, f"read:{dataset}"):
            tables = {"bins": self.wms.bins, "items": list(self.wms.goods.values()), "picks": self.wms.picks}
            rows = tables[dataset]
        yield Page(tuple(rows), watermark=str(len(self.wms.feed)), as_of=self.world.clock + self.wms.clock_ahead)

    def _stock(self, zone: str, cursor: str | None) -> Iterator[Page]:
        """Pages of `stock_page` rows; each is true at the moment it is read, and goods move between them."""
        zones = {row["bin"]: row["zone"] for row in self.wms.bins}
        while True:
            if cursor is not None and cursor in self.wms.expired:
                self.wms.expired.remove(cursor)
                raise CursorExpired("rest.cursor_expired", system="wms", cursor=cursor)
            with self.told(self.wms.calls, "read:stock"):
                rest = [
                    (key, quantity) for key, quantity in sorted(self.wms.stock.items())
                    if quantity and zones[key[0]] == zone and (cursor is None or "|".join(key) > cursor)
                ]  # fmt: skip
                page = rest[: self.wms.stock_page]
                cursor = "|".join(page[-1][0]) if len(rest) > len(page) else None
                rows = tuple(
                    {
                        "bin": key[0],
                        "sku": key[1],
                        **finer(key, self.wms.parts),
                        "qty": plain(quantity),
                        "uom": UOM.get(ITEMS.get(key[1], ""), "PCS"),
                    }
                    for key, quantity in page
                )
            yield Page(
                rows, next=cursor, watermark=str(len(self.wms.feed)), as_of=self.world.clock + self.wms.clock_ahead
            )
            if cursor is None:
                return
            self.wms.between_pages()

    def _feed(self, dataset: str, at: int) -> Iterator[Page]:
        if dataset == "movements":
            self.world.feed_was_read()
        rows = self.wms.feed if dataset == "movements" else self.wms.results
        while True:
            if str(at) in self.wms.expired:
                self.wms.expired.remove(str(at))
                raise CursorExpired("rest.cursor_expired", system="wms", record=dataset)
            with self.told(self.wms.calls, f"read:{dataset}"):
                page = self.wms.shown(rows[at : at + PAGE])
                at += len(rows[at : at + PAGE])
            told = str(self.wms.stuck_at or at)
            yield Page(tuple(page), next=told, watermark=str(at), as_of=self.world.clock + self.wms.clock_ahead)
            if not page:
                return

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        with self.told(self.wms.calls, f"write:{document.kind}", key):
            if self.wms.refuses_all and key not in self.wms.received:
                raise Rejected(
                    "http.rejected", system="wms", record=key, call="write", status=400, message=self.wms.refuses_all
                )
            if key not in self.wms.received:
                self.wms.received[key] = (document.kind, dict(document.fields), [dict(line) for line in document.lines])
                self._take(document, key)
        return self._receipt(document, key)

    def _take(self, document: Document, key: str) -> None:
        if document.kind == "item":
            refused = [self.wms.refuses_goods.get(str(line["sku"]), "") for line in document.lines]
            self.wms.answers[key] = refused
            taken = [line for line, refusal in zip(document.lines, refused, strict=True) if not refusal]
            self.wms.goods |= {str(line["sku"]): dict(line) for line in taken}
        if document.kind == "freeze":
            change = self.wms.blocked.add if document.fields["on"] == "true" else self.wms.blocked.discard
            change((str(document.fields["zone"]), str(document.fields["count_no"])))
        if document.kind != "adjustment":
            return
        said = self.wms.answers[key] = [self.wms.refuses.get(str(line["sku"]), "") for line in document.lines]
        for position, (line, refusal) in enumerate(zip(document.lines, said, strict=True)):
            if not refusal:
                where, delta = key_of(line, "bin", "sku"), Decimal(str(line["delta"]))
                self.wms.stock[where] += delta
                told = finer(where)
                self.world.tell(*where[:2], told.pop("lot"), delta, kind="adjust", id=f"{key}-{position}", **told)

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        with self.told(self.wms.calls, f"find:{document.kind}", key):
            return self._receipt(document, key) if key in self.wms.received else None

    def _receipt(self, document: Document, key: str) -> Receipt:
        said = self.wms.answers.get(key) or [""] * len(document.lines)
        return Receipt("confirmed", key, tuple(LineReceipt(n, not text, text) for n, text in enumerate(said)))
