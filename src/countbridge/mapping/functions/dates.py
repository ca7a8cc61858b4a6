"""Functions on dates and times. Between functions a time is ISO 8601 text; a zone is always named, never assumed."""

from __future__ import annotations

import re

from countbridge.mapping.chain import Chain, Problem
from countbridge.mapping.functions.catalogue import Call, Example, function
from countbridge.mapping.quoting import literal
from countbridge.mapping.words import ARGUMENT, unquote

_PLACE = {
    "YYYY": ("[0-9]{4}", "%Y"),
    "MM": ("0[1-9]|1[0-2]", "%m"),
    "DD": ("0[1-9]|[12][0-9]|3[01]", "%d"),
    "HH": ("[01][0-9]|2[0-3]", "%H"),
    "mm": ("[0-5][0-9]", "%M"),
    "ss": ("[0-5][0-9]", "%S"),
    "SSS": ("[0-9]{3}", "%g"),
}
_TOKEN = re.compile("YYYY|SSS|MM|DD|HH|mm|ss")
_LITERAL = re.compile(r"([^\w\s])")
_ISO = (
    "'([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?)"
    " ?(Z|[+-](?:0[0-9]|1[0-8]):?[0-5][0-9])?)?'"
)
_IN_ZONE = rf"(?: in (?P<zone>{ARGUMENT}))?"
_FORMAT = rf"(?P<format>{ARGUMENT}(?: HH\S*)?)"
_EPOCHS = {"seconds": 1_000_000, "milliseconds": 1_000}


@function(
    "parse date FORMAT [in ZONE]",
    "Reads a date or time and writes it as ISO 8601. FORMAT is made of YYYY MM DD HH mm ss SSS, or is ISO, or seconds "
    "or milliseconds (since 1970). A time needs its ZONE (Asia/Shanghai), unless the text tells its offset itself.",
    rf"parse date {_FORMAT}{_IN_ZONE}",
    [
        Example("parse date YYYYMMDD", "20260301", "2026-03-01"),
        Example("parse date DD/MM/YYYY", "31/02/2026", fails="mapping.not_a_date"),
        Example("parse date YYYY-MM-DD HH:mm:ss in Asia/Shanghai", "2026-03-01 08:00:00", "2026-03-01T08:00:00+08:00"),
        Example("parse date milliseconds in Asia/Shanghai", "1772323200500", "2026-03-01T08:00:00.500+08:00"),
        Example("parse date ISO in Asia/Shanghai", "2026-03-01T00:30:00Z", "2026-03-01T08:30:00+08:00"),
        Example("parse date ISO in Europe/Berlin", "2026-03-29 02:30:00", fails="mapping.time_not_clear"),
        Example("parse date ISO in Europe/Berlin", "2026-10-25 02:30:00", fails="mapping.time_not_clear"),
    ],
)
def parse_date(call: Call) -> None:
    written, zone = unquote(call["format"]), _zone(call)
    call.chain.plain()
    call.chain.settle()
    bad = Problem("mapping.not_a_date", {"format": written})
    if written == "ISO":
        _read_iso(call.chain, bad, zone, needs_offset=True)
    elif written in _EPOCHS:
        if zone is None:
            raise call.wrong("mapping.zone_missing")
        v = call.chain.value
        number = f"CASE WHEN regexp_full_match({v}, '-?[0-9]{{1,15}}') THEN TRY_CAST({v} AS BIGINT) END"
        (utc,) = call.chain.stage({"t": f"TRY(make_timestamp({number} * {_EPOCHS[written]}))"})
        _settle_utc(call.chain, utc, zone, f"{utc} IS NULL", [("TRUE", bad)])
    else:
        _read_format(call, written, zone, bad)


@function(
    "format date FORMAT [in ZONE]",
    "Writes an ISO 8601 date or time as FORMAT (YYYY MM DD HH mm ss SSS). With a ZONE, as a clock there shows it; "
    "without, as the text itself tells it.",
    rf"format date {_FORMAT}{_IN_ZONE}",
    [
        Example("format date YYYY-MM-DD", "2026-03-01T23:30:00+08:00", "2026-03-01"),
        Example("format date YYYY-MM-DD in Asia/Shanghai", "2026-03-01T16:30:00Z", "2026-03-02"),
        Example("format date YYYYMMDDHHmmss", "2026-03-01 08:05:09.25", "20260301080509"),
        Example("format date YYYY-MM-DD in Asia/Shanghai", "2026-03-01 08:00:00", fails="mapping.zone_unknown"),
        Example("format date YYYY-MM-DD", "01.03.2026", fails="mapping.not_a_date"),
    ],
)
def format_date(call: Call) -> None:
    written, zone = unquote(call["format"]), _zone(call)
    pieces, _ = _pieces(call, written)
    wanted = "".join(_PLACE[piece][1] if piece in _PLACE else piece.replace("%", "%%") for piece in pieces)
    chain = call.chain
    chain.plain()
    chain.settle()
    original = chain.value
    bad = Problem("mapping.not_a_date", {"format": "ISO"})
    clock = _read_iso(chain, bad, zone, needs_offset=False)
    shown = f"strftime({clock}, {literal(wanted)})"
    timeless = {"HH", "mm", "ss", "SSS"} & set(pieces)
    reasons = [("TRUE", Problem("mapping.no_time", {"format": written}))]
    failed = f"length({original}) <= 10 AND {'TRUE' if timeless else 'FALSE'} AND {original} IS NOT NULL"
    chain.settle_failure(failed, reasons, f"CASE WHEN {original} IS NOT NULL THEN {shown} END")


