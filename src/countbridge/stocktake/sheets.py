"""Splitting a count into sheets and giving them to people (A2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count as Number
from django.db.models import Q, QuerySet

from countbridge.domain import assignment
from countbridge.errors import InputError
from countbridge.exchange import events
from countbridge.links.models import Bin
from countbridge.people.access import people_with
from countbridge.people.models import User
from countbridge.stocktake import paperwork
from countbridge.stocktake.columns import store
from countbridge.stocktake.models import Count, Line, Scan, Sheet
from countbridge.stocktake.policy import policy_of

UNDER_WAY = (Sheet.State.OPEN, Sheet.State.COUNTING)
ON_SHEET = Number("lines")


def counters(warehouse: str) -> list[User]:
    """Everybody who may count in the warehouse, by name."""
    return list(people_with("count.scan", warehouse))


def operators(warehouse: str) -> dict[str, User]:
    """Those of the counters whose work counting is: sheets are given to them unasked."""
    return with_role(warehouse, "operator")


def with_role(warehouse: str, role: str) -> dict[str, User]:
    """Those who may count in the warehouse and have this role, by username."""
    return {user.username: user for user in people_with("count.scan", warehouse).filter(memberships__role=role)}


def recounts_for(count: Count) -> list[Sheet]:
    """Put lines that need another count onto new sheets for somebody who has not counted them. Without such a person the
    sheet waits unassigned for the supervisor. Returns the new sheets."""
    done = (Sheet.State.SUBMITTED, Sheet.State.CLOSED)
    waiting = {
        str(line.pk): line
        for line in Line.objects.filter(count=count, state=Line.State.RECOUNT, sheet__state__in=done).order_by("pk")
    }
    order = dict(Bin.objects.filter(link_id=count.link_id).values_list("code", "walk_order")) if waiting else {}
    counted_by = counted_by_of(Scan.objects.filter(line__in=list(waiting.values())), "line_id")
    stops = [
        assignment.Line(pk, line.warehouse, line.zone, line.bin, order[line.bin], frozenset(counted_by[line.pk]))
        for pk, line in waiting.items()
    ]
    parts = assignment.split_sheets(stops, policy_of(count.policy).sheet_lines)
    new: list[Sheet] = []
    for part in parts:
        lines = [waiting[stop.id] for stop in part.lines]
        pass_number = max(line.pass_number for line in lines) + 1
        new += _make(count, [part], pass_number=pass_number, letter="R", offset=len(new))
    Sheet.objects.bulk_create(new)
    for sheet, part in zip(new, parts, strict=True):
        lines = [waiting[stop.id] for stop in part.lines]
        for line in lines:
            line.sheet, line.pass_number = sheet, sheet.pass_number
        store(lines, "sheet_id", "pass_number")
        assignee = sheet.assignee or "-"
        events.record(
            "sheet",
            "stocktake.recount_sheet",
            count=count.number,
            sheet=sheet.number,
            lines=len(lines),
            assignee=assignee,
        )
    return new


def _make(
    count: Count, parts: Sequence[assignment.Sheet], *, pass_number: int, letter: str, offset: int = 0
) -> list[Sheet]:
    numbered = count.sheets.filter(pass_number__gt=1).count() + offset if letter else 0
    in_zone: dict[str, int] = defaultdict(int)
    made = []
    for part in parts:
        in_zone[part.zone] += 1
        number = in_zone[part.zone] + numbered
        made.append(
            Sheet(
                count=count,
                number=f"{count.number}-{part.zone}-{letter}{number:02d}",
                warehouse=part.warehouse,
                zone=part.zone,
                pass_number=pass_number,
                bins=list(part.bins),
            )
        )
    _give_out(made, parts, policy_of(count.policy).supervisor_from_pass)
    return made


def _give_out(sheets: Sequence[Sheet], parts: Sequence[assignment.Sheet], supervisor_from: int) -> None:
    """The longest first, each to the least loaded person allowed; what was counted often enough is a supervisor's, where there
    is one who has not counted it."""
    groups = sorted({(sheet.warehouse, sheet.pass_number >= supervisor_from) for sheet in sheets})
    for warehouse, supervised in groups:
        mine = [
            index
            for index, sheet in enumerate(sheets)
            if (sheet.warehouse, sheet.pass_number >= supervisor_from) == (warehouse, supervised)
        ]
        for people in (with_role(warehouse, "supervisor") if supervised else {}, operators(warehouse)):
            left = [index for index in mine if sheets[index].assignee is None]
            names = assignment.assign([parts[index] for index in left], sorted(people), load(people))
            for index, name in zip(left, names, strict=True):
                sheets[index].assignee = people[name] if name else None


def load(people: Iterable[str]) -> dict[str, int]:
    """Lines each person still has on sheets under way."""
    under_way = Number("sheets__lines", filter=Q(sheets__state__in=UNDER_WAY))
    return dict(User.objects.filter(username__in=list(people)).annotate(n=under_way).values_list("username", "n"))


def counted_by_of(scans: QuerySet[Scan], of: str) -> dict[int, set[str]]:
    """Who made these scans, by line or sheet (`of` is the field that names it)."""
    found: dict[int, set[str]] = defaultdict(set)
    for each, counter in scans.values_list(of, "counter").distinct():
        found[each].add(counter)
    return found


def reassign(sheet_id: int, username: str, actor: User) -> Sheet:
    """Give a sheet that is not submitted to someone else. A recount never goes to a person who counted its lines."""
    with transaction.atomic():
        sheet = (
            Sheet.objects.select_for_update(of=("self",), no_key=True)
            .select_related("count__link", "assignee")
            .get(pk=sheet_id)
        )
        if sheet.state not in UNDER_WAY:
            raise InputError("stocktake.sheet_submitted", sheet=sheet.number)
        person = next((user for user in counters(sheet.warehouse) if user.username == username), None)
        if person is None:
            raise InputError("stocktake.not_a_counter", user=username, warehouse=sheet.warehouse)
        if sheet.pass_number > 1 and Scan.objects.filter(line__sheet=sheet, counter=username).exists():
            raise InputError("stocktake.same_person_again", user=username, sheet=sheet.number)
        before, sheet.assignee = sheet.assignee, person
        sheet.save(update_fields=["assignee"])
        event = events.record(
            "sheet", "stocktake.reassigned", count=sheet.count.number, actor=actor.username,
            sheet=sheet.number, before=before or "-", after=username,
        )  # fmt: skip
        if sheet.pass_number == 1:
            paperwork.send_sheets(sheet.count, [sheet], f"{sheet.count.number}-sheets-{event.pk}")
    return sheet
