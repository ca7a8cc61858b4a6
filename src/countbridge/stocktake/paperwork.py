"""The documents a count sends to the other systems, in their own words: task, baseline and sheets at its start, the end of
the count to both when it closed."""

from __future__ import annotations

from collections.abc import Sequence

from countbridge.connectors.contract import Document
from countbridge.errors import ConfigError
from countbridge.exchange.deliveries import propose
from countbridge.exchange.maps import Rows, translate
from countbridge.stocktake.models import Count, Sheet

BASELINE_LINES = 500


def send_task(count: Count) -> None:
    """F3 task, F2 baseline, F3 sheets, in this order for the WMS."""
    fields = {
        "count_no": count.number,
        "name": count.name,
        "kind": count.kind,
        "blind": "yes" if count.blind else "no",
        "responsible": count.responsible,
        "planned_at": count.planned_at.isoformat(),
    }
    _send(count, "count_task", _translated(count, "task_to_wms", [fields])[0], (), f"{count.number}-task", "F3")
    baseline = [
        {
            "location": line.erp_location,
            "item": line.item,
            "lot": line.lot,
            "quantity": format(line.quantity.normalize(), "f"),
        }
        for line in count.book.order_by("erp_location", "item", "lot")
    ]
    rows = _translated(count, "baseline_to_wms", baseline)
    for start in range(0, len(rows), BASELINE_LINES):
        key = f"{count.number}-baseline-{start // BASELINE_LINES + 1}"
        _send(count, "baseline", {"count_no": count.number}, rows[start : start + BASELINE_LINES], key, "F2")
    send_sheets(count, list(count.sheets.select_related("assignee").order_by("number")), f"{count.number}-sheets")


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
