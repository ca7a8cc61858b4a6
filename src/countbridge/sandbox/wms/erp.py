"""The WMS's own interface to the ERP, as companies have it: stock moves over Tryton's REST."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, tzinfo
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


class ErpTrouble(Exception):
    """The ERP did not do it, or we do not know: look, and try again later."""


class Erp:
    """Look-ups by code are kept for the life of the process. Every failure is an `ErpTrouble`."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=20)
        self._url = url
        self._find = cache(self._find_uncached)

    def draft(self, posting: ErpPosting) -> int:
        """Create the draft move and tell its id."""
        return int(self._call("POST", "stock.move", json=self._move(posting))["id"])

    def find_draft(self, posting: ErpPosting, known: set[int]) -> int | None:
        """A draft with the content of `posting` whose id nobody remembered: the orphan of a lost answer."""
        move = self._move(posting)
        names = ("product", "quantity", "from_location", "to_location", "effective_date", "lot")
        domain = [["state", "=", "draft"], *([name, "=", move.get(name)] for name in names)]
        ids = [row["id"] for row in self._search("stock.move", domain, "state")]
        return next((found for found in ids if found not in known), None)

    def state(self, erp_id: int) -> str | None:
        """draft, done or cancelled; None when the ERP no longer knows the move."""
        rows = self._search("stock.move", [["id", "=", erp_id]], "state")
        return rows[0]["state"] if rows else None

    def make_final(self, erp_id: int) -> None:
        self._call("POST", f"stock.move/{erp_id}/do", json={})

    def _move(self, posting: ErpPosting) -> Row:
        product = self._one("product.product", posting.goods.ext_code, "default_uom.symbol", "cost_price")
        company = self._company()
        source = self._one("stock.location", posting.from_location, "type")
        target = self._one("stock.location", posting.to_location, "type")
        factor = units.TO_ERP[posting.goods.uom, product["default_uom"]["symbol"]]
        move: Row = {
            "product": product["id"],
            "quantity": posting.qty * factor.numerator / factor.denominator,
            "unit": product["default_uom"]["id"],
            "from_location": source["id"],
            "to_location": target["id"],
            "company": company["id"],
            "effective_date": _date(posting.occurred_at.astimezone(_zone(company.get("timezone"))).date()),
        }
        if posting.lot:
            lots = self._find("stock.lot", json.dumps([["number", "=", posting.lot], ["product", "=", product["id"]]]))
            move["lot"] = lots["id"]
        if (source["type"], target["type"]) != ("storage", "storage"):
            move["unit_price"] = product["cost_price"]
            move["currency"] = company["currency"]
        return move

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


def _date(day: date) -> Row:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def _zone(name: str | None) -> tzinfo:
    """The zone in which the ERP reckons its days; it warns about a date after its own today."""
    return ZoneInfo(name) if name else UTC
