"""The conformance suite: the same for every connector, data in, report out."""

from __future__ import annotations

from collections.abc import Iterator

from countbridge.connectors.conformance.plan import ConformancePlan, Sample
from countbridge.connectors.conformance.reading import check_dataset
from countbridge.connectors.conformance.report import CheckResult, Report, result
from countbridge.connectors.conformance.writing import check_line_limit, check_unknown_key, check_write
from countbridge.connectors.contract import Connector
from countbridge.errors import CountbridgeError


def run(connector: Connector, plan: ConformancePlan) -> Report:
    """Every check that the manifest gives cause for. Raises what `check()` raises when the system cannot be reached."""
    connector.check()
    results: list[CheckResult] = [result("check", "system", "passed", "reached")]
    for name in connector.manifest.datasets:
        scope = plan.scope.get(name, {})
        results += caught("read", name, check_dataset(connector, name, scope, plan.pages))
    for kind in connector.manifest.documents:
        samples = [sample for sample in plan.writes if sample.kind == kind]
        results += caught("find", kind, unknown_key(connector, kind, samples))
        if not samples:
            results.append(result("write", kind, "skipped", "writing_not_allowed"))
        for sample in samples:
            results += caught("max_lines", kind, check_line_limit(connector, sample))
            results += caught("write", kind, check_write(connector, sample))
    return Report(connector.manifest.name, connector.manifest.version, tuple(results))


def unknown_key(connector: Connector, kind: str, samples: list[Sample]) -> Iterator[CheckResult]:
    """The check as a series of one, so that what it raises is caught like the others."""
    yield check_unknown_key(connector, kind, samples[0] if samples else None)


def caught(check: str, subject: str, results: Iterator[CheckResult]) -> Iterator[CheckResult]:
    """The results; an error of the connector ends the series as a failed check that names the error."""
    try:
        yield from results
    except CountbridgeError as error:
        yield CheckResult(check, subject, "failed", error.code, error.params)
