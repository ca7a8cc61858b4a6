"""Checks of documents: one key takes effect once, what was written can be found. They write to the system itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from countbridge.connectors.conformance.plan import Sample, SeenIn
from countbridge.connectors.conformance.report import CheckResult, result
from countbridge.connectors.contract import Connector, Document, Receipt
from countbridge.errors import CountbridgeError, InputError, OutcomeUnknown, Rejected


def check_unknown_key(connector: Connector, kind: str, sample: Sample | None) -> CheckResult:
    """Looking for a key that was never used finds nothing; a system without look-up says that it cannot."""
    declared = connector.manifest.document(kind)
    document = sample.document() if sample else Document(kind, {})
    try:
        found = connector.find(document, new_key(), remembered=None)
    except OutcomeUnknown:
        honest = declared.idempotency == "none"
        return result(
            "find", kind, "passed" if honest else "failed", "cannot_look_up", idempotency=declared.idempotency
        )
    except InputError as error:
        return result("find", kind, "skipped", "sample_needed", error=error.code)
    if found is None:
        return result("find", kind, "passed", "unknown_key")
    return result("find", kind, "failed", "found_nothing_sent", state=found.state, remote_id=found.remote_id)


def check_line_limit(connector: Connector, sample: Sample) -> Iterator[CheckResult]:
    """A document with one line too many is refused before anything is sent."""
    limit = connector.manifest.document(sample.kind).max_lines
    if limit is None or not sample.lines:
        return
    too_long = Document(sample.kind, sample.fields, (sample.lines[0],) * (limit + 1))
    try:
        connector.write(too_long, new_key(), resume=None, remember=lambda _: None)
    except (InputError, Rejected) as error:
        yield result("max_lines", sample.kind, "passed", "line_limit", limit=limit, error=error.code)
    else:
        yield result("max_lines", sample.kind, "failed", "line_limit_ignored", limit=limit)


def check_write(connector: Connector, sample: Sample) -> Iterator[CheckResult]:
    """Written, found after a reply that we pretend was lost, written again with the same key: one effect."""
    key, document = new_key(), sample.document()
    remembered: list[str] = []
    cursor = last_cursor(connector, sample.seen_in)
    first = connector.write(document, key, resume=None, remember=remembered.append)
    yield written(sample, first)
    if first.state != "confirmed":
        return
    found = connector.find(document, key, remembered=remembered[-1] if remembered else None)
    yield found_again(connector, sample, first, found)
    if connector.manifest.document(sample.kind).idempotency == "native":
        yield repeated(sample, first, connector, document, key)
    if sample.seen_in:
        accepted = sum(line.ok for line in first.lines) if first.lines else len(sample.lines)
        yield seen_once(connector, sample, sample.seen_in, cursor=cursor, receipt=first, lines=accepted)


def written(sample: Sample, receipt: Receipt) -> CheckResult:
    """The sample was taken whole."""
    refused = [line for line in receipt.lines if not line.ok]
    if receipt.state == "confirmed" and not refused:
        return result("write", sample.kind, "passed", "written", remote_id=receipt.remote_id or "-")
    message = refused[0].message if refused else "-"
    return result("write", sample.kind, "failed", "not_written", state=receipt.state, message=message)


def found_again(connector: Connector, sample: Sample, first: Receipt, found: Receipt | None) -> CheckResult:
    """After a lost reply the write is found as what it is."""
    if found is None:
        # A native key may do without look-up: repeating it is harmless.
        native = connector.manifest.document(sample.kind).idempotency == "native"
        return result("lost_reply", sample.kind, "noted" if native else "failed", "not_found_after")
    same = found.state == first.state and (not first.remote_id or found.remote_id == first.remote_id)
    code = "found_after" if same else "found_other"
    return result("lost_reply", sample.kind, "passed" if same else "failed", code, found=found.remote_id or "-")


def repeated(sample: Sample, first: Receipt, connector: Connector, document: Document, key: str) -> CheckResult:
    """The same key again gives the same answer."""
    try:
        second = connector.write(document, key, resume=None, remember=lambda _: None)
    except CountbridgeError as error:
        return result("repeat", sample.kind, "failed", "repeat_refused", error=error.code)
    same = second == first
    code = "repeat" if same else "repeat_differs"
    params = {"first": first.remote_id or "-", "second": second.remote_id or "-"}
    return result("repeat", sample.kind, "passed" if same else "failed", code, **params)


def seen_once(
    connector: Connector, sample: Sample, seen_in: SeenIn, *, cursor: str | None, receipt: Receipt, lines: int
) -> CheckResult:
    """In the system's own records each accepted line shows exactly once."""
    rows = [row for page in connector.read(seen_in.dataset, {}, cursor) for row in page.rows]
    found = sum(row.get(seen_in.field) == receipt.remote_id for row in rows)
    code = "seen_once" if found == lines else "seen_differs"
    params = {"found": found, "lines": lines, "dataset": seen_in.dataset}
    return result("effect", sample.kind, "passed" if found == lines else "failed", code, **params)


def last_cursor(connector: Connector, seen_in: SeenIn | None) -> str | None:
    """Where the records end before we write."""
    if seen_in is None or connector.manifest.dataset(seen_in.dataset).cursor != "incremental":
        return None
    cursor = None
    for page in connector.read(seen_in.dataset, {}, None):
        cursor = page.next
    return cursor


def new_key() -> str:
    """A key nobody used before."""
    return f"conformance-{secrets.token_hex(8)}"
