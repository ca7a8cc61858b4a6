"""What both files say: the head of a count, its figures by name, its lines with who decided what; in one language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery

from countbridge.domain.accuracy import Measure, Results
from countbridge.domain.decimals import EXACT
from countbridge.links.models import Warehouse
from countbridge.messages import catalogue, render
from countbridge.people.access import WarehouseScope
from countbridge.people.models import User
from countbridge.stocktake.models import Count, Decision, Line
from countbridge.stocktake.reasons import name as reason_name
from countbridge.stocktake.reasons import sentences
from countbridge.stocktake.result_figures import Group

TOLERANCE = ("percent", "quantity", "value")
PORTION = 1000  # lines held at a time
MOST_UNBOOKED = 20  # documents of the cut-off list named in a head
NAME_OF = {
    "warehouse": "warehouse", "zone": "zone", "class": "class", "person": "counter", "outcome": "outcome",
    "reason": "reasons", "cause": "cause",
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """A count as one reader may see it. `scope`: the warehouses they may see with the book's quantities."""

    count: Count
    scope: WarehouseScope
    language: str
    made_at: datetime
    made_by: str

    def say(self, code: str, **params: object) -> str:
        return render(f"results.{code}", params, self.language)

    @property
    def chinese(self) -> bool:
        return self.language.startswith("zh")

    def listed(self, parts: Iterable[str]) -> str:
        return ("；" if self.chinese else "; ").join(parts)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.count.link.time_zone)

    @property
    def is_draft(self) -> bool:
        """Until the count is closed its figures may still change."""
        return self.count.state != Count.State.CLOSED

    @property
    def mark(self) -> str:
        """What stands across a paper that is no result yet, or never will be; "" on a closed count's."""
        if self.count.state == Count.State.CANCELLED:
            return self.say("mark_cancelled")
        return self.say("mark_draft") if self.is_draft else ""

    @property
    def warehouses(self) -> list[str]:
        """The codes of the count's warehouses that the report covers."""
        return [code for code in self.count.warehouses if code in self.scope]

    @property
    def is_partial(self) -> bool:
        return len(self.warehouses) < len(self.count.warehouses)

    def lines(self) -> QuerySet[Line]:
        return self.scope.limit(self.count.lines.all(), "warehouse")

    def moment(self, value: datetime | None) -> str:
        """To the minute, in the link's time zone; "" for none."""
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if value else ""

    def head(self) -> list[tuple[str, str]]:
        """What the count is, as (name, value); what is not known is left out."""
        count = self.count
        names = dict(Warehouse.objects.filter(link=count.link).values_list("code", "name"))
        places = [f"{code} {names[code]}" if names.get(code, code) != code else code for code in self.warehouses]
        rows = [
            (self.say("count"), f"{count.number} {count.name}"),
            (self.say("state"), render(f"word.{count.state}", {}, self.language)),
            (self.say("warehouses"), ", ".join(places)),
            (self.say("what"), render(f"word.kind_{count.kind}", {}, self.language)),
            (self.say("kind"), self.say(f"mode_{count.mode}")),
            (self.say("responsible"), count.responsible),
            (self.say("snapshot_at"), self.moment(count.snapshot_at)),
            (self.say("cutoff"), self.listed(self._documents("last"))),
            (self.say("cutoff_unbooked"), self.listed(self._documents("unbooked", MOST_UNBOOKED))),
            (self.say("started_at"), self.moment(count.started_at)),
            (self.say("posted_at"), self.moment(count.posted_at)),
            (self.say("closed_at"), self.moment(count.closed_at)),
            (self.say("time_zone"), count.link.time_zone),
            (self.say("currency"), count.link.currency),
            (self.say("tolerance"), self.tolerance()),
            (self.say("within"), self._within()),
            (self.say("rules"), self.listed(rule["name"] for rule in count.policy.get("rules", ()))),
            (self.say("signed"), self.listed(self._signed())),
            (self.say("made"), f"{self.moment(self.made_at)} {self.made_by}".strip()),
        ]
        return [(name, value) for name, value in rows if value]

    def _documents(self, which: str, most: int | None = None) -> Iterator[str]:
        """Documents of the count's cut-off list in the reader's warehouses; after `most` of them how many more there are."""
        rows = [row for row in self.count.cutoff.get(which, ()) if row["warehouse"] in self.scope]
        for row in rows[:most]:
            known = f"word.movement_{row['kind']}"
            kind = render(known, {}, self.language) if known in catalogue() else row["kind"]
            yield f"{row['warehouse']} {kind} {row['document']}"
        if most is not None and len(rows) > most:
            yield f"+{len(rows) - most}"

    def _signed(self) -> Iterator[str]:
        """Who signed for the sum of the variances, level by level: the signatures that stand."""
        given = self.count.signoffs.filter(outcome="signed").select_related("user").order_by("round", "level")
        for one in given:
            yield f"{one.name}: {one.user.shown_name if one.user else '-'} {self.moment(one.at)}"

    def tolerance(self) -> str:
        """The limits of the count's policy that apply, as one text."""
        told = self.count.policy.get("tolerance", {})
        limits = [self.say(f"limit_{name}", limit=told[name]) for name in TOLERANCE if told.get(name) is not None]
        return self.listed(limits) or self.say("limit_none")

    def _within(self) -> str:
        keeps = self.count.policy.get("within_tolerance", "post") == "keep_book"
        return self.say("within_keep_book" if keeps else "within_post")

    def key_of(self, by: str, group: Group, names: dict[str, str]) -> str:
        """The name of a group as people read it."""
        word = group.key[-1]
        if by == "zone":
            return " / ".join(group.key)
        if by == "outcome":
            return self.say(f"outcome_{word}") if word else self.say("not_judged")
        if by == "reason":
            return reason_name(word, self.language) if word else self.say("no_reason")
        if by == "cause":
            return self.say(f"cause_{word}") if word else self.say("no_cause")
        if by == "person":
            return names.get(word, word) if word else self.say("nobody")
        return word or self.say("no_class")


