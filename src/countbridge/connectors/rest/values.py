"""Between JSON and the text of our rows: finding a value, flattening a record, filling in a path, building a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from countbridge.connectors.contract import Document, Row
from countbridge.connectors.rest.spec import DocumentCall
from countbridge.errors import InputError

MISSING = object()
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)


def dig(value: Any, path: str) -> Any:
    """What stands at a dotted path ("data.rows", "items.0.id"; "" is the whole), MISSING when nothing does."""
    for step in path.split(".") if path else ():
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def text_of(value: Any) -> str | None:
    """A JSON value as exact text: true is "true", a list its JSON, null and MISSING are None (absent)."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)


def flatten(record: Mapping[str, Any]) -> dict[str, str | None]:
    """A record's fields as text, nested names joined by dots. Raises ValueError(name) when two names fall together."""
    row: dict[str, str | None] = {}

    def add(prefix: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            for name, inner in value.items():
                add(f"{prefix}.{name}" if prefix else name, inner)
        elif prefix in row:
            raise ValueError(prefix)
        else:
            row[prefix] = text_of(value)

    for name, value in record.items():
        add(name, value)
    return row


def placeholders(template: str) -> list[str]:
    """Names in braces, in order."""
    return PLACEHOLDER.findall(template)


def fill(template: str, values: Mapping[str, str | None], *, record: str, encode: bool = True) -> str:
    """`template` with each `{name}` replaced by its value, URL-encoded unless told otherwise.

    Raises InputError when a value is absent or empty: an empty path part would call a different address.
    """

    def value(match: re.Match[str]) -> str:
        text = values.get(match.group(1))
        if not text or (encode and text in (".", "..")):
            raise InputError("rest.missing_value", field=match.group(1), record=record, path=template)
        return quote(text, safe="") if encode else text

    return PLACEHOLDER.sub(value, template)


def body_of(call: DocumentCall, document: Document, key: str, record: str) -> dict[str, Any]:
    """The JSON body of a write. Raises InputError naming field and line for a value that does not fit its type."""
    used = {name for name in placeholders(call.path) if name != "key"}
    head = {name: text for name, text in document.fields.items() if name not in used}
    body = typed(call, {**call.constants, **head}, record)
    if call.key:
        put(body, call.key, key)
    if call.lines:
        put(body, call.lines, [line_of(call, line, number, record) for number, line in enumerate(document.lines)])
    elif document.lines:
        raise InputError("rest.no_lines_wanted", record=record, count=len(document.lines))
    return body


def line_of(call: DocumentCall, line: Row, number: int, record: str) -> dict[str, Any]:
    """One line of the body, with its position where the system wants it."""
    built = typed(call, line, f"{record}, line {number}")
    if call.line_number:
        put(built, call.line_number, number)
    return built


def typed(call: DocumentCall, fields: Row, record: str) -> dict[str, Any]:
    """Fields under their dotted names; absent ones are left out, never sent as zero or empty."""
    built: dict[str, Any] = {}
    for name, text in fields.items():
        if text is not None:
            put(built, name, typed_value(call.types.get(name, ""), name, text, record))
    return built


def typed_value(kind: str, name: str, text: str, record: str) -> Any:
    """Text as the JSON type that connector.yaml names; numbers keep every digit."""
    if kind == "number":
        if not JSON_NUMBER.fullmatch(text):
            raise InputError("rest.not_a_number", field=name, value=text, record=record)
        return msgspec.Raw(text.encode())
    if kind == "boolean":
        if text not in ("true", "false"):
            raise InputError("rest.not_a_boolean", field=name, value=text, record=record)
        return text == "true"
    if kind == "list":
        return text.split(",") if text else []
    return text


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Sets `value` at a dotted path, making the objects on the way."""
    *steps, last = path.split(".")
    for step in steps:
        body = body.setdefault(step, {})
    body[last] = value
