"""What people do: a planner orders a count, operators walk and scan, finance decides, a consultant mends what is stuck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

from django.db import connection

from countbridge.errors import InputError
from countbridge.exchange import quarantine, review
from countbridge.exchange.models import Delivery, QuarantinedRecord, ReviewDecision
from countbridge.links.models import Link
from countbridge.people.access import WarehouseScope
from countbridge.people.models import Membership, User
from countbridge.simulation.agenda import Agenda
from countbridge.simulation.company import Company
from countbridge.simulation.desk import Desk
from countbridge.simulation.network import LATEST, Network
from countbridge.simulation.places import BY_ITEM, WAREHOUSE, Key, plain
from countbridge.stocktake import decisions, pairs, progress, sheets
from countbridge.stocktake.models import Count, Line, Sheet
from countbridge.stocktake.scans import Entry, take

Decision = ReviewDecision.Decision
OPERATORS = ("op1", "op2", "op3", "op4", "op5")
DESK = {"sun": "planner", "qian": "finance", "zhao": "supervisor", "zhou": "consultant"}
EVERYWHERE = WarehouseScope(everywhere=True)

# Is there a sheet to walk, one that is nobody's, a line to decide, something refused? One question instead of four looks.
WAITING = """
SELECT EXISTS (SELECT FROM stocktake_sheet WHERE state IN ('open', 'counting') AND assignee_id IS NOT NULL),
       EXISTS (SELECT FROM stocktake_sheet WHERE state IN ('open', 'counting') AND assignee_id IS NULL),
       EXISTS (SELECT FROM stocktake_line WHERE state IN ('approve', 'hold')),
       EXISTS (SELECT FROM exchange_quarantinedrecord WHERE state = 'waiting')
       OR EXISTS (SELECT FROM exchange_delivery WHERE state = 'needs_review')
"""


def hire() -> dict[str, User]:
    """The company's people, once for all runs."""
    roles = dict.fromkeys(OPERATORS, "operator") | DESK
    users = {name: User.objects.get_or_create(username=name)[0] for name in roles}
    for name, role in roles.items():
        Membership.objects.get_or_create(user=users[name], role=role, warehouse=None)
    return users


def _waiting() -> tuple[bool, ...]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        found: tuple[bool, ...] = cursor.fetchone()
    return found


