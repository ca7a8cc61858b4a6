"""Splitting a count into sheets and giving them to people (A2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Count as Number
from django.db.models import QuerySet

from countbridge.domain import assignment
from countbridge.domain.skills import NOTHING, Able, Demand, Work, demand_of, unable
from countbridge.errors import InputError
from countbridge.exchange import events
from countbridge.links.models import Bin
from countbridge.people.access import people_with
from countbridge.people.models import User
from countbridge.stocktake import pairs, paperwork
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


def able_of(user: User) -> Able:
    return Able(frozenset(user.skills), frozenset(user.owners))


def unable_for(people: Mapping[str, User], demands: Sequence[Demand]) -> list[frozenset[str]]:
    """For each demand, those of the people who have not what it takes."""
    able = {name: able_of(user) for name, user in people.items()}
    known = {demand: unable(able, demand) for demand in set(demands)}
    return [known[demand] for demand in demands]


def waits(sheet: Sheet, there: Iterable[User]) -> tuple[str, dict[str, str]] | None:
    """Why a sheet under way is nobody's: code and parameters of the sentence; None for one that somebody has. `there`: everybody
    who may count in its warehouse."""
    if sheet.assignee_id is not None or sheet.state not in UNDER_WAY:
        return None
    where = {"sheet": sheet.number, "warehouse": sheet.warehouse}
    if sheet.demand != NOTHING and not any(able_of(user).may(sheet.demand) for user in there):
        needed = {"skills": ", ".join(sheet.skills) or "-", "owners": ", ".join(sheet.owners) or "-"}
        return "stocktake.waits_for_skill", {**where, **needed}
    return "stocktake.waits_for_person", where


def owners_matter() -> bool:
    """Is anybody limited to some owners' goods?"""
    return User.objects.filter(is_active=True).exclude(owners=[]).exists()


def tell_lacking(count: Count, made: Iterable[Sheet]) -> None:
    """Tell of those of the sheets that nobody has what it takes to count: once for each warehouse and what it takes."""
    there: dict[str, list[User]] = {}
    found: dict[tuple[str, Demand], list[str]] = defaultdict(list)
    for sheet in made:
        if sheet.assignee_id is None and sheet.demand != NOTHING:
            if sheet.warehouse not in there:
                there[sheet.warehouse] = counters(sheet.warehouse)
            why = waits(sheet, there[sheet.warehouse])
            if why is not None and why[0] == "stocktake.waits_for_skill":
                found[sheet.warehouse, sheet.demand].append(sheet.number)
    for (warehouse, demand), numbers in sorted(found.items()):
        events.record(
            "sheet", "stocktake.nobody_has_skill", count=count.number, number=len(numbers), sheet=numbers[0],
            warehouse=warehouse, skills=", ".join(demand.skills) or "-", owners=", ".join(demand.owners) or "-",
        )  # fmt: skip


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
    policy, owners = policy_of(count.policy), owners_matter()
    stops = [
        assignment.Line(
            pk, line.warehouse, line.zone, line.bin, order[line.bin], frozenset(counted_by[line.pk]),
            demand_of([Work(line.warehouse, line.zone, line.item_class, line.owner)], policy.needs, owners=owners),
        )
        for pk, line in waiting.items()
    ]  # fmt: skip
    parts = assignment.split_sheets(stops, policy.sheet_lines)
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
    tell_lacking(count, new)
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
                skills=list(part.demand.skills),
                owners=list(part.demand.owners),
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
            without = unable_for(people, [parts[index].demand for index in left])
            barred = [parts[index].barred | less for index, less in zip(left, without, strict=True)]
            sizes = [len(parts[index].lines) for index in left]
            names = assignment.share_out(sizes, sorted(people), load(people), barred)
            for index, name in zip(left, names, strict=True):
                sheets[index].assignee = people[name] if name else None


def load(people: Iterable[str]) -> dict[str, int]:
    """Lines each person still has on sheets under way."""
    mine = Sheet.objects.filter(assignee__username__in=list(people), state__in=UNDER_WAY)
    # A second sheet over the same lines is as much work as the first.
    found = dict.fromkeys(people, 0)
    for field in ("lines", "beside__lines"):
        for row in mine.values("assignee__username").annotate(n=Number(field)):
            found[row["assignee__username"]] += row["n"]
    return found


def counted_by_of(scans: QuerySet[Scan], of: str) -> dict[int, set[str]]:
    """Who made these scans, by line or sheet (`of` is the field that names it)."""
    found: dict[int, set[str]] = defaultdict(set)
    for each, counter in scans.values_list(of, "counter").distinct():
        found[each].add(counter)
    return found


def reassign(sheet_id: int, username: str, actor: User) -> Sheet:
    """Give a sheet that is not submitted to someone else. A recount never goes to a person who counted its lines."""
    with transaction.atomic():
        pairs.lock(sheet_id)
        sheet = Sheet.objects.select_related("count__link", "assignee", "beside__assignee").get(pk=sheet_id)
        if sheet.state not in UNDER_WAY:
            raise InputError("stocktake.sheet_submitted", sheet=sheet.number)
        person = next((user for user in counters(sheet.warehouse) if user.username == username), None)
        if person is None:
            raise InputError("stocktake.not_a_counter", user=username, warehouse=sheet.warehouse)
        counted = sheet.pass_number > 1 and Scan.objects.filter(line__sheet=sheet, counter=username).exists()
        if counted or pairs.counted_the_other(sheet, username):
            raise InputError("stocktake.same_person_again", user=username, sheet=sheet.number)
        if not able_of(person).may(sheet.demand):
            raise InputError(
                "stocktake.lacks_skill", user=username, sheet=sheet.number, skills=", ".join(sheet.skills) or "-",
                owners=", ".join(sheet.owners) or "-",
            )  # fmt: skip
        before, sheet.assignee = sheet.assignee, person
        sheet.save(update_fields=["assignee"])
        event = events.record(
            "sheet", "stocktake.reassigned", count=sheet.count.number, actor=actor.username,
            sheet=sheet.number, before=before or "-", after=username,
        )  # fmt: skip
        if sheet.pass_number == 1:
            paperwork.send_sheets(sheet.count, [sheet], f"{sheet.count.number}-sheets-{event.pk}")
    return sheet
