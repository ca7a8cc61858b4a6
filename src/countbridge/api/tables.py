"""Tables as files people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from django.http import HttpResponse
from pydantic import NonNegativeInt

Natural = NonNegativeInt  # offset and limit of a page
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def csv_answer(name: str, rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> HttpResponse:
    """UTF-8 with a byte order mark, so that Chinese opens right everywhere."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _cell(value: object) -> str:
    """Text as it is, but never something a spreadsheet would run as a formula."""
    text = "" if value is None else "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    harmless = NUMBER.fullmatch(text) or not (text.lstrip().startswith(FORMULA) or text.startswith(("\t", "\r")))
    return text if harmless else f"'{text}"