class People:
    """`acknowledged`: scans somebody was told are stored: id → quantity as entered."""

    def __init__(
        self, company: Company, network: Network, agenda: Agenda, random: Random, users: dict[str, User], link: Link
    ) -> None:
        self.company, self.network, self.agenda, self.random = company, network, agenda, random
        self.users, self.link = users, link
        self.acknowledged: dict[str, str] = {}
        self.doubtful: set[Key] = set()  # decided by finance without anybody knowing
        self._walking: set[int] = set()
        self._scans = 0
        self.desk = Desk(network)

    # -- the planner ---------------------------------------------------------------------------------------------------

    def order(self, locations: list[str]) -> None:
        """Approve a count in the ERP, a document for each location."""
        at = self.agenda.now.isoformat()
        for number, location in enumerate(locations, start=1):
            self.company.erp.approvals[str(number)] = {
                "id": str(number), "number": f"INV{number}", "location": location, "warehouse": WAREHOUSE,
                "date": self.agenda.now.date().isoformat(), "state": "draft", "created_by": "sun",
                "created_at": at, "written_at": at,
            }  # fmt: skip

    # -- at the system -------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Everybody looks what is to be done, and starts on it."""
        for waiting, work in zip(
            self.desk.ask(_waiting), (self._start_walks, self._take_orphans, self._decide, self._mend), strict=True
        ):
            if waiting:
                self.desk.attempt(work)

    # -- operators -----------------------------------------------------------------------------------------------------

    def _start_walks(self) -> None:
        waiting = Sheet.objects.filter(
            state__in=sheets.UNDER_WAY, count__state=Count.State.COUNTING, assignee__isnull=False
        ).order_by("pk")
        for sheet in waiting.select_related("assignee", "count"):
            if sheet.counted_with == "wms" and sheet.pass_number == 1:
                if f"{sheet.count.number}-sheets" in self.company.wms.received and sheet.pk not in self._walking:
                    self._walking.add(sheet.pk)
                    self._walk_in_wms(sheet)
            elif sheet.pk not in self._walking:
                self._walking.add(sheet.pk)
                self._walk(sheet)

    def _walk(self, sheet: Sheet) -> None:
        """Bin after bin, then hand the sheet in; scans of a walk without network are sent at its end."""
        offline = self.random.random() < 0.3
        pace = 0.0
        kept: list[Entry] = []
        for code in sheet.bins:
            pace += self.random.uniform(5, 40)
            self.agenda.after(pace, self._visit(sheet, code, kept, offline=offline))
        self.agenda.after(pace + self.random.uniform(1, 10), lambda: self._return(sheet, kept))

    def _visit(self, sheet: Sheet, code: str, kept: list[Entry], *, offline: bool) -> Callable[[], None]:
        def visit() -> None:
            kept.extend(self.desk.ask(lambda: self._seen(sheet, code)))
            if not offline:
                self._send(sheet, kept)

        return visit

    def _seen(self, sheet: Sheet, code: str) -> list[Entry]:
        """What lies in the bin at this moment, and a zero for what the sheet asks about and is not there."""
        asked = set(pairs.lines_of(sheet).filter(bin=code).values_list("item", "lot"))
        lying = {
            (item, lot) for (place, item, lot), quantity in self.company.floor.items() if place == code and quantity
        }
        wanted = asked | lying if sheet.pass_number == 1 or sheet.beside_id else asked
        careful = sheet.pass_number > 1
        return [self._entry(str(sheet.assignee), code, item, lot, careful=careful) for item, lot in sorted(wanted)]

    def _entry(self, who: str, code: str, item: str, lot: str, *, careful: bool) -> Entry:
        """A first count may be wrong; who recounts looks twice."""
        self._scans += 1
        quantity, unit = self.company.floor.get((code, item, lot), Decimal(0)), BY_ITEM[item].unit
        if not careful and self.random.random() < self.company.profile.miscount:
            quantity += 100 + self._scans
        elif BY_ITEM[item].pack and quantity and quantity % BY_ITEM[item].pack == 0:
            quantity, unit = quantity / BY_ITEM[item].pack, "box"
        # A handheld's clock is measured against ours, and that to half a second.
        counted_at = self.agenda.now + timedelta(seconds=self.random.uniform(-0.5, 0.5))
        return Entry(f"scan-{self._scans}", code, item, lot, plain(quantity), unit, counted_at, who)

    def _send(self, sheet: Sheet, kept: list[Entry]) -> None:
        """Send what is kept until it is acknowledged. An answer may be lost: the next time it is sent again."""
        if not kept or self._lost():
            return
        batch = list(kept)
        answer: list[str] = []

        def submit() -> None:
            for taken in take(sheet.pk, batch, "pda", sheet.assignee):
                if taken.error is None:
                    answer.append(taken.id)
                elif taken.error.code not in REFUSALS:
                    raise taken.error

        if self.desk.attempt(submit) and not self._lost():
            told = set(answer)
            self.acknowledged |= {entry.id: entry.quantity for entry in batch if entry.id in told}
            kept.clear()

    def _lost(self) -> bool:
        return not self.network.calm and self.random.random() < self.company.profile.trouble

    def _return(self, sheet: Sheet, kept: list[Entry]) -> None:
        """Hand the sheet in; what is still open is looked at first."""
        self._send(sheet, kept)
        if kept:
            self.agenda.after(self.random.uniform(5, 20), lambda: self._return(sheet, kept))
            return
        refused: list[InputError] = []

        def hand_in() -> None:
            try:
                progress.hand_in(sheet.pk)
            except InputError as error:
                refused.append(error)

        if not self.desk.attempt(hand_in):
            self.agenda.after(10, lambda: self._return(sheet, kept))
        elif refused and refused[0].code == "stocktake.sheet_not_done":
            kept.extend(self.desk.ask(lambda: self._seen(sheet, refused[0].params["bin"])))
            self.agenda.after(5, lambda: self._return(sheet, kept))
        elif refused and sheet.pk in self._walking:
            self._walking.discard(sheet.pk)  # the count has moved on; should it come back, the sheet is walked again

    def _walk_in_wms(self, sheet: Sheet) -> None:
        """The same, told to the WMS: every result becomes a row of its feed."""
        pace = 0.0
        for code in sheet.bins:
            pace += self.random.uniform(5, 40)
            self.agenda.after(pace, lambda code=code: self._visit_in_wms(sheet, code))  # type: ignore[misc]

    def _visit_in_wms(self, sheet: Sheet, code: str) -> None:
        for entry in self.desk.ask(lambda: self._seen(sheet, code)):
            goods = BY_ITEM[entry.code]
            amount, uom = Decimal(entry.quantity), "CTN"
            if entry.unit == goods.unit:
                amount, uom = amount * goods.per_unit, goods.uom
            told_at = entry.counted_at + self.company.skew["wms"]
            self.company.wms.results.append(
                {
                    "seq": str(len(self.company.wms.results) + 1), "id": entry.id, "sheet_no": sheet.number, "bin": code,
                    "sku": goods.sku, "lot": entry.lot or None, "qty": plain(amount), "uom": uom,
                    "counted_by": str(sheet.assignee).upper(), "counted_at": told_at.isoformat(),
                }
            )  # fmt: skip

    # -- at the desks --------------------------------------------------------------------------------------------------

    def _take_orphans(self) -> None:
        """A recount for which every operator has counted already is the supervisor's."""
        for sheet in Sheet.objects.filter(state__in=sheets.UNDER_WAY, assignee=None, count__state=Count.State.COUNTING):
            sheets.reassign(sheet.pk, "zhao", self.users["zhao"])

    def _decide(self) -> None:
        """Finance approves what is certain; what may be mere timing, or cannot be explained, is counted again. Of a line that
        was posted already even timing has to be decided, for better or worse."""
        waiting = Line.objects.filter(state__in=decisions.DECIDABLE, count__state=Count.State.COUNTING)
        for line in waiting.order_by("pk"):
            certain = line.variance_min == line.variance_max and line.outcome == "breach"
            what = decisions.APPROVE if certain and line.state == Line.State.APPROVE else decisions.RECOUNT
            if self._refused(line, what):
                self.doubtful.add((line.erp_location, line.item, line.lot))
                self._refused(line, decisions.APPROVE if line.state == Line.State.APPROVE else decisions.KEEP_BOOK)

    def _refused(self, line: Line, what: str) -> bool:
        return bool(decisions.decide([line.pk], what, "as counted", self.users["qian"], EVERYWHERE).refused)

    def _mend(self) -> None:
        """The consultant clears what the systems refused and sends it again, and looks into the ERP where only a person can."""
        self.company.erp.refuses.clear()
        quarantine.resend(QuarantinedRecord.objects.filter(state=QuarantinedRecord.State.WAITING), "zhou", "unblocked")
        for delivery in Delivery.objects.filter(state=Delivery.State.NEEDS_REVIEW).order_by("pk"):
            self._look_up(delivery)

    def _look_up(self, delivery: Delivery) -> None:
        """Is the document in the ERP's list? One that may still be under way is not looked for yet."""
        begun = delivery.attempts.order_by("-pk").values_list("started_at", flat=True).first()
        if begun and self.agenda.now - begun < timedelta(seconds=LATEST):
            return
        there = any(document.reference == delivery.key for document in self.company.erp.posted)
        what = Decision.ARRIVED if there else Decision.DID_NOT_ARRIVE
        review.decide(delivery.pk, what, delivery.key if there else "", "looked it up", "zhou")


# What a person may be told about a scan without anything being wrong with us: the count has moved on meanwhile.
REFUSALS = {
    "stocktake.count_not_counting",
    "stocktake.sheet_submitted",
    "stocktake.sheet_of_other",
    "stocktake.not_on_sheet",
}
