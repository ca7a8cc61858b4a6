"""What `domain.assessment.assess` says of one line, said of all lines of a count at once, in DuckDB's SQL.

Quantities are whole numbers of 10⁻⁹ base units, prices of 10⁻⁶ of the currency, moments microseconds since 1970: nothing can
be rounded, and there is no DOUBLE. Worked: 12.5 kg is 12500000000; 2 boxes of 6 are 2·6·10⁹.

Whole numbers have an end: about 9·10¹⁸ for `BIGINT`, in which facts and figures are kept, and 1.7·10³⁸ for `HUGEINT`, in which
they are added up and multiplied. A line with a number so large that something could pass either is `wide`: it is marked before
anything is multiplied and gets no figures here, the domain's own code computes it. The limits:

- a fact that is no BIGINT is loaded as NULL: its line is wide
- a scan: the parts of its factor below 10⁶, quantity times factor a BIGINT
- a line's scans together: below 10²² each for units that are whole numbers of base units and for the others, so that
  2·(10²²·10⁶ + 10²²)·10⁹, which rounding needs, is a HUGEINT
- expected, counted, variance and the ends of the interval: each a BIGINT, so below 9.2 thousand million base units; times a price
  (a BIGINT) or a percentage (below 10¹⁴) they are a HUGEINT

Wide as well: portions of one line in two units that are different fractions of the base unit (1/3 and 1/1000), and items with
more than nine decimals.
"""

from __future__ import annotations

from dataclasses import dataclass

from countbridge.domain.keys import GOODS

PARTS = ", ".join(f"{name} VARCHAR" for name in GOODS)
BASE = 10**9  # whole numbers in one base unit
MONEY = 10**6  # and in one unit of the currency
DIGITS = 9
BIGINT = 2**63 - 1
FACTOR_LIMIT = 10**6
SUM_LIMIT = 10**22
PERCENT_LIMIT = 10**14

