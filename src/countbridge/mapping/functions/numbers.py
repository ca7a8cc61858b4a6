"""Functions on quantities: exact fractions from end to end, never a floating-point number."""

from __future__ import annotations

from countbridge.mapping.chain import NOT_A_NUMBER, NUMBER, TOO_LARGE, Chain, Problem
from countbridge.mapping.functions.catalogue import Call, Example, function, whole_number
from countbridge.mapping.functions.codes import key_of, shown
from countbridge.mapping.tables import read_factor
from countbridge.mapping.words import ARGUMENT, LIST, split_list, unquote

_PLACES = (0, 12)
_FACTOR = rf"(?:factor in (?P<table>{ARGUMENT}) by (?P<by>{LIST})|(?P<up>[0-9.]+)(?:/(?P<down>[0-9.]+))?)"


def _places(call: Call) -> int:
    places = whole_number(call["places"], *_PLACES)
    if places is None:
        raise call.wrong("mapping.bad_places", lowest=_PLACES[0], highest=_PLACES[1])
    return places


@function(
    "to decimal N",
    "Writes a number with exactly N decimals. More decimals than N are rejected, never rounded away.",
    r"to decimal (?P<places>\d+)",
    [
        Example("to decimal 3", "12.5", "12.500"),
        Example("to decimal 0", "12.000", "12"),
        Example("to decimal 2", "0.125", fails="mapping.too_many_decimals"),
        Example("to decimal 0", "1E5", fails="mapping.not_a_number"),
        Example("to decimal 0", "1,000", fails="mapping.not_a_number"),
        Example("to decimal 0", "１２", fails="mapping.not_a_number"),
    ],
)
def to_decimal(call: Call) -> None:
    chain, places = call.chain, _places(call)
    if chain.number is not None:
        chain.decimals(places, half_up=False)
        return
    chain.settle()
    v = chain.value
    fits = f"'-?[0-9]+(\\.[0-9]{{1,{places}}}0*)?'" if places else r"'-?[0-9]+(\.0+)?'"
    too_many = Problem("mapping.too_many_decimals", {"decimals": str(places)})
    reasons = [
        (f"NOT regexp_full_match({v}, {NUMBER})", NOT_A_NUMBER),
        (f"NOT regexp_full_match({v}, {fits})", too_many),
        ("TRUE", TOO_LARGE),
    ]
    # The text is checked before the cast, which would round silently.
    cast = f"TRY_CAST({v} AS DECIMAL(38, {places}))::VARCHAR"
    chain.check(f"CASE WHEN regexp_full_match({v}, {fits}) THEN {cast} END", reasons)


@function(
    "round N half up",
    "Rounds to N decimals; a half goes away from zero.",
    r"round (?P<places>\d+) half up",
    [
        Example("round 2 half up", "0.125", "0.13"),
        Example("round 0 half up", "-2.5", "-3"),
        Example("round 2 half up", "1.004999", "1.00"),
    ],
    words="round",
)
def round_half_up(call: Call) -> None:
    call.chain.decimals(_places(call), half_up=True)


@function(
    "times FACTOR",
    "Multiplies exactly. FACTOR is a number or fraction (1000, 1/6), or `factor in TABLE by FIELD, ...`, whose table "
    "has the columns numerator and denominator.",
    rf"times {_FACTOR}",
    [
        Example("times 1/1000", "12500", "12.5"),
        Example("times 1/3", "10", fails="mapping.not_exact"),
        Example("times factor in units by item, unit", {"qty": "2", "item": "A1", "unit": "CTN"}, "24"),
    ],
    words="times",
)
def times(call: Call) -> None:
    _multiply(call, turned=False)


@function(
    "divide by FACTOR",
    "Divides exactly; FACTOR as for `times`. What has no end (10/3) must be rounded by the next change.",
    rf"divide by {_FACTOR}",
    [
        Example("divide by 1000", "12500", "12.5"),
        Example("divide by factor in units by item, unit", {"qty": "36", "item": "A1", "unit": "CTN"}, "3"),
    ],
)
def divide(call: Call) -> None:
    _multiply(call, turned=True)


