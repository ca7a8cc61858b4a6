"""Tryton's JSON values as text: dates with their zone, numbers exact and plain, codes untouched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from countbridge.errors import ContractSurprise

FLOAT_NOISE = Decimal("0.00000001")  # Tryton adds quantities up as floats: 0.30000000000000004 means 0.3


def text_of(value: Any) -> str | None:
    """A field's value as text; true and false for yes and no, UTC for moments, None for none.

    >>> text_of({"__class__": "Decimal", "decimal": "2.0023"}), text_of("12.500"), text_of("00123")
    ('2.0023', '12.500', '00123')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict) and value.get("__class__") in _TAGGED:
        return _TAGGED[value["__class__"]](value)
    raise surprise("value", repr(value)[:80])


def plain(value: Any) -> str:
    """A number as plain decimal text without trailing zeros: "12.500" → "12.5", "1e-05" → "0.00001", 84 → "84"."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise surprise("number", repr(value)[:80]) from None
    if not number.is_finite():
        raise surprise("number", repr(value)[:80])
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def quantity_of(value: Any, digits: int) -> str:
    """A quantity of a unit with `digits` decimals, freed of the noise of Tryton's floats; real decimals all stay."""
    number = Decimal(plain(value))
    rounded = number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    return plain(rounded if abs(number - rounded) <= FLOAT_NOISE else number)


def date_value(day: date) -> dict[str, Any]:
    """A date as Tryton's JSON wants it."""
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def moment_value(moment: datetime) -> dict[str, Any]:
    """A moment as Tryton's JSON wants it: UTC without zone."""
    utc = moment.astimezone(UTC)
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime"} | {name: getattr(utc, name) for name in names}


def dig(record: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None when something on the way is empty. An absent one raises ContractSurprise."""
    value: Any = record
    for name in path.split("."):
        if value is None:
            return None
        if not isinstance(value, dict) or name not in value:
            raise surprise(path, "-")
        value = value[name]
    return value


def whole(record: Mapping[str, Any], path: str) -> int:
    """A whole number that must be there."""
    value = dig(record, path)
    if not isinstance(value, int) or isinstance(value, bool):
        raise surprise(path, repr(value)[:80])
    return value


def surprise(field: str, found: str) -> ContractSurprise:
    """Tryton answered something else than its models say: another version, or a module that changed them."""
    return ContractSurprise("tryton.unexpected_value", field=field, found=found)


def _moment(value: Mapping[str, Any]) -> str:
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    year, month, day, hour, minute, second, microsecond = (int(value[name]) for name in names)
    moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    return moment.isoformat(timespec="microseconds")


_TAGGED = {
    "Decimal": lambda value: plain(value["decimal"]),
    "date": lambda value: date(value["year"], value["month"], value["day"]).isoformat(),
    "datetime": _moment,
}
