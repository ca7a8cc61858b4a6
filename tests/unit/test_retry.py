"""The retry policy: one row for each kind of failure, and every failure has its row."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest

import countbridge.connectors.http
from countbridge.errors import (
    AuthError,
    ConfigError,
    ContractSurprise,
    CountbridgeError,
    InputError,
    OutcomeUnknown,
    Rejected,
    TryLater,
)
from countbridge.exchange import chance
from countbridge.exchange.faults import DOWN, FOR_ADMINISTRATORS, OF_CODE, Fault, fault_of
from countbridge.exchange.retry import DAY, HOUR, LONGEST_OF_JOB, POLICY, NotYet, pause, pause_of_job


def test_every_kind_of_failure_has_its_row() -> None:
    assert set(POLICY) == set(Fault)
    for rule in POLICY.values():
        assert 0 < rule.first <= rule.longest
        assert rule.growth > 1, "an outage of days is not hammered"
        assert 0 < rule.jitter < 1, "those that failed together do not come back together"
    assert all(POLICY[fault].longest == 6 * HOUR for fault in DOWN)
    assert all(POLICY[fault].first >= 15 for fault in FOR_ADMINISTRATORS), "no waiting mends a wrong password"


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (TryLater("http.unreachable"), Fault.UNREACHABLE),
        (TryLater("http.connect_timeout"), Fault.UNREACHABLE),
        (TryLater("http.read_timeout"), Fault.SILENT),
        (OutcomeUnknown("http.write_timeout"), Fault.SILENT),
        (TryLater("http.read_failed"), Fault.FAILED),
        (OutcomeUnknown("http.write_failed"), Fault.FAILED),
        (TryLater("http.too_many_requests"), Fault.THROTTLED),
        (TryLater("own.later"), Fault.BUSY),
        (OutcomeUnknown("own.lost"), Fault.UNKNOWN),
        (OutcomeUnknown("http.html"), Fault.SURPRISE),
        (ContractSurprise("own.odd"), Fault.SURPRISE),
        (AuthError("own.key"), Fault.AUTH),
        (ConfigError("own.setting"), Fault.SETUP),
        (Rejected("own.no"), Fault.REFUSED),
        (InputError("own.row"), Fault.REFUSED),
        (RuntimeError("a defect"), Fault.OURS),
    ],
)
def test_errors_are_told_apart(error: Exception, fault: Fault) -> None:
    assert fault_of(error) == fault


def test_every_code_of_the_transport_that_means_the_system_is_in_the_table() -> None:
    """A new code must be placed, or it would count as "the answer makes no sense"."""
    source = ast.parse(Path(countbridge.connectors.http.__file__).read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    codes = {text for text in texts if text.startswith("http.") and text.count(".") == 1}
    ours = {"http.bad_request", "http.bad_address", "http.address_refused", "http.untrusted_certificate"}
    assert codes - ours == set(OF_CODE)


def test_pauses_grow_with_jitter_to_the_longest() -> None:
    with chance.told_by(random.Random(7)):
        pauses = [pause(TryLater("http.unreachable"), setbacks) for setbacks in range(40)]
    for setbacks, length in enumerate(pauses):
        middle = min(6 * HOUR, 2.0**setbacks)
        assert 0.75 * middle <= length <= 1.25 * middle
    assert len({round(length) for length in pauses[-10:]}) > 1, "even the longest are spread"
    with chance.told_by(random.Random(7)):
        assert [pause(TryLater("http.unreachable"), n) for n in range(40)] == pauses, "the same seed, the same pauses"


def test_what_the_other_system_asks_for_is_kept_within_a_day() -> None:
    assert pause(TryLater("http.too_many_requests", retry_after=7), 20) == 7
    assert pause(TryLater("http.too_many_requests", retry_after=10**9), 0) == DAY
    asked = OutcomeUnknown("http.write_failed")
    asked.retry_after = 30
    assert pause(asked, 0) == 30


def test_a_pause_already_decided_is_the_pause() -> None:
    error: CountbridgeError = TryLater("http.unreachable")
    error.again_after = 12.5
    assert pause(error, 9) == 12.5
    assert pause(NotYet("own.wait", after=3), 9) == 3


def test_a_job_that_waited_its_turn_many_times_does_not_wait_for_hours_after_its_next_failure() -> None:
    """Forty looks at a system whose breaker is open are no forty failures."""
    failed = TryLater("http.unreachable", system="wms")
    assert pause(failed, 40) > HOUR
    assert pause_of_job(failed, 40) == LONGEST_OF_JOB
    assert pause_of_job(failed, 0) < 2
    assert pause_of_job(NotYet("exchange.system_down", after=2.0), 40) == 2.0
    assert pause_of_job(TryLater("http.too_many_requests", retry_after=3600.0, system="wms"), 3) == 3600.0
    failed.again_after = 5000.0
    assert pause_of_job(failed, 40) == 5000.0
