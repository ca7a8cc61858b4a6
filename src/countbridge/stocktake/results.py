"""Results counted inside the WMS (F4): fetched, translated, stored like any other scan, each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from countbridge.connectors.contract import Page
from countbridge.domain.keys import FINER
from countbridge.errors import CountbridgeError, InputError
from countbridge.exchange import clocks, quarantine
from countbridge.exchange.feeds import pull
from countbridge.exchange.maps import Rows, translate_or_quarantine
from countbridge.exchange.rows import moment
from countbridge.links.models import Link
from countbridge.stocktake.models import Sheet
from countbridge.stocktake.scans import Entry, take

FLOW = "results"


def fetch(link: Link) -> None:
    """Take in what was counted in the WMS since the last look."""

    def store(page: Page) -> None:
        take_rows(link, page.rows)

    pull(link, "results", link.wms, store)


def take_rows(link: Link, rows: Sequence[dict[str, str | None]] | tuple[object, ...]) -> None:
    """Store results by sheet; one that cannot be used waits in quarantine with its reason."""
    raw = {str(row["id"]): row for row in rows}  # type: ignore[index]
    good = translate_or_quarantine(link, "wms_results", list(raw.values()), flow=FLOW, id_field="id")  # type: ignore[arg-type]
    by_sheet: dict[str, Rows] = defaultdict(list)
    for row in good:
        by_sheet[str(row["sheet"])].append(row)
    with transaction.atomic():
        for number, theirs in by_sheet.items():
            sheet = Sheet.objects.filter(number=number, count__link=link).first()
            for row_id, error in _take_sheet(link, sheet, number, theirs):
                if error is None:
                    quarantine.settle(link, FLOW, row_id)
                else:
                    quarantine.put(link, FLOW, row_id, dict(raw[row_id]), error.code, error.params)  # type: ignore[call-overload]


def _take_sheet(link: Link, sheet: Sheet | None, number: str, rows: Rows) -> list[tuple[str, CountbridgeError | None]]:
    if sheet is None:
        error = InputError("stocktake.unknown_sheet", sheet=number)
        return [(str(row["id"]), error) for row in rows]
    entries: list[Entry] = []
    failed: list[tuple[str, CountbridgeError | None]] = []
    for row in rows:
        try:
            entries.append(_entry(link, row))
        except CountbridgeError as unusable:
            failed.append((str(row["id"]), unusable))
    return failed + [(taken.id, taken.error) for taken in take(sheet.pk, entries, "wms")]


def _entry(link: Link, row: dict[str, str | None]) -> Entry:
    told = moment(row["counted_at"], "counted_at")
    return Entry(
        id=str(row["id"]),
        bin=str(row["bin"]),
        code=str(row["item"]),
        lot=row["lot"] or "",
        parts={name: row[name] or "" for name in FINER if name in row},
        quantity=str(row["quantity"]),
        unit=str(row["unit"]),
        counted_at=clocks.ours(link.wms, told),
        told_at=told if clocks.is_corrected(link.wms) else None,
        counter=str(row["counted_by"]),
    )