def _zone(call: Call) -> str | None:
    """The zone's name, checked later against the engine's own list."""
    if not call.get("zone"):
        return None
    zone = unquote(call["zone"])
    if not call.is_zone(zone):
        raise call.wrong("mapping.no_zone", zone=zone)
    return zone


def _pieces(call: Call, written: str) -> tuple[list[str], bool]:
    """The format cut into places and the text between them; whether it tells a time."""
    pieces = [piece for piece in re.split(f"({_TOKEN.pattern})", written) if piece]
    places = [piece for piece in pieces if piece in _PLACE]
    timed = "HH" in places
    rest = [piece for piece in pieces if piece not in _PLACE]
    if len(set(places)) != len(places) or not places or any(re.search("[A-Za-z]{2}", piece) for piece in rest):
        raise call.wrong("mapping.bad_format", format=written)
    return pieces, timed


def _read_format(call: Call, written: str, zone: str | None, bad: Problem) -> None:
    pieces, timed = _pieces(call, written)
    if not {"YYYY", "MM", "DD"} <= set(pieces):
        raise call.wrong("mapping.bad_format", format=written)
    if timed and zone is None:
        raise call.wrong("mapping.zone_missing")
    pattern = literal("".join(f"({_PLACE[p][0]})" if p in _PLACE else _LITERAL.sub(r"\\\1", p) for p in pieces))
    order = [piece for piece in pieces if piece in _PLACE]
    chain, v = call.chain, call.chain.value
    got = {p: f"regexp_extract({v}, {pattern}, {order.index(p) + 1})" if p in order else "'00'" for p in _PLACE}
    date = f"{got['YYYY']} || '-' || {got['MM']} || '-' || {got['DD']}"
    if not timed:
        read = f"TRY_CAST({date} AS DATE)"
        shown = f"CASE WHEN regexp_full_match({v}, {pattern}) THEN strftime({read}, '%Y-%m-%d') END"
        chain.check(shown, [("TRUE", bad)])
        return
    clock = f"{date} || ' ' || {got['HH']} || ':' || {got['mm']} || ':' || {got['ss']} || '.' || {got['SSS']}"
    read = f"CASE WHEN regexp_full_match({v}, {pattern}) THEN TRY_CAST({clock} AS TIMESTAMP) END"
    (local,) = chain.stage({"t": read})
    _settle_local(chain, local, zone or "", bad)


def _read_iso(chain: Chain, bad: Problem, zone: str | None, *, needs_offset: bool) -> str:
    """Read ISO text. For parsing (`needs_offset`) settles it anew in the zone; returns SQL of the clock to show."""
    v = chain.value
    part = [f"regexp_extract({v}, {_ISO}, {group})" for group in (1, 2, 3)]
    day, clock, offset = chain.stage({"d": part[0], "c": part[1], "o": part[2]})
    matched = f"regexp_full_match({v}, {_ISO})"
    minutes = (
        f"CASE WHEN {offset} IN ('', 'Z') THEN 0 ELSE (CASE WHEN {offset} LIKE '-%' THEN -1 ELSE 1 END) * "
        f"(TRY_CAST({offset}[2:3] AS INTEGER) * 60 + TRY_CAST(right({offset}, 2) AS INTEGER)) END"
    )
    read = f"TRY_CAST({day} || ' ' || CASE WHEN {clock} = '' THEN '00:00' ELSE {clock} END AS TIMESTAMP)"
    local, shift = chain.stage({"t": f"CASE WHEN {matched} THEN {read} END", "z": minutes})
    utc = f"({local} - to_minutes({shift}))"
    if not needs_offset:
        there = f"CASE WHEN {clock} = '' THEN {local} ELSE {_at(utc, zone)} END" if zone else local
        homeless = f"{clock} <> '' AND {offset} = ''" if zone else "FALSE"
        failed = f"{v} IS NOT NULL AND ({local} IS NULL OR {homeless})"
        unknown = Problem("mapping.zone_unknown", {"zone": zone or ""})
        chain.settle_failure(failed, [(f"{local} IS NULL", bad), ("TRUE", unknown)])
        return f"({there})"
    _settle_parsed(chain, (local, clock, offset, utc), zone, bad)
    return local


