"""Reading what another system answered: exact numbers, its own words for a refusal, the pause it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

MESSAGE_KEYS = ("message", "msg", "error_description", "detail", "error", "errors", "title", "reason", "data")
MESSAGE_CHARACTERS = 500
_DECODER = msgspec.json.Decoder(float_hook=str)  # 12.500 stays "12.500": a float would lose it


def decode_json(body: bytes) -> Any:
    """The parsed body; whole numbers are int, any other number is its exact text. Raises ValueError."""
    try:
        return _DECODER.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def looks_like_html(body: bytes) -> bool:
    """True for a page made for people, whatever its content type says."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def remote_message(body: bytes) -> str:
    """The sentence in an error answer: its usual JSON keys, a page's title, or the text; at most 500 characters."""
    text = body.decode("utf-8", errors="replace")
    if looks_like_html(body):
        title = re.search(r"<(title|h1)[^>]*>(.*?)</\1", text, re.IGNORECASE | re.DOTALL)
        text = title.group(2) if title else re.sub(r"<[^>]*>", " ", text)
    else:
        with suppress(ValueError):
            text = sentence_in(decode_json(body)) or text
    return " ".join(text.split())[:MESSAGE_CHARACTERS]


def sentence_in(value: Any, depth: int = 0) -> str:
    """The first text under one of the usual keys, searched a few levels deep; "" when there is none."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (sentence_in(item, depth + 1) for item in value[:5])))
    if isinstance(value, dict):
        for key in MESSAGE_KEYS:
            if found := sentence_in(value.get(key), depth + 1):
                return found
    return ""


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds the remote asks us to wait; a date is measured against the remote's own clock where it sends one."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", value, re.ASCII):
        return float(value)
    until = http_date(value)
    if until is None:
        return None
    now = now or http_date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    """An HTTP date as an aware moment, None when it is not one."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
