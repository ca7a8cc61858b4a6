"""A chain of records nobody can quietly edit: each hash covers the record and the hash before it.

Canonical JSON: keys sorted by code point, no blanks, UTF-8, numbers only as whole numbers (quantities are text).
hash = SHA-256(previous hash, newline, canonical record), in lower-case hex; the first record's previous is 64 zeros.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from countbridge.errors import InputError

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in its chain. `number` counts from 1."""

    number: int
    previous: str
    record: Mapping[str, object]
    hash: str


def canonical_json(value: object) -> bytes:
    """The one form of a record of text, whole numbers, booleans, nulls, lists and objects.

    Anything else (a float, a Decimal, a lone surrogate, a key that is not text): InputError domain.not_canonical.
    """
    _check(value)
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise InputError("domain.not_canonical", found="text that is not Unicode") from error


def _check(value: object) -> None:
    match value:
        case None | bool() | int() | str():
            return
        case list() | tuple():
            for item in value:
                _check(item)
        case dict() if all(isinstance(name, str) for name in value):
            for item in value.values():
                _check(item)
        case _:
            raise InputError("domain.not_canonical", found=type(value).__name__)


def record_hash(previous: str, record: Mapping[str, object]) -> str:
    """The hash of a record that follows `previous`."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical_json(dict(record))).hexdigest()


def append(last: Entry | None, record: Mapping[str, object]) -> Entry:
    """The next entry of the chain after `last` (None: the first)."""
    previous = START if last is None else last.hash
    return Entry(1 if last is None else last.number + 1, previous, record, record_hash(previous, record))


def first_broken(entries: Iterable[Entry]) -> int | None:
    """The position (from 1) of the first entry that does not follow from the one before it; None: the chain holds.

    A chain cut off at its end still holds: compare its last hash with the one kept elsewhere.
    """
    previous = START
    for position, entry in enumerate(entries, start=1):
        sound = entry.number == position and entry.previous == previous
        if not sound or entry.hash != record_hash(previous, entry.record):
            return position
        previous = entry.hash
    return None
