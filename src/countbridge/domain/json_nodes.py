"""Reading JSON that must be exactly as described: every value knows its path, and a wrong one says what was expected.

Nothing is guessed or coerced: numbers in quotes are decimals, numbers without are whole; a field nobody described, a
field given twice, a float, NaN are refused. `null` for something that may be left out means it is left out.
All failures are InputError with the params `path` and `found`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import NoReturn

from countbridge.domain.decimals import parse_decimal
from countbridge.errors import InputError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)", re.ASCII)
_SHOWN = 60


class _Pairs(list[tuple[str, object]]):
    """A JSON object as it was written, so that a field given twice is noticed."""


def read_json(text: str) -> Node:
    """The root of a JSON text. InputError domain.history_not_json."""
    try:
        value = json.loads(text, object_pairs_hook=_Pairs, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError("domain.history_not_json", path="$", found=error) from error
    return Node(value, "$")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands ("$.scans[3].qty")."""

    value: object
    path: str

    def fail(self, code: str, **params: object) -> InputError:
        """The error `code` for this value, to be raised by the caller."""
        return InputError(code, path=self.path, found=self._shown(), **params)

    def fields(self, required: Collection[str], optional: Collection[str]) -> dict[str, Node]:
        """The fields of an object, all of them described; optional ones that are null are left out."""
        found = self.entries()
        for name in required:
            if name not in found:
                raise InputError("domain.history_missing", path=self._below(name))
        for name, node in found.items():
            if name not in required and name not in optional:
                described = ", ".join((*required, *optional))
                raise InputError("domain.history_unexpected", path=node.path, described=described)
        return {name: node for name, node in found.items() if name in required or node.value is not None}

    def entries(self) -> dict[str, Node]:
        """An object with names of its own, such as prices by item."""
        if not isinstance(self.value, _Pairs):
            raise self.fail("domain.history_object")
        found: dict[str, Node] = {}
        for name, value in self.value:
            node = Node(value, self._below(name))
            if name in found:
                raise InputError("domain.history_field_twice", path=node.path)
            found[name] = node
        return found

    def items(self) -> list[Node]:
        """The elements of an array."""
        if not isinstance(self.value, list) or isinstance(self.value, _Pairs):
            raise self.fail("domain.history_array")
        return [Node(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def text(self) -> str:
        """Text of at least one character."""
        if not isinstance(self.value, str) or not self.value or _is_broken(self.value):
            raise self.fail("domain.history_text")
        return self.value

    def choice(self, *choices: str) -> str:
        """One of these texts."""
        if not isinstance(self.value, str) or self.value not in choices:
            raise self.fail("domain.history_choice", choices=", ".join(choices))
        return self.value

    def decimal(self) -> Decimal:
        """A decimal in quotes, plain."""
        if not isinstance(self.value, str):
            raise self.fail("domain.history_decimal")
        try:
            return parse_decimal(self.value)
        except InputError as error:
            raise self.fail("domain.history_decimal") from error

    def not_negative(self) -> Decimal:
        """A decimal in quotes, 0 or more."""
        value = self.decimal()
        if value < 0:
            raise self.fail("domain.history_not_negative")
        return value

    def positive(self) -> Decimal:
        """A decimal in quotes above 0."""
        value = self.decimal()
        if value <= 0:
            raise self.fail("domain.history_positive")
        return value

    def whole(self, low: int, high: int) -> int:
        """A whole number without quotes, within the limits."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not low <= self.value <= high:
            raise self.fail("domain.history_whole", low=low, high=high)
        return self.value

    def moment(self) -> datetime:
        """ISO 8601 date and time with its offset, to the microsecond; in UTC."""
        if not isinstance(self.value, str) or _MOMENT.fullmatch(self.value) is None:
            raise self.fail("domain.history_moment")
        try:
            return datetime.fromisoformat(self.value).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.fail("domain.history_moment") from error

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if _NAME.fullmatch(name) else f"{self.path}[{_quoted(name)}]"

    def _shown(self) -> str:
        match self.value:
            case _Pairs():
                return "an object"
            case list():
                return "an array"
            case Decimal():
                return f"the number {self.value}"[:_SHOWN]
            case _:
                return _quoted(self.value)[:_SHOWN]


def _is_broken(text: str) -> bool:
    """Half of a character: an escaped surrogate without its other half."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _quoted(value: object) -> str:
    """JSON that can be shown anywhere: Chinese stays readable, half a character is written as its number."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
