"""The results of a count: accuracy and shrinkage with their breakdowns, as a workbook, and as a paper to sign."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, Any

from django.http import HttpResponseBase
from ninja import Router, Schema

from countbridge import clock
from countbridge.api import shown
from countbridge.api.auth import Request, needs
from countbridge.api.counts import get_count
from countbridge.api.tables import Natural, file_answer
from countbridge.domain.accuracy import Measure, Results
from countbridge.errors import InputError, NotAllowed
from countbridge.people.access import allowed
from countbridge.people.language import CHINESE, ENGLISH, language_of
from countbridge.reports import signature, workbook
from countbridge.reports.content import Report, names_of, one_moment
from countbridge.stocktake.result_figures import Group, grouped, total

router = Router(tags=["results"], by_alias=True)
prefix = ""

LANGUAGES = {"zh": CHINESE, "en": ENGLISH}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
Write = Callable[[Report, IO[bytes]], object]


class MeasureShown(Schema):
    book: str
    gain: str
    loss: str
    net: str
    absolute: str
    moved: str
    accuracy: str | None
    net_shrinkage: str | None
    absolute_shrinkage: str | None


class Figures(Schema):
    lines: int
    counted: int
    matches: int
    accurate: int
    varying: int
    unpriced: int
    accuracy: str | None
    quantity: MeasureShown
    value: MeasureShown


class GroupShown(Figures):
    key: list[str]
    name: str


class ResultsShown(Schema):
    count: str
    state: str
    draft: bool
    currency: str
    warehouses: list[str]
    partial: bool
    total: Figures
    by: str
    groups: int
    rows: list[GroupShown]


@router.get("/counts/{number}/results", auth=needs("count.view"), response=ResultsShown)
def show_results(
    request: Request, number: str, by: str = "zone", offset: Natural = 0, limit: Natural = 100
) -> dict[str, Any]:
    """Accuracy and shrinkage of the count over the warehouses whose book quantities you may see (`line.expected`), in total
    and by warehouse, zone, class, person, outcome or reason; the groups with most money at stake first."""
    report = _report(request, number, "")
    with one_moment():
        found, groups = total(report.lines()), grouped(report.lines(), by)
    page = groups[offset : offset + min(limit, 500)]
    names = names_of(by, page)
    return {
        "count": report.count.number,
        "state": report.count.state,
        "draft": report.is_draft,
        "currency": report.count.link.currency,
        "warehouses": report.warehouses,
        "partial": report.is_partial,
        "total": _figures(found),
        "by": by,
        "groups": len(groups),
        "rows": [_group(report, by, group, names) for group in page],
    }


@router.get("/counts/{number}/results.xlsx", auth=needs("count.view"))
def results_workbook(request: Request, number: str, language: str = "") -> HttpResponseBase:
    """A workbook with the figures, every breakdown and every line, over the warehouses whose book quantities you may see.
    `language` is zh or en; without it Accept-Language decides."""
    return _file(request, number, language, workbook.write, "xlsx", XLSX)


@router.get("/counts/{number}/results.pdf", auth=needs("count.view"))
def results_paper(request: Request, number: str, language: str = "") -> HttpResponseBase:
    """The same as a paper to sign, with every variance and who decided it; a draft until the count is closed."""
    return _file(request, number, language, signature.write, "pdf", PDF)


def _file(request: Request, number: str, language: str, write: Write, kind: str, content: str) -> HttpResponseBase:
    report = _report(request, number, language)
    file = TemporaryFile()  # noqa: SIM115  the answer closes it when it was sent
    try:
        write(report, file)
    except BaseException:
        file.close()
        raise
    said = "zh" if report.chinese else "en"
    return file_answer(request, file, f"{report.count.number}-results-{said}.{kind}", content)


def _report(request: Request, number: str, language: str) -> Report:
    """Refused where the reader may see the book's quantities in none of the count's warehouses: results would tell them."""
    count = get_count(request, number)
    if language and language not in LANGUAGES:
        raise InputError("api.unknown_word", word=language, known=", ".join(LANGUAGES))
    scope = request.warehouses.within(allowed(request.auth, "line.expected"))
    report = Report(count, scope, LANGUAGES.get(language) or language_of(request), clock.now(), request.auth.username)
    if not scope or (count.warehouses and not report.warehouses):
        raise NotAllowed("results.refused", permission="line.expected")
    return report


def _figures(found: Results) -> dict[str, Any]:
    names = ("lines", "counted", "matches", "accurate", "varying", "unpriced")
    return {
        **{name: getattr(found, name) for name in names},
        "accuracy": shown.plain(found.accuracy),
        "quantity": _measure(found.quantity),
        "value": _measure(found.value),
    }


def _measure(found: Measure) -> dict[str, str | None]:
    return {name: shown.plain(getattr(found, name)) for name in MeasureShown.model_fields}


def _group(report: Report, by: str, group: Group, names: dict[str, str]) -> dict[str, Any]:
    return {"key": list(group.key), "name": report.key_of(by, group, names), **_figures(group.results)}
