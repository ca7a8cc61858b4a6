"""A real Tryton to post to, and its books read directly."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import psycopg

from bench.support.servers import TRYTON, say
from countbridge.postgres import EmbeddedPostgres
from countbridge.sandbox import world
from countbridge.sandbox.erp import Site, install, start

Key = tuple[str, str | None]  # item, lot


class Tryton:
    """The filled company over its REST API."""

    def __init__(self, url: str, key: str, database: str) -> None:
        self.url, self.key, self._database = url, key, database
        self._http = httpx.Client(base_url=f"{url}/rest/model", headers={"Authorization": f"Bearer {key}"}, timeout=120)

    def find(self, model: str, fields: list[str], domain: list[Any]) -> list[Any]:
        packed = base64.urlsafe_b64encode(json.dumps(domain).encode()).decode()
        answer = self._http.get(f"/{model}", params={"d": packed, "f": fields})
        answer.raise_for_status()
        found: list[Any] = json.loads(answer.text, parse_float=Decimal)
        return found

    def keys(self, number: int) -> list[Key]:
        """So many items and lots; lots the company lacks are made."""
        items = self.find("product.product", ["code", "template.lot_required"], [["type", "=", "goods"]])
        tracked = {row["code"]: row["id"] for row in items if row["template"]["lot_required"]}
        lots = self.find("stock.lot", ["number", "product.code"], [])
        keys: list[Key] = [(row["product"]["code"], row["number"]) for row in lots if row["product"]["code"] in tracked]
        keys += [(row["code"], None) for row in items if row["code"] not in tracked]
        codes = sorted(tracked)
        for extra in range(number - len(keys)):
            item, lot = codes[extra % len(codes)], f"BENCH{extra:04d}"
            self._http.post("/stock.lot", json={"product": tracked[item], "number": lot}).raise_for_status()
            keys.append((item, lot))
        return sorted(keys, key=str)[:number]

    def booked(self, inventory: str) -> Counter[tuple[Key, Decimal]]:
        """What this inventory added to each key, counted one by one; only what is done."""
        lines = self.find("stock.inventory.line", ["moves"], [["inventory", "=", int(inventory)]])
        ids = [move for line in lines for move in line["moves"]]
        booked: Counter[tuple[Key, Decimal]] = Counter()
        fields = ["product.code", "lot.number", "quantity", "to_location.type", "state"]
        for start_ in range(0, len(ids), 500):
            for move in self.find("stock.move", fields, [["id", "in", ids[start_ : start_ + 500]]]):
                sign = 1 if move["to_location"]["type"] == "storage" else -1
                key = (move["product"]["code"], move["lot"]["number"] if move["lot"] else None)
                booked[key, sign * Decimal(move["quantity"])] += move["state"] == "done"
        return booked

    def tidy(self) -> None:
        """Do the database's housekeeping now, so that it does not fall into somebody's measured time."""
        with psycopg.connect(self._database, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")

    def close(self) -> None:
        self._http.close()


@contextmanager
def tryton(server: EmbeddedPostgres) -> Iterator[Tryton]:
    """The sandbox company's Tryton, its database on `server`."""
    install(TRYTON, say)
    file = server.folder / "world.json"
    file.write_text(world.generate().to_json(), encoding="utf-8")
    site = Site(TRYTON, server.url("postgres"), server.folder, file)
    site.prepare(say)
    with start(site) as running:
        erp = Tryton(running.url, site.keys.api_keys["countbridge"], server.url(site.database))
        try:
            yield erp
        finally:
            erp.close()
