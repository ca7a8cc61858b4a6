"""Scripted people: operators who walk and count what they see, a supervisor, finance. They use only what people have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from countbridge.errors import SetupError
from countbridge.sandbox.demo.faces import Console, Floor, Handheld
from countbridge.sandbox.world_model import World

PAUSE = 0.5


@dataclass
class Crew:
    """People at work until `stop` is called. `trouble` holds what went wrong for one of them, `acknowledged` the line of
    each scan the server said it has."""

    url: str
    password: str
    floor: Callable[[], Floor]
    world: World
    trouble: list[BaseException] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, number: str) -> None:
        """Let everybody work on the count `number`."""
        for user in self.world.users:
            if user.role == "operator":
                self._run(lambda login=user.login: self._operate(login))  # type: ignore[misc]
        self._run(lambda: self._supervise(number))
        self._run(lambda: self._count_in_wms(number))
        self._run(lambda: self._decide(number))

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - handed to the one who waits for the count
                self.trouble.append(error)

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _operate(self, login: str) -> None:
        with Handheld(self.url, login, self.password) as handheld, self.floor() as floor:
            while not self._over.is_set():
                sheets = handheld.sheets()
                if not sheets:
                    self._over.wait(PAUSE)
                    continue
                self._walk(handheld, floor, sheets[0]["id"])

    def _supervise(self, number: str) -> None:
        """The supervisor counts what is left to nobody: sheets whose every counter has seen the goods before."""
        me = (self.url, "supervisor", self.password)
        with Console(*me) as console, Handheld(*me) as handheld, self.floor() as floor:
            while not self._over.wait(PAUSE):
                for sheet in console.get(f"/counts/{number}/sheets")["rows"]:
                    if sheet["state"] == "open" and not sheet["assignee"]:
                        console.post(f"/sheets/{sheet['id']}/assign", {"assignee": "supervisor"})
                for mine in handheld.sheets():
                    self._walk(handheld, floor, mine["id"])

    def _walk(self, handheld: Handheld, floor: Floor, sheet_id: int) -> None:
        """Count a sheet bin by bin: whatever lies there, and zero for goods of the list that are not there."""
        sheet = handheld.sheet(sheet_id)
        recount = sheet["sheet"]["pass"] > 1
        for place in sheet["bins"]:
            if self._over.is_set():
                return
            seen = floor.look(place["bin"])
            if not seen["goods"]:
                self.acknowledged |= handheld.empty(sheet_id, place["bin"], seen["seen_at"])
                continue
            self.acknowledged |= handheld.scan(self._scans(sheet_id, place, seen, with_finds=not recount))
        handheld.submit(sheet_id)

    def _scans(
        self, sheet_id: int, place: dict[str, Any], seen: dict[str, Any], *, with_finds: bool
    ) -> list[dict[str, Any]]:
        listed = {(goods["item"], goods["lot"] or ""): goods for goods in place["goods"]}
        lying = {(goods["ext_code"], goods["lot"]): goods for goods in seen["goods"]}
        scans = []
        for (item, lot), goods in listed.items():
            there = lying.get((item, lot))
            for quantity, unit in self._portions(item, there):
                scans.append(
                    self._scan(sheet_id, place["bin"], goods["codes"][-1], lot, quantity, unit, seen["seen_at"])
                )
        for (item, lot), there in lying.items():
            if (item, lot) not in listed and with_finds:
                for quantity, unit in self._portions(item, there):
                    scans.append(self._scan(sheet_id, place["bin"], there["sku"], lot, quantity, unit, seen["seen_at"]))
        return scans

    def _scan(
        self, sheet: int, bin_code: str, code: str, lot: str, quantity: str, unit: str, at: str
    ) -> dict[str, Any]:
        scan = {"sheet": sheet, "bin": bin_code, "code": code, "lot": lot or None, "quantity": quantity, "unit": unit}
        return {**scan, "counted_at": at}

    def _portions(self, code: str, there: dict[str, Any] | None) -> list[tuple[str, str]]:
        """What the person types: full boxes as boxes and the rest loose; weights in the unit of the label."""
        item = self.world.item_by_code[code]
        if there is None:
            return [("0", item.unit)]
        if there["uom"] == "GRM":
            return [(_plain(Decimal(there["qty"])), "g")]
        quantity = Decimal(there["qty"])
        pack = item.pack_quantity
        if pack and quantity >= pack:
            boxes, loose = divmod(quantity, Decimal(pack))
            return [(_plain(boxes), "box")] + ([(_plain(loose), item.unit)] if loose else [])
        return [(_plain(quantity), item.unit)]

    def _count_in_wms(self, number: str) -> None:
        """Counters who stay in their own WMS: for each bin of their sheets, what the screen books and what lies there."""
        with self.floor() as floor:
            sheets: list[dict[str, Any]] = []
            while not sheets and not self._over.wait(PAUSE):
                sheets = floor.sheets(number)
            for sheet in sheets:
                for bin_code in sheet["bins"] if sheet["counted_with"] == "wms" else ():
                    self._count_bin_in_wms(floor, sheet, bin_code)

    def _count_bin_in_wms(self, floor: Floor, sheet: dict[str, Any], bin_code: str) -> None:
        booked = {(row["sku"], row["lot"]): row for row in floor.booked(bin_code)}
        seen = floor.look(bin_code)
        lying = {(row["sku"], row["lot"]): row for row in seen["goods"]}
        for sku, lot in sorted(booked.keys() | lying.keys()):
            if self._over.is_set():
                return
            row = lying.get((sku, lot))
            floor.count_in_wms(
                {
                    "sheet_no": sheet["sheet_no"],
                    "bin": bin_code,
                    "sku": sku,
                    "lot": lot,
                    "qty": row["qty"] if row else "0",
                    "uom": (row or booked[sku, lot])["uom"],
                    "counted_by": sheet["assignee"],
                    "counted_at": seen["seen_at"],
                }
            )

    def _decide(self, number: str) -> None:
        """Finance looks at what waits, sends the first line back once, and approves the rest with a reason."""
        sent_back = False
        with Console(self.url, "finance", self.password) as console:
            while not self._over.is_set():
                rows = console.get("/approvals", count=number, limit=500)["rows"]
                if not rows:
                    self._over.wait(PAUSE)
                    continue
                if not sent_back:
                    self._say(console, [rows[0]["id"]], "recount", "highest value at stake: please look once more")
                    sent_back = True
                    rows = rows[1:]
                held = [row["id"] for row in rows if row["state"] == "hold"]
                ready = [row["id"] for row in rows if row["state"] == "approve"]
                self._say(console, ready, "approve", "confirmed by a second count")
                self._say(console, held, "recount", "the book moved unexplained: please look once more")

    def _say(self, console: Console, lines: list[int], decision: str, reason: str) -> None:
        if lines:
            console.post("/decisions/preview", {"lines": lines, "decision": decision})
            console.post("/decisions", {"lines": lines, "decision": decision, "reason": reason})


def await_count(
    console: Console, state: set[str], within: float, crew: Crew | None = None, known: AbstractSet[str] = frozenset()
) -> dict[str, Any]:
    """Wait for a count (not one of `known`) that is in one of the states."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if crew is not None and crew.trouble:
            raise crew.trouble[0]
        for row in console.get("/counts", limit=50)["rows"]:
            if row["number"] not in known and row["state"] in state:
                return dict(row)
        time.sleep(PAUSE)
    raise SetupError("sandbox.too_slow", what=f"count {' / '.join(sorted(state))}", seconds=int(within))


def exact(row: dict[str, Any], world: World) -> Fraction:
    """A WMS quantity in the ERP's base unit."""
    return Fraction(row["qty"]) * (Fraction(1, 1000) if row["uom"] == "GRM" else 1)


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
