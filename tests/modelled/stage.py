"""A link between the modelled systems, people, and what they do: the builders of the flow tests."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.test import Client

from countbridge.domain.keys import StockKey
from countbridge.exchange.models import Delivery
from countbridge.links.loading import apply_folder
from countbridge.messages import LANGUAGES, render
from countbridge.people import tokens
from countbridge.people.accounts import save_user
from countbridge.people.models import Token, User
from countbridge.stocktake import jobs, pairs
from countbridge.stocktake.models import Count, Line, Sheet
from modelled.jobs import Queue
from modelled.trouble import Died
from modelled.world import Key, World, finer, new_world, plain, shortest

HERE = Path(__file__).parent
PASSWORD = "correct horse 9"
PEOPLE: dict[str, tuple[str, list[str | None]]] = {
    "chen": ("operator", ["W1", "W2"]), "li": ("operator", ["W1", "W2"]), "wang": ("operator", ["W1", "W2"]),
    "zhao": ("supervisor", [None]), "sun": ("planner", [None]), "qian": ("finance", [None]),
    "zhou": ("consultant", [None]), "wu": ("auditor", [None]), "root": ("admin", [None]),
    "zheng": ("supervisor", ["W1"]), "feng": ("finance", ["W1"]), "han": ("operator", ["W1"]),
}  # fmt: skip


MAPS_OF = {
    "wms": ("wms_stock", "wms_movements", "wms_results", "adjustment_to_wms"),
    "erp": ("erp_stock", "adjustment_to_erp"),
}


def copy_link(folder: Path, parts: Mapping[str, Sequence[str]] | None = None, **policy: object) -> Path:
    """The link folder with the connectors' place filled in, and words of the policy changed. `parts`: what a side's stock tells
    apart beside item and lot; its connector declares them and its maps say them."""
    import yaml

    target, systems = folder / "link", folder / "systems"
    for made in (target, systems):
        shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(HERE / "link", target)
    for side in ("erp", "wms"):
        shutil.copytree(HERE / side, systems / side)
        if more := (parts or {}).get(side):
            manifest = systems / side / "connector.yaml"
            known = f"parts: [lot, {', '.join(more)}], unique: ["
            manifest.write_text(_with_parts(manifest.read_text(encoding="utf-8"), known, more), encoding="utf-8")
            for name in MAPS_OF[side]:
                rules = "".join(f"- {{target: {part}, from: {part}}}\n" for part in more)
                with (target / "maps" / f"{name}.yaml").open("a", encoding="utf-8") as file:
                    file.write(rules)
    told = yaml.safe_load(
        (target / "link.yaml").read_text(encoding="utf-8").replace("@here@", str(systems if parts else HERE))
    )
    told["policy"] |= policy
    (target / "link.yaml").write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    return target


def _with_parts(manifest: str, known: str, more: Sequence[str]) -> str:
    """The manifest with the parts in its stock, and among what tells its rows apart."""
    lines = manifest.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("  stock:"))
    lines[at] = lines[at].replace("unique: [", known).replace("]}", f", {', '.join(more)}]}}")
    return "".join(lines)


class Stage:
    """World, link, queue and people of one test."""

    def __init__(self, folder: Path, people: tuple[str, ...] = ("chen", "li", "sun", "qian"),
                 parts: Mapping[str, Sequence[str]] | None = None, **policy: object) -> None:  # fmt: skip
        self.world: World = new_world(uuid4().hex)
        self.world.erp.parts = tuple((parts or {}).get("erp", ()))
        self.world.wms.parts = tuple((parts or {}).get("wms", ()))
        self.folder = copy_link(folder, parts, **policy)
        self.link, cadence = apply_folder(self.folder, {"WORLD": self.world.name, "KEY": "secret-key"})
        jobs.schedule(self.link, cadence)
        self.queue = Queue()
        self.users = {name: self._person(name) for name in people}
        self._clients: dict[str, Client] = {}

    def _person(self, name: str) -> User:
        role, places = PEOPLE[name]
        return save_user(name, PASSWORD, roles=[role], warehouses=places, check_password=False)

    # -- time and flows ------------------------------------------------------------------------------------------------

    def flow(self, name: str) -> None:
        """One turn of a flow, as the cadence starts it: notice, sync, follow_movements, fetch_results."""
        try:
            getattr(jobs, name)(self.link.pk)
        except Died:
            self.queue.deaths += 1
            self.flow(name)

    def settle(self) -> dict[str, Any]:
        """Let the clock go on past every ambiguity, read the feeds, and work until nothing is due."""
        self.world.tick()
        self.flow("follow_movements")
        self.flow("fetch_results")
        return self.queue.later()

    # -- the ERP's planner ---------------------------------------------------------------------------------------------

    def approve(self, *locations: str, by: str = "sun", day: str = "2026-11-20", ago: float = 3600) -> list[str]:
        """Drafts a planner saved `ago` seconds ago."""
        at = (self.world.clock - timedelta(seconds=ago)).isoformat()
        made = []
        for location in locations:
            number = str(next(self.world.erp.ids))
            self.world.erp.approvals[number] = {
                "id": number, "number": f"INV{number}", "location": location, "warehouse": location[:2], "date": day,
                "state": "draft", "created_by": by, "created_at": at, "written_at": at,
            }  # fmt: skip
            made.append(number)
        return made

    def start(self, *locations: str) -> Count:
        """A count of these locations, prepared and ready to be counted."""
        self.approve(*locations)
        self.flow("notice")
        failed = self.queue.run()
        assert failed == {}, failed
        count = Count.objects.latest("pk")
        assert count.state == "counting"
        return count

    def order(self, kind: str, mode: str = "blind", who: str = "sun", **scope: Any) -> Count:
        """A count ordered over the API, prepared and ready to be counted."""
        body = {"link": self.link.code, "kind": kind, "mode": mode, "scope": scope}
        answer = self.api(who, "/plans", body)
        assert answer.status_code == 200, answer.content
        assert self.queue.run() == {}
        count = Count.objects.get(number=answer.json()["number"])
        assert (count.state, count.kind) == ("counting", kind)
        return count

    # -- people --------------------------------------------------------------------------------------------------------

    def client(self, name: str, scope: str = Token.PDA) -> Client:
        """Calls of this person with a token of that scope."""
        if (key := f"{name}/{scope}") not in self._clients:
            token = tokens.issue(self.users[name], scope, "test")
            self._clients[key] = Client(HTTP_HOST="localhost", headers={"Authorization": f"Bearer {token}"})
        return self._clients[key]

    def forget(self, name: str, scope: str = Token.PDA) -> None:
        """A token that was handed back: the next call of this person brings another."""
        self._clients.pop(f"{name}/{scope}", None)

    def api(self, name: str, path: str, body: dict[str, Any] | None = None, language: str = "en") -> Any:
        """An API token's GET, or POST when there is a body. The answer as it came."""
        return self._call(self.client(name, Token.API), path, body, language)

    def pda(self, name: str, path: str, body: dict[str, Any] | None = None, language: str = "en") -> Any:
        return self._call(self.client(name, Token.PDA), f"/pda{path}", body, language)

    def _call(self, client: Client, path: str, body: dict[str, Any] | None, language: str) -> Any:
        headers = {"Accept-Language": language}
        if body is None:
            return client.get(f"/api{path}", headers=headers)
        return client.post(f"/api{path}", body, content_type="application/json", headers=headers)

    def scan(self, sheet: Sheet, bin: str, code: str, quantity: str, unit: str = "u", lot: str = "", *,
             at: datetime | None = None, who: str | None = None, id: str | None = None,
             expires: str | None = None, **parts: str) -> dict[str, Any]:  # fmt: skip
        """One counted portion sent by the sheet's person; the answer for it."""
        body = self.entry(sheet, bin, code, quantity, unit, lot, at=at, id=id, **parts)
        if expires is not None:
            body["expires"] = expires
        return self.send([body], who or str(sheet.assignee))[0]

    def entry(self, sheet: Sheet, bin: str, code: str, quantity: str, unit: str = "u", lot: str = "", *,
              at: datetime | None = None, id: str | None = None, **parts: str) -> dict[str, Any]:  # fmt: skip
        return {
            "id": id or str(uuid4()), "sheet": sheet.pk, "bin": bin, "code": code, "lot": lot or None,
            "quantity": quantity, "unit": unit, "counted_at": (at or self.world.clock).isoformat(), **parts,
        }  # fmt: skip

    def send(self, entries: list[dict[str, Any]], who: str) -> list[dict[str, Any]]:
        answer = self.pda(who, "/scans", {"scans": entries})
        assert answer.status_code == 200, answer.content
        return list(answer.json()["results"])

    def submit(self, sheet: Sheet) -> None:
        answer = self.pda(str(sheet.assignee), f"/sheets/{sheet.pk}/submit", {})
        assert answer.status_code == 200, answer.content

    def count_sheet(self, sheet: Sheet, shelf: dict[Key, Decimal] | None = None) -> None:
        """The sheet's person counts what lies there (or what `shelf` says instead) and hands the sheet in."""
        seen = self.world.floor | (shelf or {})
        wanted = {shortest(*StockKey.of(line.bin, line)) for line in pairs.lines_of(sheet)}
        walked = sheet.pass_number == 1 or sheet.beside_id is not None
        extra = {key for key, quantity in seen.items() if quantity and key[0] in sheet.bins and walked}
        entries = [
            self.entry(sheet, *key[:2], plain(seen.get(key, Decimal(0))), self.unit(key[1]), **self._named(key))
            for key in sorted(wanted | extra)
        ]
        assert [r for r in self.send(entries, str(sheet.assignee)) if not r["ok"]] == []
        self.submit(sheet)

    def _named(self, key: Key) -> dict[str, str]:
        """What a person who sees such a key says of it: each part the WMS keeps apart, by name."""
        told = finer(key)
        return {"lot": told["lot"], **{name: told.get(name, "") for name in self.world.wms.parts}}

    def unit(self, item: str) -> str:
        return str(self.world.erp.items[item]["unit"])

    def count_all(self, count: Count) -> None:
        """Every open PDA sheet is counted right, recounts too, until nothing is left to count."""
        for _ in range(4):
            sheets = list(count.sheets.filter(state__in=("open", "counting"), counted_with="pda"))
            if not sheets:
                return
            for sheet in sheets:
                self.world.tick()
                self.count_sheet(sheet)
            self.settle()
        raise AssertionError("counting does not come to an end")

    def decide(self, count: Count, decision: str = "approve", *, who: str = "qian", **lines: Any) -> dict[str, Any]:
        """Decide every line that waits for it (or those of the given fields)."""
        ids = list(count.lines.filter(state__in=("approve", "hold"), **lines).values_list("pk", flat=True))
        answer = self.api(who, "/decisions", {"lines": ids, "decision": decision, "reason": "seen on the shelf"})
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    def line(self, count: Count, bin: str, item: str, lot: str = "", **parts: str) -> Line:
        return Line.objects.get(count=count, bin=bin, item=item, lot=lot, **parts)

    def complete(self, count: Count) -> Count:
        """Count, approve and work until nothing is due."""
        self.count_all(count)
        if count.lines.filter(state="approve").exists():
            self.decide(count)
        self.queue.later()
        count.refresh_from_db()
        return count


def sentences(code: str, params: dict[str, object]) -> dict[str, str]:
    """The sentence of an error in each language; fails when one is missing or has an unfilled placeholder."""
    said = {language: render(code, params, language) for language in LANGUAGES}
    for language, text in said.items():
        assert "{" not in text, f"{code} in {language}: {text}"
        assert not text.startswith(code), f"{code} has no sentence in {language}"
    assert said["zh"] != said["en"]
    return said


def deliveries(count: Count) -> dict[str, str]:
    """Key (without the count's number) → state."""
    rows = Delivery.objects.filter(count=count.number).values_list("key", "state")
    return {key.removeprefix(f"{count.number}-"): state for key, state in rows}
