"""Connectors to the modelled systems. How each system can be written to stands in its manifest, as for any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from countbridge import clock
from countbridge.connectors.base import BaseConnector
from countbridge.connectors.contract import Document, LineReceipt, Page, Receipt, Remember
from countbridge.connectors.exchanges import Exchange, Mask, OnExchange
from countbridge.errors import AuthError, CountbridgeError
from countbridge.simulation.erp import Erp
from countbridge.simulation.places import (
    BY_ITEM,
    BY_SKU,
    GOODS,
    PARENTS,
    WAREHOUSE,
    ZONE_OF,
    ZONES,
    plain,
)
from countbridge.simulation.scene import scene
from countbridge.simulation.wms import Wms

Answer = TypeVar("Answer")
PAGE = 5


class _Wire:
    """Stands where the HTTP client is; nothing to close."""

    def __init__(self, listen: OnExchange | None) -> None:
        self.listen = listen

    def close(self) -> None:
        return


class SimulatedConnector(BaseConnector):
    """Calls go over the modelled network and are told to whoever listens, secrets masked."""

    system = ""
    http: Any

    def open_http(self, on_exchange: OnExchange | None) -> Any:
        return _Wire(on_exchange)

    def call(
        self,
        name: str,
        effect: Callable[[], Answer],
        *,
        writing: bool = False,
        repeatable: bool = False,
        body: str = "",
    ) -> Answer:
        began, failure, status = clock.now(), "", 200
        try:
            self._check_key()
            return scene().network.call(self.system, name, effect, writing=writing, repeatable=repeatable)
        except CountbridgeError as error:
            failure, status = error.code, 0
            raise
        finally:
            if self.http.listen is not None:
                self.http.listen(self._exchange(name, body, status or None, failure, began))

    def _check_key(self) -> None:
        if self.settings["key"] != scene().secret:
            raise AuthError("http.credentials_refused", system=self.system, record="-", status=401, message="wrong key")

    def _exchange(self, name: str, body: str, status: int | None, failure: str, began: Any) -> Exchange:
        mask = Mask(self.manifest.secrets(self.settings))
        told = mask.text(f"key={self.settings['key']} {body}")
        seconds = (clock.now() - began).total_seconds()
        return Exchange(
            self.system, name, "POST", f"http://{self.system}/{name}", {}, told, status, {}, "", failure, began, seconds
        )

    def check(self) -> None:
        self.call("check", lambda: None)


class SimulatedErp(SimulatedConnector):
    """Four ways of being written to, by the manifest's word `idempotency`."""

    system = "erp"

    @property
    def erp(self) -> Erp:
        return scene().company.erp

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        rows = self.call(f"read:{dataset}", lambda: tuple(getattr(self, f"_{dataset}")(scope)))
        yield Page(rows, as_of=clock.now() + scene().company.skew["erp"])

    def _warehouses(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [{"code": WAREHOUSE, "name": "上海仓"}]

    def _locations(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [
            {"code": code, "name": code, "parent_code": parent, "warehouse_code": WAREHOUSE, "type": "storage"}
            for code, parent in PARENTS.items()
        ]

    def _items(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [
            {
                "code": goods.item, "name_zh": f"物料 {goods.item}", "name_en": f"Item {goods.item}", "unit": goods.unit,
                "unit_digits": str(goods.decimals), "cost_price": goods.price, "lot_required": str(goods.lots != ("",)),
                "barcode": f"69{goods.item}", "pack_quantity": str(goods.pack) if goods.pack else None,
            }
            for goods in GOODS
        ]  # fmt: skip

    def _stock(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [
            {
                "location": location,
                "item": item,
                "lot": lot or None,
                "quantity": plain(quantity),
                "unit": BY_ITEM[item].unit,
            }
            for (location, item, lot), quantity in sorted(self.erp.stock.items())
            if quantity and location == scope["location"]
        ]

    def _count_approvals(self, scope: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [row for row in self.erp.approvals.values() if row["state"] == "draft"]

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        if document.kind == "finish_approval":
            return self._finish(document, key)
        way = self.manifest.document(document.kind).idempotency
        location, lines = str(document.fields["location"]), document.lines
        if way == "draft_then_confirm":
            if resume is None:
                resume = self._call("draft", key, lambda: self.erp.draft(key, location, lines))
                remember(resume)
            number = resume
            self._call("confirm", key, lambda: self.erp.confirm(number))
            return self._receipt(number, document)
        if way == "native":
            number = self._call("post", key, lambda: self.erp.post_once(key, key, location, lines))
        else:
            number = self._call("post", key, lambda: self.erp.post(key, location, lines), repeatable=False)
        return self._receipt(number, document)

    def _finish(self, document: Document, key: str) -> Receipt:
        number = str(document.fields["id"])

        def done() -> None:
            self.erp.approvals[number]["state"] = "done"

        self._call("finish", key, done)
        return Receipt("confirmed", number)

    def _call(self, name: str, key: str, effect: Callable[[], Answer], *, repeatable: bool = True) -> Answer:
        return self.call(f"{name}:{key}", effect, writing=True, repeatable=repeatable, body=key)

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        return self.call(f"find:{key}", lambda: self._found(document, key, remembered))

    def _found(self, document: Document, key: str, remembered: str | None) -> Receipt | None:
        if document.kind == "finish_approval":
            number = str(document.fields["id"])
            return Receipt("confirmed", number) if self.erp.approvals[number]["state"] == "done" else None
        if self.manifest.document(document.kind).idempotency == "draft_then_confirm":
            if remembered is None:
                return None  # a draft that nobody confirms has no effect
            held = self.erp.drafts[remembered]
            return self._receipt(remembered, document) if held.done else Receipt("draft", remembered)
        known = self.erp.number_of(key)
        return self._receipt(known, document) if known else None

    def _receipt(self, number: str, document: Document) -> Receipt:
        return Receipt("confirmed", number, tuple(LineReceipt(place, True) for place in range(len(document.lines))))


class SimulatedWms(SimulatedConnector):
    """Every write carries a key, and the same key takes effect once."""

    system = "wms"

    @property
    def wms(self) -> Wms:
        return scene().company.wms

    def read(self, dataset: str, scope: Mapping[str, str], cursor: str | None) -> Iterator[Page]:
        if dataset in ("movements", "results"):
            yield from self._feed(
                self.wms.feed if dataset == "movements" else self.wms.results, dataset, int(cursor or 0)
            )
        else:
            yield self.call(
                f"read:{dataset}", lambda: self._page(self._bins() if dataset == "bins" else self._stock(scope["zone"]))
            )

    def _page(self, rows: list[dict[str, str | None]], next_: str | None = None) -> Page:
        skewed = clock.now() + scene().company.skew["wms"]
        return Page(tuple(rows), next=next_, watermark=str(len(self.wms.feed)), as_of=skewed)

    def _feed(self, rows: list[dict[str, str | None]], dataset: str, at: int) -> Iterator[Page]:
        while True:
            page = self.call(f"read:{dataset}", partial(self._feed_page, rows, at))
            yield page
            at += len(page.rows)
            if not page.rows:
                return

    def _feed_page(self, rows: list[dict[str, str | None]], at: int) -> Page:
        return self._page(rows[at : at + PAGE], str(len(rows[: at + PAGE])))

    def _bins(self) -> list[dict[str, str | None]]:
        return [
            {"bin": code, "zone": zone, "warehouse": "WH1", "walk_order": str(order), "barcode": f"B-{code}"}
            for order, (code, zone) in enumerate(ZONE_OF.items(), start=1)
        ]

    def _stock(self, zone: str) -> list[dict[str, str | None]]:
        return [
            {"bin": code, "sku": sku, "lot": lot or None, "qty": plain(quantity), "uom": BY_SKU[sku].uom}
            for (code, sku, lot), quantity in sorted(self.wms.stock.items())
            if quantity and code in ZONES[zone]
        ]

    def write(self, document: Document, key: str, *, resume: str | None, remember: Remember) -> Receipt:
        def take() -> None:
            self.wms.take(document, key, clock.now() + scene().company.skew["wms"])

        self.call(f"write:{document.kind}:{key}", take, writing=True, repeatable=True, body=key)
        return self._receipt(document, key)

    def find(self, document: Document, key: str, *, remembered: str | None) -> Receipt | None:
        known = self.call(f"find:{key}", lambda: key in self.wms.received)
        return self._receipt(document, key) if known else None

    def _receipt(self, document: Document, key: str) -> Receipt:
        return Receipt("confirmed", key, tuple(LineReceipt(place, True) for place in range(len(document.lines))))
