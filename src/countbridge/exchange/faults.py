"""What kind of failure an error is: what its retry, the circuit breaker and the statistics go by."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from countbridge.errors import (
    AuthError,
    ContractSurprise,
    CountbridgeError,
    InputError,
    OutcomeUnknown,
    Rejected,
    SetupError,
    TryLater,
)


class Fault(StrEnum):
    """One word per row of the retry policy."""

    UNREACHABLE = "unreachable"  # no connection: nothing left this machine
    SILENT = "silent"  # something left, no answer came
    FAILED = "failed"  # the system answered that it broke (5xx)
    THROTTLED = "throttled"  # too many requests
    BUSY = "busy"  # the system, or its limit, says later
    UNKNOWN = "unknown"  # a write may have taken effect
    SURPRISE = "surprise"  # the answer is not what the contract says
    AUTH = "auth"
    SETUP = "setup"
    REFUSED = "refused"  # the system understood and said no
    OURS = "ours"  # our own database, or a defect


OF_CODE: Mapping[str, Fault] = {
    "http.connect_timeout": Fault.UNREACHABLE,
    "http.unreachable": Fault.UNREACHABLE,
    "http.read_timeout": Fault.SILENT,
    "http.read_broken_off": Fault.SILENT,
    "http.write_timeout": Fault.SILENT,
    "http.write_broken_off": Fault.SILENT,
    "http.read_failed": Fault.FAILED,
    "http.write_failed": Fault.FAILED,
    "http.too_many_requests": Fault.THROTTLED,
    "http.html": Fault.SURPRISE,
    "http.not_json": Fault.SURPRISE,
    "http.too_large": Fault.SURPRISE,
    "http.redirected": Fault.SURPRISE,
    "http.read_refused": Fault.SURPRISE,
    "http.credentials_refused": Fault.AUTH,
    "http.rejected": Fault.REFUSED,
}
# The first that fits.
OF_CLASS: tuple[tuple[type[CountbridgeError], Fault], ...] = (
    (AuthError, Fault.AUTH),
    (SetupError, Fault.SETUP),
    (Rejected, Fault.REFUSED),
    (InputError, Fault.REFUSED),
    (ContractSurprise, Fault.SURPRISE),
    (OutcomeUnknown, Fault.UNKNOWN),
    (TryLater, Fault.BUSY),
)
DOWN = frozenset({Fault.UNREACHABLE, Fault.SILENT, Fault.FAILED})
"""What says of a system that it is down, not that it dislikes one request."""

FOR_ADMINISTRATORS = frozenset({Fault.AUTH, Fault.SETUP})
"""What no waiting mends: somebody has to change a password or a setting."""


def fault_of(error: BaseException) -> Fault:
    """The kind of an error; one that is none of ours counts as our own trouble."""
    if not isinstance(error, CountbridgeError):
        return Fault.OURS
    known = OF_CODE.get(error.code)
    return known or next((fault for kind, fault in OF_CLASS if isinstance(error, kind)), Fault.OURS)


def fault_of_code(code: str) -> Fault:
    """The kind of a failed call told by its code alone, as the record of an exchange has it."""
    return OF_CODE.get(code, Fault.SURPRISE)
