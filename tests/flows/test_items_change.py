"""Only what changed travels to the WMS: changed items, changed maps and tables, items that are gone; never a mass deletion
that nobody confirmed, and never two links overwriting each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import yaml

from countbridge.exchange.models import Event, QuarantinedRecord, SentRecord
from countbridge.links.loading import apply_folder
from countbridge.links.models import FieldMap, Item, Link
from countbridge.stocktake import jobs
from modelled import trouble
from modelled.stage import Stage, sentences
from modelled.world import SKUS, item_row

pytest_plugins = ["modelled.fixtures"]


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """The usual link; its WMS is told whether an item is in use."""
    stage = make_stage(people=("sun", "zhou"))
    say(stage, "erp_items", {"target": "active", "from": "active", "default": "yes"})
    say(stage, "items_to_wms", {"target": "active", "from": "active", "change": "yes or no yes,no as Y,N"})
    return stage


def say(stage: Stage, name: str, rule: dict[str, str]) -> None:
    """One rule more in a map, as a new version."""
    newest = FieldMap.objects.filter(link=stage.link, name=name).latest("version")
    rules = [each for each in newest.rules if each["target"] != rule["target"]] + [rule]
    FieldMap.objects.create(link=stage.link, name=name, version=newest.version + 1, rules=rules)


def sync(stage: Stage) -> list[str]:
    """One turn; the WMS codes that travelled."""
    before = len(stage.world.wms.of_kind("item"))
    stage.flow("sync")
    assert stage.queue.run() == {}
    return sorted(str(line["sku"]) for _, lines in stage.world.wms.of_kind("item")[before:] for line in lines)


def grow(stage: Stage, number: int) -> None:
    """A catalogue of so many more items."""
    tables = {name: stage.link.tables.get(name=name) for name in ("items", "wms_units")}
    for n in range(number):
        code = f"X{n:03}"
        stage.world.erp.items[code] = item_row(code, f"件{n}", f"Part {n}")
        tables["items"].rows.append({"item": code, "sku": f"S-{code}"})
        tables["wms_units"].rows.append({"item": code, "uom": "PCS"})
    for table in tables.values():
        table.save()


def told(stage: Stage) -> list[str]:
    """The WMS's numbers of every item the ERP has."""
    return sorted(SKUS[code] for code in stage.world.erp.items)


def test_a_changed_map_sends_only_the_rows_it_changed(stage: Stage) -> None:
    assert sync(stage) == told(stage)
    say(stage, "items_to_wms", {"target": "name_cn", "from": "name_zh", "change": "replace 螺 with 螺*"})
    assert sync(stage) == ["S-123"]
    assert stage.world.wms.goods["S-123"]["name_cn"] == "螺*栓"
    assert sync(stage) == []


def test_a_changed_table_sends_only_the_rows_it_changed(stage: Stage) -> None:
    sync(stage)
    table = stage.link.tables.get(name="wms_units")
    table.rows = [row | ({"uom": "KGM"} if row["item"] == "1E5" else {}) for row in table.rows]
    table.save()
    assert sync(stage) == ["S-1E5"]


def test_an_item_that_is_gone_is_told_as_inactive_once_and_back_when_it_returns(stage: Stage) -> None:
    sync(stage)
    washer = stage.world.erp.items.pop("00124")
    assert sync(stage) == ["S-124"]
    assert stage.world.wms.goods["S-124"]["active"] == "N"
    assert stage.world.wms.goods["S-124"]["name_en"] == "Washer", "the rest of it stays as it was"
    assert not Item.objects.get(code="00124").active
    assert sync(stage) == []
    stage.world.erp.items["00124"] = washer
    assert sync(stage) == ["S-124"]
    assert stage.world.wms.goods["S-124"]["active"] == "Y"
    assert Item.objects.get(code="00124").active
    (event,) = Event.objects.filter(code="exchange.items_gone")
    sentences(event.code, event.params)


def test_an_item_the_erp_calls_inactive_is_told_so(stage: Stage) -> None:
    sync(stage)
    stage.world.erp.items["00124"]["active"] = "no"
    assert sync(stage) == ["S-124"]
    assert stage.world.wms.goods["S-124"]["active"] == "N"


def test_an_item_held_in_quarantine_is_not_taken_for_gone(stage: Stage) -> None:
    sync(stage)
    stage.world.erp.items["00124"]["unit"] = None
    assert sync(stage) == []
    assert Item.objects.get(code="00124").active