# `quantity`, `snapshot` in 10⁻⁹; NULL: too large. `base`: entered in the base unit, which must fit the item's decimals and has no
# factor. `numerator` NULL: the unit is unknown; -1: too large. `unequal`: the closure test left a residue. `alone`: the
# line is not for the set, as where its price is too large; `price` NULL: there is none.
TABLES = {
    "lines": (
        f"line BIGINT, bin VARCHAR, {PARTS}, snapshot BIGINT, watermark BIGINT, decimals SMALLINT,"
        " price BIGINT, alone BOOLEAN, unequal BOOLEAN"
    ),
    "scans": (
        "line BIGINT, pass SMALLINT, quantity BIGINT, base BOOLEAN, numerator BIGINT, denominator BIGINT, counted_at BIGINT"
    ),
    "movements": f"bin VARCHAR, {PARTS}, quantity BIGINT, ledger_seq BIGINT, occurred BIGINT",
    "result": (
        "line BIGINT, wide BOOLEAN, expected BIGINT, counted BIGINT, variance BIGINT, variance_min BIGINT, variance_max BIGINT,"
        " value HUGEINT, counted_at BIGINT, outcome VARCHAR, reasons INTEGER"
    ),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """A count's rules as whole numbers; `percent` and `quantity` in 10⁻⁹, `value` in 10⁻¹⁵, None = no such limit."""

    snapshot_at: int
    uncounted_at: int
    ambiguity: int
    uncounted_is_zero: bool
    percent: int | None
    quantity: int | None
    value: int | None


# Each movement with its line, and whether the snapshot lacks it.
PLACED = f"""
CREATE TEMP TABLE placed AS
SELECT l.line, m.quantity, m.occurred, m.ledger_seq > l.watermark AS later
FROM movements m JOIN lines l ON m.bin = l.bin{"".join(f" AND m.{name} = l.{name}" for name in GOODS)}"""


def counting(first: int, last: int) -> str:
    """Of lines numbered so: the scans that count, which are those of a line's newest pass that has any. Recounts are few, so
    only they are looked up."""
    return f"""
CREATE OR REPLACE TEMP VIEW counting AS
WITH these AS (
    SELECT * FROM scans WHERE line BETWEEN {first} AND {last}
), recounted AS (
    SELECT line, max(pass) AS pass FROM these WHERE pass > (SELECT min(pass) FROM these) GROUP BY line
)
SELECT these.line, quantity, base, CASE WHEN base THEN 1 ELSE numerator END AS times,
       CASE WHEN base THEN 1 ELSE denominator END AS parts, counted_at
FROM these LEFT JOIN recounted ON recounted.line = these.line
WHERE recounted.line IS NULL OR these.pass = recounted.pass"""


# How many decimals a quantity uses: by how many zeros it can be divided.
_USED = " ".join(f"WHEN quantity % {10 ** (DIGITS - digits)} = 0 THEN {digits}" for digits in range(DIGITS))
# One row per line that has scans. `whole` and `fractions` are kept apart: the second is still to be divided by `parts`.
# `decimals` are those its quantities use, `entered` those of what was entered in the base unit.
COUNTED = f"""
CREATE OR REPLACE TEMP TABLE counted AS
WITH portions AS (
    SELECT *, quantity IS NULL OR NOT coalesce(times BETWEEN 1 AND {FACTOR_LIMIT - 1}, true)
              OR NOT coalesce(parts BETWEEN 1 AND {FACTOR_LIMIT - 1}, true)
              OR coalesce(abs(quantity) > {BIGINT} // CASE WHEN times > 0 THEN times END, false) AS wide,
           (CASE {_USED} ELSE {DIGITS} END)::TINYINT AS decimals
    FROM counting
), summed AS (
    SELECT line, count(*)::INTEGER AS scans, min(counted_at) AS first, max(counted_at) AS last,
           bool_or(times IS NULL) AS unknown_unit, bool_or(times IS NOT NULL AND quantity < 0) AS negative_count,
           max(decimals) AS decimals, max(CASE WHEN base AND quantity >= 0 THEN decimals ELSE 0 END) AS entered,
           coalesce(sum(CASE WHEN NOT wide AND parts = 1 THEN quantity * times END), 0) AS whole,
           coalesce(sum(CASE WHEN NOT wide AND parts > 1 THEN quantity * times END), 0) AS fractions,
           coalesce(max(parts), 1) AS parts, bool_or(wide) AS wide, min(CASE WHEN parts > 1 THEN parts END) AS least_parts
    FROM portions GROUP BY line
)
SELECT line, scans, first, last, unknown_unit, negative_count, decimals, entered, whole, fractions, parts,
       wide OR coalesce(least_parts <> parts, false) OR abs(whole) >= {SUM_LIMIT} OR abs(fractions) >= {SUM_LIMIT} AS wide
FROM summed"""


def moved(terms: Terms, first: int, last: int) -> str:
    """One row per line on which goods moved, of lines numbered so. Doubtful: within the ambiguity of a scan, and not in the
    snapshot. A line of three or more scans may have one near it between its first and its last; those pairs alone are looked
    at singly."""
    return f"""
CREATE OR REPLACE TEMP TABLE moved AS
WITH timed AS (
    SELECT p.rowid AS number, p.line, p.quantity, p.occurred, p.later, coalesce(c.scans, 0) AS scans,
           coalesce(c.first, {terms.uncounted_at}) AS first, coalesce(c.last, {terms.uncounted_at}) AS last
    FROM placed p LEFT JOIN counted c ON c.line = p.line WHERE p.line BETWEEN {first} AND {last}
), between_ends AS (
    SELECT DISTINCT t.number FROM timed t JOIN counting s ON s.line = t.line
    WHERE t.scans > 2 AND t.later AND s.counted_at BETWEEN t.occurred - {terms.ambiguity} AND t.occurred + {terms.ambiguity}
), told AS (
    SELECT t.*, later AND occurred <= last AS happened,
           later AND (abs(occurred - first) <= {terms.ambiguity} OR abs(occurred - last) <= {terms.ambiguity}
                      OR b.number IS NOT NULL) AS doubtful
    FROM timed t LEFT JOIN between_ends b ON b.number = t.number
)
SELECT line,
       coalesce(sum(quantity) FILTER (happened), 0) AS happened,
       coalesce(sum(quantity) FILTER (happened AND NOT doubtful), 0) AS sure,
       coalesce(sum(quantity) FILTER (doubtful AND quantity < 0), 0) AS least,
       coalesce(sum(quantity) FILTER (doubtful AND quantity > 0), 0) AS most,
       bool_or(first < occurred AND occurred <= last) AS between_scans,
       bool_or(later AND occurred <= {terms.snapshot_at}) AS restated,
       bool_or(quantity IS NULL) AS wide
FROM told GROUP BY line"""


# (2·|N|·10^d + 10⁹·p) ÷ (2·10⁹·p), cut off: N ÷ (10⁹·p) rounded half-up to d decimals, as `domain.decimals.round_half_up`.
_POWER = " ".join(f"WHEN {digits} THEN {10**digits}" for digits in range(DIGITS + 1))
_STEP = f"(CASE decimals {_POWER} END)::HUGEINT"  # 10^d
# N is not negative: a line with a negative scan is an error and has no sum.
_EXACT_SUM = "(whole * parts + fractions)"
_ROUNDED = f"""
    CASE WHEN parts = 1 AND used_decimals <= decimals THEN whole
         ELSE (2 * {_EXACT_SUM} * {_STEP} + {BASE} * parts) // (2 * {BASE} * parts) * ({BASE} // {_STEP})
    END"""
FIGURES = ("counted", "variance", "variance_min", "variance_max")
# Why a line is as it is: each reason's bit in `reasons`, in the order in which the domain says them.
REASONS = (
    "negative_count", "too_many_decimals", "unknown_unit", "closure_residue", "moved_between_scans", "ambiguous_movements",
    "scan_before_snapshot", "snapshot_restated", "negative_book", "not_counted", "uncounted_as_zero", "exceeds_percent",
    "exceeds_quantity", "exceeds_value", "percent_not_applied",
)  # fmt: skip


def result(terms: Terms, first: int, last: int) -> str:
    """One row per line numbered so: `wide`, or its figures (still whole numbers), outcome and reasons (bits of REASONS)."""
    zero = "true" if terms.uncounted_is_zero else "false"
    over = _exceeded(terms)
    reasons = {
        "negative_count": "negative_count",
        "too_many_decimals": "too_many_decimals",
        "unknown_unit": "unknown_unit",
        "closure_residue": "unequal",
        "moved_between_scans": "between_scans",
        "ambiguous_movements": "variance_min < variance_max",
        "scan_before_snapshot": f"first < {terms.snapshot_at} AND (scanned OR counted IS NOT NULL)",
        "snapshot_restated": "restated",
        "negative_book": "expected < 0",
        "not_counted": f"NOT scanned AND NOT {zero}",
        "uncounted_as_zero": f"NOT scanned AND {zero}",
        "exceeds_percent": "over_percent",
        "exceeds_quantity": "over_quantity",
        "exceeds_value": "over_value",
        "percent_not_applied": "false" if terms.percent is None else "variance <> 0 AND NOT has_percent",
    }
    bits = " + ".join(f"CASE WHEN {reasons[name]} THEN {2**place} ELSE 0 END" for place, name in enumerate(REASONS))
    fits = " AND ".join(f"TRY_CAST({name} AS BIGINT) IS NOT NULL" for name in FIGURES)
    figures = ", ".join(f"TRY_CAST({name} AS BIGINT) AS {name}" for name in ("expected", *FIGURES))
    return f"""
INSERT INTO result
WITH known AS (
    SELECT l.line, l.snapshot, l.decimals, l.price, l.unequal,
           c.line IS NOT NULL AS scanned, coalesce(c.unknown_unit, false) AS unknown_unit,
           coalesce(c.negative_count, false) AS negative_count, coalesce(c.entered > l.decimals, false) AS too_many_decimals,
           coalesce(c.decimals, 0) AS used_decimals,
           coalesce(c.whole, 0) AS whole, coalesce(c.fractions, 0) AS fractions, coalesce(c.parts, 1) AS parts,
           coalesce(c.first, {terms.uncounted_at}) AS first, coalesce(c.last, {terms.uncounted_at}) AS last,
           coalesce(m.happened, 0) AS happened, coalesce(m.sure, 0) AS sure, coalesce(m.least, 0) AS least,
           coalesce(m.most, 0) AS most, coalesce(m.between_scans, false) AS between_scans,
           coalesce(m.restated, false) AS restated,
           coalesce(c.wide, false) OR coalesce(m.wide, false) OR l.decimals > {DIGITS} OR l.alone OR l.snapshot IS NULL AS wide
    FROM lines l LEFT JOIN counted c ON c.line = l.line LEFT JOIN moved m ON m.line = l.line
    WHERE l.line BETWEEN {first} AND {last}
), counting AS (
    SELECT *, unknown_unit OR negative_count OR too_many_decimals AS faulty,
           CASE WHEN wide OR unknown_unit OR negative_count OR too_many_decimals THEN NULL
                WHEN scanned THEN {_ROUNDED}
                WHEN {zero} THEN 0 END AS counted
    FROM known
), compared AS (
    SELECT *, snapshot + happened AS expected, counted - (snapshot + happened) AS variance,
           counted - (snapshot + sure + most) AS variance_min, counted - (snapshot + sure + least) AS variance_max
    FROM counting
), narrow AS (
    SELECT * REPLACE ({figures}, wide OR TRY_CAST(expected AS BIGINT) IS NULL OR NOT (counted IS NULL OR {fits}) AS wide)
    FROM compared
), valued AS (
    SELECT *, variance::HUGEINT * price AS value, expected <> 0 AND counted <> 0 AS has_percent FROM narrow
), judged AS (
    SELECT *, {over["percent"]} AS over_percent, {over["quantity"]} AS over_quantity, {over["value"]} AS over_value
    FROM valued
)
SELECT line, wide, expected, counted, variance, variance_min, variance_max, value, CASE WHEN scanned THEN last END AS counted_at,
       CASE WHEN wide THEN ''
            WHEN faulty THEN 'error'
            WHEN unequal THEN 'hold'
            WHEN between_scans THEN 'recount'
            WHEN variance_min < variance_max AND variance_min <= 0 AND variance_max >= 0 THEN 'timing'
            WHEN counted IS NULL THEN 'uncounted'
            WHEN variance = 0 THEN 'match'
            WHEN NOT (over_percent OR over_quantity OR over_value) THEN 'within_tolerance'
            ELSE 'breach' END AS outcome,
       CASE WHEN wide THEN 0 ELSE {bits} END AS reasons
FROM judged"""


def _exceeded(terms: Terms) -> dict[str, str]:
    """Each limit as a condition; NULL figures exceed nothing. |V|·100 > |E|·percent, without dividing."""
    limits = {
        "percent": f"has_percent AND abs(variance::HUGEINT) * {100 * BASE} > abs(expected::HUGEINT) * {terms.percent}",
        "quantity": f"abs(variance::HUGEINT) > {terms.quantity}",
        "value": f"abs(value) > {terms.value}",
    }
    return {
        name: "false" if getattr(terms, name) is None else f"coalesce({condition}, false)"
        for name, condition in limits.items()
    }
