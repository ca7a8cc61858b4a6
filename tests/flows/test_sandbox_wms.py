"""The sandbox WMS as a real process on a real PostgreSQL, met only over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import httpx
import pytest

from countbridge.sandbox.world import World
from sandbox_wms_server import Row, Wms, by_key, difference, non_zero, sums

pytest_plugins = ["sandbox_wms_fixtures"]


@pytest.fixture(scope="module")
def wms(start_wms: Callable[..., Wms]) -> Wms:
    return start_wms()


@pytest.fixture
def count_no(wms: Wms, request: pytest.FixtureRequest) -> str:
    """An open count with one sheet "<count>-1" over the first two bins."""
    number = request.node.name[-50:]
    wms.data("POST", "counts", json={"count_no": number, "kind": "zone", "blind": True, "responsible": "zg0101"})
    sheet = {"sheet_no": f"{number}-1", "zone": "SH-A", "assignee": "cz2001", "counted_with": "wms",
             "bins": ["SH-A-01-1", "SH-A-01-2"]}  # fmt: skip
    wms.data("POST", f"counts/{number}/sheets", json={"key": number, "sheets": [sheet]})
    return number


def adjustment(count_no: str, key: str, *rows: Row) -> Row:
    return {"key": key, "count_no": count_no, "reason": "盘点差异", "rows": list(rows)}


def change(line: Row, delta: str, number: int = 1, **other: str) -> Row:
    return {"line": number, **{name: line[name] for name in ("bin", "sku", "lot", "uom")}, "delta": delta, **other}


# ---- reading


def test_lists_are_complete_at_any_page_size(wms: Wms, company: World) -> None:
    assert by_key(wms.every("stock", limit=73)) == by_key(company.wms_stock())
    assert [row["bin"] for row in wms.every("bins", limit=7)] == [place.code for place in company.bins]
    goods = wms.every("goods", limit=100)
    assert {(row["sku"], row["ext_code"]) for row in goods} == {(item.sku, item.code) for item in company.items}


def test_stock_is_filtered_by_warehouse_zone_and_bin(wms: Wms, company: World) -> None:
    suzhou = wms.every("stock", warehouse="SZ02")
    assert suzhou
    assert all(row["bin"].startswith("SZ-") for row in suzhou)
    assert {row["bin"] for row in wms.every("stock", bin="SH-A-01-1")} == {"SH-A-01-1"}
    assert len(wms.every("stock", zone="SH-B")) == sum(line.bin.startswith("SH-B") for line in company.book)
    assert wms.refused("GET", "stock", params={"zone": "SH-Q"})["code"] == 4220
    assert "zome" in wms.refused("GET", "stock", params={"zome": "SH-A"})["message"]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "501"}, {"limit": "x"}, {"cursor": "-1"}, {"cursor": "a"}])
def test_bad_page_is_refused(wms: Wms, query: dict[str, str]) -> None:
    assert wms.refused("GET", "stock", params=query)["code"] == 4220


def test_wrong_key_unknown_url_and_method(wms: Wms) -> None:
    for key in (None, "", "wrong", "floor"):
        response = wms.raw("GET", "ping", key=key)
        assert (response.status_code, response.json()["code"]) == (401, 4010)
    assert wms.raw("GET", "nothing").status_code == 404
    assert wms.raw("GET", "nothing").json()["data"] is None
    assert wms.raw("DELETE", "stock").status_code == 405


def test_rate_limit_says_when_to_come_back(start_wms: Callable[..., Wms]) -> None:
    wms = start_wms(SANDBOX_RATE_PER_SECOND="1", SANDBOX_RATE_BURST="3")
    answers = [wms.raw("GET", "ping") for _ in range(6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert wms.raw("GET", "floor/all").status_code == 200, "people are not limited"
    time.sleep(int(refused[-1].headers["Retry-After"]) + 0.1)
    assert wms.raw("GET", "ping").status_code == 200


# ---- adjustments


def test_adjustment_changes_the_book_once_and_never_the_floor(wms: Wms, count_no: str) -> None:
    before, floor = wms.book(), wms.data("GET", "floor/all")["rows"]
    line = wms.every("stock", bin="SH-A-01-1")[0]
    body = adjustment(count_no, f"{count_no}-k", change(line, "-1"))
    first = wms.data("POST", "adjustments", json=body)
    assert first["rows"] == [{"line": 1, "ok": True, "message": ""}]
    assert wms.data("POST", "adjustments", json=body) == first
    assert wms.data("GET", "adjustments", params={"key": f"{count_no}-k"}) == first
    assert difference(wms.book(), before) == {(line["bin"], line["sku"], line["lot"]): Decimal(-1)}
    assert wms.data("GET", "floor/all")["rows"] == floor
    posted = [row for row in wms.feed() if row["document"] == first["adjustment_no"]]
    assert [(row["type"], row["qty"], row["erp_state"]) for row in posted] == [("adjust", "-1", "none")]


def test_same_key_with_other_content_is_refused(wms: Wms, count_no: str) -> None:
    line = wms.every("stock", bin="SH-A-01-1")[0]
    wms.data("POST", "adjustments", json=adjustment(count_no, f"{count_no}-k", change(line, "1")))
    book = wms.book()
    again = wms.refused("POST", "adjustments", json=adjustment(count_no, f"{count_no}-k", change(line, "2")))
    assert again["code"] == 4090
    assert wms.book() == book
    assert wms.refused("GET", "adjustments", params={"key": "never used"})["code"] == 4040


def test_many_at_once_with_one_key_post_once(wms: Wms, count_no: str) -> None:
    line = wms.every("stock", bin="SH-A-01-2")[0]
    before = wms.book()
    body = adjustment(count_no, f"{count_no}-k", change(line, "3"))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: wms.data("POST", "adjustments", json=body), range(8)))
    assert answers == [answers[0]] * 8
    assert list(difference(wms.book(), before).values()) == [Decimal(3)]


def test_bad_lines_are_refused_by_name_and_good_ones_posted(wms: Wms, company: World, count_no: str) -> None:
    stock = wms.every("stock", limit=500)
    plain = next(row for row in stock if row["uom"] == "PCS" and not row["lot"])
    lotted = next(row for row in stock if row["lot"] and row["uom"] == "KGM")
    bad = [
        (change(plain, "1", sku="99999999"), "unknown sku '99999999'"),
        (change(plain, "1", bin="SH-Z-1"), "unknown bin 'SH-Z-1'"),
        (change(plain, "1", lot="L20260101A"), "has no lots"),
        (change(lotted, "1", lot=""), "needs a lot"),
        (change(lotted, "1", lot="L19990101A"), "unknown lot"),
        (change(plain, "1", uom="XXX"), "unknown unit 'XXX'"),
        (change(plain, "1", uom="KGM"), "is kept in PCS"),
        (change(plain, "1.5"), "decimals"),
        (change(lotted, "1.0001"), "decimals"),
        (change(plain, "1E5"), "not a quantity"),
        (change(plain, "1_0"), "not a quantity"),
        (change(plain, ""), "not a quantity"),
        ({**change(plain, "1"), "delta": 1}, "not a quantity"),
        ({**change(plain, "1"), "delta": 1.5}, "not a quantity"),
        (change(plain, "0"), "zero"),
        (change(plain, "1", colour="red"), "unknown field 'colour'"),
    ]
    rows = [{**row, "line": 100 + at} for at, (row, _) in enumerate(bad)]
    good = change(lotted, "-0.125", 7)
    before = wms.book()
    answer = wms.data("POST", "adjustments", json=adjustment(count_no, f"{count_no}-k", *rows, good))
    for at, (outcome, (_, words)) in enumerate(zip(answer["rows"], bad, strict=False)):
        assert (outcome["line"], outcome["ok"]) == (100 + at, False)
        assert words in outcome["message"]
        assert f"row {at + 1}:" in outcome["message"]
    assert answer["rows"][-1] == {"line": 7, "ok": True, "message": ""}
    assert list(difference(wms.book(), before).values()) == [Decimal("-0.125")]


def test_a_book_below_zero_stays_below_zero(wms: Wms, count_no: str) -> None:
    line = next(row for row in wms.every("stock") if row["uom"] == "PCS")
    delta = -int(line["qty"]) - 5
    wms.data("POST", "adjustments", json=adjustment(count_no, f"{count_no}-k", change(line, str(delta))))
    assert wms.book()[line["bin"], line["sku"], line["lot"]] == -5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", 4000), (b"[]", 4000), (b'{"key": NaN}', 4000), (b"{}", 4220), (b"\xff", 4000),
        (b'{"key":"k","count_no":"nobody","rows":[{}]}', 4040), (b'{"key":"k","count_no":"c","rows":[]}', 4220),
        (b'{"key":"k","count_no":"c","rows":[1]}', 4220), (b'{"key":"","count_no":"c","rows":[{}]}', 4220),
        (b'{"key":"k","pad":"' + b"x" * 1_000_001 + b'"}', 4130),
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_inside_a_200(wms: Wms, body: bytes, code: int) -> None:
    answer = wms.raw("POST", "adjustments", content=body).json()
    assert (answer["code"], answer["data"]) == (code, None)
    assert answer["message"]


# ---- items and counts


def test_item_master_is_taken_line_by_line(wms: Wms) -> None:
    new = {"sku": "N-1", "name_cn": "新货品", "name_en": "New", "uom": "PCS", "barcode": "", "lot_controlled": "N",
           "pack_uom": "CTN", "pack_qty": "12"}  # fmt: skip
    body = {
        "key": "goods-1",
        "rows": [new, {**new, "sku": "N-2", "uom": "BOX"}, {**new, "sku": "N-3", "pack_qty": "0"}],
    }
    outcome = wms.data("POST", "goods/batch", json=body)
    assert [row["ok"] for row in outcome["rows"]] == [True, False, False]
    assert "'BOX'" in outcome["rows"][1]["message"]
    assert wms.data("POST", "goods/batch", json=body) == outcome
    stored = {row["sku"]: row for row in wms.every("goods")}
    assert stored["N-1"]["pack_qty"] == "12"
    assert not {"N-2", "N-3"} & stored.keys()
    stocked = wms.every("stock")[0]["sku"]
    spoilt = {name: stored[stocked][name] for name in new} | {"uom": "KGM"}
    assert not wms.data("POST", "goods/batch", json={"key": "goods-2", "rows": [spoilt]})["rows"][0]["ok"]
    renamed = {name: stored[stocked][name] for name in new} | {"name_en": "Renamed"}
    assert wms.data("POST", "goods/batch", json={"key": "goods-3", "rows": [renamed]})["rows"][0]["ok"]
    after = {row["sku"]: row for row in wms.every("goods")}[stocked]
    assert after == stored[stocked] | {"name_en": "Renamed"}


def test_count_is_made_once_and_closed_once(wms: Wms) -> None:
    body = {"count_no": "C-1", "name": "盘点", "kind": "zone", "blind": "Y", "responsible": "zg0101",
            "planned_at": "2026-03-12T09:00:00+08:00"}  # fmt: skip
    first = wms.data("POST", "counts", json=body)
    assert wms.data("POST", "counts", json=body) == first
    assert wms.refused("POST", "counts", json=body | {"name": "other"})["code"] == 4090
    assert wms.data("GET", "counts/C-1")["state"] == "open"
    assert wms.refused("GET", "counts/C-9")["code"] == 4040
    assert (
        "unknown operator"
        in wms.refused("POST", "counts", json=body | {"count_no": "C-2", "responsible": "op1"})["message"]
    )
    assert wms.data("POST", "counts/C-1/close", json={"key": "close"})["state"] == "closed"
    assert wms.data("POST", "counts/C-1/close", json={"key": "close"})["state"] == "closed"
    line = {"location": "SH-A", "sku": "00100000", "lot": "", "qty": "1", "uom": "PCS"}
    assert wms.refused("POST", "counts/C-1/baseline", json={"key": "b", "rows": [line]})["code"] == 4091


def test_baseline_is_all_or_nothing(wms: Wms, count_no: str) -> None:
    path = f"counts/{count_no}/baseline"
    good = {"location": "SZ-1", "sku": "00100000", "lot": "", "qty": "-3", "uom": "PCS"}
    bad = {"location": "SZ-9", "sku": "00100000", "lot": "", "qty": "1", "uom": "PCS"}
    refusal = wms.refused("POST", path, json={"key": "b1", "rows": [good, bad, {**good, "qty": "x"}]})
    assert "row 2" in refusal["message"]
    assert "row 3" in refusal["message"]
    assert wms.data("GET", f"counts/{count_no}")["baseline_rows"] == 0
    assert wms.refused("GET", path, params={"key": "b1"})["code"] == 4040
    assert wms.data("POST", path, json={"key": "b1", "rows": [good]}) == {"key": "b1", "rows": 1}
    assert wms.data("GET", path, params={"key": "b1"}) == {"key": "b1", "rows": 1}
    assert wms.refused("POST", path, json={"key": "b1", "rows": [{**good, "qty": "4"}]})["code"] == 4090
    assert wms.data("GET", f"counts/{count_no}/sheets", params={"key": count_no}) == {"key": count_no, "sheets": 1}


def test_people_count_in_the_wms(wms: Wms, count_no: str) -> None:
    seen = wms.data("GET", "floor/bins/SH-A-01-1")["goods"]
    boxed = next(row for row in seen if row["pack_uom"])
    result = {"sheet_no": f"{count_no}-1", "bin": "SH-A-01-1", "sku": boxed["sku"], "lot": "", "qty": "0", "uom": "PCS",
              "counted_by": "cz2001", "counted_at": "2026-03-12T10:00:00+08:00"}  # fmt: skip
    after = wms.feed("results")[-1:]
    wms.data("POST", "people/results", json=result)
    wms.data("POST", "people/results", json=result | {"qty": "3", "uom": "CTN"})
    rows = wms.data("GET", "results", params={"cursor": after[0]["seq"] if after else 0})["rows"]
    assert [(row["qty"], row["uom"], row["counted_by"], row["count_no"]) for row in rows] == [
        ("0", "PCS", "cz2001", count_no),
        ("3", "CTN", "cz2001", count_no),
    ]
    assert datetime.fromisoformat(rows[0]["counted_at"]) == datetime.fromisoformat(result["counted_at"])
    for wrong, words in (
        ({"qty": "-1"}, "negative"),
        ({"bin": "SH-A-01-3"}, "not on sheet"),
        ({"counted_by": "op1"}, "unknown operator"),
        ({"counted_at": "2026-03-12T10:00:00"}, "offset"),
        ({"sheet_no": "nobody's"}, "no count sheet"),
    ):
        assert words in wms.refused("POST", "people/results", json=result | wrong)["message"]
    wms.data("POST", f"counts/{count_no}/close", json={"key": "c"})
    assert wms.refused("POST", "people/results", json=result)["code"] == 4091


# ---- the floor's page


def test_shelf_page_needs_the_key_once(wms: Wms, company: World) -> None:
    address = f"http://127.0.0.1:{wms.port}/shelf"
    with httpx.Client() as browser:
        assert browser.get(f"{address}/SH-A-01-1").status_code == 403
        assert browser.get(f"{address}?key=floor").status_code == 200
        page = browser.get(f"{address}/SH-A-01-1")
        lying = [line for line in company.shelf if line.bin == "SH-A-01-1"]
        for line in lying:
            assert company.item_by_code[line.item].name_zh in page.text
        assert page.text.count('<li class="goods">') == len(lying)
        missing = browser.get(f"{address}/SH-Q-1")
        assert missing.status_code == 404
        assert "没有库位 SH-Q-1" in missing.text


# ---- the warehouse at work


def test_kill_in_the_middle_of_work_loses_and_doubles_nothing(start_wms: Callable[..., Wms]) -> None:
    wms = start_wms()
    book, floor = wms.book(), by_key(wms.data("GET", "floor/all")["rows"])
    wms.work(3000)
    for _ in range(3):
        before = wms.data("GET", "work")["moved"]
        while wms.data("GET", "work")["moved"] < before + 10:
            time.sleep(0.01)
        wms.kill()
        wms.start()
    wms.work(0)
    movements = wms.feed()
    assert len({row["seq"] for row in movements}) == len(movements)
    assert [row["seq"] for row in movements] == list(range(1, len(movements) + 1)), "the ledger has no gap"
    assert len({row["document"] for row in movements}) == wms.data("GET", "work")["moved"] >= 30
    after = wms.book()
    assert difference(after, book) == non_zero(sums(movements))
    assert difference(by_key(wms.data("GET", "floor/all")["rows"]), floor) == non_zero(sums(movements))
    assert min(after.values()) > 0
    occurred = [datetime.fromisoformat(row["occurred_at"]) for row in movements]
    assert occurred == sorted(occurred)
    assert {row["type"] for row in movements} == {"pick", "receive", "move"}


def test_every_page_is_complete_up_to_its_watermark_and_moment(start_wms: Callable[..., Wms]) -> None:
    """While goods move: stock + movements after the watermark = stock later, and `as_of` promises completeness."""
    wms = start_wms()
    wms.work(3000)
    early, promises, cursor = {}, [], "0"
    for bin_code in ("SH-A-01-1", "SH-B-02-2", "SH-D-03-3", "SZ-1-01-1"):
        page = wms.data("GET", "stock", params={"bin": bin_code, "limit": 500})
        assert page["next"] is None
        early[bin_code] = (int(page["watermark"]), by_key(page["rows"]))
        time.sleep(0.3)
    for _ in range(40):
        page = wms.data("GET", "movements", params={"cursor": cursor, "limit": 7})
        cursor = page["next"]
        promises.append((int(cursor), datetime.fromisoformat(page["as_of"])))
    wms.work(0)
    movements = wms.feed()
    for seq, as_of in promises:
        promised = [row["seq"] for row in movements if datetime.fromisoformat(row["occurred_at"]) <= as_of]
        assert max(promised, default=0) <= seq
    late = wms.book()
    for bin_code, (watermark, book) in early.items():
        here = [row for row in movements if row["bin"] == bin_code]
        later = non_zero(sums([row for row in here if row["seq"] > watermark]))
        now = {key: qty for key, qty in late.items() if key[0] == bin_code}
        assert difference(now, book) == later


def test_a_look_at_the_shelf_lies_wholly_before_or_after_each_change(start_wms: Callable[..., Wms]) -> None:
    wms = start_wms()
    opening = by_key(wms.data("GET", "floor/all")["rows"])
    wms.work(6000)
    looks = [
        wms.data("GET", f"floor/bins/SH-C-0{rack}-{level}") for _ in range(4) for rack in (1, 2) for level in (1, 2)
    ]
    wms.work(0)
    movements = wms.feed()
    for look in looks:
        moment = datetime.fromisoformat(look["seen_at"])
        before = sums([
            row for row in movements
            if row["bin"] == look["bin"] and datetime.fromisoformat(row["occurred_at"]) <= moment
        ])  # fmt: skip
        seen = by_key([{**row, "bin": look["bin"]} for row in look["goods"]])
        assert difference(seen, {key: qty for key, qty in opening.items() if key[0] == look["bin"]}) == non_zero(before)