def test_many_items_missing_at_once_wait_for_a_person(stage: Stage) -> None:
    grow(stage, 60)
    sync(stage)
    gone = {code: stage.world.erp.items.pop(code) for code in [f"X{n:03}" for n in range(20)]}
    stage.world.erp.items["00123"]["name_en"] = "Hex bolt"
    assert sync(stage) == ["S-123"], "what changed travels; what is missing does not"
    assert Item.objects.filter(active=False).count() == 0
    (event,) = Event.objects.filter(code="exchange.items_missing")
    sentences(event.code, event.params)
    sync(stage)
    assert Event.objects.filter(code="exchange.items_missing").count() == 1, "told once"
    (doubt,) = stage.api("zhou", "/links").json()["rows"][0]["doubts"]
    assert (doubt["missing"], doubt["known"], doubt["sample"][0]) == (20, 64, "X000")
    assert stage.api("sun", "/links/modelled/items/confirm", {"reason": "sold the line"}).status_code == 403
    assert stage.api("zhou", "/links/modelled/items/confirm", {"reason": "sold the line"}).json() == {"missing": 20}
    gone_now = stage.world.erp.items.pop("X020")
    assert sync(stage) == [], "more than was confirmed is asked again"
    stage.world.erp.items["X020"] = gone_now
    stage.api("zhou", "/links/modelled/items/confirm", {"reason": "sold the line"})
    assert sync(stage) == sorted(f"S-{code}" for code in gone)
    assert stage.api("zhou", "/links").json()["rows"][0]["doubts"] == []


def test_an_empty_reading_deletes_nothing_and_a_whole_one_ends_the_doubt(stage: Stage) -> None:
    sync(stage)
    items = dict(stage.world.erp.items)
    stage.world.erp.items.clear()
    assert sync(stage) == []
    assert Item.objects.filter(active=True).count() == 4
    assert stage.link.doubts.get().missing == 4
    stage.world.erp.items.update(items)
    assert sync(stage) == []
    assert not stage.link.doubts.exists()
    assert stage.api("zhou", "/links/modelled/items/confirm", {"reason": "really"}).json()["code"] == (
        "exchange.nothing_to_confirm"
    )


def test_a_process_killed_between_documents_sends_each_once(stage: Stage) -> None:
    grow(stage, 450)
    stage.world.erp.calls.fail("read:items", trouble.died, times=1, after=True)
    assert len(sync(stage)) == 454
    assert SentRecord.objects.filter(link=stage.link).count() == 454
    assert sync(stage) == []


def test_two_items_that_are_one_in_the_wms_do_not_overwrite_each_other(stage: Stage) -> None:
    stage.world.erp.items["00125"] = item_row("00125", "垫片", "Shim")
    for name in ("items", "wms_units"):
        table = stage.link.tables.get(name=name)
        table.rows.append({"item": "00125", "sku": "S-124"} if name == "items" else {"item": "00125", "uom": "PCS"})
        table.save()
    assert "S-124" in sync(stage)
    assert stage.world.wms.goods["S-124"]["name_en"] == "Washer"
    waiting = QuarantinedRecord.objects.get()
    assert (waiting.code, waiting.params["first"]) == ("exchange.record_twice", "00124")
    assert sync(stage) == []


def second_link(stage: Stage) -> Link:
    """Another company's ERP that keeps its stock in the same WMS, with items of its own and some the same."""
    path = stage.folder / "link.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8")) | {"code": "second", "name": "Second"}
    told["erp"] = told["erp"] | {"code": "erp2"}
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    link, _ = apply_folder(stage.folder, {"WORLD": stage.world.name, "KEY": "secret-key"})
    return link


def test_two_links_that_say_the_same_of_an_item_send_it_once(stage: Stage) -> None:
    FieldMap.objects.filter(version__gt=1).delete()
    sync(stage)
    other = second_link(stage)
    before = len(stage.world.wms.of_kind("item"))
    jobs.sync(other.pk)
    assert stage.queue.run() == {}
    assert len(stage.world.wms.of_kind("item")) == before
    assert not QuarantinedRecord.objects.exists()


