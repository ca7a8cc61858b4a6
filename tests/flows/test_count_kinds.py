"""Counts ordered here: of zones, bins, classes, by lot, of empty bins, from the floor; and two that want the same bins."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from countbridge.errors import ConfigError, InputError
from countbridge.exchange.models import Event
from countbridge.links.models import Bin, Item
from countbridge.people.access import WarehouseScope
from countbridge.people.models import Membership
from countbridge.stocktake import plans
from countbridge.stocktake.models import Count, CountedBin
from countbridge.stocktake.policy import policy_of
from countbridge.stocktake.scope import Scope
from modelled.stage import Stage, sentences

pytest_plugins = ["modelled.fixtures"]

EVERYWHERE = WarehouseScope(everywhere=True)


@pytest.fixture
def stage(make_stage) -> Stage:  # type: ignore[no-untyped-def]
    made: Stage = make_stage(people=("chen", "li", "wang", "sun", "qian", "zhao"))
    made.flow("sync")
    assert made.queue.run() == {}
    return made


def keys(count: Count) -> set[tuple[str, str]]:
    return set(count.lines.values_list("bin", "item"))


def agrees(stage: Stage, *locations: str) -> bool:
    erp, wms, floor = stage.world.books()
    wanted = [{key: q for key, q in book.items() if key[0] in locations} for book in (erp, wms, floor)]
    return wanted[0] == wanted[1] == wanted[2]


def test_a_zone_is_counted_posted_and_closed_without_a_document_in_the_erp(stage: Stage) -> None:
    stage.world.lie("S0101", "00123", "50")
    count = stage.order("zone", zones=["S"])
    assert {sheet.zone for sheet in count.sheets.all()} == {"S"}
    count = stage.complete(count)
    assert count.state == "closed"
    assert agrees(stage, "W2-S")
    assert count.partial == []
    assert stage.world.wms.of_kind("close_count") != []


def test_one_bin_of_a_location_is_corrected_by_what_was_seen_there_and_a_gap_is_left_to_the_compare(
    stage: Stage,
) -> None:
    stage.world.lie("S0101", "00123", "50")
    stage.world.erp.stock["W2-S", "00123", ""] += 3  # never arrived in the WMS; nobody can say in which bin
    before = stage.world.erp.stock["W2-S", "00123", ""]
    booked = stage.world.wms.stock["S0101", "S-123", ""]
    count = stage.order("spot", bins=["S0101"])
    assert {place for place, _ in keys(count)} == {"S0101"}
    assert count.partial == ["W2-S"]
    count = stage.complete(count)
    assert count.state == "closed", "the gap of the bins nobody counted does not keep it open"
    variance = Decimal(50) - booked
    assert stage.world.wms.stock["S0101", "S-123", ""] == 50
    assert stage.world.erp.stock["W2-S", "00123", ""] == before + variance, "the ERP gets the variance, not the gap"


def test_only_goods_of_a_class_are_on_the_sheets(stage: Stage) -> None:
    Item.objects.filter(code="1E5").update(item_class="powder")
    count = stage.order("class", classes=["powder"], warehouses=["W1"])
    assert keys(count) == {("A0101", "1E5")}
    sheet = count.sheets.get()
    assert sheet.bins == ["A0101"], "a bin without such goods is not walked to"
    stage.world.tick()
    other = stage.scan(sheet, "A0101", "00123", "40")
    assert (other["ok"], other["code"]) == (False, "stocktake.not_in_scope"), (
        "its book was not read: it would be all gain"
    )
    assert stage.scan(sheet, "A0101", "1E5", "12.5", "kg")["ok"]
    stage.submit(sheet)
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == []


def test_bins_that_should_be_empty_are_confirmed_by_a_tap(stage: Stage) -> None:
    stage.world.lie("T0101", "00123", "0")
    for key in [key for key in stage.world.wms.stock if key[0] == "S0201"]:
        location = "W2-S"
        item = {"S-123": "00123", "S-1E5": "1E5", "S-124": "00124", "S-LOT": "LOT-1"}[key[1]]
        stage.world.erp.stock[location, item, key[2]] -= stage.world.wms.stock.pop(key)
        stage.world.floor.pop(("S0201", item, key[2]), None)
    count = stage.order("zero_check", zones=["S"])
    sheet = count.sheets.get()
    assert sheet.bins == ["S0201"]
    who = str(sheet.assignee)
    refused = stage.pda(who, f"/sheets/{sheet.pk}/submit", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.bin_not_confirmed")
    tap = {"id": "tap-1", "bin": "S0201", "counted_at": stage.world.clock.isoformat()}
    assert stage.pda(who, f"/sheets/{sheet.pk}/empty", tap).status_code == 200
    place = CountedBin.objects.get(count=count, bin="S0201")
    assert (place.empty, place.seen_by) == (True, who)
    stage.submit(sheet)
    stage.settle()
    count.refresh_from_db()
    assert count.state == "closed"
    assert stage.world.erp.posted() == []


def test_goods_found_in_a_bin_that_should_be_empty_are_a_gain(stage: Stage) -> None:
    stage.world.put("T0101", "00123", "0")
    del stage.world.wms.stock["T0101", "S-123", ""]
    for key in [key for key in list(stage.world.wms.stock) if key[0] == "T0101"]:
        stage.world.wms.stock.pop(key)
    for key in [key for key in list(stage.world.erp.stock) if key[0] == "W2-T"]:
        stage.world.erp.stock.pop(key)
    for key in [key for key in list(stage.world.floor) if key[0] == "T0101"]:
        stage.world.floor.pop(key)
    count = stage.order("zero_check", zones=["T"])
    sheet = count.sheets.get()
    stage.world.floor["T0101", "00123", ""] = Decimal(4)
    stage.world.tick()
    assert stage.scan(sheet, "T0101", "00123", "4")["ok"]
    stage.submit(sheet)
    stage.settle()
    count = stage.complete(count)
    assert count.state == "closed"
    assert stage.world.wms.stock["T0101", "S-123", ""] == 4
    assert not CountedBin.objects.get(count=count).empty


def test_bins_of_an_open_count_are_left_out_and_named(stage: Stage) -> None:
    first = stage.order("spot", bins=["S0101"])
    preview = stage.api(
        "sun", "/plans/preview", {"link": stage.link.code, "kind": "zone", "scope": {"zones": ["S"]}}
    ).json()
    assert preview["overlapping"] == [{"count": first.number, "bins": 1}]
    second = stage.order("zone", zones=["S"])
    assert "S0101" not in {place for place, _ in keys(second)}
    assert second.partial == ["W2-S"]
    told = Event.objects.get(code="stocktake.bins_left_out")
    assert first.number in sentences(told.code, told.params)["en"]
    answer = stage.api("sun", "/plans", {"link": stage.link.code, "kind": "spot", "scope": {"bins": ["S0101"]}})
    assert (answer.status_code, answer.json()["code"]) == (422, "stocktake.all_counted_elsewhere")


def test_an_order_of_the_erp_for_bins_under_count_waits_until_they_are_free(stage: Stage) -> None:
    spot = stage.order("spot", bins=["A0101", "A0102"])
    stage.approve("W1-A")
    stage.flow("notice")
    assert stage.queue.run()["stocktake.prepare"].code == "stocktake.all_counted_elsewhere"
    later = Count.objects.latest("pk")
    assert later.state == "preparing"
    assert stage.complete(spot).state == "closed"
    stage.queue.later()
    later.refresh_from_db()
    assert later.state == "counting"
    assert {place for place, _ in keys(later)} == {"A0101", "A0102"}


def test_a_cycle_count_takes_the_bins_not_counted_for_longest(stage: Stage) -> None:
    assert stage.complete(stage.order("spot", bins=["S0101"])).state == "closed"
    due = stage.order("cycle", zones=["S"], not_seen_days=30, most_bins=1)
    assert {place.bin for place in due.places.all()} == {"S0102"}
    assert stage.complete(due).state == "closed"
    stage.world.tick(31 * 86400)
    again = Scope(zones=("S",), not_seen_days=30, most_bins=2)
    assert plans.preview(stage.link, "cycle", again, EVERYWHERE).first == ["S0101", "S0201"], (
        "never counted comes first"
    )
    never = Scope(zones=("S",), not_seen_days=30)
    assert plans.preview(stage.link, "cycle", never, EVERYWHERE).bins == 3


def test_a_draw_by_lot_is_of_the_size_asked_for(stage: Stage) -> None:
    found = plans.preview(stage.link, "spot", Scope(most_bins=2, at_random=True), EVERYWHERE)
    assert found.bins == 2
    drawn = {
        tuple(plans.preview(stage.link, "spot", Scope(most_bins=2, at_random=True), EVERYWHERE).first)
        for _ in range(40)
    }
    assert len(drawn) > 1, "each draw is another"


def test_somebody_on_the_floor_counts_the_bin_before_them(stage: Stage) -> None:
    answer = stage.pda("chen", "/counts", {"bin": "S0101"})
    assert answer.status_code == 200, answer.content
    assert stage.queue.run() == {}
    count = Count.objects.get(number=answer.json()["number"])
    assert (count.kind, str(count.sheets.get().assignee)) == ("adhoc", "chen")
    (row,) = stage.pda("chen", "/sheets").json()["rows"]
    assert row["count"] == count.number
    refused = stage.pda("chen", "/counts", {"bin": "NOWHERE"})
    assert (refused.status_code, refused.json()["code"]) == (422, "stocktake.no_such_bin")


def test_the_preview_says_how_much_work_it_is_once_somebody_has_counted(stage: Stage) -> None:
    asked = {"link": stage.link.code, "kind": "zone", "scope": {"zones": ["S"]}}
    fresh = stage.api("sun", "/plans/preview", asked).json()
    assert (fresh["bins"], fresh["lines"], fresh["minutes"], fresh["bins_known"]) == (3, 0, None, 0)
    assert fresh["zones"] == [{"warehouse": "W2", "zone": "S", "bins": 3}]
    count = stage.order("zone", zones=["S"])
    sheet = count.sheets.get()
    for line in sheet.lines.order_by("bin", "item"):
        stage.world.tick(60)
        stage.scan(sheet, line.bin, line.item, "1", line.unit, line.lot)
    stage.submit(sheet)
    known = stage.api("sun", "/plans/preview", asked).json()
    lines = count.lines.count()
    assert (known["lines"], known["minutes"], known["bins_known"]) == (lines, lines, 3), "a minute a line"


@pytest.mark.parametrize(
    ("kind", "scope", "code"),
    [
        ("nonsense", {}, "stocktake.no_such_kind"),
        ("zone", {"zones": ["NOPE"]}, "stocktake.scope_unknown"),
        ("class", {"classes": ["none such"]}, "stocktake.scope_no_items"),
        ("spot", {"bins": ["A0101"], "warehouses": ["W2"]}, "stocktake.scope_unknown"),
    ],
)
def test_a_scope_that_names_nothing_is_refused_by_name(
    stage: Stage, kind: str, scope: dict[str, Any], code: str
) -> None:
    answer = stage.api("sun", "/plans", {"link": stage.link.code, "kind": kind, "scope": scope})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Count.objects.exists()


def test_a_negative_number_of_days_is_no_scope() -> None:
    with pytest.raises(InputError, match="scope_word"):
        Scope.read({"not_seen_days": -1})


def test_who_may_order_and_where(make_stage) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(people=("chen", "li", "qian", "sun"))
    stage.flow("sync")
    stage.queue.run()
    body = {"link": stage.link.code, "kind": "zone", "scope": {"zones": ["S"]}}
    assert stage.api("qian", "/plans", body).status_code == 403
    assert plans.preview(stage.link, "full", Scope(), WarehouseScope(codes=frozenset({"W1"}))).bins == 2
    with pytest.raises(InputError, match="scope_unknown"):
        plans.preview(stage.link, "zone", Scope(zones=("S",)), WarehouseScope(codes=frozenset({"W1"})))


def test_classes_by_value_moved(stage: Stage) -> None:
    count = stage.order("spot", bins=["A0101"])
    assert count.lines.filter(abc="").count() == count.lines.count()
    stage.world.tick()
    stage.world.move("A0101", "1E5", "-2")
    stage.settle()
    answer = stage.api("sun", f"/links/{stage.link.code}/abc", {})
    assert answer.status_code == 200, answer.content
    assert answer.json()["A"] == 1
    assert Item.objects.get(code="1E5").abc == "A"
    assert Item.objects.get(code="00123").abc == "C"
    stage.world.tick(timedelta(days=1).total_seconds())


# -- by the calendar -----------------------------------------------------------------------------------------------------


def test_the_calendar_orders_what_is_due_and_never_piles_up(make_stage) -> None:  # type: ignore[no-untyped-def]
    cycle = {"days": {"A": 10}, "any_bin": 100, "most_bins": 2}
    stage = make_stage(people=("chen", "li", "wang", "sun", "qian"), cycle=cycle)
    stage.flow("sync")
    stage.queue.run()
    bins = list(Bin.objects.order_by("walk_order", "code").values_list("code", flat=True))
    stage.flow("order_due")
    count = Count.objects.get()
    assert (count.kind, count.responsible, count.places.count()) == ("cycle", "", 2)
    assert sorted(place.bin for place in count.places.all()) == sorted(bins[:2]), "never counted, in walking order"
    stage.flow("order_due")
    assert Count.objects.count() == 1, "the last one is not done yet"
    assert stage.queue.run() == {}
    stage.complete(count)
    while Count.objects.filter(state="closed").count() < 3:
        stage.flow("order_due")
        assert stage.queue.run() == {}
        stage.complete(Count.objects.latest("pk"))
    stage.flow("order_due")
    assert Count.objects.count() == 3, "every bin was counted"
    stage.world.move("A0101", "1E5", "-1")  # what is moved most is class A from now on
    stage.settle()
    stage.world.tick(11 * 86400)
    due = stage.api("sun", f"/links/{stage.link.code}/due").json()
    assert due["ordered_by_calendar"] is True
    stage.flow("order_due")
    newest = Count.objects.latest("pk")
    assert [place.bin for place in newest.places.all()] == ["A0101"], "its goods are class A: every ten days"
    stage.world.tick(100 * 86400)
    assert len(stage.api("sun", f"/links/{stage.link.code}/due").json()["rows"]) == len(bins) - 1


def test_without_a_cycle_in_the_policy_the_calendar_orders_nothing(stage: Stage) -> None:
    stage.flow("order_due")
    assert not Count.objects.exists()
    due = stage.api("sun", f"/links/{stage.link.code}/due").json()
    assert (due["ordered_by_calendar"], {row["due_at"] for row in due["rows"]}) == (False, {None})


@pytest.mark.parametrize(
    "cycle", [{"days": {"D": 1}}, {"days": {"A": 0}}, {"most_bins": "all"}, {"mode": "loud"}, {"each": 1}]
)
def test_a_wrong_word_in_the_cycle_is_named(cycle: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refused:
        policy_of({"cycle": cycle})
    assert str(refused.value.params["word"]).startswith("cycle.")


def test_after_the_999th_count_of_a_day_comes_the_1000th(stage: Stage) -> None:
    first = stage.order("spot", bins=["S0101"])
    day = first.number.rsplit("-", 1)[0]
    Count.objects.filter(pk=first.pk).update(number=f"{day}-999")
    assert stage.order("spot", bins=["S0102"]).number == f"{day}-1000"
    assert stage.order("spot", bins=["S0201"]).number == f"{day}-1001"


def test_what_is_due_is_told_page_by_page_with_its_reason_and_only_of_ones_own_warehouses(make_stage) -> None:  # type: ignore[no-untyped-def]
    cycle = {"days": {"A": 10}, "any_bin": 100, "most_bins": 50}
    stage: Stage = make_stage(people=("chen", "sun", "qian"), cycle=cycle)
    stage.flow("sync")
    assert stage.queue.run() == {}
    path = f"/links/{stage.link.code}/due"
    every = stage.api("sun", path).json()
    assert every["total"] == len(every["rows"]) == Bin.objects.count()
    assert {row["why"] for row in every["rows"]} == {"never"}
    pages = [stage.api("sun", f"{path}?limit=2&offset={at}").json() for at in range(0, every["total"] + 2, 2)]
    assert {page["total"] for page in pages} == {every["total"]}
    assert [row["bin"] for page in pages for row in page["rows"]] == [row["bin"] for row in every["rows"]]
    count = stage.order("spot", bins=["S0101", "T0101"])
    stage.complete(count)
    Item.objects.update(abc="")
    held = count.lines.filter(bin="S0101", counted__gt=0).values("item")
    Item.objects.filter(code__in=count.lines.filter(bin="T0101").values("item")).update(abc="C")
    Item.objects.filter(code__in=held.exclude(item__in=count.lines.filter(bin="T0101").values("item"))).update(abc="A")
    CountedBin.objects.filter(count=count).update(seen_at=stage.world.clock - timedelta(days=101))
    rows = {row["bin"]: row for row in stage.api("sun", path).json()["rows"]}
    assert (rows["S0101"]["why"], rows["S0101"]["abc"], rows["S0101"]["every_days"]) == ("class", "A", 10)
    assert (rows["T0101"]["why"], rows["T0101"]["every_days"]) == ("any_bin", 100)
    Membership.objects.filter(user=stage.users["sun"]).update(warehouse="W1")
    mine = stage.api("sun", f"{path}?limit=1").json()
    assert (mine["total"], {row["warehouse"] for row in mine["rows"]}) == (2, {"W1"})
