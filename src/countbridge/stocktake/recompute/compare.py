"""Is what stands on a count's lines what its facts say now? Asked of the whole count at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from countbridge import clock
from countbridge.stocktake.judge import domain_policy
from countbridge.stocktake.models import Count
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.recompute.engine import AS_WRITTEN, BATCH, NotInSets, Recomputation
from countbridge.stocktake.recompute.facts import copy_out, load_facts
from countbridge.stocktake.recompute.statement import REASONS

FIGURES = ("expected", "counted", "variance", "variance_min", "variance_max")
STORED = f"""
SELECT id, {", ".join(FIGURES)}, outcome, reasons, counted_at FROM stocktake_line WHERE count_id = %(count)s"""
# Reasons and outcome that hang on limits: where a count has rules, each line has its own (`judge`). They follow from the figures.
BY_LIMITS = {"exceeds_percent", "exceeds_quantity", "exceeds_value", "percent_not_applied"}
# A line nobody scanned is compared with the book of the moment it was looked at: that may differ without anything being wrong.
DIFFERING = """
WITH stored AS (
    SELECT line, {figures}, outcome, reasons, epoch_us(counted_at) AS counted_at
    FROM read_csv($file, {as_written}, columns = {{
        line: 'BIGINT', {texts}, outcome: 'VARCHAR', reasons: 'VARCHAR', counted_at: 'TIMESTAMPTZ'}})
), said AS (
    SELECT reasons AS bits, '[' || concat_ws(', ', {names}) || ']' AS text FROM (SELECT DISTINCT reasons FROM result)
)
SELECT line FROM result r JOIN stored s USING (line) JOIN said ON said.bits = r.reasons
WHERE r.wide OR r.counted_at IS DISTINCT FROM s.counted_at OR r.counted IS DISTINCT FROM s.counted
   OR (r.counted_at IS NOT NULL AND (r.expected <> s.expected OR r.variance IS DISTINCT FROM s.variance
       OR r.variance_min IS DISTINCT FROM s.variance_min OR r.variance_max IS DISTINCT FROM s.variance_max
       OR {outcome} OR said.text <> {reasons}))
ORDER BY line"""


def _statement(ruled: bool) -> str:
    """Reasons are compared as the column has them: ["negative_book", "exceeds_value"]; those by limits only without rules."""
    told = [name for name in REASONS if not (ruled and name in BY_LIMITS)]
    names = ", ".join(f"CASE WHEN reasons & {2 ** REASONS.index(name)} > 0 THEN '\"{name}\"' END" for name in told)
    stored = "s.reasons"
    if ruled:
        # Those by limits come last in the order of reasons.
        stored = f"regexp_replace(s.reasons, '(, )?\"({'|'.join(sorted(BY_LIMITS))})\"', '', 'g')"
    return DIFFERING.format(
        figures=", ".join(f"replace({name}, '.', '')::HUGEINT AS {name}" for name in FIGURES),
        as_written=AS_WRITTEN,
        texts=", ".join(f"{name}: 'VARCHAR'" for name in FIGURES),
        names=names,
        outcome="false" if ruled else "r.outcome <> s.outcome",
        reasons=stored,
    )


def differing(count: Count) -> Iterator[list[int]]:
    """Numbers of the lines whose stored figures, outcome or reasons are not what `domain.assessment` says of the facts known
    now, in order, some ten thousand at a time. With them come lines that cannot be computed as sets: whoever gets a line
    has it judged by the domain, so that nothing but the domain ever decides. Of a double-blind count that is every line: whether
    two people agree hangs on both their counts."""
    policy = policy_of(count.policy)
    yield from _found_serials(count)
    if policy.double_blind:
        yield from _every_line(count)
        return
    with tempfile.TemporaryDirectory(prefix="countbridge-count-") as name:
        folder = Path(name)
        with Recomputation(folder, threads=os.cpu_count() or 1) as computed:
            load_facts(computed, count, folder)
            try:
                computed.run(domain_policy(policy), count.snapshot_at or count.created_at, clock.now())
            except NotInSets:
                yield from _every_line(count)
                return
            file = folder / "stored.csv"
            copy_out(STORED, count, file)
            found = computed.database.execute(_statement(bool(policy.line_rules)), {"file": str(file)})
            while rows := found.fetchmany(BATCH):
                yield [int(row[0]) for row in rows]


def _found_serials(count: Count) -> Iterator[list[int]]:
    """Serials that were found: what is said of one hangs on lines of other bins."""
    after = 0
    found = count.lines.filter(tracking="serial", counted__gt=0).order_by("pk")
    while part := list(found.filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]):
        after = part[-1]
        yield part


def _every_line(count: Count) -> Iterator[list[int]]:
    """No line of the count is for the set."""
    after = 0
    while part := list(count.lines.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        after = part[-1]
        yield part
