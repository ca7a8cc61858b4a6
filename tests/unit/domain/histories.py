"""Generated HISTORY documents: few keys and a narrow clock, so that moments meet and every rule is reached."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

START = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
UNITS = [
    {"item": "A1", "unit": "BOX", "numerator": "6", "denominator": "1"},
    {"item": "A1", "unit": "THIRD", "numerator": "10", "denominator": "3"},
    {"item": "K1", "unit": "GRM", "numerator": "1", "denominator": "1000"},
]
KEYS = [
    {"item": "A1", "location": "B1", "lot": "L7"},
    {"item": "A1", "location": "B1"},
    {"item": "K1", "location": "B2", "status": "held", "owner": "O", "package": "P"},
    {"item": "00123"},
]
TOLERANCES = st.fixed_dictionaries(
    {},
    optional={
        "percent": st.sampled_from(["0", "2", "50"]),
        "quantity": st.sampled_from(["0", "1", "2.5"]),
        "value": st.sampled_from(["0", "8.50", "20"]),
    },
)


def at(second, hours=8):
    """A moment on the small clock, written in one of several offsets."""
    zone = timezone(timedelta(hours=hours)) if hours else UTC
    return (START + timedelta(seconds=second)).astimezone(zone).isoformat()


seconds = st.integers(-4, 12)
moments = st.builds(at, seconds, st.sampled_from([8, 0, -5]))
keys = st.sampled_from([KEYS[0], KEYS[0], KEYS[0], *KEYS])  # mostly one key, so that its events meet
quantities = st.one_of(st.integers(-6, 12).map(str), st.decimals(-3, 9, places=4).map(lambda d: format(d, "f")))
stock = st.lists(st.fixed_dictionaries({"key": keys, "qty": quantities}), max_size=5)


@st.composite
def movements(draw):
    moved = st.one_of(st.integers(-6, 6).map(str), st.sampled_from(["0.5", "-0.5"]))
    rows = draw(st.lists(st.tuples(keys, moved, moments, moments, moments), max_size=7))
    names = ("key", "qty", "occurred", "posted", "seen")
    return [{"id": f"m{number}", **dict(zip(names, row, strict=True))} for number, row in enumerate(rows)]


@st.composite
def scans(draw):
    good = st.integers(0, 12).map(str)
    quantity = st.one_of(good, good, good, good, st.sampled_from(["2.5", "0.0005", "1.0004", "-1", "7.000"]))
    unit = st.sampled_from([*[None] * 8, "BOX", "THIRD", "GRM", "CRATE"])
    rows = draw(st.lists(st.tuples(keys, quantity, unit, seconds, st.sampled_from([0, 0, 1500, -2000])), max_size=6))
    return [
        {
            "id": f"s{number}",
            "key": key,
            "qty": qty,
            **({"unit": unit} if unit else {}),
            "counted_at": at(second),
            "clock_offset_ms": offset,
            "counter": "u1",
        }
        for number, (key, qty, unit, second, offset) in enumerate(rows)
    ]


@st.composite
def histories(draw):
    policy = {
        "tolerance": draw(TOLERANCES),
        "ambiguity_seconds": draw(st.integers(0, 3)),
        "uncounted": draw(st.sampled_from(["ignore", "zero"])),
    }
    if draw(st.booleans()):
        policy["seen_until"] = draw(moments)
    document = {
        "snapshot": {"at": at(0), "lines": draw(stock)},
        "movements": draw(movements()),
        "scans": draw(scans()),
        "units": UNITS,
        "base_decimals": {"A1": draw(st.sampled_from([0, 1, 3]))},
        "prices": draw(st.sampled_from([{}, {"A1": "8.50"}, {"A1": "8.50", "K1": "0", "00123": "1.005"}])),
        "policy": policy,
    }
    if draw(st.integers(0, 7)) == 0:
        document["end"] = {"at": draw(moments), "lines": draw(stock)}
    elif draw(st.booleans()):
        document["end"] = closing_book(document)
    return document


def closing_book(document):
    """The closing book of a system that reported every movement, so that the closure test passes for seen ones."""
    lines = list(document["snapshot"]["lines"])
    start = datetime.fromisoformat(document["snapshot"]["at"])
    lines += [
        {"key": m["key"], "qty": m["qty"]}
        for m in document["movements"]
        if datetime.fromisoformat(m["occurred"]) > start
    ]
    return {"at": at(60), "lines": lines}
