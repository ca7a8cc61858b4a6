"""The last good day: what book and label say of it."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from countbridge.domain.expiry import DIFFERS, EXPIRED, differing, is_expired, reasons

DAY = date(2026, 11, 25)
DAYS = st.integers(-3, 3).map(lambda days: DAY + timedelta(days))
TOLD = st.lists(st.none() | DAYS, max_size=3)


def test_the_last_good_day_itself_is_good() -> None:
    assert not is_expired(DAY, DAY)
    assert is_expired(DAY - timedelta(1), DAY)
    assert not is_expired(None, DAY)


def test_a_label_that_says_another_day_is_told() -> None:
    later = DAY + timedelta(9)
    assert differing(DAY, [None, later]) == later
    assert differing(DAY, [DAY, None]) is None
    assert differing(None, [later]) is None


@given(st.none() | DAYS, TOLD)
def test_the_reasons_say_just_that(booked: date | None, told: list[date | None]) -> None:
    found = reasons(booked, told, DAY)
    days = [each for each in (booked, *told) if each is not None]
    assert (EXPIRED in found) == any(each < DAY for each in days)
    assert (DIFFERS in found) == (booked is not None and any(each not in (None, booked) for each in told))