def _settle_parsed(chain: Chain, read: tuple[str, str, str, str], zone: str | None, bad: Problem) -> None:
    """ISO text anew: a date as it is, a time with an offset moved to the zone, a bare time as the zone's clock."""
    local, clock, offset, utc = read
    v = chain.value
    day = f"strftime({local}, '%Y-%m-%d')"
    spread = f"{offset}[1:3] || ':' || right({offset}, 2)"
    own = f"{_stamp(local)} || CASE WHEN {offset} = 'Z' THEN '+00:00' ELSE {spread} END"
    shown, unclear = own, "FALSE"
    if zone:
        moved = f"CASE WHEN {offset} = '' THEN {local} ELSE {_at(utc, zone)} END"
        instant = f"CASE WHEN {offset} = '' THEN {_utc(local, zone)} ELSE {utc} END"
        there, when = chain.stage({"t": moved, "u": instant})
        shown = f"{_stamp(there)} || {_offset(there, when)}"
        unclear = f"{offset} = '' AND {clock} <> '' AND ({_unclear(local, zone)})"
    homeless = f"{clock} <> '' AND {offset} = ''" if not zone else "FALSE"
    reasons = [
        (f"{local} IS NULL", bad),
        (homeless, Problem("mapping.zone_unknown", {"zone": ""})),
        ("TRUE", Problem("mapping.time_not_clear", {"zone": zone or ""})),
    ]
    failed = f"{v} IS NOT NULL AND ({local} IS NULL OR {homeless} OR ({unclear}))"
    shown = f"CASE WHEN {v} IS NULL THEN NULL WHEN {clock} = '' THEN {day} ELSE {shown} END"
    chain.settle_failure(failed, reasons, shown)


def _settle_local(chain: Chain, local: str, zone: str, bad: Problem) -> None:
    unclear = _unclear(local, zone)
    (utc,) = chain.stage({"u": _utc(local, zone)})
    reasons = [(f"{local} IS NULL", bad), ("TRUE", Problem("mapping.time_not_clear", {"zone": zone}))]
    failed = f"{chain.value} IS NOT NULL AND ({local} IS NULL OR {unclear})"
    shown = f"CASE WHEN {local} IS NOT NULL THEN {_stamp(local)} || {_offset(local, utc)} END"
    chain.settle_failure(failed, reasons, shown)


def _settle_utc(chain: Chain, utc: str, zone: str, wrong: str, reasons: list[tuple[str, Problem]]) -> None:
    (there,) = chain.stage({"l": _at(utc, zone)})
    shown = f"CASE WHEN {utc} IS NOT NULL THEN {_stamp(there)} || {_offset(there, utc)} END"
    chain.settle_failure(f"{chain.value} IS NOT NULL AND {wrong}", reasons, shown)


def _at(utc: str, zone: str) -> str:
    return f"timezone({literal(zone)}, timezone('UTC', {utc}))"


def _utc(local: str, zone: str) -> str:
    return f"timezone('UTC', timezone({literal(zone)}, {local}))"


def _unclear(local: str, zone: str) -> str:
    """True for a clock time that the zone skips or has twice, when clocks are set forward or back."""
    instant = _utc(local, zone)
    near = [f"({instant} {sign} INTERVAL {minutes} MINUTE)" for sign in "+-" for minutes in (30, 60)]
    twice = [f"{_at(moment, zone)} = {local}" for moment in near]
    return f"{_at(instant, zone)} <> {local} OR {' OR '.join(twice)}"


def _stamp(local: str) -> str:
    """ISO date and time; the fraction only where there is one, to three or six digits."""
    short, milli, micro = (f"strftime({local}, '%Y-%m-%dT%H:%M:%S{more}')" for more in ("", ".%g", ".%f"))
    rest = f"epoch_us({local})"
    return f"CASE WHEN {rest} % 1000000 = 0 THEN {short} WHEN {rest} % 1000 = 0 THEN {milli} ELSE {micro} END"


def _offset(local: str, utc: str) -> str:
    minutes = f"(epoch_us({local}) - epoch_us({utc})) // 60000000"
    parts = [f"lpad((abs({minutes}) {part} 60)::VARCHAR, 2, '0')" for part in ("//", "%")]
    return f"CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END || {parts[0]} || ':' || {parts[1]}"


DATES = (parse_date, format_date)
