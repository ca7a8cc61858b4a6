"""Tables as files people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
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


CHUNK = 256 * 1024


def file_answer(request: HttpRequest, file: IO[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """Send a file piece by piece and close it, in the way the server asks for: whole, it would not fit into memory."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    pieces = _pieces_async(file) if isinstance(request, ASGIRequest) else _pieces(file)
    answer = StreamingHttpResponse(pieces, content_type=content_type)
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece


async def _pieces_async(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await sync_to_async(file.read)(CHUNK):
            yield piece
