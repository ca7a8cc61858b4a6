"""What somebody would write instead: post one list of corrections to Tryton, once, and hope.

    python bare_tryton.py URL KEY LINES.json     prints {"seconds", "cpu_seconds", "inventory"}

The same calls as Countbridge's connector makes, nothing around them: no record of what was sent, no key, nothing that
could find it again.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

BATCH, PAGE = 200, 500


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


class Tryton:
    def __init__(self, url: str, key: str) -> None:
        self.http = httpx.Client(base_url=f"{url}/rest/model", headers={"Authorization": f"Bearer {key}"}, timeout=300)

    def find(self, model: str, fields: list[str], domain: list[Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            narrowed = packed([domain, ["id", ">", found[-1]["id"] if found else 0]])
            params = {"f": [*fields, "id"], "d": narrowed, "o": packed([["id", "ASC"]]), "s": str(PAGE)}
            answer = self.http.get(f"/{model}", params=params)
            answer.raise_for_status()
            page = answer.json()
            found += page
            if len(page) < PAGE:
                return found

    def send(self, method: str, path: str, body: object, company: int) -> dict[str, Any]:
        fields = ["id", "state", "number"]
        if not path.endswith("/confirm"):
            fields += [f"lines.{name}" for name in ("product", "lot", "quantity", "expected_quantity")]
        context = {"x-tryton-context": packed({"company": company})}
        answer = self.http.request(method, f"/{path}", params={"f": fields}, json=body, headers=context)
        answer.raise_for_status()
        done: dict[str, Any] = answer.json()
        return done


def batches(values: list[Any]) -> list[list[Any]]:
    return [values[start : start + BATCH] for start in range(0, len(values), BATCH)]


def post(tryton: Tryton, told: dict[str, Any]) -> int:
    company = tryton.find("company.company", ["party.name"], [])[0]["id"]
    fields = ["code", "template.default_uom.digits", "template.lot_required"]
    products = {
        row["code"]: row["id"]
        for some in batches(sorted({line["item"] for line in told["lines"]}))
        for row in tryton.find("product.product", fields, [["code", "in", some], ["type", "=", "goods"]])
    }
    lots = {
        (row["product"]["id"], row["number"]): row["id"]
        for some in batches(sorted(products.values()))
        for row in tryton.find("stock.lot", ["number", "product.id"], [["product", "in", some]])
    }
    place = tryton.find("stock.location", ["code"], [["code", "in", [told["location"]]], ["type", "=", "storage"]])
    wanted = {}
    for line in told["lines"]:
        product = products[line["item"]]
        wanted[product, lots[product, line["lot"]] if line["lot"] else None] = Decimal(line["delta"])
    year, month, day = map(int, told["date"].split("-"))
    lines = [{"product": product, "lot": lot} for product, lot in wanted]
    date = {"__class__": "date", "year": year, "month": month, "day": day}
    values = {"location": place[0]["id"], "company": company, "date": date, "empty_quantity": "keep",
              "lines": [["create", lines]]}  # fmt: skip
    draft = tryton.send("POST", "stock.inventory", values, company)
    writes: list[Any] = []
    for line in draft["lines"]:
        counted = Decimal(str(line["expected_quantity"])) + wanted[line["product"], line["lot"]]
        writes += [[line["id"]], {"quantity": float(counted)}]
    tryton.send("PUT", f"stock.inventory/{draft['id']}", {"lines": [["write", *writes]]}, company)
    done = tryton.send("POST", f"stock.inventory/{draft['id']}/confirm", {}, company)
    assert done["state"] == "done", done
    return int(done["id"])


def main() -> None:
    url, key, file = sys.argv[1:]
    told = json.loads(Path(file).read_text(encoding="utf-8"))
    tryton = Tryton(url, key)
    began, cpu = time.perf_counter(), time.process_time()
    inventory = post(tryton, told)
    spent = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu, "inventory": inventory}
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
