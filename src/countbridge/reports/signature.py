"""The result of a count as a PDF to be signed: what was counted, how right the books were, every variance and who decided it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import IO, Any

from django.db.models import F, Q
from django.db.models.functions import Abs

from countbridge.domain.accuracy import Measure, Results
from countbridge.domain.decimals import EXACT, decimal_text, round_half_up
from countbridge.domain.expiry import DIFFERS, EXPIRED
from countbridge.domain.keys import GOODS, TRAITS
from countbridge.messages import render
from countbridge.reports.content import (
    NAME_OF,
    Report,
    decided,
    each,
    figures,
    measured,
    names_of,
    one_moment,
    outcome,
    reasons,
    remarks,
    worth,
)
from countbridge.reports.paper import FIELDS, Column, Paper
from countbridge.stocktake.decisions import LEADS_TO
from countbridge.stocktake.models import Line
from countbridge.stocktake.result_figures import BY, VALUE, Group, grouped, total

MOST_GROUPS = 15  # of a breakdown; the workbook has them all
MOST_VARIANCES = 5000  # about 200 pages; the workbook has them all
MINUS = "−"


def write(report: Report, file: IO[bytes], most: int = MOST_VARIANCES) -> int:
    """Write the paper into `file`; returns its number of pages."""
    say = report.say
    foot = f"{report.count.number} · {report.count.name} · {report.moment(report.made_at)}"
    with one_moment():
        paper = Paper(file, f"{say('title_sign')} {report.count.number}", foot, report.mark)
        found = total(report.lines())
        paper.text(say("title_sign"), 17)
        for remark in remarks(report):
            paper.text(remark, 9.5)
        paper.gap(8)
        paper.facts(report.head())
        _figures(paper, report, found)
        for by in BY:
            _breakdown(paper, report, by)
        _variances(paper, report, found, most)
        _expiry(paper, report, most)
        _signatures(paper, report)
    return paper.save()


def _figures(paper: Paper, report: Report, found: Results) -> None:
    say = report.say
    paper.heading(say("figures"))
    paper.facts([(say(name), shown(value, kind)) for name, value, kind in figures(found)], columns=4)
    names = [name for name, _, _ in measured(found.quantity, "quantity")]
    columns = [Column(say("figure"), 0.12), *(Column(say(name), 0.88 / len(names), right=True) for name in names)]
    paper.table_head(columns)
    for title, measure, kind in (("quantity", found.quantity, "quantity"), ("value", found.value, "money")):
        row = [shown(value, how) for _, value, how in measured(measure, kind)]
        paper.table_row(columns, [say(title), *row])
    paper.text(say("mixed_units"), 7.5)


def _breakdown(paper: Paper, report: Report, by: str) -> None:
    """The groups with most at stake; one group alone says nothing the total does not."""
    groups = grouped(report.lines(), by)
    if not groups or (len(groups) == 1 and by not in ("outcome", "person")):
        return
    say = report.say
    paper.heading(say(f"by_{by}"))
    names = names_of(by, groups[:MOST_GROUPS])
    titles = ("lines", "counted", "varying", "ira_lines")
    columns = [
        Column(say(NAME_OF[by]), 0.24),
        *(Column(say(name), 0.08, right=True) for name in titles),
        *(Column(f"{say(name)} ({say('value')})", 0.088, right=True) for name in VALUES),
    ]
    paper.table_head(columns)
    for group in groups[:MOST_GROUPS]:
        paper.table_row(columns, [report.key_of(by, group, names), *_group(group, titles)])
    if len(groups) > MOST_GROUPS:
        paper.text(say("more_groups", number=len(groups) - MOST_GROUPS), 8)
    if by == "reason":
        paper.text(say("reasons_overlap"), 7.5)


VALUES = ("gain", "loss", "net", "accuracy", "net_shrinkage")


def _group(group: Group, titles: tuple[str, ...]) -> list[str]:
    lines = {name: shown(value, kind) for name, value, kind in figures(group.results)}
    return [*(lines[name] for name in titles), *_money(group.results.value)]


def _money(found: Measure) -> list[str]:
    said = {name: shown(value, kind) for name, value, kind in measured(found, "money")}
    return [said[name] for name in VALUES]


def _variances(paper: Paper, report: Report, found: Results, most: int) -> None:
    """Lines with a variance, most money first; then what is not listed."""
    say = report.say
    paper.heading(say("variances"))
    if not found.varying:
        paper.text(say("no_variances"))
    else:
        columns = _line_columns(report)
        paper.table_head(columns, 7.5)
        lines = decided(report.lines()).filter(counted__isnull=False).exclude(variance=0)
        ordered = lines.annotate(stake=Abs(VALUE)).order_by(
            F("stake").desc(nulls_last=True), "zone", "bin", *GOODS, "pk"
        )
        for line in each(ordered[:most]):
            paper.table_row(columns, _line(report, line), 7.5)
        if found.varying > most:
            paper.text(say("rest_of_variances", number=found.varying - most))
    paper.gap(6)
    amounts = {"matches": found.matches, "counted": found.counted, "uncounted": found.lines - found.counted}
    paper.text(say("matched", **amounts))


def _expiry(paper: Paper, report: Report, most: int) -> None:
    """Goods past their last good day, and labels that say another day than the book, whether or not a quantity differs."""
    dated = report.lines().filter(Q(reasons__contains=[EXPIRED]) | Q(reasons__contains=[DIFFERS]))
    number = dated.count()
    if not number:
        return
    say = report.say
    paper.heading(say("expiry"))
    columns = [
        Column(say("bin"), 0.12), Column(say("item"), 0.24), Column(say("lot"), 0.12),
        Column(say("counted_quantity"), 0.1, right=True), Column(say("expires"), 0.09), Column(say("label_expires"), 0.09),
        Column(say("reasons"), 0.24),
    ]  # fmt: skip
    paper.table_head(columns, 7.5)
    for line in each(dated.order_by("warehouse", "zone", "bin", "item", "lot", "pk")[:most]):
        name = line.item_name_zh if report.chinese else line.item_name_en
        days = [day.isoformat() if day else "—" for day in (line.expires, line.label_expires)]
        counted = f"{shown(line.counted, 'quantity')} {line.unit}"
        place = f"{line.warehouse} {line.bin}"
        paper.table_row(columns, [place, f"{line.item} {name}", line.lot, counted, *days, reasons(report, line)], 7.5)
    if number > most:
        paper.text(say("rest_of_expiry", number=number - most))


def _line_columns(report: Report) -> list[Column]:
    say = report.say
    return [
        Column(say("bin"), 0.09), Column(say("item"), 0.17), Column(say("lot"), 0.07),
        Column(say("expected"), 0.085, right=True), Column(say("counted_quantity"), 0.085, right=True),
        Column(say("variance"), 0.085, right=True), Column(say("line_value"), 0.085, right=True),
        Column(say("reasons"), 0.15), Column(say("decision"), 0.18),
    ]  # fmt: skip


def _line(report: Report, line: Any) -> list[str]:
    name = line.item_name_zh if report.chinese else line.item_name_en
    why = [outcome(report, line), reasons(report, line)]
    return [
        f"{line.warehouse} {line.bin}",
        f"{line.item} {name}",
        " ".join(part for name in TRAITS if (part := getattr(line, name))),
        *(f"{shown(value, 'quantity')} {line.unit}" for value in (line.expected, line.counted, line.variance)),
        shown(worth(line), "money"),
        report.listed(part for part in why if part),
        _decision(report, line),
    ]


def _decision(report: Report, line: Any) -> str:
    """Who decided what, when and why, where that is what the line came to; else what the rules made of it, or that it waits."""
    if line.state in Line.FINAL and LEADS_TO.get(line.decision) == line.state:
        said = f"{report.say(f'decision_{line.decision}')} {line.decided_by} {report.moment(line.decided_at)}"
        return f"{said}\n{line.decision_reason}"
    state = render(f"word.{line.state}", {}, report.language)
    if line.state in (Line.State.SETTLED, Line.State.KEPT):
        return f"{state} ({report.say('settled_by_rule')})"
    return f"{report.say('waiting')}: {state}"


def _signatures(paper: Paper, report: Report) -> None:
    say = report.say
    paper.heading(say("signatures"), below=FIELDS * 1.5)
    people = ("sign_counted", "sign_supervisor", "sign_finance", "sign_auditor")
    blanks = ("sign_name", "sign_signature", "sign_date")
    paper.fields([say(name) for name in people], [say(name) for name in blanks])


def shown(value: Any, kind: str) -> str:
    """A figure as people write it: −1,234.50 for money, 98.21 % for a share (cut, so that 99.996 % is not called 100 %),
    all its decimals for a quantity."""
    if value is None:
        return "—"
    number = Decimal(value)
    if kind == "share":
        cut = int(EXACT.multiply(number, Decimal(10_000)))
        return f"{_grouped(format(Decimal(cut).scaleb(-2), '.2f'))} %"
    return _grouped(_fixed(number, 2) if kind == "money" else decimal_text(number))


def _fixed(number: Decimal, places: int) -> str:
    return format(round_half_up(Fraction(number), places), f".{places}f")


def _grouped(text: str) -> str:
    """Thousands apart, with a true minus; -0.00 has none."""
    negative = text.startswith("-") and text.strip("-0.") != ""
    whole, point, fraction = text.lstrip("-").partition(".")
    return (MINUS if negative else "") + f"{int(whole):,}" + point + fraction
