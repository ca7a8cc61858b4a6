"""Checks of one dataset: what the manifest promises about reading is true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise

from countbridge.connectors.conformance.report import CheckResult, result
from countbridge.connectors.contract import Connector, Page, Row
from countbridge.connectors.manifest import Dataset
from countbridge.errors import CountbridgeError, InputError

# What binary floating point leaves behind: 0.30000000000000004, 2.9999999999999996.
FLOAT_TAIL = re.compile(r"-?[0-9]+\.[0-9]*(0{8,}|9{8,})[0-9]{1,4}", re.ASCII)
NOWHERE = "countbridge-no-such-value"


def check_dataset(connector: Connector, name: str, scope: Mapping[str, str], most_pages: int) -> Iterator[CheckResult]:
    """All checks of one dataset; the first that cannot be read ends them."""
    declared = connector.manifest.dataset(name)
    pages = read_pages(connector, name, scope, most_pages)
    rows = [row for page in pages for row in page.rows]
    yield result("read", name, "passed", "read", pages=len(pages), rows=len(rows))
    yield check_text(name, rows)
    yield check_decimals(name, rows)
    yield from note_spaces(name, rows)
    yield check_identity(name, declared, rows)
    yield check_limit(name, declared, pages)
    yield check_marks(name, declared, pages)
    yield check_stable(connector, name, scope, pages)
    yield check_resume(connector, name, scope, pages)
    yield from check_scope(connector, name, declared, rows)


def read_pages(connector: Connector, name: str, scope: Mapping[str, str], most: int) -> list[Page]:
    """The first `most` pages."""
    return list(islice(connector.read(name, scope, None), most))


def check_text(name: str, rows: Sequence[Row]) -> CheckResult:
    """Every value is text or absent: a number on the way would lose zeros and digits."""
    for number, row in enumerate(rows):
        for field, value in row.items():
            if not (value is None or isinstance(value, str)):
                return result("text", name, "failed", "not_text", row=number, field=field, type=type(value).__name__)
    return result("text", name, "passed", "text", rows=len(rows))


def check_decimals(name: str, rows: Sequence[Row]) -> CheckResult:
    """No value shows that it went through binary floating point."""
    for number, row in enumerate(rows):
        for field, value in row.items():
            if isinstance(value, str) and FLOAT_TAIL.fullmatch(value):
                return result("decimals", name, "failed", "float_tail", row=number, field=field, value=value)
    return result("decimals", name, "passed", "decimals", rows=len(rows))


def note_spaces(name: str, rows: Sequence[Row]) -> Iterator[CheckResult]:
    """Spaces around values are kept as they are, and worth knowing before codes are compared."""
    found = [
        (number, field)
        for number, row in enumerate(rows)
        for field, value in row.items()
        if isinstance(value, str) and value != value.strip()
    ]
    if found:
        yield result("spaces", name, "noted", "spaces", count=len(found), row=found[0][0], field=found[0][1])


def check_identity(name: str, declared: Dataset, rows: Sequence[Row]) -> CheckResult:
    """The declared fields tell any two rows apart, over all pages."""
    if not declared.unique:
        return result("identity", name, "skipped", "nothing_unique")
    seen: dict[tuple[str | None, ...], int] = {}
    for number, row in enumerate(rows):
        identity = identity_of(declared, row)
        if identity in seen:
            shown = ", ".join(map(str, identity))
            return result("identity", name, "failed", "row_twice", row=number, first=seen[identity], identity=shown)
        seen[identity] = number
    return result("identity", name, "passed", "identity", rows=len(rows), fields=", ".join(declared.unique))


def check_limit(name: str, declared: Dataset, pages: Sequence[Page]) -> CheckResult:
    """No page is larger than declared."""
    largest = max((len(page.rows) for page in pages), default=0)
    kept = declared.cursor == "none" or largest <= declared.page_limit
    return result(
        "page_limit", name, "passed" if kept else "failed", "page_limit", largest=largest, limit=declared.page_limit
    )


def check_marks(name: str, declared: Dataset, pages: Sequence[Page]) -> CheckResult:
    """Each page carries the promised watermark and clock; the clock never runs backwards."""
    for number, page in enumerate(pages):
        for mark, promised, value in (
            ("watermark", declared.watermark, page.watermark),
            ("as_of", declared.as_of, page.as_of),
        ):
            if promised and value is None:
                return result("marks", name, "failed", "no_mark", page=number, mark=mark)
    for number, (before, after) in enumerate(pairwise(page.as_of for page in pages)):
        if before and after and after < before:
            return result("marks", name, "failed", "clock_backwards", page=number + 1, before=before, after=after)
    return result("marks", name, "passed", "marks", pages=len(pages))


def check_stable(connector: Connector, name: str, scope: Mapping[str, str], pages: Sequence[Page]) -> CheckResult:
    """Read again, the same rows come in the same order; on a busy system one of three readings must agree."""
    declared = connector.manifest.dataset(name)
    before = [identity_of(declared, row) for page in pages for row in page.rows]
    for _ in range(2):
        again = read_pages(connector, name, scope, len(pages))
        now = [identity_of(declared, row) for page in again for row in page.rows]
        if now[: len(before)] == before if declared.cursor == "incremental" else now == before:
            return result("stable", name, "passed", "stable", rows=len(before))
        before = now
    return result("stable", name, "failed", "unstable", rows=len(before))


def check_resume(connector: Connector, name: str, scope: Mapping[str, str], pages: Sequence[Page]) -> CheckResult:
    """A reading that broke off after its first page goes on with the second."""
    declared = connector.manifest.dataset(name)
    if len(pages) < 2 or pages[0].next is None:
        return result("resume", name, "skipped", "one_page")
    first = next(iter(connector.read(name, scope, pages[0].next)), Page(()))
    wanted = [identity_of(declared, row) for row in pages[1].rows]
    got = [identity_of(declared, row) for row in first.rows]
    same = got[: len(wanted)] == wanted if declared.cursor == "incremental" else got == wanted
    return result(
        "resume", name, "passed" if same else "failed", "resume" if same else "resume_differs", cursor=pages[0].next
    )


def check_scope(connector: Connector, name: str, declared: Dataset, rows: Sequence[Row]) -> Iterator[CheckResult]:
    """A filter with a value that does not exist gives nothing; systems that ignore it give everything."""
    for key in declared.scope:
        try:
            found = sum(len(page.rows) for page in islice(connector.read(name, {key: NOWHERE}, None), 1))
        except CountbridgeError as error:
            yield result("scope", name, "passed", "scope_refused", scope=key, error=error.code)
            continue
        code = "scope" if not found else "scope_ignored"
        yield result("scope", name, "failed" if found else "passed", code, scope=key, rows=found)
    try:
        connector.read(name, {NOWHERE: "x"}, None)
    except InputError:
        yield result("scope", name, "passed", "unknown_scope_refused")
    else:
        yield result("scope", name, "failed", "unknown_scope_taken")


def identity_of(declared: Dataset, row: Row) -> tuple[str | None, ...]:
    """What tells a row apart: the declared fields, else the whole row."""
    return tuple(row.get(field) for field in declared.unique or sorted(row))
