"""Lines a system refuses wait in quarantine with its words; the rest stands; they go again once, or are given up by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from countbridge.exchange import quarantine
from countbridge.exchange.models import Delivery, Event, QuarantinedRecord
from countbridge.stocktake.models import AdjustmentLine, Count
from modelled import trouble
from modelled.stage import Stage, deliveries

pytest_plugins = ["modelled.fixtures"]

State = QuarantinedRecord.State


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    return make_stage(people=("chen", "li", "sun", "qian", "zhou", "wu"))


def posted(stage: Stage) -> Count:
    """A count of W2-S with a variance of one on two items, worked on until nothing is due."""
    stage.world.lie("S0201", "00124", "499")
    stage.world.lie("S0101", "00123", "59")
    count = stage.start("W2-S")
    stage.world.tick()
    stage.count_sheet(count.sheets.get())
    stage.world.tick()
    stage.flow("follow_movements")
    stage.queue.run()
    count.refresh_from_db()
    return count


def waiting(flow: str = "") -> list[QuarantinedRecord]:
    found = QuarantinedRecord.objects.filter(state=State.WAITING).order_by("source_id")
    return list(found.filter(flow=flow) if flow else found)


def resend(stage: Stage, **body: object) -> int:
    answer = stage.api("zhou", "/quarantine/resend", body)
    assert answer.status_code == 200, answer.content
    return int(answer.json()["queued"])


def discard(stage: Stage, **body: object) -> int:
    answer = stage.api("zhou", "/quarantine/discard", {"reason": "scrapped last week", **body})
    assert answer.status_code == 200, answer.content
    return int(answer.json()["discarded"])


def posting_step(stage: Stage, count: Count) -> str:
    steps = stage.api("sun", f"/counts/{count.number}").json()["steps"]
    return next(str(step["state"]) for step in steps if step["name"] == "posting")


def assert_books_equal_the_floor(stage: Stage, count: Count) -> None:
    count.refresh_from_db()
    assert count.state == "closed"
    erp, wms, floor = stage.world.books()
    assert erp == wms == floor


def test_the_line_an_erp_refuses_waits_and_the_rest_of_its_document_stands(stage: Stage) -> None:
    stage.world.erp.takes_the_rest = True
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    assert count.state == "differences"
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-1))]
    assert stage.world.wms.adjusted() == [("S0101", "S-123", "", Decimal(-1))], (
        "the WMS gets no variance the ERP refused"
    )
    (record,) = waiting()
    assert (record.flow, record.source_id, record.count) == ("F4", f"{count.number}/W2-S/00124/", count.number)
    assert record.record | {"document": "", "line": ""} == {
        "count": count.number, "document": "", "line": "", "bin": "", "location": "W2-S", "item": "00124", "lot": "",
        "quantity": "-1",
    }  # fmt: skip
    shown = stage.api("zhou", "/quarantine").json()["rows"][0]
    assert "cost account is closed" in shown["message"]
    assert shown["delivery"] == Delivery.objects.get(flow="F4").pk


def test_sent_again_it_goes_in_a_document_of_its_own_and_the_wms_follows(stage: Stage) -> None:
    stage.world.erp.takes_the_rest = True
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    stage.world.erp.refuses.clear()
    (record,) = waiting()
    assert resend(stage, ids=[record.pk]) == 1
    stage.queue.later()
    stage.queue.later()
    assert_books_equal_the_floor(stage, count)
    assert {key for key in deliveries(count) if key[0] in "EW"} == {"E-W2-S-1", "E-W2-S-2", "W-1", "W-2"}
    again = Delivery.objects.get(key=f"{count.number}-E-W2-S-2")
    assert [(line["item"], line["delta"]) for line in again.payload["lines"]] == [("00124", "-1")]
    assert len(stage.world.erp.posted()) == len(stage.world.wms.adjusted()) == 2
    record.refresh_from_db()
    assert (record.state, record.decided_by) == (State.RESENT, "zhou")


def test_refused_again_it_is_the_same_record_with_its_newest_reason(stage: Stage) -> None:
    stage.world.erp.takes_the_rest = True
    stage.world.erp.refuses["00124"] = "cost account is closed"
    posted(stage)
    (record,) = waiting()
    stage.world.erp.refuses["00124"] = "item is blocked"
    resend(stage, ids=[record.pk])
    stage.queue.later()
    (again,) = waiting()
    assert (again.pk, again.params["message"]) == (record.pk, "item is blocked")
    assert resend(stage, ids=[record.pk]) == 1
    stage.queue.later()
    assert [row.pk for row in waiting()] == [record.pk]
    assert AdjustmentLine.objects.filter(item="00124", fate="").count() == 1, "only the newest one is open"


def test_asked_for_twice_it_is_sent_once(stage: Stage) -> None:
    stage.world.erp.takes_the_rest = True
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    stage.world.erp.refuses.clear()
    (record,) = waiting()
    assert [resend(stage, ids=[record.pk]), resend(stage, filter={"flow": "F4"})] == [1, 0]
    delivery = Delivery.objects.get(flow="F4")
    assert stage.api("zhou", f"/deliveries/{delivery.pk}/resend", {"reason": "too"}).json() == {"queued": False}
    stage.queue.later()
    stage.queue.later()
    assert resend(stage, ids=[record.pk]) == 0
    assert_books_equal_the_floor(stage, count)
    assert len(stage.world.erp.posted()) == 2


def test_a_job_that_dies_after_writing_the_documents_writes_them_once(stage: Stage) -> None:
    stage.world.erp.takes_the_rest = True
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    stage.world.erp.refuses.clear()
    (record,) = waiting()
    resend(stage, ids=[record.pk])
    from countbridge.stocktake import jobs

    jobs.resend_many([record.pk])
    stage.queue.later()  # and once more, from the queue
    stage.queue.later()
    assert_books_equal_the_floor(stage, count)
    assert len(stage.world.erp.posted()) == 2


def test_a_document_refused_whole_waits_line_by_line_and_the_good_lines_can_go_alone(stage: Stage) -> None:
    """One wrong line of two, in an ERP that takes a document whole or not at all."""
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    assert stage.world.erp.posted() == []
    assert [(row.record["item"], row.code) for row in waiting("F4")] == [
        ("00123", "exchange.line_not_taken"), ("00124", "exchange.line_refused"),
    ]  # fmt: skip
    groups = stage.api("zhou", "/quarantine/reasons").json()["rows"]
    assert {(row["code"], row["said"], row["number"]) for row in groups} == {
        ("exchange.line_not_taken", "", 1), ("exchange.line_refused", "cost account is closed", 1),
    }  # fmt: skip
    assert resend(stage, filter={"flow": "F4", "code": "exchange.line_not_taken", "said": ""}) == 1
    stage.queue.later()
    stage.queue.later()
    assert stage.world.erp.posted() == [("W2-S", "00123", "", Decimal(-1))]
    assert stage.world.wms.adjusted() == [("S0101", "S-123", "", Decimal(-1))]
    count.refresh_from_db()
    assert count.state == "differences"
    assert posting_step(stage, count) == "failed", "one of its lines still waits"
    assert stage.api("zhou", "/today").json()["waiting"] | {"approvals": 0, "recounts": 0, "signatures": 0} == {
        "approvals": 0, "zones": 0, "recounts": 0, "signatures": 0, "quarantine": 1, "deliveries": 1,
    }  # fmt: skip


def test_given_up_by_name_both_books_stay_and_the_count_closes(stage: Stage) -> None:
    stage.world.erp.refuses["00124"] = "cost account is closed"
    count = posted(stage)
    resend(stage, filter={"code": "exchange.line_not_taken"})
    stage.queue.later()
    assert discard(stage, filter={"said": "cost account is closed"}) == 1
    stage.queue.later()
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "closed"
    assert posting_step(stage, count) == "done", "the refused document is history"
    assert stage.world.erp.stock["W2-S", "00124", ""] == 500
    assert stage.world.shelf()["S0201", "00124", ""] == 500, "the WMS was not told either"
    record = QuarantinedRecord.objects.get(record__item="00124")
    assert (record.state, record.decided_by, record.reason) == (State.DISCARDED, "zhou", "scrapped last week")
    event = Event.objects.get(code="exchange.discarded")
    assert (event.actor, event.count, event.params["reason"]) == ("zhou", count.number, "scrapped last week")
    assert stage.api("zhou", "/today").json()["waiting"]["deliveries"] == 0


def test_a_line_the_wms_refuses_goes_again_alone(stage: Stage) -> None:
    stage.world.wms.refuses["S-124"] = "bin is blocked"
    count = posted(stage)
    (record,) = waiting()
    assert (record.flow, record.record["bin"], record.params["message"]) == ("F5", "S0201", "bin is blocked")
    stage.world.wms.refuses.clear()
    resend(stage, filter={"flow": "F5"})
    stage.queue.later()
    stage.queue.later()
    assert_books_equal_the_floor(stage, count)
    assert stage.world.wms.adjusted() == [
        ("S0101", "S-123", "", Decimal(-1)), ("S0201", "S-124", "", Decimal(-1)),
    ]  # fmt: skip


def test_a_line_set_right_by_hand_is_not_sent_after_the_count_closed(stage: Stage) -> None:
    stage.world.wms.refuses["S-124"] = "bin is blocked"
    count = posted(stage)
    stage.world.wms.stock["S0201", "S-124", ""] -= 1
    stage.queue.later()
    assert_books_equal_the_floor(stage, count)
    assert waiting() == []
    assert resend(stage, filter={"flow": "F5"}) == 0


def test_a_wms_line_given_up_keeps_the_count_open_until_the_book_is_right(stage: Stage) -> None:
    stage.world.wms.refuses["S-124"] = "bin is blocked"
    count = posted(stage)
    discard(stage, filter={"flow": "F5"})
    stage.queue.later()
    count.refresh_from_db()
    assert count.state == "differences", "the ERP has the variance, the WMS has not"
    assert count.differences.get().code == "stocktake.differs_given_up"
    stage.world.wms.stock["S0201", "S-124", ""] -= 1
    stage.queue.later()
    assert_books_equal_the_floor(stage, count)


def test_many_lines_keep_to_the_line_limit_and_go_in_one_job(stage: Stage) -> None:
    for bin in ("S0101", "S0102", "S0201"):
        for item in ("00123", "1E5", "00124"):
            stage.world.put(bin, item, "100")
    for bin in ("S0101", "S0102"):
        for item in ("00123", "1E5", "00124"):
            stage.world.lie(bin, item, "90")
    stage.world.wms.refuses.update({"S-123": "blocked", "S-1E5": "blocked", "S-124": "blocked"})
    count = stage.complete(stage.start("W2-S"))
    assert len(waiting("F5")) == 6
    stage.world.wms.refuses.clear()
    assert resend(stage, filter={"flow": "F5", "said": "blocked"}) == 6
    assert [name for name in stage.queue.waiting() if name == "stocktake.resend_many"] == ["stocktake.resend_many"]
    stage.queue.later()
    stage.queue.later()
    sizes = [len(lines) for _, lines in stage.world.wms.of_kind("adjustment")]
    assert sizes == [3, 3, 3, 3]
    assert_books_equal_the_floor(stage, count)


def test_a_refused_item_waits_and_goes_with_its_content_of_today(stage: Stage) -> None:
    stage.world.wms.refuses_goods["S-124"] = "name is too short"
    stage.flow("sync")
    assert stage.queue.run() == {}
    assert set(stage.world.wms.goods) == {"S-123", "S-1E5", "S-LOT"}, "the rest of the document stands"
    (record,) = waiting()
    assert (record.flow, record.source_id, record.params["message"]) == ("F1", "S-124", "name is too short")
    stage.flow("sync")
    stage.queue.run()
    assert stage.world.wms.calls.seen["write:item"] == 1, "a refusal is not repeated by itself"
    stage.world.wms.refuses_goods.clear()
    stage.world.erp.items["00124"]["name_en"] = "Washer M8"
    assert resend(stage, ids=[record.pk]) == 1
    stage.queue.later()
    assert waiting() == []
    assert "Washer M8" in stage.world.wms.goods["S-124"].values()
    assert len(stage.world.wms.of_kind("item")) == 2
    assert len(stage.world.wms.of_kind("item")[1][1]) == 1, "only that item travelled"


def test_an_item_whose_newer_content_was_taken_no_longer_waits(stage: Stage) -> None:
    stage.world.wms.refuses_goods["S-124"] = "name is too short"
    stage.flow("sync")
    stage.queue.run()
    stage.world.wms.refuses_goods.clear()
    stage.world.erp.items["00124"]["name_en"] = "Washer M8"
    stage.flow("sync")
    stage.queue.run()
    assert waiting() == []
    old = Delivery.objects.filter(flow="F1").earliest("pk")
    assert stage.api("zhou", f"/deliveries/{old.pk}/resend", {"reason": "again"}).json() == {"queued": False}
    stage.queue.later()
    assert "Washer M8" in stage.world.wms.goods["S-124"].values()


def test_an_old_refused_item_document_never_overwrites_a_newer_one(stage: Stage) -> None:
    stage.world.wms.calls.fail("write:item", trouble.rejected, times=1)
    stage.flow("sync")
    stage.queue.run()
    old = Delivery.objects.get(flow="F1")
    assert old.state == "rejected"
    stage.world.erp.items["00124"]["name_en"] = "Washer M8"
    stage.flow("sync")
    stage.queue.run()
    assert len(waiting("F1")) == 3, "those whose content did not change"
    assert stage.api("zhou", f"/deliveries/{old.pk}/resend", {"reason": "again"}).json() == {"queued": True}
    stage.queue.later()
    assert waiting() == []
    assert len(stage.world.wms.goods) == 4
    assert "Washer M8" in stage.world.wms.goods["S-124"].values()
    old.refresh_from_db()
    assert old.state == "rejected", "history"


def test_who_may_look_may_not_resolve_and_a_filter_is_needed(stage: Stage) -> None:
    assert stage.api("wu", "/quarantine/resend", {"ids": []}).status_code == 403
    assert stage.api("wu", "/quarantine/discard", {"ids": [], "reason": "because"}).status_code == 403
    for body in ({}, {"ids": [1], "filter": {}}):
        assert stage.api("zhou", "/quarantine/resend", body).json()["code"] == "api.ids_or_filter"
    assert (
        stage.api("zhou", "/quarantine/discard", {"filter": {}, "reason": "x"}).json()["code"]
        == "stocktake.reason_missing"
    )


def test_a_thousand_records_are_taken_in_a_few_statements(stage: Stage, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    delivery = Delivery.objects.create(
        link=stage.link, system=stage.link.wms, flow="F1", kind="item", key="big", order_key="o",
        payload={"fields": {}, "lines": []}, payload_hash="",
    )  # fmt: skip
    lines = [quarantine.Refused(f"S-{n}", {"sku": f"S-{n}"}, "blocked") for n in range(1000)]
    with django_assert_max_num_queries(12):
        quarantine.put_refused(delivery, "F1", lines)
    with django_assert_max_num_queries(14):
        assert quarantine.resend(QuarantinedRecord.objects.filter(flow="F1"), "zhou") == 1000
