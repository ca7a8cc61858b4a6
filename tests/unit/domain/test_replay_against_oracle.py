"""The product and the brute-force oracle agree on every generated history, and order of arrival never matters."""

import json
import random
from decimal import Decimal
from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from countbridge.domain.history import read_history
from countbridge.domain.replay import replay, result_json

from .histories import histories
from .oracle import judge


def replayed(document):
    return result_json(replay(read_history(json.dumps(document))))


def number(text):
    return None if text is None else Fraction(text)


@settings(max_examples=600, deadline=None)
@given(histories())
def test_every_number_and_outcome_is_the_oracles(document):
    ours, theirs = replayed(document), judge(document)
    assert [line["key"] for line in ours["lines"]] == [line["key"] for line in theirs["lines"]]
    for line, wanted in zip(ours["lines"], theirs["lines"], strict=True):
        event(line["outcome"])
        for name in ("expected", "counted", "variance", "value"):
            assert number(line[name]) == wanted[name], (name, line["key"])
        assert line["interval"] == wanted["interval"] or [number(x) for x in line["interval"]] == wanted["interval"]
        assert line["outcome"] == wanted["outcome"], line["key"]
    for name in ("lines", "quantity"):
        assert number(ours["accuracy"][name]) == number(theirs["accuracy"][name])


@settings(max_examples=150, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_order_and_repetition_of_arrival_never_matter(document, chance: random.Random):
    shuffled = json.loads(json.dumps(document))
    for rows in (shuffled["movements"], shuffled["scans"]):
        rows.extend(chance.sample(rows, k=len(rows) // 2))  # delivered twice
    for rows in (shuffled["movements"], shuffled["scans"], shuffled["snapshot"]["lines"], shuffled["units"]):
        chance.shuffle(rows)
    assert replayed(shuffled) == replayed(document)


@settings(max_examples=150, deadline=None)
@given(histories())
def test_every_number_is_canonical_text(document):
    for line in replayed(document)["lines"]:
        for text in [line["expected"], line["counted"], line["variance"], line["value"], *(line["interval"] or [])]:
            if text is not None:
                assert "E" not in text
                assert text != "-0"
                assert "." not in text or not text.endswith(("0", "."))
                assert Decimal(text).is_finite()
