"""Reading fields of mapped rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.dateparse import parse_datetime

from countbridge.errors import ConfigError, ContractSurprise

Row = Mapping[str, str | None]


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
