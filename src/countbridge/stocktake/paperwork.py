"""The documents a count sends to the other systems, in their own words: task, baseline and sheets at its start, the end of
the count to both when it closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.db import transaction

from countbridge.connectors.contract import Document
from countbridge.connectors.registry import definition
from countbridge.domain.keys import StockKey
from countbridge.errors import ConfigError
from countbridge.exchange.deliveries import propose
from countbridge.exchange.maps import Rows, translate
from countbridge.exchange.models import Delivery
from countbridge.stocktake import work
from countbridge.stocktake.models import BookLine, Count, Progress, Sheet, StagedStock

LINES = 500  # of a document whose manifest names no limit
CHECKED_AT_ONCE = 5000


def check_baseline(count: Count) -> None:
    """Can everything the baseline will say be said in the WMS's words? Asked before anything is laid out or sent."""
    _translated(count, "task_to_wms", [_task(count)])
    for pk in count.readings.filter(side="erp").order_by("part").values_list("pk", flat=True):
        for rows in _staged(pk):
            _translated(count, "baseline_to_wms", rows)


def send_task(count: Count) -> None:
    """F3 task and F2 baseline, in this order for the WMS, each document in a transaction of its own. What was written down
    by an earlier try stays as it was; the numbers of the documents say which those are."""
    key = f"{count.number}-task"
    if not Delivery.objects.filter(key=key).exists():
        _send(count, "count_task", _translated(count, "task_to_wms", [_task(count)])[0], (), key, "F3")
    size = _line_limit(count, "baseline")
    total = count.book.count()
    work.begin(count, Progress.Step.PAPERS, total=-(-total // size))
    after = 0
    for number in range(1, -(-total // size) + 1):
        # Pieces of one size in the order of their numbers: the same piece at every try.
        lines = list(count.book.filter(pk__gt=after).order_by("pk")[:size])
        after = lines[-1].pk
        _send_baseline(count, number, lines)


def _send_baseline(count: Count, number: int, lines: Sequence[BookLine]) -> None:
    key = f"{count.number}-baseline-{number}"
    with transaction.atomic():
        if not Delivery.objects.filter(key=key).exists():
            said = [_told(StockKey.of(line.erp_location, line), line.quantity) for line in lines]
            rows = _translated(count, "baseline_to_wms", said)
            _send(count, "baseline", {"count_no": count.number}, rows, key, "F2")
        work.report(count, part="", done=number, rows=number * len(lines))


def send_first_sheets(count: Count) -> None:
    """F3: who counts which bins, for all first sheets, in documents of the WMS's size."""
    sheets = count.sheets.filter(pass_number=1).select_related("assignee")
    size, after, number = _line_limit(count, "sheets"), 0, 1
    while part := list(sheets.filter(pk__gt=after).order_by("pk")[:size]):
        after = part[-1].pk
        send_sheets(count, part, f"{count.number}-sheets" + (f"-part-{number}" if number > 1 else ""))
        number += 1


def _task(count: Count) -> dict[str, str]:
    return {
        "count_no": count.number,
        "name": count.name,
        "kind": count.kind,
        "blind": "yes" if count.blind else "no",
        "responsible": count.responsible,
        "planned_at": count.planned_at.isoformat(),
    }


def _told(key: StockKey, quantity: Decimal) -> dict[str, str]:
    return {"location": key.place, **key.goods(), "quantity": format(quantity.normalize(), "f")}


def _staged(reading: int) -> Iterator[list[dict[str, str]]]:
    """The rows of one reading in pieces, by their numbers."""
    after = 0
    while rows := list(StagedStock.objects.filter(reading=reading, pk__gt=after).order_by("pk")[:CHECKED_AT_ONCE]):
        after = rows[-1].pk
        yield [_told(StockKey.of(row.place, row), row.quantity) for row in rows]


def _line_limit(count: Count, kind: str) -> int:
    for known, spec in definition(count.link.wms.connector).manifest.documents.items():
        if known == kind and spec.max_lines:
            return min(spec.max_lines, LINES)
    return LINES


def send_sheets(count: Count, sheets: Sequence[Sheet], key: str) -> None:
    """F3: who counts which bins."""
    rows = [
        {
            "sheet_no": sheet.number,
            "zone": sheet.zone,
            "assignee": sheet.assignee.username if sheet.assignee else "",
            "counted_with": sheet.counted_with,
            "bins": ",".join(sheet.bins),
        }
        for sheet in sheets
    ]
    _send(count, "sheets", {"count_no": count.number}, _translated(count, "sheets_to_wms", rows), key, "F3")


def send_end(count: Count) -> None:
    """Tell both systems that the count is closed: the WMS ends its task, the ERP's approved documents become done."""
    _send(count, "close_count", {"count_no": count.number}, (), f"{count.number}-close", "F3")
    for approval in count.approvals.order_by("pk"):
        fields = {"id": approval.document}
        document = Document("finish_approval", fields)
        key = f"{count.number}-finish-{approval.document}"
        propose(count.link, count.link.erp, document, key, flow="F5", order_key=count.number, count=count.number)


def _send(
    count: Count, kind: str, fields: dict[str, str | None], lines: Sequence[dict[str, str | None]], key: str, flow: str
) -> None:
    document = Document(kind, fields, tuple(lines))
    propose(count.link, count.link.wms, document, key, flow=flow, order_key=count.number, count=count.number)


def _translated(count: Count, name: str, rows: Sequence[dict[str, str]]) -> Rows:
    """A document of ours that cannot be said in the other system's words is a fault of the link's tables: it stops the
    step, naming the record, until the table is mended."""
    done, rejects = translate(count.link, name, rows)
    if rejects:
        first = rejects[0]
        raise ConfigError("stocktake.cannot_say", map=name, record=first.row, reason=first.failures[0].code)
    return done
