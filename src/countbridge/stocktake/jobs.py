"""The jobs of a count. Each may be killed anywhere and run again; what it did is in the database or did not happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from procrastinate.contrib.django import app

from countbridge.errors import ConfigError, CountbridgeError
from countbridge.exchange import cadence, erp_feed, masters, runs
from countbridge.exchange.models import QuarantinedRecord
from countbridge.exchange.retry import Patiently
from countbridge.links.models import Link
from countbridge.links.timing import Timing
from countbridge.stocktake import (
    approvals,
    closing,
    cycles,
    drift,
    explaining,
    freezes,
    posting,
    prepare,
    progress,
    repairs,
    reposting,
    resend,
    results,
    signoffs,
)
from countbridge.stocktake.models import Count

FLOWS: dict[str, tuple[str, int]] = {
    "approvals": ("stocktake.notice", 10),
    "items": ("stocktake.sync", 300),
    "movements": ("stocktake.follow_movements", 2),
    "erp_movements": ("stocktake.follow_erp", 60),
    "results": ("stocktake.fetch_results", 3),
    "compare": ("stocktake.compare", 86_400),
    "cycle": ("stocktake.order_due", 86_400),
}


def schedule(link: Link, told: Mapping[str, Timing | int] | None = None) -> None:
    """Give the link its flows at their usual cadence, or at the one its folder asks for."""
    asked = told or {}
    called = {flow for hook in link.hooks.all() for flow in hook.events.values()}
    if unknown := sorted((set(asked) | called) - set(FLOWS)):
        raise ConfigError("cadence.unknown_flow", flow=", ".join(unknown), link=link.code, known=", ".join(FLOWS))
    for flow, (task, usual) in FLOWS.items():
        cadence.ensure(link, flow, task, asked.get(flow, usual))


def _run(link_id: int, flow: str, work: Callable[[Link], object]) -> None:
    """One turn of a flow."""
    link = Link.objects.select_related("erp", "wms").get(pk=link_id)
    with runs.run(link, flow):
        work(link)


@app.task(name="stocktake.notice", retry=Patiently())
def notice(link: int) -> None:
    _run(link, "approvals", approvals.notice)


@app.task(name="stocktake.sync", retry=Patiently())
def sync(link: int) -> None:
    _run(link, "items", masters.sync)


@app.task(name="stocktake.follow_movements", retry=Patiently())
def follow_movements(link: int) -> None:
    _run(link, "movements", _follow)


@app.task(name="stocktake.follow_erp", retry=Patiently())
def follow_erp(link: int) -> None:
    _run(link, "erp_movements", erp_feed.follow)


@app.task(name="stocktake.fetch_results", retry=Patiently())
def fetch_results(link: int) -> None:
    _run(link, "results", _fetch)


def _follow(link: Link) -> None:
    progress.catch_up(link)
    for count in Count.objects.filter(link=link, state=Count.State.COUNTING):
        progress.advance(count.pk)


def _fetch(link: Link) -> None:
    if Count.objects.filter(link=link, state=Count.State.COUNTING, sheets__counted_with="wms").exists():
        results.fetch(link)
        progress.submit_counted_in_wms(link)


def _step(count: int, work: Callable[[int], None]) -> None:
    """A step of a count. What stops it is told on the count until the step goes through."""
    try:
        work(count)
    except CountbridgeError as error:
        Count.objects.filter(pk=count).update(problem={"code": error.code, "params": error.params})
        raise
    Count.objects.filter(pk=count).update(problem=None)


@app.task(name="stocktake.prepare", retry=Patiently())
def prepare_count(count: int) -> None:
    _step(count, prepare.prepare)


@app.task(name="stocktake.freeze_settled", retry=Patiently())
def freeze_settled(freeze: int, delivery: int) -> None:
    freezes.settled(freeze)


@app.task(name="stocktake.advance", retry=Patiently())
def advance(count: int) -> None:
    progress.advance(count)


@app.task(name="stocktake.serials", retry=Patiently())
def serials(count: int) -> None:
    progress.serials_again(count)


@app.task(name="stocktake.explain", retry=Patiently())
def explain(count: int, warehouse: str, zone: str) -> None:
    explaining.explain_zone(count, warehouse, zone)


@app.task(name="stocktake.post", retry=Patiently())
def post(count: int) -> None:
    _step(count, posting.post)


@app.task(name="stocktake.adjustment_settled", retry=Patiently())
def adjustment_settled(adjustment: int, delivery: int) -> None:
    posting.settled(adjustment)


@app.task(name="stocktake.signoff_due", retry=Patiently())
def signoff_due(signoff: int) -> None:
    signoffs.tell_due(signoff)


@app.task(name="stocktake.verify", retry=Patiently())
def verify(count: int) -> None:
    _step(count, closing.verify)


@app.task(name="stocktake.resend", retry=Patiently())
def resend_record(record: int) -> None:
    resend.again([record])


@app.task(name="stocktake.resend_many", retry=Patiently())
def resend_many(records: list[int]) -> None:
    resend.again(records)


@app.task(name="stocktake.lines_given_up", retry=Patiently())
def lines_given_up(records: list[int]) -> None:
    found = QuarantinedRecord.objects.filter(pk__in=records).select_related("link").order_by("pk")
    for together in reposting.by_document(found):
        reposting.give_up(together)


@app.task(name="stocktake.compare", retry=Patiently())
def compare(link: int) -> None:
    _run(link, "compare", drift.compare)


@app.task(name="stocktake.order_due", retry=Patiently())
def order_due(link: int) -> None:
    _run(link, "cycle", cycles.order_due)


@app.task(name="stocktake.repair", retry=Patiently())
def repair(repair: int) -> None:
    repairs.write(repair)


@app.task(name="stocktake.repair_settled", retry=Patiently())
def repair_settled(repair: int, delivery: int) -> None:
    repairs.settled(repair)


@app.task(name="stocktake.check_repair", retry=Patiently())
def check_repair(repair: int) -> None:
    repairs.check(repair)
