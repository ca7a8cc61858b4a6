"""HISTORY.json: what was recorded of a count, read strictly into facts. The format is described in docs/replay.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from countbridge.domain.assessment import Policy
from countbridge.domain.decimals import total
from countbridge.domain.json_nodes import Node, read_json
from countbridge.domain.keys import PARTS, Key
from countbridge.domain.rollforward import Movement
from countbridge.domain.scans import Scan
from countbridge.domain.tolerance import Tolerance
from countbridge.domain.units import unit_factor

MAX_DECIMALS = 30
MAX_SECONDS = 10**9  # some 30 years: beyond it a number is a mistake, not an ambiguity or a clock offset
UnitTable = Mapping[tuple[str, str], Fraction]


@dataclass(frozen=True, slots=True)
class Stock:
    """A book at a moment. Repeated lines of one key are added up."""

    at: datetime
    quantities: Mapping[Key, Decimal]


@dataclass(frozen=True, slots=True)
class History:
    """A count as recorded. Movements and scans are listed once each; `latest` is the latest moment in the file."""

    snapshot: Stock
    movements: tuple[tuple[Key, Movement], ...]
    scans: tuple[tuple[Key, Scan], ...]
    base_decimals: Mapping[str, int]
    prices: Mapping[str, Decimal]
    end: Stock | None
    policy: Policy
    latest: datetime


def read_history(text: str) -> History:
    """Read a HISTORY.json. InputError names the JSON path of the first thing that is not as described."""
    root = read_json(text).fields(
        ("snapshot", "movements", "scans", "policy"), ("units", "base_decimals", "prices", "end")
    )
    policy = _policy(root["policy"])
    snapshot = _stock(root["snapshot"])
    end = _stock(root["end"]) if "end" in root else None
    movements, known_at = _movements(root["movements"], snapshot.at, policy.seen_until is not None)
    scans = _scans(root["scans"], _units(root.get("units")))
    decimals = root["base_decimals"].entries() if "base_decimals" in root else {}
    prices = root["prices"].entries() if "prices" in root else {}
    moments = [snapshot.at, known_at, *(scan.counted_at for _, scan in scans), *([end.at] if end else [])]
    return History(
        snapshot=snapshot,
        movements=movements,
        scans=scans,
        base_decimals={item: node.whole(0, MAX_DECIMALS) for item, node in decimals.items()},
        prices={item: node.not_negative() for item, node in prices.items()},
        end=end,
        policy=policy,
        latest=max(moments),
    )


def _stock(node: Node) -> Stock:
    fields = node.fields(("at", "lines"), ())
    found: dict[Key, list[Decimal]] = {}
    for line in fields["lines"].items():
        parts = line.fields(("key", "qty"), ())
        found.setdefault(_key(parts["key"]), []).append(parts["qty"].decimal())
    return Stock(fields["at"].moment(), {key: total(quantities) for key, quantities in found.items()})


def _key(node: Node) -> Key:
    fields = node.fields(("item",), PARTS[1:])
    return Key(**{name: part.text() for name, part in fields.items()})


def _movements(
    node: Node, snapshot_at: datetime, seen_needed: bool
) -> tuple[tuple[tuple[Key, Movement], ...], datetime]:
    """Each movement once, and the latest moment among them.

    A feed may deliver a movement again: the same id and key with the same quantity and moment is one movement, seen
    when it was first seen. Two legs of a move may share an id, their keys differ.
    """
    found: dict[tuple[str, Key], Movement] = {}
    latest = snapshot_at
    required, optional = ["id", "key", "qty", "occurred"], ["posted"]
    (required if seen_needed else optional).append("seen")
    for row in node.items():
        fields = row.fields(required, optional)
        moments = [fields[name].moment() for name in ("occurred", "posted", "seen") if name in fields]
        latest = max(latest, *moments)
        occurred, seen = moments[0], moments[-1] if "seen" in fields else None
        key = _key(fields["key"])
        new = Movement(fields["id"].text(), fields["qty"].decimal(), occurred, seen, occurred <= snapshot_at)
        old = found.setdefault((new.id, key), new)
        if replace(old, seen=seen) != new:
            raise row.fail("domain.history_id_twice", id=new.id)
        if old.seen and seen:
            found[new.id, key] = replace(old, seen=min(old.seen, seen))
    return tuple((key, movement) for (_, key), movement in found.items()), latest


def _scans(node: Node, units: UnitTable) -> tuple[tuple[Key, Scan], ...]:
    """Each scan once: a device may send one again, and an id used for anything else is refused."""
    found: dict[str, tuple[Key, Scan]] = {}
    for row in node.items():
        fields = row.fields(("id", "key", "qty", "counted_at"), ("unit", "clock_offset_ms", "counter"))
        key = _key(fields["key"])
        unit = fields["unit"].text() if "unit" in fields else None
        scan = Scan(
            id=fields["id"].text(),
            quantity=fields["qty"].decimal(),
            counted_at=_true_time(fields["counted_at"], fields.get("clock_offset_ms")),
            unit=unit,
            factor=None if unit is None else units.get((key.item, unit)),
            counter=fields["counter"].text() if "counter" in fields else None,
        )
        if found.setdefault(scan.id, (key, scan)) != (key, scan):
            raise row.fail("domain.history_id_twice", id=scan.id)
    return tuple(found.values())


def _true_time(counted_at: Node, clock_offset: Node | None) -> datetime:
    """Device time plus what the device was behind."""
    milliseconds = 0 if clock_offset is None else clock_offset.whole(-MAX_SECONDS * 1000, MAX_SECONDS * 1000)
    try:
        return counted_at.moment() + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise counted_at.fail("domain.history_moment") from error


def _units(node: Node | None) -> UnitTable:
    found: dict[tuple[str, str], Fraction] = {}
    for row in node.items() if node else ():
        fields = row.fields(("item", "unit", "numerator", "denominator"), ())
        factor = unit_factor(fields["numerator"].positive(), fields["denominator"].positive())
        name = (fields["item"].text(), fields["unit"].text())
        if found.setdefault(name, factor) != factor:
            raise row.fail("domain.history_unit_twice", item=name[0], unit=name[1])
    return found


def _policy(node: Node) -> Policy:
    fields = node.fields((), ("tolerance", "ambiguity_seconds", "uncounted", "seen_until"))
    limits = fields["tolerance"].fields((), ("percent", "quantity", "value")) if "tolerance" in fields else {}
    ambiguity = fields["ambiguity_seconds"].whole(0, MAX_SECONDS) if "ambiguity_seconds" in fields else 0
    uncounted: Literal["ignore", "zero"] = "ignore"
    if "uncounted" in fields and fields["uncounted"].choice("ignore", "zero") == "zero":
        uncounted = "zero"
    return Policy(
        tolerance=Tolerance(**{name: limit.not_negative() for name, limit in limits.items()}),
        ambiguity=timedelta(seconds=ambiguity),
        uncounted=uncounted,
        seen_until=fields["seen_until"].moment() if "seen_until" in fields else None,
    )
