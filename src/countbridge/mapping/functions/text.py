"""Functions on text: trimming, cutting, joining. Positions count characters from 1."""

from __future__ import annotations

from countbridge.mapping.chain import Problem
from countbridge.mapping.functions.catalogue import Call, Example, function, whole_number
from countbridge.mapping.quoting import literal
from countbridge.mapping.words import ARGUMENT, LIST, REST, split_list, unquote

_SPACES = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160) || chr(12288)"
_LONGEST = 100_000


@function(
    "strip",
    "Takes away spaces, tabs, line ends and full-width spaces at both ends.",
    "strip",
    [Example("strip", "  A1 \t", "A1"), Example("strip", "　螺 栓　", "螺 栓"), Example("strip", "   ", None)],
)
def strip(call: Call) -> None:
    call.chain.text(lambda v: f"trim({v}, {_SPACES})")


@function(
    "strip zeros",
    "Takes away leading zeros; one stays when there is nothing else. Full-width zeros are other characters and stay.",
    "strip zeros",
    [
        Example("strip zeros", "000123", "123"),
        Example("strip zeros", "000", "0"),
        Example("strip zeros", "0A0", "A0"),
        Example("strip zeros", "１０", "１０"),
    ],
)
def strip_zeros(call: Call) -> None:
    call.chain.text(lambda v: f"CASE WHEN {v} <> '' AND ltrim({v}, '0') = '' THEN '0' ELSE ltrim({v}, '0') END")


@function("upper", "Makes letters capital.", "upper", [Example("upper", "ab-1é", "AB-1É")])
def upper(call: Call) -> None:
    call.chain.text(lambda v: f"upper({v})")


@function("lower", "Makes letters small.", "lower", [Example("lower", "AB-1", "ab-1")])
def lower(call: Call) -> None:
    call.chain.text(lambda v: f"lower({v})")


@function(
    "cut A..B",
    "Keeps characters A to B; a shorter value is rejected, for a cut code is another code. `cut 3..` keeps the rest.",
    r"cut (?P<first>\d+)\.\.(?P<last>\d+)?",
    [
        Example("cut 1..4", "W101-02-03", "W101"),
        Example("cut 6..", "W101-02-03", "02-03"),
        Example("cut 1..4", "W1", fails="mapping.too_short"),
        Example("cut 2..3", "螺栓甲乙", "栓甲"),
    ],
    words="cut",
)
def cut(call: Call) -> None:
    first = whole_number(call["first"], 1, _LONGEST)
    last = whole_number(call["last"], 1, _LONGEST) if call.get("last") else None
    if first is None or (call.get("last") and (last is None or last < first)):
        raise call.wrong("mapping.bad_range")
    chain = call.chain
    chain.plain()
    chain.settle()
    v, needed = chain.value, last or first
    taken = f"substr({v}, {first}, {last - first + 1})" if last else f"substr({v}, {first})"
    problem = Problem("mapping.too_short", {"length": str(needed)})
    chain.check(f"CASE WHEN length({v}) >= {needed} THEN {taken} END", [("TRUE", problem)])


@function(
    "shorten to N",
    "Keeps at most the first N characters: for names, never for codes.",
    r"shorten to (?P<length>\d+)",
    [Example("shorten to 3", "abcdef", "abc"), Example("shorten to 3", "ab", "ab")],
)
def shorten(call: Call) -> None:
    length = whole_number(call["length"], 1, _LONGEST)
    if length is None:
        raise call.wrong("mapping.bad_range")
    call.chain.text(lambda v: f"left({v}, {length})")


@function(
    "parts A..B by SEPARATOR",
    "Keeps parts A to B of a code built with a separator; a code with fewer parts is rejected.",
    rf"parts (?P<first>\d+)(?:\.\.(?P<last>\d+))? by (?P<separator>{ARGUMENT})",
    [
        Example("parts 1..2 by -", "W1-01-02", "W1-01"),
        Example('parts 2 by "-"', "W1-01-02", "01"),
        Example("parts 1..2 by -", "W1", fails="mapping.too_few_parts"),
    ],
    words="parts",
)
def parts(call: Call) -> None:
    first = whole_number(call["first"], 1, 1000)
    last = whole_number(call["last"] or call["first"], 1, 1000)
    separator = unquote(call["separator"])
    if first is None or last is None or last < first or not separator:
        raise call.wrong("mapping.bad_range")
    chain = call.chain
    chain.plain()
    chain.settle()
    split, by = f"string_split({chain.value}, {literal(separator)})", literal(separator)
    taken = f"array_to_string(list_slice({split}, {first}, {last}), {by})"
    problem = Problem("mapping.too_few_parts", {"parts": str(last), "separator": separator})
    chain.check(f"CASE WHEN len({split}) >= {last} THEN {taken} END", [("TRUE", problem)])


