"""An oracle that shares no code with the product: it walks each key's events in true order and tries every possibility.

Slow and literal on purpose. `judge` takes a HISTORY document (parsed JSON) and says what its lines must be, from the
rules in docs/replay.md: books by walking a timeline, intervals by trying every subset of the doubtful movements.
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import chain, combinations

PARTS = ("item", "location", "lot", "status", "owner", "package")


def moment(text):
    return datetime.fromisoformat(text)


def true_time(scan):
    return moment(scan["counted_at"]) + timedelta(milliseconds=scan.get("clock_offset_ms", 0))


def identity(key):
    return tuple(key.get(part) or "" for part in PARTS)


def half_up(fraction, places):
    """Fraction → Decimal by long division, a digit further than needed, then the decimal module's own rounding."""
    with localcontext() as context:
        context.prec = 500
        floor = Decimal(fraction.numerator * 10 ** (places + 1) // fraction.denominator)
        exact = fraction.numerator * 10 ** (places + 1) % fraction.denominator == 0
        # Anything beyond the digit further only matters to a tie of a negative number: 5 and a bit is more than 5.
        digits = floor if exact or fraction >= 0 else floor + Decimal("0.5")
        return digits.scaleb(-places - 1).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def walk(start, movements, until):
    """The book after every movement up to and including the moment, in true order."""
    book = Fraction(start)
    for movement in sorted(movements, key=lambda m: moment(m["occurred"])):
        if moment(movement["occurred"]) > until:
            break
        book += Fraction(movement["qty"])
    return book


def subsets(things):
    return chain.from_iterable(combinations(things, size) for size in range(len(things) + 1))


def judge(history):
    policy = history["policy"]
    taken = moment(history["snapshot"]["at"])
    known = [
        m
        for m in history["movements"]
        if policy.get("seen_until") is None or moment(m["seen"]) <= moment(policy["seen_until"])
    ]
    keys = {}
    for row in [*history["snapshot"]["lines"], *history["scans"], *known]:
        keys.setdefault(identity(row["key"]), row["key"])
    for row in history.get("end", {"lines": []})["lines"]:
        if sum(Fraction(r["qty"]) for r in history["end"]["lines"] if identity(r["key"]) == identity(row["key"])):
            keys.setdefault(identity(row["key"]), row["key"])
    every_moment = [taken, *(true_time(s) for s in history["scans"])]
    every_moment += [moment(m[name]) for m in history["movements"] for name in ("occurred", "posted", "seen")]
    every_moment += [moment(history["end"]["at"])] if "end" in history else []
    lines = [Line(history, keys[name], known, max(every_moment)).result() for name in sorted(keys)]
    return {"lines": lines, "accuracy": accuracy(lines)}


class Line:
    def __init__(self, history, key, known, latest):
        self.history, self.key, self.latest = history, key, latest
        self.policy = history["policy"]
        self.taken = moment(history["snapshot"]["at"])
        mine = identity(key)
        self.movements = [m for m in known if identity(m["key"]) == mine]
        self.after = [m for m in self.movements if moment(m["occurred"]) > self.taken]
        self.scans = [s for s in history["scans"] if identity(s["key"]) == mine]
        self.start = sum(
            (Fraction(r["qty"]) for r in history["snapshot"]["lines"] if identity(r["key"]) == mine), Fraction(0)
        )
        self.places = history["base_decimals"].get(key["item"], 3)

    def faulty(self):
        for scan in self.scans:
            quantity = Decimal(scan["qty"])
            if quantity < 0:
                return True
            if "unit" in scan and not self.factors(scan["unit"]):
                return True
            if "unit" not in scan and (quantity * 10**self.places) % 1 != 0:
                return True
        return False

    def factors(self, unit):
        return [
            Fraction(row["numerator"]) / Fraction(row["denominator"])
            for row in self.history["units"]
            if (row["item"], row["unit"]) == (self.key["item"], unit)
        ]

    def residue(self):
        if "end" not in self.history:
            return 0
        end = self.history["end"]
        closing = sum(Fraction(r["qty"]) for r in end["lines"] if identity(r["key"]) == identity(self.key))
        return closing - walk(self.start, self.after, moment(end["at"]))

    def result(self):
        until = self.policy.get("seen_until")
        moments = [true_time(scan) for scan in self.scans]
        counted = None
        if self.scans and not self.faulty():
            exact = Fraction(0)
            for scan in self.scans:
                exact += Fraction(scan["qty"]) * (self.factors(scan["unit"])[0] if "unit" in scan else 1)
            counted = Fraction(half_up(exact, self.places))
        elif not self.scans and self.policy["uncounted"] == "zero":
            counted = Fraction(0)
            everyone = [true_time(scan) for scan in self.history["scans"]]
            moments = [max(everyone) if everyone else moment(until) if until else self.latest]
        at = max(moments) if moments else moment(until) if until else self.latest
        expected = walk(self.start, self.after, at)
        variance = None if counted is None else counted - expected
        interval = None if counted is None else self.possible(counted, moments, at)
        price = self.history["prices"].get(self.key["item"])
        value = None if variance is None or price is None else variance * Fraction(price)
        return {
            "key": self.key,
            "expected": expected,
            "counted": counted,
            "variance": variance,
            "interval": interval,
            "value": value,
            "outcome": self.outcome(moments, expected, counted, interval, value),
        }

    def possible(self, counted, moments, at):
        """Every combination of "had happened" and "had not" for the movements too close to a scan."""
        lag = timedelta(seconds=self.policy["ambiguity_seconds"])
        doubtful = [m for m in self.after if any(abs(moment(m["occurred"]) - c) <= lag for c in moments)]
        sure = [m for m in self.after if m not in doubtful]
        worlds = [
            counted - walk(self.start, sure, at) - sum(Fraction(m["qty"]) for m in happened)
            for happened in subsets(doubtful)
        ]
        return [min(worlds), max(worlds)]

    def outcome(self, moments, expected, counted, interval, value):  # noqa: PLR0911 — as literal as the rule
        if self.scans and self.faulty():
            return "error"
        if self.residue() != 0:
            return "hold"
        if moments and any(min(moments) < moment(m["occurred"]) <= max(moments) for m in self.movements):
            return "recount"
        if interval and interval[0] != interval[1] and interval[0] <= 0 <= interval[1]:
            return "timing"
        if counted is None:
            return "uncounted"
        if counted == expected:
            return "match"
        return "breach" if self.breaches(expected, counted, value) else "within_tolerance"

    def breaches(self, expected, counted, value):
        limits = {name: Fraction(limit) for name, limit in self.policy["tolerance"].items()}
        off = abs(counted - expected)
        if "percent" in limits and expected and counted and off / abs(expected) > limits["percent"] / 100:
            return True
        if "quantity" in limits and off > limits["quantity"]:
            return True
        return "value" in limits and value is not None and abs(value) > limits["value"]


def accuracy(lines):
    counted = [line for line in lines if line["counted"] is not None]
    good = [line for line in counted if line["outcome"] in ("match", "within_tolerance")]
    book = sum(abs(line["expected"]) for line in counted)
    off = sum(abs(line["variance"]) for line in counted)
    return {
        "lines": half_up(Fraction(len(good), len(counted)), 6) if counted else None,
        "quantity": half_up(1 - Fraction(off) / book, 6) if book else None,
    }