@function(
    "convert unit in TABLE by ITEM, UNIT [backwards]",
    "Converts a quantity with the factor the table holds for the item and unit of this row; a row of the table with an "
    "empty item is for all items. `backwards` goes from base unit to this unit. An unknown unit is rejected.",
    rf"convert unit in (?P<table>{ARGUMENT}) by (?P<by>{LIST})(?P<backwards> backwards)?",
    [
        Example("convert unit in units by item, unit", {"qty": "1.5", "item": "A1", "unit": "CTN"}, "18"),
        Example("convert unit in units by item, unit", {"qty": "250", "item": "B2", "unit": "GRM"}, "0.25"),
        Example(
            "convert unit in units by item, unit", {"q": "1", "item": "A1", "unit": "P"}, fails="mapping.unknown_unit"
        ),
        Example("convert unit in units by item, unit backwards", {"qty": "0.25", "item": "B2", "unit": "GRM"}, "250"),
    ],
)
def convert_unit(call: Call) -> None:
    _multiply(call, turned=bool(call.get("backwards")))


@function(
    "negate",
    "Turns the sign; decimals stay as written, zero has no sign.",
    "negate",
    [Example("negate", "12.50", "-12.50"), Example("negate", "-3", "3"), Example("negate", "0", "0")],
)
def negate(call: Call) -> None:
    chain = call.chain
    if chain.number is not None:
        n, d = chain.number
        (turned,) = chain.stage({"n": f"TRY(-{n})"})
        chain.number = turned, d
        return
    chain.settle()
    v = chain.value
    bare = f"ltrim({v}, '-')"
    turned = f"CASE WHEN {v} LIKE '-%' OR ltrim({v}, '-0.') = '' THEN {bare} ELSE '-' || {v} END"
    chain.check(f"CASE WHEN regexp_full_match({v}, {NUMBER}) THEN {turned} END", [("TRUE", NOT_A_NUMBER)])


def _multiply(call: Call, *, turned: bool) -> None:
    if call.arguments.get("table"):
        _by_table(call, turned=turned)
        return
    factor = read_factor(call["up"], call.get("down") or "1")
    if factor is None:
        raise call.wrong("mapping.bad_factor")
    up, down = (factor.denominator, factor.numerator) if turned else (factor.numerator, factor.denominator)
    _product(call.chain, f"{up}::HUGEINT", f"{down}::HUGEINT")


def _by_table(call: Call, *, turned: bool) -> None:
    chain, table = call.chain, call.table(unquote(call["table"]))
    if not table.has_factors:
        raise call.wrong("mapping.no_factors", table=table.name)
    key = key_of(call, table, call["by"])
    chain.to_number()
    exact, join = chain.join(table, key)
    joins, aliases = [join], [exact]
    if len(key) > 1:
        spare, spare_join = chain.join(table, key, spare=True)
        joins.append(spare_join)
        aliases.append(spare)
    parts = [table.values.index(part) for part in ("numerator", "denominator")]
    columns = [f"coalesce({', '.join(f'{alias}.v{part}' for alias in aliases)})" for part in parts]
    up, down = chain.stage({"u": columns[0], "w": columns[1]}, joins)
    wanted = " × ".join(split_list(call["by"]))
    unknown = Problem("mapping.unknown_unit", {"table": table.name, "by": wanted})
    chain.settle_failure(f"{chain.value} IS NOT NULL AND {up} IS NULL", [("TRUE", unknown)], offender=shown(key))
    _product(chain, *((down, up) if turned else (up, down)))


def _product(chain: Chain, up: str, down: str) -> None:
    n, d = chain.to_number()
    more = chain.stage({"n": f"TRY({n} * {up})", "d": f"TRY({d} * {down})"})
    failed = f"{chain.value} IS NOT NULL AND ({more[0]} IS NULL OR {more[1]} IS NULL)"
    chain.settle_failure(failed, [("TRUE", TOO_LARGE)])
    chain.number = more[0], more[1]


NUMBERS = (to_decimal, round_half_up, times, divide, convert_unit, negate)
