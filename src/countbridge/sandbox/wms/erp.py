"""The WMS's own interface to the ERP, as companies have it: over Tryton's REST."""

from __future__ import annotations

import base64
import json
from datetime import UTC
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from countbridge.sandbox.wms import units
from countbridge.sandbox.wms.models import ErpPosting

Row = dict[str, Any]

# Quantities leave as JSON numbers written digit by digit from the decimal, never through a float.
_encoder = msgspec.json.Encoder(decimal_format="number")


SUPPLIER = "SUP"  # Tryton's own code of the location outside the company that goods come from


def model_of(posting: ErpPosting) -> str:
    return "stock.move" if posting.kind == "receive" else "stock.shipment.internal"


class ErpTrouble(Exception):
    """The ERP did not do it, or we do not know: look, and try again later."""


class Erp:
    """Look-ups by code are kept for the life of the process. Every failure is an `ErpTrouble`."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=20)
        self._url = url
        self._find = cache(self._find_uncached)
        self._output: dict[int, int] = {}

    def draft(self, posting: ErpPosting) -> int:
        """Create the draft document and tell its id."""
        document = self._receipt(posting) if posting.kind == "receive" else self._shipment(posting)
        return int(self._call("POST", model_of(posting), json=document)["id"])

    def find_draft(self, posting: ErpPosting, known: set[int]) -> int | None:
        """The orphan of a lost answer: a draft of this posting whose id nobody remembered.

        A shipment carries our document number; a receipt is a bare move without one and is known by its content.
        """
        domain: list[Any] = [["state", "=", "draft"], ["reference", "=", posting.document]]
        if posting.kind == "receive":
            move = self._receipt(posting)
            names = ("product", "quantity", "from_location", "to_location", "effective_date", "lot")
            domain[1:] = [[name, "=", move.get(name)] for name in names]
        ids = [row["id"] for row in self._search(model_of(posting), domain, "state")]
        return next((found for found in ids if found not in known), None)

    def state(self, posting: ErpPosting) -> str | None:
        """State of the posting's document; None when the ERP no longer knows it."""
        rows = self._search(model_of(posting), [["id", "=", posting.erp_id]], "state")
        return rows[0]["state"] if rows else None

    def step(self, posting: ErpPosting, action: str) -> str | None:
        """Press a button of the document; its state afterwards."""
        path = f"{model_of(posting)}/{posting.erp_id}/{action}"
        answer = self._call("POST", path, json={}, params={"f": "state"})
        return answer["state"] if isinstance(answer, dict) else self.state(posting)

    def _shipment(self, posting: ErpPosting) -> Row:
        """Goods leave a storage location by an internal shipment, which can assign them without asking a person.

        What is picked goes to the warehouse's shipping area.
        """
        source = self._one("stock.location", posting.from_location)
        target = self._shipping_area(source["id"])
        if posting.kind == "move":
            target = self._one("stock.location", posting.to_location)["id"]
        day = self._day(posting)
        between = {"from_location": source["id"], "to_location": target, "company": self._company()["id"]}
        move = {**self._goods(posting), **between}
        dates = dict.fromkeys(("planned_start_date", "planned_date", "effective_start_date", "effective_date"), day)
        return {**between, **dates, "reference": posting.document, "moves": [["create", [move]]]}

    def _shipping_area(self, place: int) -> int:
        """Output location of the warehouse in whose storage `place` lies, found upwards through its parents."""
        output = self._outputs()
        while place not in output:
            parent = self._find("stock.location", json.dumps([["id", "=", place]]), "parent")["parent"]
            if parent is None:
                raise ErpTrouble(f"location {place} lies in no warehouse")
            place = parent
        return output[place]

    def _outputs(self) -> dict[int, int]:
        """Storage location → output location of every warehouse."""
        if not self._output:
            rows = self._search("stock.location", [["type", "=", "warehouse"]], "storage_location", "output_location")
            self._output = {row["storage_location"]: row["output_location"] for row in rows}
        return self._output

    def _receipt(self, posting: ErpPosting) -> Row:
        return {
            **self._goods(posting),
            "from_location": self._one("stock.location", SUPPLIER)["id"],
            "to_location": self._one("stock.location", posting.to_location)["id"],
            "company": self._company()["id"],
            "effective_date": self._day(posting),
            "unit_price": self._product(posting)["cost_price"],
            "currency": self._company()["currency"],
        }

    def _goods(self, posting: ErpPosting) -> Row:
        product = self._product(posting)
        factor = units.TO_ERP[posting.goods.uom, product["default_uom"]["symbol"]]
        quantity = posting.qty * factor.numerator / factor.denominator
        goods = {"product": product["id"], "unit": product["default_uom"]["id"], "quantity": quantity}
        if posting.lot:
            lot = self._find("stock.lot", json.dumps([["number", "=", posting.lot], ["product", "=", product["id"]]]))
            goods["lot"] = lot["id"]
        return goods

    def _day(self, posting: ErpPosting) -> Row:
        """The day the goods moved, in the zone in which the ERP reckons its days."""
        zone = self._company().get("timezone")
        day = posting.occurred_at.astimezone(ZoneInfo(zone) if zone else UTC).date()
        return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}

    def _product(self, posting: ErpPosting) -> Row:
        return self._one("product.product", posting.goods.ext_code, "default_uom.symbol", "cost_price")

    def _company(self) -> Row:
        return self._find("company.company", "[]", "currency", "timezone")

    def _one(self, model: str, code: str, *fields: str) -> Row:
        return self._find(model, json.dumps([["code", "=", code]]), *fields)

    def _find_uncached(self, model: str, domain: str, *fields: str) -> Row:
        rows = self._search(model, json.loads(domain), *fields)
        if len(rows) != 1:
            raise ErpTrouble(f"{len(rows)} records of {model} match {domain}, expected one")
        return rows[0]

    def _search(self, model: str, domain: list[Any], *fields: str) -> list[Row]:
        encoded = base64.urlsafe_b64encode(_encoder.encode(domain)).decode()
        params = [("d", encoded), ("s", "20"), *(("f", name) for name in fields or ("id",))]
        found: list[Row] = self._call("GET", model, params=params)
        return found

    def _call(self, method: str, path: str, *, json: Row | None = None, params: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if path != "company.company":
            context = _encoder.encode({"company": self._company()["id"]})
            headers["X-Tryton-Context"] = base64.urlsafe_b64encode(context).decode()
        content = None if json is None else _encoder.encode(json)
        try:
            response = self._http.request(
                method, f"{self._url}/{path}", headers=headers, content=content, params=params
            )
        except httpx.HTTPError as error:
            raise ErpTrouble(f"{method} {path}: {type(error).__name__} {error}") from error
        if not response.is_success:
            raise ErpTrouble(f"{method} {path}: {response.status_code} {response.text[:500]}")
        try:
            return msgspec.json.decode(response.content) if response.content else None
        except msgspec.DecodeError as error:
            raise ErpTrouble(f"{method} {path}: the answer is not JSON") from error