def remarks(report: Report) -> list[str]:
    """What a reader must know before reading on."""
    found = []
    state = render(f"word.{report.count.state}", {}, report.language)
    if report.count.state == "cancelled":
        found.append(report.say("cancelled"))
    elif report.is_draft:
        found.append(report.say("draft", state=state))
    if report.is_partial:
        found.append(
            report.say("partial", covered=", ".join(report.warehouses), every=", ".join(report.count.warehouses))
        )
    return found


def names_of(by: str, groups: list[Group]) -> dict[str, str]:
    """Username → username and name, of the people among the groups by person."""
    if by != "person":
        return {}
    people = User.objects.filter(username__in=[group.key[0] for group in groups])
    named = {user.username: user.get_full_name().strip() for user in people}
    return {username: f"{username} {name}" if name else username for username, name in named.items()}


def figures(found: Results) -> list[tuple[str, Any, str]]:
    """(name of the figure, value, kind) of the lines: kind is `number` or `share`."""
    return [
        ("lines", found.lines, "number"),
        ("counted", found.counted, "number"),
        ("uncounted", found.lines - found.counted, "number"),
        ("matches", found.matches, "number"),
        ("accurate", found.accurate, "number"),
        ("varying", found.varying, "number"),
        ("ira_lines", found.accuracy, "share"),
        ("unpriced", found.unpriced, "number"),
    ]


def measured(found: Measure, kind: str) -> list[tuple[str, Decimal | None, str]]:
    """(name of the figure, value, kind) of one measure; `kind` is what its amounts are: `quantity` or `money`."""
    return [
        ("book", found.book, kind),
        ("gain", found.gain, kind),
        ("loss", found.loss, kind),
        ("net", found.net, kind),
        ("absolute", found.absolute, kind),
        ("moved", found.moved, kind),
        ("accuracy", found.accuracy, "share"),
        ("net_shrinkage", found.net_shrinkage, "share"),
        ("absolute_shrinkage", found.absolute_shrinkage, "share"),
    ]


def decided(lines: QuerySet[Line]) -> QuerySet[Line]:
    """The lines with their last decision: what, why, who, when (None where nobody had to decide)."""
    last = Decision.objects.filter(line=OuterRef("pk")).order_by("-pk")
    return lines.annotate(
        decision=Subquery(last.values("decision")[:1]),
        decision_reason=Subquery(last.values("reason")[:1]),
        decided_by=Subquery(last.values("user__username")[:1]),
        decided_at=Subquery(last.values("at")[:1]),
    )


def each(lines: QuerySet[Line]) -> Iterator[Line]:
    """The lines one after the other, a portion of them in memory."""
    yield from lines.iterator(PORTION)


def worth(line: Line) -> Decimal | None:
    """Variance × price, exact; None where nothing was counted or no price is known."""
    if line.variance is None or line.price is None:
        return None
    return EXACT.multiply(line.variance, line.price)


def outcome(report: Report, line: Line) -> str:
    return report.say(f"outcome_{line.outcome}") if line.outcome else ""


def reasons(report: Report, line: Line) -> str:
    """The sentences as one text, without the full stops between them."""
    return report.listed(said.rstrip(".。") for said in sentences(line, report.language))


@contextmanager
def one_moment() -> Iterator[None]:
    """All queries inside see the database as it is now: the lines of a file add up to the figures above them."""
    if connection.in_atomic_block:  # somebody further out decides what is seen
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