@function(
    "replace OLD with NEW",
    'Replaces every OLD in the value; put either in quotes when it holds spaces, commas or quotes, `""` for nothing.',
    rf"replace (?P<old>{ARGUMENT}) with (?P<new>{ARGUMENT})",
    [
        Example("replace - with _", "A-1-2", "A_1_2"),
        Example('replace " " with ""', "A 1", "A1"),
        Example("replace \"'\" with '\"'", "it's", 'it"s'),
    ],
    words="replace",
)
def replace(call: Call) -> None:
    old, new = unquote(call["old"]), unquote(call["new"])
    if not old:
        raise call.wrong("mapping.bad_arguments", signature="replace OLD with NEW")
    call.chain.text(lambda v: f"replace({v}, {literal(old)}, {literal(new)})")


@function(
    "prefix TEXT",
    "Puts TEXT before the value; an empty value stays empty.",
    rf"prefix (?P<text>{REST})",
    [Example("prefix W1-", "01", "W1-01"), Example("prefix W1-", "", None)],
    words="prefix",
)
def prefix(call: Call) -> None:
    call.chain.text(lambda v: f"{literal(unquote(call['text']))} || {v}")


@function(
    "suffix TEXT",
    "Puts TEXT after the value; an empty value stays empty.",
    rf"suffix (?P<text>{REST})",
    [Example("suffix -A", "01", "01-A"), Example('suffix " kg"', "5", "5 kg")],
    words="suffix",
)
def suffix(call: Call) -> None:
    call.chain.text(lambda v: f"{v} || {literal(unquote(call['text']))}")


@function(
    "join with SEPARATOR",
    "Makes one text of the several fields in `from`; always the first change. An empty field stays an empty part.",
    rf"join with (?P<separator>{ARGUMENT})",
    [
        Example("join with -", {"zone": "A", "rack": "01"}, "A-01"),
        Example("join with -", {"zone": "A", "rack": None}, "A-"),
        Example('join with ""', {"zone": None, "rack": None}, None),
    ],
)
def join(call: Call) -> None:
    if len(call.sources) < 2 or not call.first:
        raise call.wrong("mapping.join_first")
    fields = [f"coalesce({call.field(name)}, '')" for name in call.sources]
    by = f" || {literal(unquote(call['separator']))} || "
    joined = f"NULLIF({by.join(fields)}, '')"
    anything = " OR ".join(f"{call.field(name)} IS NOT NULL" for name in call.sources)
    call.chain.value = f"CASE WHEN {call.chain.applies or 'TRUE'} AND ({anything}) THEN {joined} END"


@function(
    "constant TEXT",
    "Always TEXT, whatever the source holds (where `when` holds).",
    rf"constant (?P<text>{REST})",
    [Example("constant count", "x", "count"), Example("constant PI", {"a": None}, "PI")],
    words="constant",
)
def constant(call: Call) -> None:
    if not call.first:
        raise call.wrong("mapping.constant_first")
    text = literal(unquote(call["text"]))
    call.chain.value = f"CASE WHEN {call.chain.applies or 'TRUE'} THEN NULLIF({text}, '') END"


@function(
    "required",
    "Rejects the row when the value is empty at this point.",
    "required",
    [Example("required", "5", "5"), Example("required", "", fails="mapping.empty")],
)
def required(call: Call) -> None:
    chain = call.chain
    chain.plain()
    chain.settle()
    failed = f"{chain.value} IS NULL AND {chain.applies or 'TRUE'}"
    chain.settle_failure(failed, [("TRUE", Problem("mapping.empty"))])


@function(
    "yes or no A,B as C,D",
    "C when the value is one of the words for yes (A), D for no (B); words for the same side are parted by `/`. "
    "Without `as`: yes and no. Anything else is rejected.",
    rf"yes or no (?P<from>{LIST})(?: as (?P<to>{LIST}))?",
    [
        Example("yes or no Y,N as true,false", "Y", "true"),
        Example("yes or no Y/1,N/0", "0", "no"),
        Example("yes or no Y,N", "J", fails="mapping.not_yes_no"),
    ],
)
def yes_or_no(call: Call) -> None:
    sides, results = split_list(call["from"]), split_list(call.get("to") or "yes,no")
    if len(sides) != 2 or len(results) != 2:
        raise call.wrong("mapping.bad_arguments", signature="yes or no A,B as C,D")
    chain = call.chain
    chain.plain()
    chain.settle()
    cases = []
    for side, result in zip(sides, results, strict=True):
        words = ", ".join(literal(word) for word in side.split("/"))
        cases.append(f"WHEN {chain.value} IN ({words}) THEN {literal(result)}")
    problem = Problem("mapping.not_yes_no", {"allowed": " ".join(sides)})
    chain.check(f"CASE {' '.join(cases)} END", [("TRUE", problem)])


TEXT = (
    strip, strip_zeros, cut, shorten, parts, upper, lower, replace, prefix, suffix, join, constant, required, yes_or_no,
)  # fmt: skip
