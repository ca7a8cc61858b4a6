"""What the conformance suite found, as data: printed by the command, kept in docs, graded later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["passed", "failed", "noted", "skipped"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on one dataset or document (`subject`). `code` and `params` find the sentence that explains it."""

    check: str
    subject: str
    status: Status
    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """All results on one connector."""

    connector: str
    version: str
    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """No check failed; noted and skipped ones do not count against the connector."""
        return not any(result.status == "failed" for result in self.results)

    def count(self, status: Status) -> int:
        """How many results have this status."""
        return sum(result.status == status for result in self.results)


def result(check: str, subject: str, status: Status, code: str, **params: object) -> CheckResult:
    """A result with its params as text."""
    return CheckResult(check, subject, status, f"conformance.{code}", {name: str(v) for name, v in params.items()})
