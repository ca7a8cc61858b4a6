"""docs/replay.md is run: its full example, and every case worked by hand."""

import json
import re
from pathlib import Path

import pytest

from countbridge.domain.history import read_history
from countbridge.domain.replay import replay, result_json

PAGE = (Path(__file__).parents[3] / "docs" / "replay.md").read_text(encoding="utf-8")
CASES = re.findall(r"^```case (.+)\n((?:.+\n)+?)```$", PAGE, re.MULTILINE)
REASONS = re.findall(r"`(\w+)`", PAGE.split("| code | says |")[1].split("## Cases")[0])
DAY = "2026-03-01T{}+08:00"


def moment(clock):
    return DAY.format(clock if clock.count(":") == 2 else f"{clock}:00")


def key_of(item, words):
    """The words without "@B1", and the key."""
    places = [word for word in words if word.startswith("@")]
    return [w for w in words if w not in places], {"item": item, **({"location": places[0][1:]} if places else {})}


def options(words):
    """ "offset 120000 seen 12:00" as a dict."""
    return dict(zip(words[::2], words[1::2], strict=True))


class Case:
    """A case's lines as a HISTORY document and the result lines wanted."""

    def __init__(self, text):
        self.wanted, self.accuracy = [], None
        self.document = {
            "snapshot": {"at": moment("08:00"), "lines": []}, "movements": [], "scans": [],
            "units": [
                {"item": "A1", "unit": "BOX", "numerator": "6", "denominator": "1"},
                {"item": "A1", "unit": "TRAY", "numerator": "10", "denominator": "3"},
                {"item": "K1", "unit": "GRM", "numerator": "1", "denominator": "1000"},
            ],
            "base_decimals": {"A1": 0}, "prices": {"A1": "8.50"},
            "policy": {"tolerance": {"percent": "2", "quantity": "1", "value": "100"}, "ambiguity_seconds": 30},
        }  # fmt: skip
        for line in text.splitlines():
            word, *rest = line.split()
            {"→": self.want, "book": self.book, "moved": self.moved, "scan": self.scan, "close": self.close,
             "policy": self.policy}[word](*rest)  # fmt: skip

    def book(self, item, quantity, *rest):
        self.document["snapshot"]["lines"].append({"key": key_of(item, rest)[1], "qty": quantity})

    def close(self, item, quantity, *rest):
        end = self.document.setdefault("end", {"at": moment("18:00"), "lines": []})
        end["lines"].append({"key": key_of(item, rest)[1], "qty": quantity})

    def moved(self, clock, item, quantity, *rest):
        rest, key = key_of(item, rest)
        seen = moment(options(rest).get("seen", clock))
        row = {"id": f"m{len(self.document['movements'])}", "key": key, "qty": quantity, "seen": seen}
        self.document["movements"].append({**row, "occurred": moment(clock), "posted": seen})

    def scan(self, clock, item, quantity, *rest):
        rest, key = key_of(item, rest)
        unit = {"unit": rest.pop(0)} if len(rest) % 2 else {}
        row = {"id": f"s{len(self.document['scans'])}", "key": key, "qty": quantity, "counted_at": moment(clock)}
        self.document["scans"].append({**row, **unit, "clock_offset_ms": int(options(rest).get("offset", 0))})

    def policy(self, *words):
        policy, given = self.document["policy"], options(words)
        if "ambiguity" in given:
            policy["ambiguity_seconds"] = int(given.pop("ambiguity"))
        if "seen_until" in given:
            policy["seen_until"] = moment(given.pop("seen_until"))
        if "uncounted" in given:
            policy["uncounted"] = given.pop("uncounted")
        policy["tolerance"] = given or policy["tolerance"]

    def want(self, item, *words):
        words, key = key_of(item, words)
        if item == "accuracy":
            self.accuracy = {name: null(value) for name, value in options(words).items()}
            return
        numbers = {name: null(value) for name, value in options(words[:10]).items()}
        numbers["interval"] = numbers["interval"] and numbers["interval"].split("..")
        self.wanted.append({"key": key, **numbers, "outcome": words[10], "reasons": words[11:]})


def null(text):
    return None if text == "-" else text


@pytest.mark.parametrize(("name", "text"), CASES, ids=[name for name, _ in CASES])
def test_case(name, text):
    case = Case(text)
    result = result_json(replay(read_history(json.dumps(case.document))))
    assert case.wanted
    assert result["lines"] == case.wanted
    if case.accuracy:
        assert result["accuracy"] == case.accuracy


def test_the_full_example():
    history, wanted = (re.search(rf"```json {kind}\n(.+?)```", PAGE, re.DOTALL)[1] for kind in ("history", "result"))
    assert result_json(replay(read_history(history))) == json.loads(wanted)


def test_the_cases_reach_every_reason_of_a_recorded_count():
    reached = {reason for _, text in CASES for line in Case(text).wanted for reason in line["reasons"]}
    assert set(REASONS) - reached == {"snapshot_restated"}  # live counts only
    assert len(CASES) >= 35
