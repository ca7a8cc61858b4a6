"""Reading fields of mapped rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils.dateparse import parse_date, parse_datetime

from countbridge.errors import ConfigError, ContractSurprise, InputError

Row = Mapping[str, str | None]
NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,9})?")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WHOLE = re.compile(r"[0-9]{1,18}")


def needed(row: Row, field: str) -> str:
    """A field that must be there. A map that leaves it empty is a fault of the map: ConfigError naming field and row."""
    value = row.get(field)
    if value is None:
        raise ConfigError("exchange.field_missing", field=field, row=dict(row))
    return value


def moment(text: str | None, field: str) -> datetime:
    """An ISO 8601 time with offset. A time without one could be any hour: ContractSurprise."""
    parsed = parse_datetime(text or "")
    if parsed is None or parsed.tzinfo is None:
        raise ContractSurprise("exchange.time_without_offset", field=field, value=text)
    return parsed


def day(row: Row, field: str) -> date | None:
    """An ISO 8601 day, 2026-11-30; None where the field is empty or not there. Anything else is InputError naming both."""
    text = row.get(field)
    if not text:
        return None
    found = ISO_DAY.fullmatch(text) and _real_day(text)
    if not found:
        raise InputError("exchange.not_a_day", field=field, value=text, row=_said(row))
    return found


def _real_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # the thirtieth of February
        return None


def number(row: Row, field: str) -> Decimal:
    """An exact decimal; anything else is InputError naming field and row."""
    text = needed(row, field)
    if not NUMBER.fullmatch(text):
        raise InputError("exchange.not_a_number", field=field, value=text, row=_said(row))
    return Decimal(text)


def whole(row: Row, field: str) -> int:
    """A whole number not below zero; anything else is InputError naming field and row."""
    text = needed(row, field)
    if not WHOLE.fullmatch(text):
        raise InputError("exchange.not_a_number", field=field, value=text, row=_said(row))
    return int(text)


def _said(row: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if value)
