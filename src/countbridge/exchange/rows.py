"""Reading fields of mapped rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.utils.dateparse import parse_datetime

from countbridge.errors import ConfigError, ContractSurprise, InputError

Row = Mapping[str, str | None]
NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,9})?")
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