def test_two_links_that_differ_on_an_item_do_not_overwrite_each_other(stage: Stage) -> None:
    FieldMap.objects.filter(version__gt=1).delete()
    sync(stage)
    other = second_link(stage)
    newest = FieldMap.objects.get(link=other, name="items_to_wms")
    newest.rules = [rule for rule in newest.rules if rule["target"] != "barcode"]
    FieldMap.objects.create(link=other, name="items_to_wms", version=2, rules=newest.rules)
    before = len(stage.world.wms.of_kind("item"))
    for _ in range(2):
        jobs.sync(other.pk)
        assert sync(stage) == []
    assert len(stage.world.wms.of_kind("item")) == before
    waiting = QuarantinedRecord.objects.filter(link=other, flow="F1")
    assert {(row.code, row.params["owner"]) for row in waiting} == {("exchange.owned_by_other", "modelled")}
    assert waiting.count() == 4
    sentences("exchange.owned_by_other", waiting[0].params)
    Link.objects.filter(code="modelled").update(active=False)
    jobs.sync(other.pk)
    stage.queue.run()
    assert len(stage.world.wms.of_kind("item")) == before + 1, "an owner that is out of use owns nothing"
    assert not QuarantinedRecord.objects.filter(flow="F1", state="waiting").exists()


def test_links_with_items_of_their_own_pass(stage: Stage) -> None:
    sync(stage)
    other = second_link(stage)
    table = other.tables.get(name="items")
    table.rows = [row | {"sku": f"{row['sku']}-2"} for row in table.rows]
    table.save()
    jobs.sync(other.pk)
    assert stage.queue.run() == {}
    assert set(stage.world.wms.goods) == {*told(stage), *(f"{sku}-2" for sku in told(stage))}


def test_the_class_of_an_item_is_kept_on_the_lines_as_it_was_when_the_count_began(
    make_stage: Callable[..., Stage],
) -> None:
    stage = make_stage(people=("chen", "sun"))
    stage.world.erp.items["LOT-1"]["class"] = None
    count = stage.start("W1")
    stage.world.erp.items["00123"]["class"] = "bolts"
    stage.flow("sync")
    stage.queue.run()
    assert Item.objects.get(code="00123").item_class == "bolts"
    (sheet,) = count.sheets.all()
    assert stage.scan(sheet, "A0102", "00123", "2")["ok"], "goods no book has there"
    classes = set(count.lines.values_list("bin", "item", "item_class"))
    assert classes == {
        ("A0101", "00123", "fastener"), ("A0101", "1E5", "powder"), ("A0102", "LOT-1", ""), ("A0102", "00123", "bolts"),
    }  # fmt: skip


def test_a_class_that_is_no_class_waits_in_quarantine(stage: Stage) -> None:
    stage.world.erp.items["00123"]["class"] = "x" * 121
    assert sync(stage) == ["S-124", "S-1E5", "S-LOT"]
    (waiting,) = QuarantinedRecord.objects.filter(flow="items")
    assert waiting.source_id == "00123"
    sentences(waiting.code, waiting.params)
    stage.world.erp.items["00123"]["class"] = "x" * 120
    assert sync(stage) == ["S-123"]
    assert Item.objects.get(code="00123").item_class == "x" * 120


def test_a_map_may_leave_the_class_out(stage: Stage) -> None:
    newest = FieldMap.objects.filter(link=stage.link, name="erp_items").latest("version")
    rules = [rule for rule in newest.rules if rule["target"] != "item_class"]
    FieldMap.objects.create(link=stage.link, name="erp_items", version=newest.version + 1, rules=rules)
    assert sync(stage) == told(stage)
    assert set(Item.objects.values_list("item_class", flat=True)) == {""}


def test_what_an_items_lot_is_comes_from_the_map_or_from_whether_it_has_lots(stage: Stage) -> None:
    """A map that tells `lot_tracked` alone says lot or none; a word nobody knows waits by name and changes nothing."""
    items = stage.world.erp.items
    items["00123"] = {**items["00123"], "tracking": "serial"}
    items["00124"] = {**items["00124"], "tracking": "sometimes"}
    sync(stage)
    known = dict(Item.objects.values_list("code", "tracking"))
    assert known == {"00123": "serial", "1E5": "none", "LOT-1": "lot"}
    held = QuarantinedRecord.objects.get()
    assert (held.source_id, held.code, held.params["value"]) == ("00124", "exchange.unknown_tracking", "sometimes")
    items["00124"] = {**items["00124"], "tracking": "none"}
    sync(stage)
    assert Item.objects.get(code="00124").tracking == "none"
